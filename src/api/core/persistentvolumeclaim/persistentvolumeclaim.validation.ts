/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateClaimStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}

export function validatePersistentVolumeClaim(..._args: unknown[]): FieldError[] {
  return []
}

export function validatePersistentVolumeClaimUpdate(..._args: unknown[]): FieldError[] {
  return []
}
