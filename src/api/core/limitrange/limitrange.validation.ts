/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateLimitRange(..._args: unknown[]): FieldError[] {
  return []
}
