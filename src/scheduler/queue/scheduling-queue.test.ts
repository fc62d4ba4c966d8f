/** The queue's order, back-off and wakes, in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import type { ClusterChange } from '../plugin.ts'
import { infoOf } from '../testing.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

function laboratory() {
  const clock = createSimClock()
  const wakesOn: Readonly<Record<string, readonly ClusterChange[]>> = {
    Fit: ['pod deleted', 'own pod changed'], Taints: ['node taints changed'],
  }
  const queue = new SchedulingQueue(clock, (plugin, change) => wakesOn[plugin]!.includes(change))
  const popped: string[] = []
  const stop = new AbortController()
  const lab = {
    clock, queue, popped,
    add: (line: string) => queue.set(infoOf(line), false),
    /** Takes what is ready now; `outcome` decides what becomes of each. */
    async drain(outcome: (uid: string) => void = (uid) => queue.done(uid)): Promise<string[]> {
      const names: string[] = []
      const step = new AbortController()
      const taking = (async () => {
        for (;;) {
          const { info } = await queue.pop(step.signal)
          names.push(info.pod.metadata.name)
          outcome(info.uid)
        }
      })()
      await clock.settle()
      step.abort()
      await taking.catch((error: unknown) => assert.equal(error, step.signal.reason))
      return names
    },
    reject: (...plugins: string[]) => (uid: string) => queue.reject(uid, new Set(plugins)),
    stop,
  }
  return lab
}

test('the most important pod comes first, then the one that waited longest', async () => {
  const { add, drain, clock } = laboratory()
  for (const line of ['late priority=1', 'later priority=1', 'high priority=9', 'low']) {
    add(line)
    await clock.advance(1)
  }
  assert.deepEqual(await drain(), ['high', 'late', 'later', 'low'])
})

test('a rejected pod is woken by what its plugins wait for, and by nothing else', async () => {
  const { add, drain, queue, reject, clock } = laboratory()
  add('p')
  assert.deepEqual(await drain(reject('Fit')), ['p'])
  queue.changed('node taints changed')
  await clock.advance(60_000)
  assert.deepEqual(await drain(), [])
  queue.changed('pod deleted')
  assert.deepEqual(await drain(), ['p'])
})

test('its own change wakes a pod if a plugin that rejected it cares', async () => {
  const { drain, queue, reject } = laboratory()
  queue.set(infoOf('p'), false)
  queue.set(infoOf('q'), false)
  await drain((uid) => uid === 'uid-p' ? reject('Fit')(uid) : reject('Taints')(uid))
  queue.set(infoOf('p cpu=1'), true)
  queue.set(infoOf('q cpu=1'), true)
  assert.deepEqual(await drain(), ['p'])
  assert.equal(queue.get('uid-q')?.requests.milliCpu, 1_000)
})

test('a woken pod that backs off waits for others, but not while nobody else is there', async () => {
  const { add, drain, queue, reject } = laboratory()
  add('p priority=9')
  await drain(reject('Fit'))
  queue.changed('pod deleted')
  add('q')
  assert.deepEqual(await drain(), ['q', 'p'])
})

test('after an error a pod waits 1, 2, 4, 8, then 10 seconds', async () => {
  const { add, drain, queue, clock } = laboratory()
  add('p')
  for (const seconds of [1, 2, 4, 8, 10, 10]) {
    assert.deepEqual(await drain((uid) => queue.fail(uid)), ['p'])
    await clock.advance(seconds * 1_000 - 1)
    assert.deepEqual(await drain(), [], `${seconds} s`)
    await clock.advance(1)
  }
})

test('a pod that nothing wakes is tried again after five minutes', async () => {
  const { add, drain, reject, clock } = laboratory()
  add('p')
  await drain(reject('Fit'))
  await clock.advance(5 * 60_000 - 1)
  assert.deepEqual(await drain(), [])
  await clock.advance(30_000)
  assert.deepEqual(await drain(), ['p'])
})

test('a pod is removed wherever it is', async () => {
  const { add, drain, queue, reject, clock } = laboratory()
  for (const name of ['waiting', 'failed', 'woken', 'taken']) add(name)
  await drain((uid) => {
    if (uid === 'uid-failed') queue.fail(uid)
    else if (uid !== 'uid-taken') reject(uid === 'uid-woken' ? 'Fit' : 'Taints')(uid)
  })
  add('active')
  queue.changed('pod deleted')
  for (const name of ['waiting', 'failed', 'woken', 'taken', 'active']) {
    assert.ok(queue.has(`uid-${name}`), name)
    queue.remove(`uid-${name}`)
  }
  // What was being decided meanwhile comes back to a queue that knows it no more.
  queue.reject('uid-taken', new Set(['Fit']))
  queue.fail('uid-taken')
  queue.changed('node taints changed')
  await clock.advance(600_000)
  assert.deepEqual(await drain(), [])
  assert.deepEqual(queue.counts, { active: 0, backoff: 0, unschedulable: 0 })
})
