/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateReplicaSet(..._args: unknown[]): FieldError[] {
  return []
}

export function validateReplicaSetStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}

export function validateReplicaSetUpdate(..._args: unknown[]): FieldError[] {
  return []
}
