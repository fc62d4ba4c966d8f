/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateReplicationController(..._args: unknown[]): FieldError[] {
  return []
}
