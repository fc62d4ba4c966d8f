/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateNewEvent(..._args: unknown[]): FieldError[] {
  return []
}

export function validateNewEventUpdate(..._args: unknown[]): FieldError[] {
  return []
}
