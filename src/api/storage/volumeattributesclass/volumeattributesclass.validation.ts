/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateVolumeAttributesClass(..._args: unknown[]): FieldError[] {
  return []
}

export function validateVolumeAttributesClassUpdate(..._args: unknown[]): FieldError[] {
  return []
}
