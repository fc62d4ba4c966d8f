/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateControllerRevision(..._args: unknown[]): FieldError[] {
  return []
}

export function validateControllerRevisionUpdate(..._args: unknown[]): FieldError[] {
  return []
}
