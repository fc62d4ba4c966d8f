/** Validation of RoleBindings. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { RoleBinding } from '../../gen/rbac-v1.ts'
import { validateBinding, validateBindingUpdate } from '../bindings.validation.ts'

export function validateRoleBinding(object: RoleBinding): FieldError[] {
  return validateBinding(object, ['Role', 'ClusterRole'], true)
}

export function validateRoleBindingUpdate(object: RoleBinding, old: Stored<RoleBinding>): FieldError[] {
  return validateBindingUpdate(object, old)
}
