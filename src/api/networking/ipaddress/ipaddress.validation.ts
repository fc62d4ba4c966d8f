/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateIpAddress(..._args: unknown[]): FieldError[] {
  return []
}

export function validateIpAddressUpdate(..._args: unknown[]): FieldError[] {
  return []
}
