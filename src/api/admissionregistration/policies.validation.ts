/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateValidatingPolicy(..._args: unknown[]): FieldError[] {
  return []
}

export function validateMutatingPolicy(..._args: unknown[]): FieldError[] {
  return []
}

export function validateMutatingBinding(..._args: unknown[]): FieldError[] {
  return []
}

export function validateValidatingBinding(..._args: unknown[]): FieldError[] {
  return []
}
