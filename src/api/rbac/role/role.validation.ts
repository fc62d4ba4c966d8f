/** Validation of Roles. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Role } from '../../gen/rbac-v1.ts'
import { validatePolicyRules } from '../rules.validation.ts'

export function validateRole({ rules }: Role): FieldError[] {
  return validatePolicyRules(rules ?? [], true)
}
