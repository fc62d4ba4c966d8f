/** Percentages scale, numbers stay. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIntOrString, percentOf, scaledIntOrPercent } from './int-or-string.ts'

test('percentages scale with the rounding that is asked for', () => {
  for (const [value, total, up, down] of [
    [3, 10, 3, 3], ['25%', 10, 3, 2], ['0%', 10, 0, 0], ['100%', 7, 7, 7], ['33%', 3, 1, 0], ['150%', 2, 3, 3],
    ['1%', 1000, 10, 10], ['ten', 10, undefined, undefined], ['10', 10, undefined, undefined],
    ['1.5%', 10, undefined, undefined],
  ] as const) {
    assert.equal(scaledIntOrPercent(value, total, 'up'), up, `${value} of ${total}, up`)
    assert.equal(scaledIntOrPercent(value, total, 'down'), down, `${value} of ${total}, down`)
  }
})

test('texts of digits are numbers', () => {
  assert.equal(parseIntOrString('80'), 80)
  assert.equal(parseIntOrString('http'), 'http')
  assert.equal(parseIntOrString('99999999999'), '99999999999')
  assert.equal(percentOf('25%'), 25)
  assert.equal(percentOf('%'), undefined)
})
