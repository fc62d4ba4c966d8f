/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateResourceQuota(..._args: unknown[]): FieldError[] {
  return []
}

export function validateResourceQuotaStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}

export function validateResourceQuotaUpdate(..._args: unknown[]): FieldError[] {
  return []
}
