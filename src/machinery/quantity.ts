/**
 * resource.Quantity: exact decimal amounts with the suffixes of Kubernetes (`100m`, `1.5Gi`, `12e6`).
 * Parsing, the canonical form, rounding up to nano and the cap of binary amounts are upstream's (apimachinery
 * pkg/api/resource).
 */

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** `unscaled × 10^scale`. Immutable. */
export interface Quantity {
  readonly unscaled: bigint
  readonly scale: number
  readonly format: QuantityFormat
  /** The text that it was parsed from, where upstream prints that again instead of a canonical form. */
  readonly text?: string
}

/** The message is upstream's. */
export class QuantityError extends Error {}

export const quantityFormatError =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
export const quantityNumberError = 'unable to parse numeric part of quantity'
export const quantitySuffixError = "unable to parse quantity's suffix"

const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18,
}
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const decimalNames = new Map(Object.entries(decimalSuffixes).map(([suffix, exponent]) => [exponent, suffix]))
const binaryNames = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const nano = -9
const maxInt64 = 2n ** 63n - 1n
/** Beyond these no amount means anything, and powers of ten of that size would only cost memory. */
const maxExponent = 1000
const maxTextLength = 1024

const cacheLimit = 4096
const cache = new Map<string, Quantity>()

/** Throws QuantityError. Results are remembered: a cluster uses few different texts, many times. */
export function parseQuantity(text: string): Quantity {
  const known = cache.get(text)
  if (known) return known
  const parsed = parse(text)
  if (cache.size >= cacheLimit) cache.clear()
  cache.set(text, parsed)
  return parsed
}

interface Suffix {
  readonly base: 2 | 10
  readonly exponent: number
  readonly format: QuantityFormat
}

function parse(text: string): Quantity {
  if (text === '0') return { unscaled: 0n, scale: 0, format: 'DecimalSI', text }
  const match = text.length > maxTextLength ? null : /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/.exec(text)
  if (!match || text === '') throw new QuantityError(quantityFormatError)
  const [, sign, whole = '', fraction = '', suffixText = ''] = match
  const number = whole.replace(/^0+/, '') || '0'
  const suffix = parseSuffix(suffixText)
  const small = quick(text, sign === '-', number, fraction, suffix)
  if (small) return small
  if (whole === '' && fraction === '') throw new QuantityError(quantityNumberError)
  return exact(sign === '-', number, fraction, suffix)
}

function parseSuffix(text: string): Suffix {
  const decimal = decimalSuffixes[text]
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' }
  const binary = binarySuffixes[text]
  if (binary !== undefined) return { base: 2, exponent: binary, format: 'BinarySI' }
  const exponent = /^[eE]([+-]?\d+)$/.exec(text)
  if (!exponent || Math.abs(Number(exponent[1])) > maxExponent) throw new QuantityError(quantitySuffixError)
  return { base: 10, exponent: Number(exponent[1]), format: 'DecimalExponent' }
}

/**
 * Amounts that upstream keeps in an int64: they are neither rounded nor capped, and keep their text if that is nearly
 * canonical.
 */
function quick(
  text: string, negative: boolean, number: string, fraction: string, { exponent, format }: Suffix,
): Quantity | undefined {
  const binary = format === 'BinarySI'
  if (binary && fraction.length > 0) return undefined
  const precision = binary
    ? 15 - number.length - Math.trunc((Math.fround(exponent) * 3) / 10) - 1
    : 18 - number.length - fraction.length
  const scale = (binary ? 0 : exponent) - fraction.length
  if (precision < 0 || scale < nano) return undefined
  const digits = number + fraction
  const value = BigInt(digits)
  const magnitude = binary ? value << BigInt(exponent) : value
  if (magnitude > maxInt64) return undefined
  const keeps = binary ? (value & 7n) !== 0n : scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0'
  return { unscaled: negative ? -magnitude : magnitude, scale, format, ...(keeps && { text }) }
}

function exact(negative: boolean, number: string, fraction: string, { base, exponent, format }: Suffix): Quantity {
  let unscaled = BigInt(number + fraction)
  let scale = -fraction.length
  if (base === 10) scale += exponent
  else unscaled <<= BigInt(exponent)
  if (unscaled !== 0n && scale < nano) {
    unscaled = divideUp(unscaled, 10n ** BigInt(nano - scale))
    scale = nano
  }
  let resulting = format
  if (format === 'BinarySI') {
    if (compareDecimals(unscaled, scale, maxInt64, 0) > 0) [unscaled, scale] = [maxInt64, 0]
    else if (unscaled > 0n && compareDecimals(unscaled, scale, 1n, 0) < 0) resulting = 'DecimalSI'
  }
  return { unscaled: negative ? -unscaled : unscaled, scale, format: resulting }
}

