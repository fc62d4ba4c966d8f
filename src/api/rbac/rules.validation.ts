/** Rules of what roles may say. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { PolicyRule } from '../gen/rbac-v1.ts'

/** A rule is about resources or about URLs; the latter have no namespace. */
export function validatePolicyRules(rules: readonly PolicyRule[], namespaced: boolean): FieldError[] {
  return rules.flatMap((rule, index) => {
    const path = `rules[${index}]`
    const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
    const errors = verbs?.length ? [] : [required(`${path}.verbs`, 'verbs must contain at least one value')]
    if (nonResourceURLs.length > 0) {
      const field = `${path}.nonResourceURLs`
      if (namespaced) {
        errors.push(invalidValue(field, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
      }
      if (apiGroups.length + resources.length + resourceNames.length > 0) {
        errors.push(
          invalidValue(field, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
        )
      }
      return errors
    }
    if (apiGroups.length === 0) {
      errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
    }
    if (resources.length === 0) {
      errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
    }
    return errors
  })
}
