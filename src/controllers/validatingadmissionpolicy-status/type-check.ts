/** Looks for mistakes in a policy's expressions, by the types of the resources that it is about. */
import type { ExpressionWarning, ValidatingAdmissionPolicySpec } from '#api/gen/admissionregistration-v1.ts'
import {
  admissionEnvironment, compileVariables, findMistakes, type AdmissionScope,
} from '#machinery/cel/admission.ts'
import type { Type } from '#machinery/cel/types.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { KindName, KnownTypes } from './known-types.ts'

type Spec = DeepReadonly<ValidatingAdmissionPolicySpec>

/** As upstream, which looks at no more than this many types of a rule. */
const maxTypes = 10

/** One warning for each expression that does not fit some of the types; none for what is not known. */
export function checkPolicyTypes(spec: Spec, known: KnownTypes): readonly ExpressionWarning[] {
  const params = paramsOf(spec, known)
  const scopes = kindsToCheck(spec, known).flatMap((kind) => {
    const type = known.typeOf(kind)
    return type ? [{ title: `${kind.group}/${kind.version}, Kind=${kind.kind}`, environment: environmentOf(spec, type, params) }] : []
  })
  const check = (source: string | undefined, fieldRef: string): readonly ExpressionWarning[] => {
    if (!source) return []
    const faults = scopes.flatMap(({ title, environment }) => {
      const mistakes = findMistakes(source, environment)
      return mistakes === undefined ? [] : [`${title}: ${mistakes}\n`]
    })
    return faults.length === 0 ? [] : [{ fieldRef, warning: faults.join('\n') }]
  }
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...check(expression, `spec.validations[${index}].expression`),
    ...check(messageExpression, `spec.validations[${index}].messageExpression`),
  ])
}

function environmentOf(
  spec: Spec, object: Type, params: Type | undefined,
): ReturnType<typeof admissionEnvironment> {
  const scope: AdmissionScope = {
    hasParams: spec.paramKind !== undefined, hasAuthorizer: true, object, ...(params && { params }),
  }
  const variables = (spec.variables ?? []) as readonly { readonly name: string; readonly expression: string }[]
  return admissionEnvironment({ ...scope, variables: compileVariables(variables, scope).types })
}

/** Without rules whose groups or versions are all, and without resources that are many, or parts of others. */
function kindsToCheck({ matchConstraints }: Spec, known: KnownTypes): readonly KindName[] {
  const found = new Map<string, KindName>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].some((each) => each.includes('*'))) continue
    const kinds = apiGroups.toSorted().flatMap((group) => apiVersions.toSorted().flatMap((version) =>
      resources.filter((each) => !/[*/]/.test(each)).toSorted()
        .flatMap((resource) => known.kindsOf(group, version, resource))))
    for (const kind of kinds.slice(0, maxTypes)) found.set(`${kind.group}/${kind.version}/${kind.kind}`, kind)
    // With a rule that is about so many, upstream ends.
    if (kinds.length >= maxTypes) break
  }
  return [...found.values()].toSorted((left, right) =>
    order(left.group, right.group) || order(left.version, right.version) || order(left.kind, right.kind))
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function paramsOf({ paramKind }: Spec, known: KnownTypes): Type | undefined {
  const wanted = parseApiVersion(paramKind?.apiVersion ?? '')
  return wanted && known.typeOf({ ...wanted, kind: paramKind?.kind ?? '' })
}
