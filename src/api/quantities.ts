/** Arithmetic on resource quantities in their text form, as defaulting and validation need it. Exact: the unit is one billionth. */

const nano = 1_000_000_000n

const suffixes: Readonly<Record<string, bigint>> = {
  n: 1n, u: 1_000n, m: 1_000_000n, '': nano, k: nano * 1_000n, M: nano * 1_000_000n, G: nano * 10n ** 9n, T: nano * 10n ** 12n,
  P: nano * 10n ** 15n, E: nano * 10n ** 18n, Ki: nano << 10n, Mi: nano << 20n, Gi: nano << 30n, Ti: nano << 40n, Pi: nano << 50n,
  Ei: nano << 60n,
}

/** In billionths, rounded up in magnitude; undefined for what is not a quantity. */
export function nanosOf(quantity: string | number): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(String(quantity))
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent, suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(whole + fraction)
  let scaled: bigint
  if (exponent !== undefined) {
    const power = Number(exponent.slice(1)) + 9 - fraction.length
    scaled = power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power))
  } else scaled = divideUp(digits * suffixes[suffix]!, 10n ** BigInt(fraction.length))
  return sign === '-' ? -scaled : scaled
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

/** Negative, zero or positive, as `a` is less than, equal to or more than `b`. Malformed quantities count as zero. */
export function compareQuantities(a: string, b: string): number {
  const difference = (nanosOf(a) ?? 0n) - (nanosOf(b) ?? 0n)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

export function isZeroQuantity(quantity: string | undefined): boolean {
  return quantity === undefined || (nanosOf(quantity) ?? 0n) === 0n
}

export function isWholeQuantity(quantity: string): boolean {
  return (nanosOf(quantity) ?? 0n) % nano === 0n
}

export function maxQuantity(a: string, b: string): string {
  return compareQuantities(a, b) >= 0 ? a : b
}

/** The sum, in the form of the first summand that is not zero. */
export function addQuantities(a: string, b: string): string {
  if (isZeroQuantity(a)) return b
  if (isZeroQuantity(b)) return a
  return formatNanos((nanosOf(a) ?? 0n) + (nanosOf(b) ?? 0n), a.endsWith('i') ? 'binary' : 'decimal')
}

function formatNanos(nanos: bigint, form: 'binary' | 'decimal'): string {
  const units = form === 'binary'
    ? ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki', '', 'm', 'u', 'n'] : ['E', 'P', 'T', 'G', 'M', 'k', '', 'm', 'u', 'n']
  const unit = units.find((suffix) => nanos % suffixes[suffix]! === 0n) ?? 'n'
  return `${nanos / suffixes[unit]!}${unit}`
}
