/** Quantities: the canonical form of many texts, arithmetic, and upstream's errors. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addQuantities,
  approximateQuantity,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityFormatError,
  quantityMilliValue,
  quantityNumberError,
  quantityOf,
  quantitySuffixError,
  quantityValue,
  subtractQuantities,
} from './quantity.ts'

const canonical: readonly (readonly [text: string, canonical: string])[] = [
  ['0', '0'], ['00', '0'], ['0n', '0'], ['.', '0'], ['Ki', '0'], ['0Ki', '0'], ['-0', '0'], ['1', '1'], ['1000', '1k'],
  ['1000m', '1'], ['1500m', '1500m'], ['0.5', '500m'], ['1.5', '1500m'], ['.5', '500m'], ['1.', '1.'],
  ['100Mi', '100Mi'], ['1024Ki', '1Mi'], ['1024', '1024'], ['1.5Gi', '1536Mi'], ['1Ei', '1Ei'], ['2048Mi', '2Gi'],
  ['1e3', '1e3'], ['1000e3', '1e6'], ['1E6', '1E6'], ['12e6', '12e6'], ['100000', '100k'], ['1234567', '1234567'],
  ['5G', '5G'], ['0.1', '100m'], ['0.0000000001', '1n'], ['1.0000000001', '1000000001n'], ['0.5Mi', '512Ki'],
  ['0.5Ki', '512'], ['0.001Ki', '1024m'], ['9223372036854775807', '9223372036854775807'],
  ['9223372036854775808Ki', '9223372036854775807'], ['100Ei', '9223372036854775807'], ['-1500m', '-1500m'],
  ['-1', '-1'], ['+5', '+5'], ['1.500', '1.500'], ['1Ki', '1Ki'], ['8Ki', '8Ki'], ['512', '512'], ['0.3Ki', '307200m'],
  ['100m', '100m'], ['3u', '3u'], ['1000000u', '1'], ['1P', '1P'], ['1000P', '1E'],
]

test('texts have upstream’s canonical form', () => {
  for (const [text, expected] of canonical) assert.equal(canonicalQuantity(text), expected, text)
})

test('the canonical form is stable and means the same', () => {
  for (const [text] of canonical) {
    const once = canonicalQuantity(text)
    assert.equal(canonicalQuantity(once), once, text)
    assert.equal(compareQuantities(parseQuantity(once), parseQuantity(text)), 0, text)
  }
})

test('bad texts have upstream’s errors', () => {
  for (const [text, message] of [
    ['', quantityFormatError], ['abc', quantityFormatError], ['1 ', quantityFormatError], ['1x', quantityFormatError],
    ['--1', quantitySuffixError], ['1Kii', quantitySuffixError], ['1mm', quantitySuffixError],
    ['1e', quantitySuffixError], ['1e99999', quantitySuffixError], ['Ei', quantityNumberError],
    ['1.2.3', quantityFormatError],
  ] as const) assert.throws(() => parseQuantity(text), { message }, text)
})

test('sums keep the left format unless the left is zero', () => {
  for (const [left, right, sum, difference] of [
    ['1', '500m', '1500m', '500m'], ['1Gi', '512Mi', '1536Mi', '512Mi'], ['0', '1Ki', '1Ki', '-1Ki'],
    ['100m', '1Ki', '1024100m', '-1023900m'],
    ['1k', '1', '1001', '999'],
  ] as const) {
    assert.equal(formatQuantity(addQuantities(parseQuantity(left), parseQuantity(right))), sum, `${left} + ${right}`)
    assert.equal(
      formatQuantity(subtractQuantities(parseQuantity(left), parseQuantity(right))), difference, `${left} - ${right}`,
    )
  }
})

test('values round up', () => {
  for (const [text, value, milli] of [
    ['1', 1, 1000], ['100m', 1, 100], ['1100m', 2, 1100], ['1n', 1, 1], ['1Mi', 1048576, 1048576000],
    ['-1500m', -2, -1500], ['2.5', 3, 2500],
  ] as const) {
    assert.equal(quantityValue(parseQuantity(text)), value, text)
    assert.equal(quantityMilliValue(parseQuantity(text)), milli, text)
  }
  assert.equal(approximateQuantity(parseQuantity('1500m')), 1.5)
})

test('amounts are ordered across formats', () => {
  const ordered = ['-1', '0', '1n', '1m', '999m', '1', '1k', '1Ki', '1M', '1Mi', '1e9', '1Gi']
  for (let index = 1; index < ordered.length; index++) {
    assert.ok(
      compareQuantities(parseQuantity(ordered[index - 1]!), parseQuantity(ordered[index]!)) < 0, ordered[index]!,
    )
  }
})

test('amounts are made from numbers', () => {
  assert.equal(formatQuantity(quantityOf(1048576, 'BinarySI')), '1Mi')
  assert.equal(formatQuantity(quantityOf(1000n)), '1k')
})
