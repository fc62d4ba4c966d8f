/** Durations: canonical forms and Go's errors. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalDuration, millisecondsToDuration, parseDuration } from './duration.ts'

test('durations have Go’s canonical form', () => {
  for (const [text, expected] of [
    ['0', '0s'], ['0s', '0s'], ['60s', '1m0s'], ['1h', '1h0m0s'], ['90m', '1h30m0s'], ['1.5s', '1.5s'],
    ['100ms', '100ms'], ['1500us', '1.5ms'], ['1ns', '1ns'], ['1µs', '1µs'], ['-1.5h', '-1h30m0s'], ['+5s', '5s'],
    ['1h1m1s1ms', '1h1m1.001s'], ['.5s', '500ms'], ['2562047h47m16.854775807s', '2562047h47m16.854775807s'],
    ['24h', '24h0m0s'],
  ] as const) {
    assert.equal(canonicalDuration(text), expected, text)
  }
})

test('failures are in Go’s words', () => {
  for (const [text, message] of [
    ['', 'time: invalid duration ""'], ['1', 'time: missing unit in duration "1"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'], ['x', 'time: invalid duration "x"'],
    ['.s', 'time: invalid duration ".s"'], ['3000000h', 'time: invalid duration "3000000h"'],
    ['-', 'time: invalid duration "-"'],
  ] as const) assert.throws(() => parseDuration(text), { message }, text)
})

test('milliseconds are written as a duration', () => {
  assert.equal(millisecondsToDuration(60250), '1m0.25s')
})
