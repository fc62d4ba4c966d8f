/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateRoleBinding(..._args: unknown[]): FieldError[] {
  return []
}

export function validateRoleBindingUpdate(..._args: unknown[]): FieldError[] {
  return []
}
