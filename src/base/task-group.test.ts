/** Tests of structured concurrency: no task outlives its group. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aborted, withTaskGroup } from './task-group.ts'

test('when the body returns, tasks are aborted and awaited', async () => {
  const log: string[] = []
  const result = await withTaskGroup(undefined, async (group) => {
    group.start(async (signal) => {
      await aborted(signal)
      await Promise.resolve()
      log.push('task ended')
    })
    return 7
  })
  assert.equal(result, 7)
  assert.deepEqual(log, ['task ended'])
})

test('the first failure aborts the others and is thrown', async () => {
  const log: string[] = []
  const run = withTaskGroup(undefined, async (group) => {
    group.start(async (signal) => { await aborted(signal); log.push('other ended'); throw new Error('second') })
    group.start(async () => { throw new Error('first') })
    await aborted(group.signal)
    group.signal.throwIfAborted()
  })
  await assert.rejects(run, /first/)
  assert.deepEqual(log, ['other ended'])
})

test('a failing body ends its tasks', async () => {
  let ended = false
  await assert.rejects(withTaskGroup(undefined, async (group) => {
    group.start(async (signal) => { await aborted(signal); ended = true })
    throw new Error('body')
  }), /body/)
  assert.equal(ended, true)
})

test("the parent's abort reaches the tasks", async () => {
  const parent = new AbortController()
  const run = withTaskGroup(parent.signal, async (group) => {
    group.start(async (signal) => { await aborted(signal) })
    await group.settled()
    return 'done'
  })
  parent.abort(new Error('stop'))
  assert.equal(await run, 'done')
})

test('a task that throws at once rejects the group, and one started after the end is refused', async () => {
  await assert.rejects(withTaskGroup(undefined, async (group) => {
    group.start(() => { throw new Error('synchronous') })
    await group.settled()
  }), /synchronous/)
  await withTaskGroup(undefined, async (group) => {
    group.stop()
    assert.throws(() => group.start(async () => {}), /task group ended/)
  })
})
