/** A few histories in every test run, and what the checks say of histories that no store should have made. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answered, Asked, Call, Commit } from './history.ts'
import { checkHistory, recordHistory, type History } from './history-campaign.ts'
import { checkWatch, type SeenEvent, type WatchSession } from './watch-guarantees.ts'

/** Without thousands of restarts. */
const quickSeeds = [1, 3, 4, 5]
const everything = { start: '', end: '\uffff' }

test('what clients and watchers see of a store under faults could not be better', async () => {
  for (const seed of quickSeeds) {
    const history = await recordHistory(seed)
    assert.deepEqual(checkHistory(history), [], `seed ${seed}`)
    assert.ok(history.calls.length > 10)
  }
})

test('the same seed gives the same history', async () => {
  const [one, two] = [await recordHistory(3), await recordHistory(3)]
  assert.equal(one.hash, two.hash)
})

/** Puts of `a` at 2, `b` at 3 and `a` at 4, each call after the one before. */
const commits: readonly Commit[] = [
  { revision: 2, changes: new Map([['a', '1']]) },
  { revision: 3, changes: new Map([['b', '2']]) },
  { revision: 4, changes: new Map([['a', '3']]) },
]
function call(at: number, asked: Asked, answered: Answered): Call {
  return { client: 0, asked, calledAt: at, returnedAt: at + 1, answered }
}
function putAt(at: number, key: string, guard: number, value: string, revision: number): Call {
  const asked: Asked = { type: 'change', guards: new Map([[key, guard]]), changes: new Map([[key, value]]) }
  return call(at, asked, { type: 'changed', revision })
}
const calls: readonly Call[] = [putAt(10, 'a', 0, '1', 2), putAt(20, 'b', 0, '2', 3), putAt(30, 'a', 2, '3', 4)]

function problemsWith(more: readonly Call[]): string {
  const history: History = { calls: [...calls, ...more], commits, sessions: [], elapsedMs: 0, lives: 1, hash: '' }
  return checkHistory(history).join('; ')
}

test('answers that no order explains are noticed', () => {
  const get: Asked = { type: 'get', key: 'a' }
  const read = (revision: number, value: string, modRevision: number): Answered =>
    ({ type: 'read', revision, held: new Map([['a', { value, modRevision }]]) })
  assert.equal(problemsWith([]), '')
  assert.equal(problemsWith([call(40, get, read(4, '3', 4))]), '')
  assert.match(problemsWith([call(40, get, read(3, '1', 2))]), /had ended before it began/)
  assert.match(problemsWith([call(40, get, read(4, '1', 2))]), /read at 4 what was not there/)
  assert.match(problemsWith([call(40, get, read(9, '3', 4))]), /there is no revision 9/)
  assert.match(problemsWith([putAt(40, 'a', 2, '3', 4)]), /another change's revision/)
})

const events: readonly SeenEvent[] = [
  { key: 'a', revision: 2, value: '1', previous: undefined },
  { key: 'b', revision: 3, value: '2', previous: undefined },
  { key: 'a', revision: 4, value: '3', previous: { modRevision: 2, value: '1' } },
]

function broken(session: Partial<WatchSession>): string {
  const whole: WatchSession = { range: everything, from: 1, batches: [events], bookmarks: [], ...session }
  return [...new Set(checkWatch(whole, commits).map(({ guarantee }) => guarantee))].join(' ')
}

test('each of the six guarantees of watches can be seen to be broken', () => {
  const [first, second, third] = events.map((event) => [event])
  assert.equal(broken({}), '')
  assert.equal(broken({ batches: [first!, second!, third!] }), '')
  assert.match(broken({ batches: [second!, first!, third!] }), /ordered/)
  assert.match(broken({ batches: [events, third!] }), /unique/)
  assert.match(broken({ batches: [first!, third!] }), /reliable/)
  assert.match(broken({ batches: [first!, [{ ...events[1]!, value: 'x' }, ...third!]] }), /reliable/)
  assert.match(broken({ batches: [[...first!, ...second!], [{ ...events[1]!, key: 'c' }]] }), /atomic/)
  assert.match(broken({ batches: [second!, third!] }), /resumable/)
  assert.match(broken({ from: 2, batches: [events] }), /resumable/)
  assert.match(broken({ batches: [second!], bookmarks: [{ revision: 3, batches: 0 }] }), /bookmarkable/)
})
