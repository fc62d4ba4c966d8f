/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateRole(..._args: unknown[]): FieldError[] {
  return []
}
