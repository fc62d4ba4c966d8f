/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validatePodTemplate(..._args: unknown[]): FieldError[] {
  return []
}
