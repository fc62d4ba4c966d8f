/** STUB */
import type { FieldError } from '#machinery/errors/field-error.ts'

export function validateFlowSchema(..._args: unknown[]): FieldError[] {
  return []
}
