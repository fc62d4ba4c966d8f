/** Validation of ClusterRoles. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { LabelSelector } from '../../gen/meta-v1.ts'
import type { ClusterRole } from '../../gen/rbac-v1.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'
import { validatePolicyRules } from '../rules.validation.ts'

/** A selector of old that no longer passes may have values that no label has. */
export function validateClusterRole(
  { rules, aggregationRule }: ClusterRole, old?: Stored<ClusterRole>,
): FieldError[] {
  const errors = validatePolicyRules(rules ?? [], false)
  if (!aggregationRule) return errors
  const path = 'aggregationRule.clusterRoleSelectors'
  const selectors = aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'))
  }
  for (const [index, selector] of selectors.entries()) {
    const at = `${path}[${index}]`
    errors.push(...validateLabelSelector(selector, at, { allowInvalidLabelValue: hasInvalidSelector(old) }))
    // Upstream shows what came of reading the selector: nothing.
    if (isInvalid(selector)) errors.push(invalidValue(at, undefined, 'invalid label selector.'))
  }
  return errors
}

function hasInvalidSelector(object: Stored<ClusterRole> | undefined): boolean {
  return (object?.aggregationRule?.clusterRoleSelectors ?? []).some(isInvalid)
}

function isInvalid(selector: DeepReadonly<LabelSelector>): boolean {
  return validateLabelSelector(selector as LabelSelector, '').length > 0
}
