/**
 * What went wrong in etcd, done again here: the nine correctness issues that its own robustness tests reproduce by a
 * command (`test-robustness-issueN`), and the other four of their track record that do not concern users and roles.
 */
import { testOf, unitsOf, type Mutant } from './mutant.ts'

const store = 'src/storage/embedded/journaled-store.ts'
const versions = 'src/storage/embedded/versions.ts'
const recovery = 'src/storage/embedded/recovery.ts'
const snapshots = 'src/storage/embedded/snapshots.ts'
const snapshot = 'src/storage/embedded/snapshot.ts'
const watch = 'src/etcd/watch.ts'
const transaction = 'src/etcd/transaction.ts'

const etcdWatch = (name: string) => testOf('src/etcd/watch.test.ts', name)

export const etcdIssueMutants: readonly Mutant[] = [
  {
    name: 'etcd 13766: after a crash what a snapshot holds is applied once more',
    edits: [{ file: recovery, before: 'if (change.revision <= start) continue\n', after: '' }],
    caughtBy: unitsOf('crashes', 0),
  },
  {
    name: 'etcd 14370: a write is acknowledged before the log is synced',
    edits: [{ file: store, before: 'written: isNothing ? undefined : journal.append(group) }', after: 'written: isNothing ? undefined : Promise.race([journal.append(group), Promise.resolve()]) }' }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'etcd 14685: a crash while the files are rewritten leaves another revision than was given',
    edits: [{ file: snapshot, before: '  await disk.rename(draft, `${directory}/${snapshotName(content.revision)}`)\n  await disk.syncDirectory(directory)\n', after: '  await disk.rename(draft, `${directory}/${snapshotName(content.revision)}`)\n' }],
    caughtBy: unitsOf('crashes', 0),
  },
  {
    name: 'etcd 15220: progress is told before the changes up to it',
    edits: [{ file: watch, before: 'return this.#isIdle && this.#options.startRevision <= revision + 1', after: 'return this.#options.startRevision <= revision + 1' }],
    caughtBy: etcdWatch('progress is told after everything up to it'),
  },
  {
    name: 'etcd 15271: a watch of what the server does not know yet tells what came before',
    edits: [{ file: versions, before: '    if (from > this.#revision) throw new FutureRevision(this.#revision)\n    const backlog', after: '    const backlog' }],
    caughtBy: testOf('tests/integration/store.contract.test.ts', 'a revision that has not come is refused, and can be waited for'),
  },
  {
    name: 'etcd 17247: a change of a transaction is told twice',
    edits: [{ file: versions, before: '    this.#history.push(version)\n', after: '    this.#history.push(version)\n    if (version.version > 1 && this.#history.at(-2)?.modRevision === version.modRevision) this.#history.push(version)\n' }],
    caughtBy: unitsOf('histories', 1, 5),
  },
  {
    name: 'etcd 17529: a watch that was too slow goes on with what comes',
    edits: [{ file: watch, before: 'if (error instanceof WatchOverflow) return \'overflow\'', after: 'if (error instanceof WatchOverflow) this.#told = keyspace.revision\n      if (error instanceof WatchOverflow) return \'overflow\'' }],
    caughtBy: etcdWatch('a watch whose client is too slow for its queue goes on where it was, without a gap'),
  },
  {
    name: 'etcd 17780: a crash in a compaction brings the revision back to that of the newest key',
    edits: [{ file: snapshots, before: 'const content = { revision, entries, state, firstLog }', after: 'const content = { revision: entries.reduce((newest, { modRevision }) => Math.max(newest, modRevision), 1), entries, state, firstLog }' }],
    caughtBy: unitsOf('crashes', 0),
  },
  {
    name: 'etcd 18089: a compaction at a deletion drops it for who still has to hear of it',
    edits: [{ file: versions, before: 'const gone = this.#firstAfter(before)', after: 'const gone = this.#firstAfter(before) + (this.#history[this.#firstAfter(before)]?.deleted === true ? 1 : 0)' }],
    caughtBy: testOf('tests/integration/store.contract.test.ts', 'a watch from the compacted revision tells all that came after it, puts and deletions'),
  },
  {
    name: 'etcd 18667: a transaction reads a compacted revision as empty',
    edits: [{ file: transaction, before: '? working.before : readAt(revision)', after: '? working.before : pastOrNothing(readAt, revision)' }, {
      file: transaction, before: 'function executePut(', after: 'function pastOrNothing(readAt: ReadAt, revision: number): Readable {\n  try {\n    return readAt(revision)\n  } catch {\n    return { get: () => undefined, list: () => [], count: () => 0 }\n  }\n}\n\nfunction executePut(',
    }],
    caughtBy: testOf('src/etcd/kv.test.ts', 'a transaction reads what is past, and not what was compacted'),
  },
  {
    name: 'etcd 19179: a watch from the compacted revision does not tell what was deleted there',
    edits: [{ file: watch, before: '...(deleted ?? []).filter(', after: '...(deleted?.slice(0, 0) ?? []).filter(' }],
    caughtBy: etcdWatch('a watch from the compacted revision tells what was deleted there, or that nobody knows'),
  },
  {
    name: 'etcd 20221: a watch of a future revision tells older changes',
    edits: [{ file: 'src/etcd/watch-events.ts', before: ' && entry.modRevision >= choice.from', after: '' }],
    caughtBy: etcdWatch('a watch of a future revision tells nothing before it'),
  },
  {
    name: 'etcd 20221: a watch of a future revision is told of progress before it',
    edits: [{ file: watch, before: 'return this.#isIdle && this.#options.startRevision <= revision + 1', after: 'return this.#isIdle' }],
    caughtBy: etcdWatch('no progress is told to a watch of a future revision, as if it had seen what came before'),
  },
]
