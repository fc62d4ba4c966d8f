/** Validation of ClusterRoleBindings. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { ClusterRoleBinding } from '../../gen/rbac-v1.ts'
import { validateBinding, validateBindingUpdate } from '../bindings.validation.ts'

export function validateClusterRoleBinding(object: ClusterRoleBinding): FieldError[] {
  return validateBinding(object, ['ClusterRole'], false)
}

export function validateClusterRoleBindingUpdate(
  object: ClusterRoleBinding, old: Stored<ClusterRoleBinding>,
): FieldError[] {
  return validateBindingUpdate(object, old)
}
