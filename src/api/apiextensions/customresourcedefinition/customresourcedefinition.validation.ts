/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateCustomResourceDefinition(..._args: unknown[]): FieldError[] {
  return []
}

export function validateCustomResourceDefinitionUpdate(..._args: unknown[]): FieldError[] {
  return []
}
