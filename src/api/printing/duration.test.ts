/** Table: milliseconds → how people read them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHumanDuration, formatTimeSince } from './duration.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const table: readonly (readonly [number, string])[] = [
  [-3 * second, '<invalid>'],
  [-second, '0s'],
  [0, '0s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [2 * minute + 5 * second, '2m5s'],
  [10 * minute + second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [7 * hour + 59 * minute, '7h59m'],
  [8 * hour + minute, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + hour, '2d1h'],
  [8 * day, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [731 * day, '2y1d'], [8 * 365 * day, '8y'],
]

for (const [milliseconds, text] of table) {
  test(`shows ${milliseconds} ms as ${text}`, () => assert.equal(formatHumanDuration(milliseconds), text))
}

test('does not know the age of what has no time', () => assert.equal(formatTimeSince(undefined, 0), '<unknown>'))
