/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateSigningRequest(..._args: unknown[]): FieldError[] {
  return []
}

export function validateSigningRequestUpdate(..._args: unknown[]): FieldError[] {
  return []
}
