/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateJob(..._args: unknown[]): FieldError[] {
  return []
}

export function validateJobStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}

export function validateJobUpdate(..._args: unknown[]): FieldError[] {
  return []
}
