/** Timestamps and durations as CEL writes and reads them; nanoseconds as bigint. */
import { DurationError, parseDuration } from '../duration.ts'

const second = 1_000_000_000n

/** RFC 3339 → nanoseconds since 1970; undefined if it is none. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text)
  if (!match) return undefined
  const [, year, month, day, hours, minutes, seconds, fraction = '', sign, offsetHours, offsetMinutes] = match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const isDate = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  if (!isDate || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  const offset = sign === undefined ? 0
    : (sign === '-' ? -1 : 1) * (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60)
  const whole = BigInt(date.getTime() / 1000)
    + BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) - offset)
  return whole * second + BigInt(fraction.padEnd(9, '0').slice(0, 9))
}

/** With as many decimals as are needed. */
export function formatTimestamp(nanoseconds: bigint): string {
  const fraction = ((nanoseconds % second) + second) % second
  const whole = new Date(Number((nanoseconds - fraction) / 1_000_000n)).toISOString().slice(0, 19)
  const decimals = fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
  return `${whole}${decimals}Z`
}

/** Go's form; undefined if it is none, or longer than CEL's durations can be. */
export function parseCelDuration(text: string): bigint | undefined {
  try {
    return parseDuration(text)
  } catch (error) {
    if (error instanceof DurationError) return undefined
    throw error
  }
}

/** In seconds, as protobuf's JSON has it: `90s`, `1.5s`. */
export function formatDurationSeconds(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : ''
  const positive = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const fraction = positive % second
  const decimals = fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
  return `${sign}${positive / second}${decimals}s`
}

/** As Go's %g with the shortest digits. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  if (exponent >= -4 && exponent < 21) return Object.is(value, -0) ? '-0' : String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
