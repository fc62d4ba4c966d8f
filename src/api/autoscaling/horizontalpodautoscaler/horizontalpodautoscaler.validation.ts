/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateAutoscaler(..._args: unknown[]): FieldError[] {
  return []
}
