/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validatePriorityLevel(..._args: unknown[]): FieldError[] {
  return []
}
