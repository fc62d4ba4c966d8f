/** Bugs in versions, transactions, leases, the quota, compaction and forks. */
import { testOf, unitsOf, type Mutant } from './mutant.ts'

const store = 'src/storage/embedded/journaled-store.ts'
const decided = 'src/storage/embedded/decided-state.ts'
const versions = 'src/storage/embedded/versions.ts'
const index = 'src/storage/embedded/key-index.ts'
const leases = 'src/storage/embedded/leases.ts'
const control = 'src/storage/embedded/control.ts'
const limits = 'src/storage/embedded/history-limits.ts'
const transaction = 'src/etcd/transaction.ts'
const working = 'src/etcd/working-state.ts'

const keyspace = (name: string) => testOf('src/storage/keyspace.contract.test.ts', name)
const contract = (name: string) => testOf('tests/integration/store.contract.test.ts', name)
const fork = (name: string) => testOf('src/storage/embedded/fork.test.ts', name)
const leaseTest = (name: string) => testOf('src/storage/embedded/leases.test.ts', name)
const kv = (name: string) => testOf('src/etcd/kv.test.ts', name)

export const stateMutants: readonly Mutant[] = [
  {
    name: 'the newest revision is given again after a restart',
    edits: [{ file: decided, before: 'this.#nextRevision = visible.versions.revision + 1\n  }\n\n  get', after: 'this.#nextRevision = Math.max(2, visible.versions.revision)\n  }\n\n  get' }],
    caughtBy: unitsOf('crashes', 1),
  },
  {
    name: 'who loses to a change is told of it before it is durable',
    edits: [{ file: store, before: 'while (latest.modRevision > this.revision) {', after: 'while (latest.modRevision < 0) {' }],
    caughtBy: testOf('src/storage/embedded/crash.test.ts', 'nothing is visible or told before it is durable'),
  },
  {
    name: 'a swap does not see what is under way',
    edits: [{ file: store, before: 'const latest = this.#decided.latest(key)\n    const existing', after: 'const latest = this.#versions.latest(key)\n    const existing' }],
    caughtBy: contract('of many who create the same key at once, one wins and the others see what it wrote'),
  },
  {
    name: 'a transaction does not see what is under way',
    edits: [{ file: decided, before: 'this.#answered = this.#versions.get(key) ?? this.#visible.versions.latest(key)', after: 'this.#answered = this.#visible.versions.latest(key)' }],
    caughtBy: keyspace('increments by transactions from many sides lose nothing'),
  },
  {
    name: 'a decision is made on what a key was when it was last asked for',
    edits: [{ file: decided, before: '    this.#asked = undefined\n    for (const control of controls)', after: '    for (const control of controls)' }],
    caughtBy: keyspace('increments by transactions from many sides lose nothing'),
  },
  {
    name: 'a decision is made on a change that was given up',
    edits: [{ file: decided, before: '    this.#asked = undefined\n    this.#versions.clear()', after: '    this.#versions.clear()' }],
    caughtBy: testOf('src/storage/embedded/full-disk.test.ts', 'a key whose change was given up is what it was before'),
  },
  {
    name: 'lists within a transaction leave out what is under way',
    edits: [{ file: decided, before: 'if (isIn(range, version.key)) changed.push(version)', after: 'if (isIn(range, version.key) && version.deleted) changed.push(version)' }],
    caughtBy: keyspace('a transaction is decided on the newest state, with what is under way in it'),
  },
  {
    name: 'the comparisons of a transaction within see what was written before it',
    edits: [
      { file: transaction, before: 'else if (within) responses.push({ responseTxn: { header: {}, ...execute(within, execution) } })', after: 'else if (within) responses.push({ responseTxn: { header: {}, ...execute(chooseWay(execution.working, operation.requestTxn!), execution) } })' },
    ],
    caughtBy: kv('operations of a transaction see those before them, comparisons see none'),
  },
  {
    name: 'a read of a past revision within a transaction sees the transaction\'s own writes',
    edits: [{ file: transaction, before: '? working.before : readAt(revision)', after: '? working : readAt(revision)' }],
    caughtBy: kv('a transaction reads what is past, and not what was compacted'),
  },
  {
    name: 'a read within a transaction does not see the writes before it',
    edits: [{ file: working, before: 'return this.#written.has(key) ? this.#written.get(key) : this.before.get(key)', after: 'return this.before.get(key)' }],
    caughtBy: kv('operations of a transaction see those before them, comparisons see none'),
  },
  {
    name: 'a key that was created again goes on with its old version',
    edits: [{ file: 'src/storage/embedded/version.ts', before: 'const existing = older === undefined || older.deleted ? undefined : older\n  return new Version', after: 'const existing = older\n  return new Version' }],
    caughtBy: keyspace('a version counts the puts since the key came into being, by whatever way'),
  },
  {
    name: 'what was compacted can still be read',
    edits: [{ file: versions, before: 'if (at < this.#compacted) throw new Compacted(this.#compacted)\n    return', after: 'return' }],
    caughtBy: contract('compaction forgets the past and keeps the present'),
  },
  {
    name: 'a view that was made before a compaction shows what is left',
    edits: [{ file: versions, before: 'if (revision < this.#compacted) throw new Compacted(this.#compacted)\n    }', after: '}' }],
    caughtBy: contract('compaction forgets the past and keeps the present'),
  },
  {
    name: 'a compaction cuts off a version that is still visible at its revision',
    edits: [{ file: versions, before: 'const gone = this.#firstAfter(before)', after: 'const gone = this.#firstAfter(before + 1)' }],
    caughtBy: contract('compaction forgets the past and keeps the present'),
  },
  {
    name: 'a compaction takes a deleted key away that was created again',
    edits: [{ file: versions, before: 'if (entry.deleted && this.#index.get(entry.key)?.head === entry) this.#index.remove', after: 'if (entry.deleted) this.#index.remove' }],
    caughtBy: unitsOf('histories', 1, 5),
  },
  {
    name: 'history is cut at the newest revision instead of in its middle',
    edits: [{ file: limits, before: 'before = Math.max(before, versions.middleOfHistory)', after: 'before = versions.revision' }],
    caughtBy: keyspace('history that grows too long loses its older half, history that is too old all that is'),
  },
  {
    name: 'history never grows too old',
    edits: [{ file: limits, before: 'now - this.#marks[0]!.at >= historyMs', after: 'now - this.#marks[0]!.at >= historyMs * 1e6' }],
    caughtBy: keyspace('history that grows too long loses its older half, history that is too old all that is'),
  },
  {
    name: 'leases are over as soon as the store was read back',
    edits: [{ file: store, before: 'for (const [id, ttlSeconds] of parts.state.leases) this.#leases.grant(id, ttlSeconds)', after: 'for (const [id] of parts.state.leases) this.#leases.grant(id, 0)' }],
    caughtBy: keyspace('versions, leases and their keys are there; the leases have all their time again'),
  },
  {
    name: 'a key that is put without its lease stays with it',
    edits: [{ file: versions, before: 'if (previous.lease !== 0n) this.#letGo(previous)', after: '' }],
    caughtBy: keyspace('a lease holds keys and takes them with it, all under one revision'),
  },
  {
    name: 'a revocation misses the keys that are being put',
    edits: [{ file: decided, before: 'if (!version.deleted && version.lease === lease) held.push(version)', after: 'if (version.lease < 0n) held.push(version)' }],
    caughtBy: keyspace('a lease holds keys and takes them with it, all under one revision'),
  },
  {
    name: 'a lease that is over can be renewed until its timer fires',
    edits: [{ file: leases, before: 'if (term === undefined || term.expiresAt <= now) return false', after: 'if (term === undefined) return false' }],
    caughtBy: leaseTest('a lease that is over cannot be renewed before its timer has fired'),
  },
  {
    name: 'a lease that is being revoked can be renewed',
    edits: [{ file: store, before: 'if (this.#decided.isBeingRevoked(id) || !this.#leases.renew(id)) return undefined', after: 'if (!this.#leases.renew(id)) return undefined' }],
    caughtBy: keyspace('a lease whose revocation is under way is there for readers, and for no decision'),
  },
  {
    name: 'a process that was suspended takes all leases for over',
    edits: [{ file: leases, before: 'if (now - this.#timerAt < stallMs) return', after: 'if (now - this.#timerAt < stallMs * 1e9) return' }],
    caughtBy: keyspace('a lease whose end comes while the process is suspended lives on, and is over when nobody renews it'),
  },
  {
    name: 'a lease that was over before a suspension is brought back by it',
    edits: [{ file: leases, before: 'if (isOver) this.#onExpiry(id)', after: 'if (isOver && turn.at + retryMs > now + retryMs) this.#onExpiry(id)' }],
    caughtBy: leaseTest('after a suspension every lease has all its time again, and whoever was kept waiting can renew'),
  },
  {
    name: 'a lease that could not be revoked is forgotten',
    edits: [{ file: leases, before: 'this.#turns.add({ id, at: isOver ? now + retryMs : expiresAt })', after: 'if (isOver) this.#turns.remove(String(id))\n      else this.#turns.add({ id, at: expiresAt })' }],
    caughtBy: leaseTest('a lease that could not be revoked is told again, once a second, and one that was revoked is not'),
  },
  {
    name: 'an alarm is over after a restart',
    edits: [{ file: control, before: 'this.alarms.add(control.alarm)', after: '' }],
    caughtBy: keyspace('what is compacted stays compacted, and an alarm stays raised'),
  },
  {
    name: 'the quota does not count what is under way',
    edits: [{ file: decided, before: 'return this.#visible.versions.liveBytes + this.#growth', after: 'return this.#visible.versions.liveBytes' }],
    caughtBy: contract('the quota also counts what is under way'),
  },
  {
    name: 'what was given up for want of room counts towards the quota',
    edits: [{ file: decided, before: 'this.#growth = 0\n', after: '' }],
    caughtBy: testOf('src/storage/embedded/full-disk.test.ts', 'what was given up for want of room does not count towards the quota'),
  },
  {
    name: 'transactions put again before the alarm is disarmed',
    edits: [{ file: store, before: 'growth.puts ? this.#refusalOfAlarm() ?? this.#refusalOfSpace(growth.bytes)', after: 'growth.puts ? this.#refusalOfSpace(growth.bytes)' }],
    caughtBy: keyspace('a full store raises its alarm, and transactions put nothing until it is disarmed'),
  },
  {
    name: 'a full store refuses what makes it smaller',
    edits: [{ file: store, before: 'if (grown <= 0 || this.#decided.liveBytes + grown <= limit) return undefined', after: 'if (this.#decided.liveBytes + grown <= limit) return undefined' }],
    caughtBy: keyspace('a store that is larger than its quota now is, takes what makes it smaller'),
  },
  {
    name: 'a store writes into what its fork reads',
    edits: [{ file: index, before: 'original.#owner = {}', after: '' }],
    caughtBy: fork('and its original never see what the other writes, nor do forks of forks (seed 1)'),
  },
  {
    name: 'a fork has what came after its revision',
    edits: [{ file: versions, before: 'return new Versions(this.view(at).revision, this)', after: 'return new Versions(this.view(this.revision).revision, this)' }],
    caughtBy: fork('of an older revision has what was there then, and goes on from it'),
  },
  {
    name: 'a digest leaves out leases',
    edits: [{ file: 'src/storage/embedded/hash.ts', before: 'version.deleted ? 0n : version.lease', after: 'version.deleted ? 0n : 0n' }],
    caughtBy: keyspace('equal stores have equal digests, and any difference shows'),
  },
]
