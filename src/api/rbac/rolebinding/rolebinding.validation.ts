/** Validation of RoleBindings. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { RoleBinding } from '../../gen/rbac-v1.ts'
import { validateBinding, validateSameRole } from '../bindings.validation.ts'

export function validateRoleBinding(object: RoleBinding): FieldError[] {
  return validateBinding(object, ['Role', 'ClusterRole'], true)
}

/** Upstream looks at an updated object twice, and tells everything twice. */
export function validateRoleBindingUpdate(object: RoleBinding, old: Stored<RoleBinding>): FieldError[] {
  return [...validateRoleBinding(object), ...validateSameRole(object, old)]
}
