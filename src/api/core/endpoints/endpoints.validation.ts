/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateEndpoints(..._args: unknown[]): FieldError[] {
  return []
}
