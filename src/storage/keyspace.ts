/** What an etcd does beyond what Kubernetes needs: transactions over several keys, leases, and versions of keys. */
import type { Entry, KeyRange, Revision, Store, View } from './store.ts'

/*
 * A key is a string of bytes, one character (U+0000 to U+00FF) for each, so that the order of strings is the order of
 * bytes. Kubernetes' keys are ASCII, so the API server and an etcd client see the same ones.
 */

/** Never 0; 0 in an entry means that no lease holds it. */
export type LeaseId = bigint

/** One version of one key with what only etcd's clients ask for. */
export interface KeyspaceEntry extends Entry {
  /** How many times the key was written since it came into being; 1 at `createRevision`. */
  readonly version: number
  /** The lease that will delete the key, or 0n. */
  readonly lease: LeaseId
}

/** A View that also tells what only etcd's clients ask for; the entries of watches are of the same kind. */
export interface KeyspaceView extends View {
  get(key: string): KeyspaceEntry | undefined
  list(range: KeyRange, limit?: number): readonly KeyspaceEntry[]
}

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease: LeaseId }
  | { readonly type: 'delete'; readonly key: string }

/** The newest state that has been decided, durable or not. Only for use inside `decide`. */
export interface DecidedView {
  /** The revision that the transaction's own changes will have. */
  readonly nextRevision: Revision
  get(key: string): KeyspaceEntry | undefined
  list(range: KeyRange, limit?: number): readonly KeyspaceEntry[]
  count(range: KeyRange): number
  hasLease(id: LeaseId): boolean
}

export interface Decision<Result> {
  /** Applied in order, all of them under one revision; each key at most once. Empty: nothing changes. */
  readonly operations: readonly Operation[]
  readonly result: Result
}

export interface Lease {
  readonly id: LeaseId
  /** Seconds. */
  readonly grantedTtl: number
  /** Milliseconds that are left, by the store's own clock; starts again in full when the store is opened. */
  readonly remainingMs: number
  readonly keys: readonly string[]
}

export type Alarm = 'noSpace' | 'corrupt'

/** The whole of what etcd's clients need of the embedded store. */
export interface Keyspace extends Store {
  /**
   * The keys that were deleted at `compactedRevision`, of which what can be read there does not tell. Undefined: nobody
   * knows any more, since the store was read back, restored or forked at that revision.
   */
  readonly deletedAtCompacted: readonly string[] | undefined
  read(at?: Revision): Promise<KeyspaceView>
  current(): KeyspaceView
  /**
   * Calls `decide` once, at once, with the newest decided state, and applies what it returns atomically under one
   * revision. Resolves with its result once everything that `decide` could see, and what it changed, is durable and
   * visible. Throws what `decide` throws, StoreFull, StoreFailed as `swap` does.
   */
  transact<Result>(decide: (state: DecidedView) => Decision<Result>): Promise<{
    readonly result: Result
    /** Of this transaction's changes, or the newest revision it saw when it changed nothing. */
    readonly revision: Revision
  }>
  /** Durable when it resolves. `id` 0n: the store chooses one. Undefined: the id is taken. */
  grantLease(id: LeaseId, ttlSeconds: number): Promise<Lease | undefined>
  /** Deletes the lease and its keys, all under one revision. False: there is no such lease. */
  revokeLease(id: LeaseId): Promise<boolean>
  /** Begins the lease's time anew and returns it; undefined: there is no such lease. Nothing is written. */
  renewLease(id: LeaseId): Lease | undefined
  lease(id: LeaseId): Lease | undefined
  leases(): readonly LeaseId[]
  /** A digest over all kept versions up to `at`, equal on equal stores. */
  hash(at: Revision): Promise<{ readonly hash: number; readonly compactedRevision: Revision }>
  /**
   * A store in memory with all that this one shows, at the newest revision or at `at`, which is the fork's oldest; from
   * then on neither sees what the other writes. At the newest it takes no time: what both have is shared until one of
   * them changes it. Leases are today's, and begin their time anew. Throws Compacted and FutureRevision.
   */
  fork(at?: Revision): Keyspace
  /** The bytes of a snapshot of the newest durable state, from which a new store can be made; writes go on. */
  backup(signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Bytes of files, and bytes that the newest versions of keys and values take. */
  size(): { readonly fileBytes: number; readonly liveBytes: number }
  alarms(): readonly Alarm[]
  disarm(alarm: Alarm): Promise<void>
}
