/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateVolumeAttachment(..._args: unknown[]): FieldError[] {
  return []
}

export function validateVolumeAttachmentUpdate(..._args: unknown[]): FieldError[] {
  return []
}
