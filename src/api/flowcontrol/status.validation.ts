/** Rules of the status of both kinds of this group. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, required } from '#machinery/errors/field-errors.ts'

interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type?: string }[] }
}

/** Each condition has a type, and each type is there once. */
export function validateFlowStatus({ status }: WithConditions): FieldError[] {
  const seen = new Set<string>()
  return (status?.conditions ?? []).flatMap(({ type = '' }, index) => {
    const path = `status.conditions[${index}].type`
    const errors = seen.has(type) ? [duplicateValue(path, type)] : []
    seen.add(type)
    return type === '' ? [...errors, required(path, 'must not be empty')] : errors
  })
}
