import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSnapshotFileName, snapshotFileName } from './snapshot-files.ts'

test('names of snapshots tell when, at which revision, and whether a schedule made them', () => {
  const at = Date.UTC(2026, 10, 21, 3, 41, 7)
  for (const isScheduled of [false, true]) {
    const name = snapshotFileName({ at, revision: 1234, isScheduled })
    assert.equal(name, `20261121T034107Z-r1234${isScheduled ? '.auto' : ''}.snapshot`)
    assert.deepEqual(parseSnapshotFileName(name), { at, revision: 1234, isScheduled })
  }
  for (const other of ['mine.snapshot', '20261121T034107Z-r.snapshot', '20261121T034107Z-r1.snapshot.part', '']) {
    assert.equal(parseSnapshotFileName(other), undefined)
  }
})

test('names sort by time', () => {
  const names = [3, 1, 2].map((minute) =>
    snapshotFileName({ at: Date.UTC(2026, 0, 1, 0, minute), revision: 10 - minute, isScheduled: false }))
  assert.deepEqual(names.toSorted(), [names[1], names[2], names[0]])
})
