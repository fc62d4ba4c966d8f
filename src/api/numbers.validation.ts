/** Rules of numbers and texts that many kinds share. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { IntOrString } from '#machinery/int-or-string.ts'
import { validatePercent, validatePortName, validatePortNumber } from '#machinery/meta/validate-names.ts'

export function validateNonNegative(value: number | undefined, path: string): FieldError[] {
  return (value ?? 0) < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : []
}

/** A port by number or name. Go's zero stands for an absent one. */
export function validatePortNumberOrName(port: IntOrString | undefined, path: string): FieldError[] {
  if (typeof port === 'string') return invalidFor(path, port, validatePortName(port))
  return invalidFor(path, port ?? 0, validatePortNumber(port ?? 0))
}

/** A count that is not negative, or a percentage. */
export function validateNonNegativeIntOrPercent(value: IntOrString | undefined, path: string): FieldError[] {
  if (typeof value === 'string') return invalidFor(path, value, validatePercent(value))
  return validateNonNegative(value, path)
}

export function validateNotMoreThan100Percent(value: IntOrString | undefined, path: string): FieldError[] {
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value)?.[1] : undefined
  return percent !== undefined && Number(percent) > 100
    ? [invalidValue(path, value, 'must not be greater than 100%')]
    : []
}

/** Required, and one of the values. */
export function validateRequiredChoice(
  value: string | undefined, choices: readonly string[], path: string, detail = '',
): FieldError[] {
  if (!value) return [required(path, detail)]
  return choices.includes(value) ? [] : [notSupported(path, value, choices)]
}

/** Absent, or one of the values. */
export function validateChoice(value: string | undefined, choices: readonly string[], path: string): FieldError[] {
  return value === undefined || choices.includes(value) ? [] : [notSupported(path, value, choices)]
}
