/** Table: revisions, and how many of them may stay unused → which go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeAction } from '../driver/action.ts'
import { planHistoryCleanUp } from './history.ts'

type Revisions = Parameters<typeof planHistoryCleanUp>[0]

const revisions = [3, 1, 2].map((revision) => ({
  metadata: { name: `r${revision}`, namespace: 'default', uid: `u${revision}` }, revision,
})) as unknown as Revisions

const rows: readonly (readonly [it: string, limit: number, inUse: readonly string[], gone: readonly string[]])[] = [
  ['keeps what is used', 0, ['r2'], ['r1', 'r3']],
  ['removes the oldest', 1, [], ['r1', 'r2']],
  ['has room for all', 3, [], []],
  ['keeps everything below zero', -1, [], []],
]

for (const [it, limit, inUse, gone] of rows) {
  test(it, () => {
    const actions = planHistoryCleanUp(revisions, new Set(inUse), limit)
    assert.deepEqual(actions.map(describeAction), gone.map((name) => `delete ControllerRevision default/${name}`))
  })
}
