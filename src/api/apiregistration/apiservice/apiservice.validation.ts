/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateApiService(..._args: unknown[]): FieldError[] {
  return []
}
