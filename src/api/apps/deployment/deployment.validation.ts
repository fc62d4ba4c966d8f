/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateDeployment(..._args: unknown[]): FieldError[] {
  return []
}

export function validateDeploymentStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}

export function validateDeploymentUpdate(..._args: unknown[]): FieldError[] {
  return []
}
