/** Looks for mistakes in a policy's expressions, by the types of the resources that it is about. */
import type { ExpressionWarning, ValidatingAdmissionPolicySpec } from '#api/gen/admissionregistration-v1.ts'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import {
  admissionEnvironment, compileForAdmission, compileVariables, type AdmissionScope,
} from '#machinery/cel/admission.ts'
import { declareStruct } from '#machinery/cel/struct-types.ts'
import type { Type } from '#machinery/cel/types.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'

type Spec = DeepReadonly<ValidatingAdmissionPolicySpec>

/** As upstream, which looks at no more than this many types. */
const maxTypes = 10

interface CheckedType {
  /** `apps/v1, Kind=Deployment`. */
  readonly title: string
  readonly type: Type
}

/** One warning for each expression that does not fit some of the types; none for what is not known here. */
export function checkPolicyTypes(spec: Spec): readonly ExpressionWarning[] {
  const checked = typesOf(spec)
  const params = paramsOf(spec)
  const scopes = checked.map(({ title, type }) => {
    const scope: AdmissionScope = {
      hasParams: spec.paramKind !== undefined, hasAuthorizer: true, object: type, ...(params && { params }),
    }
    const { types } = compileVariables((spec.variables ?? []) as readonly { name: string; expression: string }[], scope)
    return { title, environment: admissionEnvironment({ ...scope, variables: types }) }
  })
  const check = (source: string | undefined, fieldRef: string): readonly ExpressionWarning[] => {
    if (!source) return []
    const faults = scopes.flatMap(({ title, environment }) => {
      const { fault } = compileForAdmission(source, environment, [])
      return fault === undefined ? [] : [`${title}: ${fault}\n`]
    })
    return faults.length === 0 ? [] : [{ fieldRef, warning: faults.join('\n') }]
  }
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...check(expression, `spec.validations[${index}].expression`),
    ...check(messageExpression, `spec.validations[${index}].messageExpression`),
  ])
}

/** Rules with wildcards, and subresources, are about too many types to look at. */
function typesOf({ matchConstraints }: Spec): readonly CheckedType[] {
  const found = new Map<string, CheckedType>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions, ...resources].some((each) => each.includes('*'))) continue
    for (const kind of kinds) {
      if (!apiGroups.includes(kind.group) || !resources.includes(kind.plural)) continue
      for (const { version } of kind.versions.filter((each) => apiVersions.includes(each.version))) {
        const struct = schemas.kind(kind.group, version, kind.kind)
        const title = `${kind.group === '' ? '' : kind.group}/${version}, Kind=${kind.kind}`
        if (struct) found.set(title, { title, type: declareStruct(struct) })
      }
    }
  }
  return [...found.values()].toSorted((left, right) => (left.title < right.title ? -1 : 1)).slice(0, maxTypes)
}

function paramsOf({ paramKind }: Spec): Type | undefined {
  const wanted = parseApiVersion(paramKind?.apiVersion ?? '')
  const struct = wanted && schemas.kind(wanted.group, wanted.version, paramKind?.kind ?? '')
  return struct && declareStruct(struct)
}
