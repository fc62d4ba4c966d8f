/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateLease(..._args: unknown[]): FieldError[] {
  return []
}
