/** Rules of counts that the controllers of this group share. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { IntOrString } from '#machinery/int-or-string.ts'

/** The count goes into the hash that names revisions; going back would bring old names again. */
export function validateCollisionCountKept(count: number | undefined, old: number | undefined): FieldError[] {
  return old !== undefined && (count === undefined || count < old)
    ? [invalidValue('status.collisionCount', count ?? 0, 'cannot be decremented')] : []
}

/** As Go reads it: a text that is neither a percentage nor a number counts as 0. */
export function isZeroIntOrPercent(value: IntOrString | undefined): boolean {
  if (typeof value !== 'string') return (value ?? 0) === 0
  const number = /^(\d+)%$/.exec(value)?.[1] ?? (/^[+-]?\d+$/.test(value) ? value : '0')
  return Number(number) === 0
}
