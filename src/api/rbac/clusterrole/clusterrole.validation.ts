/** Validation of ClusterRoles. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { ClusterRole } from '../../gen/rbac-v1.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'
import { validatePolicyRules } from '../rules.validation.ts'

export function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = validatePolicyRules(rules ?? [], false)
  if (!aggregationRule) return errors
  const path = 'aggregationRule.clusterRoleSelectors'
  const selectors = aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'))
  }
  for (const [index, selector] of selectors.entries()) {
    const found = validateLabelSelector(selector, `${path}[${index}]`)
    errors.push(...found)
    // Upstream shows what came of reading the selector: nothing.
    if (found.length > 0) errors.push(invalidValue(`${path}[${index}]`, 'null', 'invalid label selector.'))
  }
  return errors
}
