/**
 * Who writes an admission policy with parameters, or binds one to them, may read those parameters (upstream:
 * registry/admissionregistration, authz.go).
 */
import type {
  MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, ParamKind, ValidatingAdmissionPolicy,
} from '#api/gen/admissionregistration-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { invalid } from '#machinery/errors/api-error.ts'
import { forbiddenValue } from '#machinery/errors/field-errors.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { UserInfo } from '../../authn/authenticator.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'

const group = 'admissionregistration.k8s.io'
const policies = ['validatingadmissionpolicies', 'mutatingadmissionpolicies']
/** Of a binding, the plural of its policies. */
const policiesOf: Readonly<Record<string, string>> = {
  validatingadmissionpolicybindings: 'validatingadmissionpolicies',
  mutatingadmissionpolicybindings: 'mutatingadmissionpolicies',
}

interface Tools {
  readonly authorizer: Authorizer
  /** The kinds that are served now. */
  readonly kinds: () => readonly AnyKind[]
}

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy

/** Members of system:masters may do it all. Upstream asks where it validates, and answers as validation does. */
export function policyParameters(tools: Tools): AdmissionPlugin {
  return {
    name: 'PolicyParameters',
    validate(attributes, context) {
      const { kind, resource, subresource, operation, user, object } = attributes
      if (kind.group !== group || subresource !== '' || !object || (operation !== 'CREATE' && operation !== 'UPDATE')) {
        return
      }
      if (user.groups.includes('system:masters')) return
      if (policies.includes(resource)) return checkPolicy(attributes, tools)
      const plural = policiesOf[resource]
      if (plural !== undefined) return checkBinding(attributes, plural, context, tools)
    },
  }
}

async function checkPolicy(attributes: AdmissionAttributes, tools: Tools): Promise<void> {
  const paramKind = (attributes.object as Policy).spec?.paramKind
  const old = (attributes.old as Stored<Policy> | undefined)?.spec?.paramKind
  if (!paramKind || (old && semanticEqual(paramKind, old))) return
  if (await mayRead(paramKind, { name: '*', namespace: '*' }, attributes.user, tools)) return
  throw refusal(attributes, 'spec.paramKind', `user ${inGo(attributes.user)} must have "get" permission on all objects of `
    + `the referenced paramKind (kind=${paramKind.kind ?? ''}, apiVersion=${paramKind.apiVersion ?? ''})`)
}

async function checkBinding(
  attributes: AdmissionAttributes, plural: string, context: AdmissionContext, tools: Tools,
): Promise<void> {
  const spec = (attributes.object as MutatingAdmissionPolicyBinding).spec
  const old = (attributes.old as Stored<MutatingAdmissionPolicyBinding> | undefined)?.spec
  const paramRef = spec?.paramRef
  if (!paramRef) return
  if (old?.paramRef && semanticEqual(paramRef, old.paramRef) && spec.policyName === old.policyName) return
  const policy = context.get<Policy>({ group, plural }, '', spec.policyName ?? '')
  const { name = '', namespace = '' } = paramRef
  if (await mayRead(policy?.spec?.paramKind, { name, namespace }, attributes.user, tools)) return
  throw refusal(attributes, 'spec.paramRef',
    `user ${inGo(attributes.user)} does not have "get" permission on the object referenced by paramRef`)
}

/** Of a kind that nobody knows, all resources are asked for. */
async function mayRead(
  paramKind: DeepReadonly<ParamKind> | undefined, object: { readonly name: string; readonly namespace: string },
  user: UserInfo, { authorizer, kinds }: Tools,
): Promise<boolean> {
  const wanted = parseApiVersion(paramKind?.apiVersion ?? '')
  const kind = wanted && kinds().find((each) => each.group === wanted.group && each.kind === paramKind?.kind
    && each.versions.some(({ version }) => version === wanted.version))
  const { allowed } = await authorizer.authorize({
    type: 'resource', user, verb: 'get', group: wanted?.group ?? '*', version: wanted?.version ?? '*',
    resource: kind?.plural ?? '*', subresource: '', ...object,
  })
  return allowed
}

function refusal({ kind, object }: AdmissionAttributes, field: string, why: string): Error {
  return invalid({ group, resource: kind.kind }, object?.metadata?.name ?? '', [forbiddenValue(field, why)])
}

/** As Go prints upstream's struct: `&{alice  [developers] map[]}`. */
function inGo({ name, uid = '', groups, extra = {} }: UserInfo): string {
  const entries = Object.keys(extra).toSorted().map((key) => `${key}:[${extra[key]!.join(' ')}]`)
  return `&{${name} ${uid} [${groups.join(' ')}] map[${entries.join(' ')}]}`
}
