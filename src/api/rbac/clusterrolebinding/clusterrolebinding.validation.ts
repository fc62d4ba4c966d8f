/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateClusterRoleBinding(..._args: unknown[]): FieldError[] {
  return []
}

export function validateClusterRoleBindingUpdate(..._args: unknown[]): FieldError[] {
  return []
}
