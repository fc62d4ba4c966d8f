/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateIngressClass(..._args: unknown[]): FieldError[] {
  return []
}

export function validateIngressClassUpdate(..._args: unknown[]): FieldError[] {
  return []
}
