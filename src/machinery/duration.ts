/** metav1.Duration: Go's duration texts (`1h30m`, `1.5s`), exact to the nanosecond. */

/** The message is Go's. */
export class DurationError extends Error {}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n, us: 1_000n, µs: 1_000n, μs: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const max = 2n ** 63n - 1n

/** Nanoseconds. Throws DurationError. */
export function parseDuration(text: string): bigint {
  const invalid = (): DurationError => new DurationError(`time: invalid duration ${goQuote(text)}`)
  let rest = text.replace(/^[+-]/, '')
  if (rest === '0') return 0n
  if (rest === '') throw invalid()
  let total = 0n
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest)!
    const [matched, whole = '', fraction = ''] = number
    if (whole === '' && fraction === '') throw invalid()
    rest = rest.slice(matched.length)
    const unit = /^[^\d.]*/.exec(rest)![0]
    if (unit === '') throw new DurationError(`time: missing unit in duration ${goQuote(text)}`)
    const size = units[unit]
    if (size === undefined) throw new DurationError(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`)
    rest = rest.slice(unit.length)
    if (whole.length > 19) throw invalid()
    total += BigInt(whole || '0') * size + BigInt(fraction.slice(0, 18).padEnd(18, '0')) * size / 10n ** 18n
    if (total > max + 1n) throw invalid()
  }
  if (text.startsWith('-')) return -total
  if (total > max) throw invalid()
  return total
}

/** Go's Duration.String: `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}`
  if (nanoseconds === 0n) return '0s'
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 1_000n)}µs`
  if (nanoseconds < 1_000_000_000n) return `${decimal(nanoseconds, 1_000_000n)}ms`
  const minutes = nanoseconds / units['m']!
  const seconds = decimal(nanoseconds % units['m']!, 1_000_000_000n)
  if (minutes === 0n) return `${seconds}s`
  return minutes < 60n ? `${minutes}m${seconds}s` : `${minutes / 60n}h${minutes % 60n}m${seconds}s`
}

/** `60s` becomes `1m0s`. Throws DurationError. */
export function canonicalDuration(text: string): string {
  return formatDuration(parseDuration(text))
}

/** The text of a number of milliseconds. */
export function millisecondsToDuration(milliseconds: number): string {
  return formatDuration(BigInt(Math.round(milliseconds * 1e6)))
}

function decimal(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1
  const fraction = String(value % unit).padStart(digits, '0').replace(/0+$/, '')
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`
}

function goQuote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
