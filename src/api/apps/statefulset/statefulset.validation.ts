/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateStatefulSet(..._args: unknown[]): FieldError[] {
  return []
}

export function validateStatefulSetStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}

export function validateStatefulSetUpdate(..._args: unknown[]): FieldError[] {
  return []
}
