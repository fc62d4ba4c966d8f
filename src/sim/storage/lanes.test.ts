/** Lanes on a store, and each way in which a store could have got one wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { createSimClock } from '../clock.ts'
import { checkLanes, newLane, stepOf, type Lane, type LaneEntry } from './lanes.ts'

async function ran(steps: number): Promise<{ lane: Lane; entries: LaneEntry[] }> {
  await using store = openVolatileStore({ clock: createSimClock() })
  const lane = newLane('a')
  for (let step = 1; step <= steps; step++) {
    const decide = stepOf('a', step, 5)
    const { revision } = await store.transact((state) => ({ operations: decide(state), result: undefined }))
    Object.assign(lane, { acknowledged: step, asked: step, revision })
  }
  const entries = store.current().list({ start: '', end: '\uffff' }).map(({ key, value, modRevision }) =>
    ({ key, value: new TextDecoder().decode(value), modRevision }))
  return { lane, entries }
}

test('a store that has done what was asked of it is right after each step', async () => {
  for (let steps = 0; steps <= 22; steps++) {
    const { lane, entries } = await ran(steps)
    assert.deepEqual(checkLanes([lane], entries), [])
  }
})

test('a step that was asked for and not acknowledged may be there, and counts from then on', async () => {
  const { lane, entries } = await ran(9)
  const later = { ...lane, acknowledged: 8, revision: 9 }
  assert.deepEqual(checkLanes([later], entries), [])
  assert.deepEqual([later.acknowledged, later.revision], [9, 10])
})

test('whatever is lost, torn, early or foreign is noticed', async () => {
  const { lane, entries } = await ran(9)
  const [before, after] = [await ran(8), await ran(10)]
  const complaint = (changed: Partial<Lane>, found: readonly LaneEntry[]): string =>
    checkLanes([{ ...lane, ...changed }], found).join('; ')
  assert.match(complaint({}, before.entries), /at step 8; step 9 was acknowledged/)
  assert.match(complaint({}, after.entries), /at step 10; no more than 9 was asked for/)
  assert.match(complaint({ revision: 99 }, entries), /has revision 10; 99 was acknowledged/)
  const mixed = entries.map((entry) => entry.key === '/twin/a' ? { ...entry, value: '6:' } : entry)
  assert.match(complaint({}, mixed), /its twin at 6/)
  assert.match(complaint({}, entries.filter(({ key }) => key !== '/shadow/a')), /its shadow at 0/)
  assert.match(complaint({}, [...entries, { ...entries[0]!, key: '/foreign' }]), /more than anybody wrote/)
})
