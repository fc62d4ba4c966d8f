/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validatePriorityClass(..._args: unknown[]): FieldError[] {
  return []
}

export function validatePriorityClassUpdate(..._args: unknown[]): FieldError[] {
  return []
}
