/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateServiceCidr(..._args: unknown[]): FieldError[] {
  return []
}

export function validateServiceCidrUpdate(..._args: unknown[]): FieldError[] {
  return []
}
