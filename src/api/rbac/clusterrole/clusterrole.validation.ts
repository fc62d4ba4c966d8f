/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateClusterRole(..._args: unknown[]): FieldError[] {
  return []
}
