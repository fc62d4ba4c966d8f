/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateNetworkPolicy(..._args: unknown[]): FieldError[] {
  return []
}
