/** The virtual clock: order, jumps, abort, and what happens when nothing can ever happen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from './clock.ts'

test('timers fire in order of time, then of creation, and time jumps between them', async () => {
  const clock = createSimClock(0)
  const seen: string[] = []
  clock.schedule(20, () => seen.push(`b${clock.monotonic()}`))
  clock.schedule(10, () => seen.push(`a${clock.monotonic()}`))
  clock.schedule(20, () => seen.push(`c${clock.now()}`))
  clock.schedule(15, () => seen.push('never')).cancel()
  await clock.advance(19)
  assert.deepEqual(seen, ['a10'])
  await clock.advance(1)
  assert.deepEqual(seen, ['a10', 'b20', 'c20'])
})

test('a year of sleeping passes at once when work is driven', async () => {
  const clock = createSimClock(0)
  const year = 365 * 86_400_000
  const work = async (): Promise<number> => {
    for (let day = 0; day < 365; day++) await clock.sleep(86_400_000)
    return clock.now()
  }
  assert.equal(await clock.drive(work()), year)
})

test('all promises are run before time moves', async () => {
  const clock = createSimClock(0)
  let steps = 0
  const chain = (async () => { for (let i = 0; i < 5_000; i++) { await undefined; steps++ } })()
  clock.schedule(1, () => assert.equal(steps, 5_000))
  await clock.advance(1)
  await chain
})

test('an aborted sleep rejects with the reason and leaves no timer', async () => {
  const clock = createSimClock(0)
  const abort = new AbortController()
  const sleeping = clock.sleep(1_000, abort.signal)
  abort.abort(new Error('stop'))
  await assert.rejects(sleeping, /stop/)
  assert.equal(clock.timers, 0)
})

test('work that waits for nothing is reported instead of hanging', async () => {
  await assert.rejects(createSimClock(0).drive(new Promise(() => {})), /no timer will bring/)
})

test('the wall clock can be stepped back while monotonic time goes on', async () => {
  const clock = createSimClock(1_000_000)
  clock.stepWallClock(-40_000)
  await clock.advance(10)
  assert.equal(clock.now(), 960_010)
  assert.equal(clock.monotonic(), 10)
})
