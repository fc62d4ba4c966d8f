/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateCsiStorageCapacity(..._args: unknown[]): FieldError[] {
  return []
}

export function validateCsiStorageCapacityUpdate(..._args: unknown[]): FieldError[] {
  return []
}
