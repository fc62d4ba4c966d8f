/** Validation of ClusterRoleBindings. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { ClusterRoleBinding } from '../../gen/rbac-v1.ts'
import { validateBinding, validateSameRole } from '../bindings.validation.ts'

export function validateClusterRoleBinding(object: ClusterRoleBinding): FieldError[] {
  return validateBinding(object, ['ClusterRole'], false)
}

/** Upstream looks at an updated object twice, and tells everything twice. */
export function validateClusterRoleBindingUpdate(
  object: ClusterRoleBinding, old: Stored<ClusterRoleBinding>,
): FieldError[] {
  return [...validateClusterRoleBinding(object), ...validateSameRole(object, old)]
}
