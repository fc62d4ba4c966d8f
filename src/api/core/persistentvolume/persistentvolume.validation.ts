/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validatePersistentVolume(..._args: unknown[]): FieldError[] {
  return []
}

export function validatePersistentVolumeUpdate(..._args: unknown[]): FieldError[] {
  return []
}
