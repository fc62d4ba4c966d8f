/** Amounts (upstream's Quantity library). */
import {
  addQuantities, approximateQuantity, compareQuantities, parseQuantity, QuantityError, quantityOf, quantitySign,
  scaledValue, subtractQuantities, type Quantity,
} from '../../quantity.ts'
import { fail, member, plain, reads } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import { boolType, doubleType, intType, opaque, stringType } from '../types.ts'
import { Foreign } from '../values.ts'

export const quantityTypeName = 'kubernetes.Quantity'
const quantityType = opaque(quantityTypeName)
const limit = 2n ** 63n

function toValue(quantity: Quantity): Foreign {
  return new Foreign(quantityTypeName, quantity, (other) => compareQuantities(quantity, other as Quantity) === 0)
}

const of = (value: Foreign): Quantity => value.data as Quantity

function read(text: string): Quantity | undefined {
  try {
    return parseQuantity(text)
  } catch (error) {
    if (error instanceof QuantityError) return undefined
    throw error
  }
}

function parse(text: string): Foreign {
  try {
    return toValue(parseQuantity(text))
  } catch (error) {
    if (error instanceof QuantityError) return fail(error.message)
    throw error
  }
}

/** undefined: it is no whole number, or none of 64 bits. */
function whole(quantity: Quantity): bigint | undefined {
  const value = scaledValue(quantity, 0)
  const isWhole = compareQuantities(quantityOf(value), quantity) === 0
  return isWhole && value < limit && value >= -limit ? value : undefined
}

export const quantityFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['quantity', [plain('string_to_quantity', [stringType], quantityType, parse, reads(0))]],
  ['isQuantity', [plain('is_quantity_string', [stringType], boolType, (text: string) =>
    read(text) !== undefined, reads(0))]],
  ['sign', [member('quantity_sign', [quantityType], intType, (value: Foreign) => BigInt(quantitySign(of(value))))]],
  ['isGreaterThan', [member('quantity_is_greater_than', [quantityType, quantityType], boolType,
    (left: Foreign, right: Foreign) => compareQuantities(of(left), of(right)) > 0)]],
  ['isLessThan', [member('quantity_is_less_than', [quantityType, quantityType], boolType,
    (left: Foreign, right: Foreign) => compareQuantities(of(left), of(right)) < 0)]],
  ['compareTo', [member('quantity_compare_to', [quantityType, quantityType], intType,
    (left: Foreign, right: Foreign) => BigInt(Math.sign(compareQuantities(of(left), of(right)))))]],
  ['asApproximateFloat', [member('quantity_get_float', [quantityType], doubleType, (value: Foreign) =>
    approximateQuantity(of(value)))]],
  ['asInteger', [member('quantity_get_int', [quantityType], intType, (value: Foreign) =>
    whole(of(value)) ?? fail('cannot convert value to integer'))]],
  ['isInteger', [member('quantity_is_integer', [quantityType], boolType, (value: Foreign) =>
    whole(of(value)) !== undefined)]],
  ['add', [
    member('quantity_add', [quantityType, quantityType], quantityType, (left: Foreign, right: Foreign) =>
      toValue(addQuantities(of(left), of(right)))),
    member('quantity_add_int', [quantityType, intType], quantityType, (left: Foreign, right: bigint) =>
      toValue(addQuantities(of(left), quantityOf(right)))),
  ]],
  ['sub', [
    member('quantity_sub', [quantityType, quantityType], quantityType, (left: Foreign, right: Foreign) =>
      toValue(subtractQuantities(of(left), of(right)))),
    member('quantity_sub_int', [quantityType, intType], quantityType, (left: Foreign, right: bigint) =>
      toValue(subtractQuantities(of(left), quantityOf(right)))),
  ]],
])
