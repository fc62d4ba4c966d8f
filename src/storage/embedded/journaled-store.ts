/**
 * The store itself: decides changes against what is under way, commits them in groups, and shows them once they are
 * durable.
 */
import type { Clock } from '#world/clock.ts'
import type { Alarm, DecidedView, Decision, Keyspace, KeyspaceView, Lease, LeaseId, Operation } from '../keyspace.ts'
import {
  StoreFailed,
  StoreFull,
  type Delete,
  type KeyRange,
  type Put,
  type Revision,
  type StoreEvent,
  type SwapResult,
  type WatchOptions,
} from '../store.ts'
import type { Control, ControlState, Group } from './control.ts'
import { DecidedState } from './decided-state.ts'
import { hashVersions } from './hash.ts'
import { HistoryLimits, type HistoryOptions } from './history-limits.ts'
import type { Journal } from './journal.ts'
import { Leases } from './leases.ts'
import type { Checksum } from './log-format.ts'
import { measureTransaction, refusalOfSize } from './size-limits.ts'
import { snapshotChunks } from './snapshot-format.ts'
import { deletionOf, successorOf, type Version } from './version.ts'
import type { Versions } from './versions.ts'

/**
 * So many bytes of values are worth a group of their own: the disk is at work with them while those who are still to
 * come are dealt with. Waiting for all of a thousand writers would leave it idle for half of the time.
 */
const enoughBytes = 256 * 1024
/** Lease numbers that the store chooses are milliseconds of the wall clock and so many bits of a counter. */
const leaseCounterBits = 20n

/** Something that was decided and whose outcome somebody waits for. */
interface Staged extends Group {
  readonly result: unknown
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

/** A group on its way to the disk. */
interface Begun {
  readonly staged: readonly Staged[]
  readonly group: Group
  readonly written: Promise<void> | undefined
}

export interface JournaledStoreParts {
  readonly versions: Versions
  readonly state: ControlState
  readonly journal: Journal | undefined
  readonly clock: Clock
  readonly checksum: Checksum
  readonly options: HistoryOptions
  /** Called once when the journal has failed. */
  readonly onFailure?: (failure: Error) => void
}

const noChanges: readonly Version[] = []
const noControls: readonly Control[] = []

export class JournaledStore implements Keyspace {
  readonly #versions: Versions
  readonly #leases: Leases
  readonly #alarms: Set<Alarm>
  readonly #decided: DecidedState
  readonly #journal: Journal | undefined
  readonly #clock: Clock
  readonly #checksum: Checksum
  readonly #options: HistoryOptions
  readonly #history: HistoryLimits
  readonly #onFailure: (failure: Error) => void
  #queue: Staged[] = []
  #committing: Promise<void> | undefined
  /** True from the first write that finds the journal idle until a group begins: others may be about to come. */
  #isGathering = false
  #gatheredBytes = 0
  /** A group that began before everybody who was ready had come. */
  #begun: Begun | undefined
  /** How far the journal knows that history was forgotten. */
  #journaledCompaction: Revision
  #leaseCounter = 0n
  /** How often changes under way were given up, because the disk had no room. */
  #abandonments = 0
  #failure: StoreFailed | undefined
  #closed = false

  constructor(parts: JournaledStoreParts) {
    this.#versions = parts.versions
    this.#alarms = new Set(parts.state.alarms)
    this.#leases = new Leases(parts.clock, (id) => this.#expire(id))
    this.#decided = new DecidedState({ versions: this.#versions, leases: this.#leases, alarms: this.#alarms })
    this.#journal = parts.journal
    this.#clock = parts.clock
    this.#checksum = parts.checksum
    this.#options = parts.options
    this.#history = new HistoryLimits(parts.options)
    this.#onFailure = parts.onFailure ?? (() => {})
    this.#journaledCompaction = parts.versions.compactedRevision
    for (const [id, ttlSeconds] of parts.state.leases) this.#leases.grant(id, ttlSeconds)
  }

  get revision(): Revision {
    return this.#versions.revision
  }

  get compactedRevision(): Revision {
    return this.#versions.compactedRevision
  }

  get deletedAtCompacted(): readonly string[] | undefined {
    return this.#versions.deletedAtCompacted
  }

  async read(at?: Revision): Promise<KeyspaceView> {
    return at === undefined ? this.#versions.current() : this.#versions.view(at)
  }

  current(): KeyspaceView {
    return this.#versions.current()
  }

