/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validatePodDisruptionBudget(..._args: unknown[]): FieldError[] {
  return []
}

export function validatePodDisruptionBudgetStatusUpdate(..._args: unknown[]): FieldError[] {
  return []
}
