/** Tests of the ring buffer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RingBuffer } from './ring-buffer.ts'

test('a full buffer drops its oldest item and says which', () => {
  const buffer = new RingBuffer<number>(3)
  assert.deepEqual([1, 2, 3, 4, 5].map((n) => buffer.push(n)), [undefined, undefined, undefined, 1, 2])
  assert.deepEqual([...buffer], [3, 4, 5])
  assert.deepEqual(
    [buffer.first(), buffer.last(), buffer.at(1), buffer.at(3), buffer.at(-1)],
    [3, 5, 4, undefined, undefined],
  )
})

test('items leave in the order in which they came, across the seam', () => {
  const buffer = new RingBuffer<number>(2)
  buffer.push(1)
  buffer.push(2)
  assert.equal(buffer.shift(), 1)
  buffer.push(3)
  assert.deepEqual([buffer.shift(), buffer.shift(), buffer.shift()], [2, 3, undefined])
})

test('a capacity below one is refused', () => {
  assert.throws(() => new RingBuffer(0), RangeError)
})
