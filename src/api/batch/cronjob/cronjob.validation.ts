/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateCronJob(..._args: unknown[]): FieldError[] {
  return []
}

export function validateCronJobUpdate(..._args: unknown[]): FieldError[] {
  return []
}
