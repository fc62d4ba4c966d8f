/** What match conditions of authorization webhooks see: the question, as the spec of a SubjectAccessReview. */
import { compileForAdmission, objectType, textsByName, type CompiledExpression } from './admission.ts'
import { createDialect } from './dialect.ts'
import type { Environment } from './environment.ts'
import { fromJson } from './json-values.ts'
import { listOf, stringType } from './types.ts'
import type { Value } from './values.ts'

const requirementType = objectType('kubernetes.SelectorRequirement', {
  key: stringType, operator: stringType, values: listOf(stringType),
})
const selectorType = (name: string): ReturnType<typeof objectType> =>
  objectType(name, { rawSelector: stringType, requirements: listOf(requirementType) })

const reviewType = objectType('kubernetes.SubjectAccessReviewSpec', {
  resourceAttributes: objectType('kubernetes.ResourceAttributes', {
    namespace: stringType, verb: stringType, group: stringType, version: stringType, resource: stringType,
    subresource: stringType, name: stringType, fieldSelector: selectorType('kubernetes.FieldSelectorAttributes'),
    labelSelector: selectorType('kubernetes.LabelSelectorAttributes'),
  }),
  nonResourceAttributes: objectType('kubernetes.NonResourceAttributes', { path: stringType, verb: stringType }),
  user: stringType, groups: listOf(stringType), extra: textsByName, uid: stringType,
})
/** Put together with the first condition. */
let environment: Environment | undefined

/** A condition, which is a truth value. */
export function compileForAuthorization(source: string): CompiledExpression {
  environment ??= createDialect([['request', reviewType]])
  return compileForAdmission(source, environment, ['bool'])
}

/** The variable `request`, of a spec that has all its texts. */
export function reviewValue(spec: object): Value {
  return fromJson(spec, reviewType)
}
