/** Tests of the queue between producers and one consumer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AsyncQueue, QueueFull } from './async-queue.ts'

test('everything pushed before the end is delivered in order', async () => {
  const queue = new AsyncQueue<number>(10_000)
  const seen: number[] = []
  const reader = (async () => { for await (const item of queue) seen.push(item) })()
  for (let i = 0; i < 5000; i++) {
    queue.push(i)
    if (i % 100 === 0) await Promise.resolve()
  }
  queue.end()
  await reader
  assert.deepEqual(seen, Array.from({ length: 5000 }, (_, i) => i))
})

test('a full queue refuses, and put waits for room', async () => {
  const queue = new AsyncQueue<string>(1)
  queue.push('a')
  assert.throws(() => queue.push('b'), QueueFull)
  const waiting = queue.put('c')
  assert.equal(queue.tryTake(), 'a')
  assert.equal(await waiting, true)
  assert.equal(queue.tryTake(), 'c')
})

test('put gives up when the signal aborts or the queue ends', async () => {
  const queue = new AsyncQueue<string>(1)
  queue.push('a')
  const controller = new AbortController()
  const cancelled = queue.put('b', controller.signal)
  controller.abort(new Error('enough'))
  await assert.rejects(cancelled, /enough/)
  const late = queue.put('c')
  queue.end()
  assert.equal(await late, false)
})

test('a failure comes after the items before it', async () => {
  const queue = new AsyncQueue<number>(5)
  queue.push(1)
  queue.fail(new Error('broken'))
  const seen: number[] = []
  await assert.rejects(async () => { for await (const item of queue) seen.push(item) }, /broken/)
  assert.deepEqual(seen, [1])
})

test('leaving the loop closes the queue', async () => {
  const queue = new AsyncQueue<number>(5)
  queue.push(1)
  for await (const item of queue) if (item === 1) break
  assert.equal(queue.closed, true)
  assert.equal(queue.tryPush(2), false)
})
