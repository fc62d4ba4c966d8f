/** Bugs in what is written, synced and acknowledged. */
import { testOf, unitsOf, type Mutant } from './mutant.ts'

const log = 'src/storage/embedded/segment-log.ts'
const format = 'src/storage/embedded/log-format.ts'
const store = 'src/storage/embedded/journaled-store.ts'
const snapshot = 'src/storage/embedded/snapshot.ts'
const snapshots = 'src/storage/embedded/snapshots.ts'
const crashTests = 'src/storage/embedded/crash.test.ts'

export const logMutants: readonly Mutant[] = [
  {
    name: 'a group of changes is written and not synced',
    edits: [{ file: log, before: 'await current.file.writeDurably(offset', after: 'await current.file.write(offset' }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'the directory is not synced after a new log got its name',
    edits: [{
      file: log, before: 'await disk.rename(`${directory}/${spareName}`, path)\n  await disk.syncDirectory(directory)',
      after: 'await disk.rename(`${directory}/${spareName}`, path)',
    }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'a new log gets its name before its header is durable',
    edits: [{ file: log, before: 'await file.writeDurably(0, header)', after: 'await file.write(0, header)' }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'a change is acknowledged while it is being written',
    edits: [{
      file: store, before: 'written: isNothing ? undefined : journal.append(group) }',
      after: 'written: isNothing ? undefined : void journal.append(group) as undefined }',
    }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'a change is shown to readers before it is in the log',
    edits: [{
      file: store, before: 'const group = this.#merge(staged)',
      after: 'const group = this.#merge(staged)\n      this.#versions.apply(group.changes)',
    }],
    caughtBy: testOf(crashTests, 'nothing is visible or told before it is durable'),
  },
  {
    name: 'after a failed write the log goes on',
    edits: [{ file: log, before: 'this.#broken ??= error instanceof Error ? error : new Error(String(error))', after: '' }],
    caughtBy: testOf(
      'src/sim/storage/call-error-campaign.test.ts',
      'whichever call to the disk fails, nothing is acknowledged that does not hold, and no sync is tried again',
    ),
  },
  {
    name: 'a failed write is tried once more',
    edits: [{
      file: log, before: 'await current.file.writeDurably(offset, this.#buffer.subarray(0, frame.length))',
      after: `await current.file.writeDurably(offset, this.#buffer.subarray(0, frame.length)).catch(() =>
      current.file.writeDurably(offset, this.#buffer.subarray(0, frame.length)))`,
    }],
    caughtBy: testOf(
      'src/sim/storage/call-error-campaign.test.ts',
      'whichever call to the disk fails, nothing is acknowledged that does not hold, and no sync is tried again',
    ),
  },
  {
    name: 'the owner of the process is not told that the disk has failed',
    edits: [{ file: store, before: 'this.#onFailure(failure)', after: '' }],
    caughtBy: testOf(
      'src/sim/storage/call-error-campaign.test.ts',
      'whichever call to the disk fails, nothing is acknowledged that does not hold, and no sync is tried again',
    ),
  },
  {
    name: 'an idle or closed log is not sealed',
    edits: [{ file: log, before: 'if (this.#isSealed) return\n    const offset', after: 'if (this !== undefined) return\n    const offset' }],
    caughtBy: testOf(
      'src/sim/storage/damage-campaign.test.ts',
      'a file with sectors zeroed is read rightly, or refused by name and offset and left alone',
    ),
  },
  {
    name: 'the changes of a transaction are recorded as revisions of their own',
    edits: [{
      file: format, before: 'version.modRevision === revision)', after: 'version.modRevision === -revision)',
    }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'the log loses the leases of keys',
    edits: [{ file: format, before: 'const hasLease = !deleted && lease !== 0n', after: 'const hasLease = !deleted && lease < 0n' }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'a compaction is acknowledged and not recorded',
    edits: [{
      file: store, before: 'isNews ? [{ type: \'compact\', before }] : noControls', after: 'isNews ? noControls : noControls',
    }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'a snapshot gets its name before its last bytes are durable',
    edits: [{
      file: snapshot, before: '    await file.datasync()\n  }\n  await disk.rename', after: '  }\n  await disk.rename',
    }],
    caughtBy: unitsOf('crashes', 0),
  },
  {
    name: 'a snapshot makes one log too many needless',
    edits: [{ file: snapshots, before: '?? Infinity) <= revision + 1)', after: '?? Infinity) <= revision + 2)' }],
    caughtBy: testOf('src/storage/keyspace.contract.test.ts', 'leases survive snapshots that were taken before, between and after their changes'),
  },
  {
    name: 'a snapshot names the log after the one that is needed',
    edits: [{
      file: snapshots, before: 'this.#segments[needless.length]!.sequence', after: 'this.#segments[needless.length]!.sequence + 1',
    }],
    caughtBy: unitsOf('crashes', 0),
  },
  {
    name: 'a snapshot forgets the leases',
    edits: [{ file: snapshots, before: 'const content = { revision, entries, state, firstLog }', after: 'const content = { revision, entries, state: { ...state, leases: new Map() }, firstLog }' }],
    caughtBy: unitsOf('crashes', 0),
  },
  {
    name: 'a snapshot shows the newest state, and the history before it is lost',
    edits: [{ file: snapshots, before: 'const revision = versions.compactedRevision', after: 'const revision = versions.revision' }],
    caughtBy: testOf('src/storage/embedded/full-disk.test.ts', 'a restart brings the recent history back, so that watches resume across it'),
  },
]
