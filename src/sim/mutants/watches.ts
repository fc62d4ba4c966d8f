/** Bugs in watches: of the store, of its etcd service, and of the store that keeps its data in an etcd. */
import { testOf, unitsOf, type Mutant } from './mutant.ts'

const versions = 'src/storage/embedded/versions.ts'
const watchers = 'src/storage/embedded/watchers.ts'
const watch = 'src/etcd/watch.ts'
const events = 'src/etcd/watch-events.ts'
const stream = 'src/etcd/watch-stream.ts'
const swap = 'src/storage/etcd/swap.ts'
const replica = 'src/storage/etcd/replica.ts'

const contract = (name: string) => testOf('tests/integration/store.contract.test.ts', name)
const etcdWatch = (name: string) => testOf('src/etcd/watch.test.ts', name)

export const watchMutants: readonly Mutant[] = [
  {
    name: 'a watch begins one revision too late',
    edits: [{ file: versions, before: 'let i = this.#firstAfter(from); i <', after: 'let i = this.#firstAfter(from + 1); i <' }],
    caughtBy: unitsOf('histories', 1),
  },
  {
    name: 'a watch begins with the revision that its watcher knows',
    edits: [{ file: versions, before: 'let i = this.#firstAfter(from); i <', after: 'let i = this.#firstAfter(from - 1); i <' }],
    caughtBy: unitsOf('histories', 1),
  },
  {
    name: 'a watch from before the kept history begins with what is left of it',
    edits: [{ file: versions, before: 'if (from < this.#compacted) throw new Compacted(this.#compacted)\n', after: '' }],
    caughtBy: contract('compaction forgets the past and keeps the present'),
  },
  {
    name: 'a batch of the backlog may end within a revision',
    edits: [{ file: watchers, before: 'const end = endOfRevision(backlog, at + backlogBatch)', after: 'const end = at + backlogBatch < backlog.length ? at + backlogBatch : endOfRevision(backlog, backlog.length)' }],
    caughtBy: testOf('src/storage/keyspace.contract.test.ts', 'a revision is never split over two batches of a watch, not even of its backlog'),
  },
  {
    name: 'a watcher of everything in a folder hears of its first level only',
    edits: [{ file: watchers, before: 'const group = this.#byPrefix.get(key.slice(0, slash + 1))', after: 'const group = slash > 0 ? undefined : this.#byPrefix.get(key.slice(0, slash + 1))' }],
    caughtBy: contract('watches of a prefix, of one key and of any interval see what is theirs'),
  },
  {
    name: 'a watcher of an interval hears of the key at its end',
    edits: [{ file: watchers, before: 'return key >= range.start && key < range.end', after: 'return key >= range.start && key <= range.end' }],
    caughtBy: contract('watches of a prefix, of one key and of any interval see what is theirs'),
  },
  {
    name: 'a watcher that joins others takes their place',
    edits: [{ file: watchers, before: '    joined.watchers.add(watcher)', after: '    joined.watchers.clear()\n    joined.watchers.add(watcher)' }],
    caughtBy: unitsOf('histories', 1, 5),
  },
  {
    name: 'the queue of a watcher that does not read grows without end',
    edits: [{ file: watchers, before: 'if (this.#queued > this.#queueLimit) {', after: 'if (this.#queued > this.#queueLimit * 1e9) {' }],
    caughtBy: contract('a watcher that does not read is cut off, and others are not'),
  },
  {
    name: 'a watcher that falls behind loses what did not fit, without a word',
    edits: [{ file: watchers, before: '      return this.end(new WatchOverflow(`watch fell ${this.#queued} changes behind; ${this.#queueLimit} are allowed`))', after: '      return' }],
    caughtBy: contract('a watcher that does not read is cut off, and others are not'),
  },
  {
    name: 'watchers are not told that the store has failed',
    edits: [{ file: 'src/storage/embedded/journaled-store.ts', before: 'this.#versions.end(failure)', after: '' }],
    caughtBy: testOf('src/storage/embedded/crash.test.ts', 'after a failed sync everything is refused, waiting readers are told, and what was durable can still be read'),
  },
  {
    name: 'who waits for a revision is woken one too early',
    edits: [{ file: versions, before: 'filter((waiter) => waiter.at <= this.#revision)', after: 'filter((waiter) => waiter.at <= this.#revision + 1)' }],
    caughtBy: contract('a revision that has not come is refused, and can be waited for'),
  },
  {
    name: 'deletions are told without the value that was deleted',
    edits: [{ file: versions, before: 'older === undefined || older.deleted ? undefined : older\n  return { type:', after: 'older === undefined || older.deleted || version.deleted ? undefined : older\n  return { type:' }],
    caughtBy: unitsOf('histories', 1),
  },
  {
    name: 'a watch over gRPC begins one revision too late',
    edits: [{ file: watch, before: 'Math.min(options.startRevision - 1, revision)', after: 'Math.min(options.startRevision, revision)' }],
    caughtBy: etcdWatch('a watch tells what comes, one that names a revision what came before'),
  },
  {
    name: 'filters of a watch leave out the wrong kind',
    edits: [{ file: events, before: 'puts: !request.filters.includes(filterType.noPut)', after: 'puts: !request.filters.includes(filterType.noDelete)' }],
    caughtBy: etcdWatch('filters leave out puts or deletions'),
  },
  {
    name: 'a watch gets the previous value that another asked for',
    edits: [{ file: events, before: 'if (this.#event === event && this.#hasPrevious === withPrevious) return', after: 'if (this.#event === event) return' }],
    caughtBy: etcdWatch('a watch tells what comes, one that names a revision what came before'),
  },
  {
    name: 'the last fragment of a revision says that more is to come',
    edits: [{ file: watch, before: 'if (parts.length > 0) await this.#send(parts, revision, false)', after: 'if (parts.length > 0) await this.#send(parts, revision, this.#options.fragments)' }],
    caughtBy: etcdWatch('a revision that is too long for one response comes in fragments for those who take them'),
  },
  {
    name: 'a cancelled watch goes on',
    edits: [{ file: stream, before: '    watch.close()\n    const sent', after: '    const sent' }],
    caughtBy: etcdWatch('a cancelled watch tells nothing more, and its stream ends with its client'),
  },
  {
    name: 'a creation without an answer is asked for again as it was',
    edits: [{ file: swap, before: 'const done = await lookForCreation(parts, swap, began, signal)', after: 'const done = await Promise.resolve<SwapResult | undefined>(undefined)' }],
    caughtBy: unitsOf('shared', 1, 25),
  },
  {
    name: 'creations are not fenced',
    edits: [{ file: swap, before: '...(ifRevision === 0 ? [fence.compare()] : []),', after: '' }],
    caughtBy: unitsOf('shared', 1, 25),
  },
  {
    name: 'an update that may have been one\'s own is a conflict',
    edits: [{ file: swap, before: 'if (isInDoubt) refuseTwin(replica, swap)', after: '' }],
    caughtBy: unitsOf('shared', 1, 25),
  },
  {
    name: 'an answer is given before the server has heard of it',
    edits: [{ file: swap, before: '    await replica.reach(revision, signal)\n    if (answer.succeeded)', after: '    if (answer.succeeded)' }],
    caughtBy: unitsOf('shared', 1, 25),
  },
  {
    name: 'a read does not ask the etcd how far it is',
    edits: [{ file: replica, before: 'const revision = await this.#newest.join()\n    // A', after: 'const revision = known\n    // A' }],
    caughtBy: unitsOf('shared', 1, 25),
  },
]