/** The shortest text of the same amount in its format: what upstream writes into JSON. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text
  const { unscaled, scale } = quantity
  if (unscaled === 0n) return '0'
  if (quantity.format === 'BinarySI') {
    const whole = toScaleIfExact(quantity, 0)
    if (whole !== undefined && (whole >= 1024n || whole <= -1024n)) return formatBinary(whole)
  }
  const [mantissa, times] = removeFactors(unscaled, 10n)
  let exponent = scale + times
  const extra = ((exponent % 3) + 3) % 3
  exponent -= extra
  const suffix =
    quantity.format === 'DecimalExponent'
      ? exponent === 0
        ? ''
        : `e${exponent}`
      : (decimalNames.get(exponent) ?? `e${exponent}`)
  return `${mantissa * 10n ** BigInt(extra)}${suffix}`
}

function formatBinary(whole: bigint): string {
  const [mantissa, times] = removeFactors(whole, 1024n)
  const usable = Math.min(times, binaryNames.length - 1)
  return `${mantissa * 1024n ** BigInt(times - usable)}${binaryNames[usable]}`
}

const canonicalTexts = new Map<string, string>()

/** `canonicalQuantity('1000m')` is `1`. Throws QuantityError. */
export function canonicalQuantity(text: string): string {
  const known = canonicalTexts.get(text)
  if (known !== undefined) return known
  const canonical = formatQuantity(parseQuantity(text))
  if (canonicalTexts.size >= cacheLimit) canonicalTexts.clear()
  canonicalTexts.set(text, canonical)
  return canonical
}

export function quantityOf(value: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { unscaled: BigInt(value), scale: 0, format }
}

/** Negative, zero or positive, as `left - right` would be. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  return compareDecimals(left.unscaled, left.scale, right.unscaled, right.scale)
}

/** Zero takes the other's format, as upstream. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  const scale = Math.min(left.scale, right.scale)
  const format = left.unscaled === 0n ? right.format : left.format
  return { unscaled: rescale(left, scale) + rescale(right, scale), scale, format }
}

export function subtractQuantities(left: Quantity, right: Quantity): Quantity {
  const format = left.unscaled === 0n ? right.format : left.format
  return { ...addQuantities(left, negateQuantity(right)), format }
}

function negateQuantity(quantity: Quantity): Quantity {
  return { unscaled: -quantity.unscaled, scale: quantity.scale, format: quantity.format }
}

/** -1, 0 or 1. */
export function quantitySign(quantity: Quantity): number {
  return quantity.unscaled === 0n ? 0 : quantity.unscaled < 0n ? -1 : 1
}

/** The amount in units of `10^scale`, rounded away from zero: 0 gives whole units, -3 milli-units. */
export function scaledValue(quantity: Quantity, scale: number): bigint {
  if (quantity.scale >= scale) return rescale(quantity, scale)
  const divisor = 10n ** BigInt(scale - quantity.scale)
  return quantity.unscaled < 0n ? -divideUp(-quantity.unscaled, divisor) : divideUp(quantity.unscaled, divisor)
}

/** Whole units, rounded up: bytes, pods. A number; exact up to 2^53. */
export function quantityValue(quantity: Quantity): number {
  return Number(scaledValue(quantity, 0))
}

/** Thousandths, rounded up: millicores. */
export function quantityMilliValue(quantity: Quantity): number {
  return Number(scaledValue(quantity, -3))
}

/** As a floating point number, which may be inexact. */
export function approximateQuantity(quantity: Quantity): number {
  return quantity.scale === 0 ? Number(quantity.unscaled) : Number(`${quantity.unscaled}e${quantity.scale}`)
}

function toScaleIfExact(quantity: Quantity, scale: number): bigint | undefined {
  if (quantity.scale >= scale) return rescale(quantity, scale)
  const divisor = 10n ** BigInt(scale - quantity.scale)
  return quantity.unscaled % divisor === 0n ? quantity.unscaled / divisor : undefined
}

/** To a finer or the same scale. */
function rescale({ unscaled, scale }: Quantity, to: number): bigint {
  return scale === to ? unscaled : unscaled * 10n ** BigInt(scale - to)
}

function compareDecimals(left: bigint, leftScale: number, right: bigint, rightScale: number): number {
  if (leftScale > rightScale) left *= 10n ** BigInt(leftScale - rightScale)
  if (rightScale > leftScale) right *= 10n ** BigInt(rightScale - leftScale)
  return left < right ? -1 : left > right ? 1 : 0
}

function divideUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor
}

function removeFactors(value: bigint, factor: bigint): [bigint, number] {
  let times = 0
  for (; value !== 0n && value % factor === 0n; times++) value /= factor
  return [value, times]
}
