/** Times: what is accepted, what it becomes, and Go's words for what is not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  canonicalMicroTime,
  canonicalTime,
  formatMicroTime,
  formatTime,
  parseTime,
  timeToMilliseconds,
} from './time.ts'

test('times become UTC with whole seconds', () => {
  for (const [text, expected] of [
    ['2020-01-02T03:04:05Z', '2020-01-02T03:04:05Z'], ['2020-01-02T03:04:05.999Z', '2020-01-02T03:04:05Z'],
    ['2020-01-02T03:04:05+02:30', '2020-01-02T00:34:05Z'], ['2020-01-02T3:04:05Z', '2020-01-02T03:04:05Z'],
    ['2020-02-29T00:00:00-01:00', '2020-02-29T01:00:00Z'], ['0001-01-01T00:00:00Z', undefined],
  ] as const) assert.equal(canonicalTime(text), expected, text)
})

test('micro times have exactly six decimals', () => {
  assert.equal(canonicalMicroTime('2020-01-02T03:04:05.123456+01:00'), '2020-01-02T02:04:05.123456Z')
  assert.throws(() => canonicalMicroTime('2020-01-02T03:04:05Z'), {
    message: 'parsing time "2020-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
  })
})

test('failures are in Go’s words', () => {
  for (const [text, message] of [
    ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
    ['yesterday', 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
    ['2020-13-02T03:04:05Z', 'parsing time "2020-13-02T03:04:05Z": month out of range'],
    ['2021-02-29T03:04:05Z', 'parsing time "2021-02-29T03:04:05Z": day out of range'],
    ['2020-01-02T24:04:05Z', 'parsing time "2020-01-02T24:04:05Z": hour out of range'],
    ['2020-01-02', 'parsing time "2020-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
    [
      '2020-01-02T03:04:05',
      'parsing time "2020-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
    ],
    ['2020-01-02T03:04:05Zx', 'parsing time "2020-01-02T03:04:05Zx": extra text: "x"'],
  ] as const) assert.throws(() => parseTime(text), { message }, text)
})

test('milliseconds and texts agree', () => {
  assert.equal(formatTime(1577934245999), '2020-01-02T03:04:05Z')
  assert.equal(formatMicroTime(1577934245123.456), '2020-01-02T03:04:05.123456Z')
  assert.equal(timeToMilliseconds('2020-01-02T03:04:05Z'), 1577934245000)
  assert.equal(timeToMilliseconds('2020-01-02T03:04:05.250000Z'), 1577934245250)
  assert.ok(Number.isNaN(timeToMilliseconds('soon')))
})
