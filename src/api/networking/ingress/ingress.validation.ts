/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateIngress(..._args: unknown[]): FieldError[] {
  return []
}

export function validateIngressStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}
