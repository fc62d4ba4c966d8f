/** A key is never lost, never handled twice at a time, and comes back later after failures. */
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { createManualClock } from './testing/manual-clock.ts'
import { WorkQueue } from './workqueue.ts'

const never = new AbortController().signal

test('hands a key out once, however often it was added', async () => {
  const queue = new WorkQueue({ clock: createManualClock() })
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key)
  assert.equal(await queue.take(never), 'a')
  assert.equal(await queue.take(never), 'b')
  assert.equal(queue.length, 0)
})

test('a key added while a worker has it comes again after done, not before', async () => {
  const queue = new WorkQueue({ clock: createManualClock() })
  queue.add('a')
  await queue.take(never)
  queue.add('a')
  queue.add('a')
  assert.equal(queue.length, 0)
  queue.done('a')
  assert.equal(queue.length, 1)
  assert.equal(await queue.take(never), 'a')
  queue.done('a')
  assert.equal(queue.length, 0)
})

test('backs off 5 ms, 10 ms, 20 ms … up to 1000 s, each key by itself, until forgotten', () => {
  const queue = new WorkQueue({ clock: createManualClock() })
  const waits = Array.from({ length: 20 }, () => queue.addRateLimited('a'))
  assert.deepEqual(waits.slice(0, 4), [5, 10, 20, 40])
  assert.equal(waits[19], 1_000_000)
  assert.equal(queue.addRateLimited('b'), 5)
  queue.forget('a')
  assert.equal(queue.addRateLimited('a'), 5)
})

test('of several delays the earliest counts', async () => {
  const clock = createManualClock()
  const queue = new WorkQueue({ clock })
  queue.addAfter('a', 5000)
  queue.addAfter('a', 1000)
  queue.addAfter('a', 3000)
  queue.addAfter('b', 2000)
  await clock.advance(999)
  assert.equal(queue.length, 0)
  await clock.advance(1)
  assert.equal(await queue.take(never), 'a')
  await clock.advance(1000)
  assert.equal(await queue.take(never), 'b')
  assert.equal(queue.delayed, 0)
  assert.equal(clock.pendingTimers, 0)
})

test('waiting workers get keys in the order they came, and undefined when it closes', async () => {
  const queue = new WorkQueue({ clock: createManualClock() })
  const workers = [queue.take(never), queue.take(never), queue.take(never)]
  queue.add('a')
  queue.add('b')
  queue.close()
  assert.deepEqual(await Promise.all(workers), ['a', 'b', undefined])
})

test('a worker that gave up does not take a key with it', async () => {
  const queue = new WorkQueue({ clock: createManualClock() })
  const stop = new AbortController()
  const gone = queue.take(stop.signal)
  stop.abort()
  assert.equal(await gone, undefined)
  queue.add('a')
  assert.equal(await queue.take(never), 'a')
})

test('however many keys a worker takes, its signal is listened to once, and not after the end', async () => {
  const queue = new WorkQueue({ clock: createManualClock() })
  const { signal } = new AbortController()
  for (const key of ['a', 'b', 'c']) {
    const taken = queue.take(signal)
    queue.add(key)
    queue.done((await taken)!)
  }
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  queue.close()
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('beyond its limit it refuses keys, and asks for them when it has drained', async () => {
  let asked = 0
  const queue = new WorkQueue({ clock: createManualClock(), limit: 2, onOverflow: () => { asked++ } })
  for (const key of ['a', 'b', 'c']) queue.add(key)
  assert.equal(queue.statistics.refused, 1)
  for (let i = 0; i < 2; i++) queue.done((await queue.take(never))!)
  assert.equal(asked, 1)
})

test('who never waits is made to, so that others have their turn', async () => {
  const clock = createManualClock()
  const queue = new WorkQueue({ clock })
  for (const key of ['a', 'b', 'c']) queue.add(key)
  assert.equal(await queue.take(never), 'a')
  await clock.advance(6)
  const next = queue.take(never)
  assert.equal(queue.length, 2)
  await clock.advance(0)
  assert.equal(await next, 'b')
  assert.equal(await queue.take(never), 'c')
})
