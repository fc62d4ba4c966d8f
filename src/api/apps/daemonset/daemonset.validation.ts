/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateDaemonSet(..._args: unknown[]): FieldError[] {
  return []
}

export function validateDaemonSetStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}

export function validateDaemonSetUpdate(..._args: unknown[]): FieldError[] {
  return []
}
