/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateMutatingWebhooks(..._args: unknown[]): FieldError[] {
  return []
}

export function validateValidatingWebhooks(..._args: unknown[]): FieldError[] {
  return []
}
