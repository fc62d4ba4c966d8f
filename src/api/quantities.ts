/** Resource quantities in their text form, as defaulting and validation compare them. */
import {
  addQuantities as add,
  compareQuantities as compare,
  formatQuantity,
  parseQuantity,
  QuantityError,
  quantitySign,
  scaledValue,
  type Quantity,
} from '#machinery/quantity.ts'

/**
 * Objects reach defaulting and validation through the codec, which refuses malformed quantities; an absent one
 * counts as zero.
 */
function parse(quantity: string | number | undefined): Quantity {
  return parseQuantity(String(quantity ?? '0'))
}

/** Whether a text that did not come through the codec is one. */
export function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch (error) {
    if (error instanceof QuantityError) return false
    throw error
  }
}

/** Negative, zero or positive, as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: string | undefined, b: string | undefined): number {
  return compare(parse(a), parse(b))
}

/** -1, 0 or 1. */
export function signOfQuantity(quantity: string | undefined): number {
  return quantitySign(parse(quantity))
}

export function isZeroQuantity(quantity: string | undefined): boolean {
  return signOfQuantity(quantity) === 0
}

/** No fraction, when rounded up to thousandths. */
export function isWholeQuantity(quantity: string): boolean {
  return scaledValue(parse(quantity), -3) % 1000n === 0n
}

/** The same as a number for a fault to show. */
export function unitsOf(quantity: string): number {
  return Number(unitsOfQuantity(quantity))
}

/** Units, rounded up. */
export function unitsOfQuantity(quantity: string): bigint {
  return scaledValue(parse(quantity), 0)
}

export function maxQuantity(a: string, b: string): string {
  return compareQuantities(a, b) >= 0 ? a : b
}

export function addQuantities(a: string, b: string): string {
  return formatQuantity(add(parse(a), parse(b)))
}