  swap(key: string, ifRevision: Revision, then: Put | Delete): Promise<SwapResult> {
    const unusable = this.#unusable()
    if (unusable !== undefined) return Promise.reject(unusable)
    const latest = this.#decided.latest(key)
    const existing = latest === undefined || latest.deleted ? undefined : latest
    if ((existing?.modRevision ?? 0) !== ifRevision || (existing === undefined && then.type === 'delete')) {
      return this.#conflict(latest)
    }
    const modRevision = this.#decided.nextRevision
    if (then.type === 'delete') {
      const entry = deletionOf(existing!, modRevision)
      return this.#stage([entry], noControls, { type: 'swapped', entry, revision: modRevision })
    }
    const grown = then.value.length - (existing === undefined ? -key.length : existing.length)
    const refusal = refusalOfSize(key, then.value) ?? this.#refusalOfSpace(grown, existing !== undefined)
    if (refusal !== undefined) return Promise.reject(refusal)
    const entry = this.#put(key, latest, then.value, { modRevision, lease: 0n, memo: then.memo })
    return this.#stage([entry], noControls, { type: 'swapped', entry, revision: modRevision })
  }

  transact<Result>(
    decide: (state: DecidedView) => Decision<Result>,
  ): Promise<{ readonly result: Result; readonly revision: Revision }> {
    // Not async: each put would wait two turns longer for its answer.
    try {
      const unusable = this.#unusable()
      if (unusable !== undefined) throw unusable
      const { operations, result } = decide(this.#decided)
      if (operations.length === 0) {
        return this.#stage(noChanges, noControls, { result, revision: this.#decided.nextRevision - 1 })
      }
      const refusal = this.#refusalOf(operations)
      if (refusal !== undefined) throw refusal
      const modRevision = this.#decided.nextRevision
      const changes = operations.map((operation) => this.#change(operation, modRevision))
      return this.#stage(changes, noControls, { result, revision: modRevision })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async grantLease(id: LeaseId, ttlSeconds: number): Promise<Lease | undefined> {
    const refusal = this.#unusable() ?? this.#refusalOfAlarm() ?? this.#refusalOfSpace(0)
    if (refusal !== undefined) throw refusal
    if (!Number.isFinite(ttlSeconds) || ttlSeconds <= 0) throw new RangeError(`a lease of ${ttlSeconds} seconds`)
    const chosen = id === 0n ? this.#chooseLease() : id
    if (this.#decided.hasLease(chosen)) return this.#stage(noChanges, noControls, undefined)
    const lease: Lease = { id: chosen, grantedTtl: ttlSeconds, remainingMs: ttlSeconds * 1_000, keys: [] }
    return this.#stage(noChanges, [{ type: 'grant', id: chosen, ttlSeconds }], lease)
  }

  async revokeLease(id: LeaseId): Promise<boolean> {
    const unusable = this.#unusable()
    if (unusable !== undefined) throw unusable
    if (!this.#decided.hasLease(id)) return this.#stage(noChanges, noControls, false)
    const modRevision = this.#decided.nextRevision
    const changes = this.#decided.keysOf(id).map((version) => deletionOf(version, modRevision))
    return this.#stage(changes, [{ type: 'revoke', id }], true)
  }

  renewLease(id: LeaseId): Lease | undefined {
    if (this.#decided.isBeingRevoked(id) || !this.#leases.renew(id)) return undefined
    return this.lease(id)
  }

  lease(id: LeaseId): Lease | undefined {
    const term = this.#leases.term(id)
    return term && { id, ...term, keys: [...this.#versions.keysOf(id)].toSorted() }
  }

  leases(): readonly LeaseId[] {
    return this.#leases.ids()
  }

  watch(range: KeyRange, from: Revision, options: WatchOptions): AsyncIterable<readonly StoreEvent[]> {
    const unusable = this.#unusable()
    if (unusable !== undefined) throw unusable
    return this.#versions.watch(range, from, options)
  }

  waitFor(at: Revision, signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined && at > this.revision) return Promise.reject(this.#failure)
    return this.#versions.waitFor(at, signal)
  }

  /** Takes effect at once; resolves when it will also hold after a restart. */
  async compact(before: Revision): Promise<void> {
    const unusable = this.#unusable()
    if (unusable !== undefined) throw unusable
    this.#versions.compact(before)
    const isNews = before > this.#journaledCompaction
    await this.#stage(noChanges, isNews ? [{ type: 'compact', before }] : noControls, undefined)
  }

  async hash(at: Revision): Promise<{ readonly hash: number; readonly compactedRevision: Revision }> {
    const { compactedRevision } = this
    this.#versions.view(at)
    const hash = await hashVersions(this.#versions.keptUpTo(at), this.#checksum, this.#clock)
    return { hash, compactedRevision }
  }

  async *backup(signal: AbortSignal): AsyncIterable<Uint8Array> {
    // References only: versions never change, so the list stays true however far the store moves on.
    const { revision, list } = this.#versions.current()
    const entries = list({ start: '', end: '\uffff' })
    for (const chunk of snapshotChunks({ revision, entries, state: this.#state(), firstLog: 1 }, this.#checksum)) {
      signal.throwIfAborted()
      yield chunk
    }
  }

  fork(at: Revision = this.revision): Keyspace {
    const unusable = this.#unusable()
    if (unusable !== undefined) throw unusable
    return new JournaledStore({
      versions: this.#versions.fork(at), state: this.#state(), journal: undefined, clock: this.#clock,
      checksum: this.#checksum, options: this.#options,
    })
  }

  size(): { readonly fileBytes: number; readonly liveBytes: number } {
    return { fileBytes: this.#journal?.fileBytes ?? 0, liveBytes: this.#versions.liveBytes }
  }

  alarms(): readonly Alarm[] {
    return [...this.#alarms]
  }

  async disarm(alarm: Alarm): Promise<void> {
    const unusable = this.#unusable()
    if (unusable !== undefined) throw unusable
    await this.#stage(noChanges, this.#decided.hasAlarm(alarm) ? [{ type: 'disarm', alarm }] : noControls, undefined)
  }

  /** Waits for what is under way, then lets go of the disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#leases.end()
    await this.#committing
    this.#versions.end(undefined)
    await this.#journal?.close()
  }

  #unusable(): StoreFailed | undefined {
    return this.#failure ?? (this.#closed ? new StoreFailed('the store was closed') : undefined)
  }

  #change(operation: Operation, modRevision: Revision): Version {
    const latest = this.#decided.latest(operation.key)
    if (operation.type === 'delete') return deletionOf(latest!, modRevision)
    return this.#put(operation.key, latest, operation.value, { modRevision, lease: operation.lease, memo: undefined })
  }

  #put(
    key: string, latest: Version | undefined, value: Uint8Array, terms: Parameters<typeof successorOf>[3],
  ): Version {
    const { slab, offset } = this.#versions.values.place(value)
    return successorOf(key, latest, { slab, offset, length: value.length }, terms)
  }

  /**
   * Resolves with `result` once the changes, which all have the next revision, and everything decided before them are
   * durable and visible.
   */
  #stage<Result>(changes: readonly Version[], controls: readonly Control[], result: Result): Promise<Result> {
    const journal = this.#journal
    if (journal === undefined) {
      this.#decided.decide({ changes, controls })
      this.#decided.land({ changes, controls })
      this.#versions.tell()
      this.#tidy(changes.length)
      return Promise.resolve(result)
    }
    const isNothing = changes.length === 0 && controls.length === 0
    if (isNothing && this.#committing === undefined) return Promise.resolve(result)
    this.#decided.decide({ changes, controls })
    return new Promise((resolve, reject) => {
      this.#queue.push({ changes, controls, result, resolve, reject })
      this.#committing ??= this.#commit(journal)
      if (!this.#isGathering) return
      for (const { length } of changes) this.#gatheredBytes += length
      if (this.#gatheredBytes >= enoughBytes) this.#begun = this.#begin(journal)
    })
  }

  #refusalOf(operations: readonly Operation[]): Error | undefined {
    const growth = measureTransaction(operations, this.#decided)
    if (growth instanceof Error) return growth
    return growth.puts ? this.#refusalOfAlarm() ?? this.#refusalOfSpace(growth.bytes) : undefined
  }

  /** Like etcd, whoever needs a transaction to grow waits until somebody has made room and said so. */
  #refusalOfAlarm(): StoreFull | undefined {
    return this.#decided.hasAlarm('noSpace')
      ? new StoreFull('the store ran out of space; nothing is put until its alarm is disarmed') : undefined
  }

  #refusalOfSpace(grown: number, hasReserve = false): StoreFull | undefined {
    if (this.#journal?.isFull === true) return new StoreFull('there is no space left on the disk of the store')
    const { quotaBytes, reserveBytes } = this.#history
    const limit = quotaBytes + (hasReserve ? reserveBytes : 0)
    if (grown <= 0 || this.#decided.liveBytes + grown <= limit) return undefined
    if (!this.#decided.hasAlarm('noSpace')) {
      // Nobody waits for the alarm; should it not become durable, then the next refusal raises it.
      this.#stage(noChanges, [{ type: 'raise', alarm: 'noSpace' }], undefined).catch(() => {})
    }
    return new StoreFull(`the store's quota of ${quotaBytes} bytes is used up`)
  }

  /**
   * Nobody may learn of a change before it is durable, so losing to one that is under way is told when it has landed.
   */
  async #conflict(latest: Version | undefined): Promise<SwapResult> {
    if (latest === undefined) return { type: 'conflict', current: undefined, revision: this.revision }
    const abandonments = this.#abandonments
    while (latest.modRevision > this.revision) {
      await this.#committing
      if (this.#failure !== undefined) throw this.#failure
      if (this.#abandonments !== abandonments) {
        throw new StoreFull('there was no space on the disk for the change that won')
      }
    }
    const isNewest = this.#versions.latest(latest.key) === latest
    return {
      type: 'conflict',
      current: latest.deleted ? undefined : latest,
      revision: isNewest ? this.revision : latest.modRevision,
    }
  }

  /** Everything that arrives while one group is being made durable forms the next. */
  async #commit(journal: Journal): Promise<void> {
    this.#isGathering = true
    this.#gatheredBytes = 0
    await Promise.resolve()
    this.#isGathering = false
    while ((this.#begun !== undefined || this.#queue.length > 0) && this.#failure === undefined) {
      const { staged, group, written } = this.#begun ?? this.#begin(journal)
      this.#begun = undefined
      try {
        await written
      } catch (error) {
        if (error instanceof StoreFull) {
          this.#abandon(error, staged)
          continue
        }
        this.#fail(error, staged)
        break
      }
      this.#land(staged, group)
      journal.committed(this.#versions, () => this.#state())
    }
    this.#committing = undefined
  }

  /** Hands what is queued to the journal, as much as fits. */
  #begin(journal: Journal): Begun {
    this.#isGathering = false
    const staged = this.#queue
    const count = journal.fitting(staged)
    this.#queue = staged.slice(count)
    if (count < staged.length) staged.length = count
    const group = this.#merge(staged)
    const isNothing = group.changes.length + group.controls.length === 0
    return { staged, group, written: isNothing ? undefined : journal.append(group) }
  }

  #merge(staged: readonly Staged[]): Group {
    const changes: Version[] = []
    const controls: Control[] = []
    for (const each of staged) {
      for (const version of each.changes) changes.push(version)
      for (const control of each.controls) controls.push(control)
    }
    const { compactedRevision } = this.#versions
    const isNews = compactedRevision > this.#journaledCompaction
    if (isNews && changes.length > 0) controls.push({ type: 'compact', before: compactedRevision })
    return { changes, controls }
  }

  #land(staged: readonly Staged[], group: Group): void {
    for (const control of group.controls) {
      if (control.type === 'compact') {
        this.#journaledCompaction = Math.max(this.#journaledCompaction, control.before)
      }
    }
    this.#decided.land(group)
    // Whoever waits for an answer goes first: behind a watch there may be much work.
    for (const { resolve, result } of staged) resolve(result as never)
    this.#versions.tell()
    this.#tidy(group.changes.length)
  }

  #tidy(changes: number): void {
    this.#versions.tidyValues(changes)
    this.#versions.compact(this.#history.oldestKept(this.#versions, this.#clock.monotonic()))
  }

  /** Nothing of these was written, so they and what was decided upon them have never been. */
  #abandon(refusal: StoreFull, staged: readonly Staged[]): void {
    const rejected = [...staged, ...this.#queue]
    this.#queue = []
    for (const { changes } of rejected) {
      for (const version of changes) if (!version.deleted) this.#versions.values.release(version)
    }
    this.#decided.abandon()
    this.#abandonments++
    for (const { reject } of rejected) reject(refusal)
  }

  /** After a failed write nobody knows what the disk holds, so nothing is acknowledged ever again. */
  #fail(cause: unknown, staged: readonly Staged[]): void {
    const failure = new StoreFailed('the disk of the store failed; what is durable is known after a restart', { cause })
    this.#failure = failure
    this.#leases.end()
    const rejected = [...staged, ...this.#queue]
    this.#queue = []
    for (const { reject } of rejected) reject(failure)
    this.#versions.end(failure)
    this.#onFailure(failure)
  }

  #state(): ControlState {
    return { leases: this.#leases.ttls(), alarms: new Set(this.#alarms) }
  }

  /** A lease that cannot be revoked because the disk is full or broken is tried again, or never again. */
  #expire(id: LeaseId): void {
    this.revokeLease(id).catch(() => {})
  }

  #chooseLease(): LeaseId {
    for (;;) {
      this.#leaseCounter = (this.#leaseCounter + 1n) % (1n << leaseCounterBits)
      const id = (BigInt(Math.floor(this.#clock.now())) << leaseCounterBits) + this.#leaseCounter
      if (!this.#decided.hasLease(id)) return id
    }
  }
}
