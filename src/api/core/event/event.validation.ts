/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateEvent(..._args: unknown[]): FieldError[] {
  return []
}

export function validateEventUpdate(..._args: unknown[]): FieldError[] {
  return []
}
