/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateEndpointSlice(..._args: unknown[]): FieldError[] {
  return []
}

export function validateEndpointSliceUpdate(..._args: unknown[]): FieldError[] {
  return []
}
