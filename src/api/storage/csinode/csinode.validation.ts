/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateCsiNode(..._args: unknown[]): FieldError[] {
  return []
}

export function validateCsiNodeUpdate(..._args: unknown[]): FieldError[] {
  return []
}
