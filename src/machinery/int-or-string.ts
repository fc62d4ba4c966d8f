/** util/intstr: a number, or a percentage such as `25%`. */

export type IntOrString = number | string

export type Rounding = 'up' | 'down'

/**
 * The value itself, or that percentage of `total`, rounded as asked (GetScaledValueFromIntOrPercent).
 * undefined for a text that is not a percentage; scaledIntOrPercentError has upstream's message for it.
 */
export function scaledIntOrPercent(value: IntOrString, total: number, rounding: Rounding): number | undefined {
  if (typeof value === 'number') return value
  const percent = percentOf(value)
  if (percent === undefined) return undefined
  return rounding === 'up' ? Math.ceil(percent * total / 100) : Math.floor(percent * total / 100)
}

/** The number before the percent sign; undefined for other texts. */
export function percentOf(value: string): number | undefined {
  return /^[+-]?\d{1,15}%$/.test(value) ? Number(value.slice(0, -1)) : undefined
}

/** A text of digits becomes a number, as intstr.Parse; anything else stays. */
export function parseIntOrString(text: string): IntOrString {
  const number = Number(text)
  return /^[+-]?\d+$/.test(text) && number >= -(2 ** 31) && number < 2 ** 31 ? number : text
}
