/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateStorageClass(..._args: unknown[]): FieldError[] {
  return []
}

export function validateStorageClassUpdate(..._args: unknown[]): FieldError[] {
  return []
}
