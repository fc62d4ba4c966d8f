/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateRuntimeClass(..._args: unknown[]): FieldError[] {
  return []
}

export function validateRuntimeClassUpdate(..._args: unknown[]): FieldError[] {
  return []
}
