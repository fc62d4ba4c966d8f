/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateCsiDriver(..._args: unknown[]): FieldError[] {
  return []
}

export function validateCsiDriverUpdate(..._args: unknown[]): FieldError[] {
  return []
}
