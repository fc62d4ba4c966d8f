/** What Kubernetes needs of etcd, and no more: ordered revisions over byte values. Knows no resources. */

/** Grows by one with every committed change of the whole store; never reused, not even after a crash. */
export type Revision = number

/** One version of one key. Immutable, except for `memo`. */
export interface Entry {
  readonly key: string
  readonly value: Uint8Array
  /** The revision at which the key came into being (after its last deletion). */
  readonly createRevision: Revision
  /** The revision of this version. In a delete event: the revision of the deletion. */
  readonly modRevision: Revision
  /**
   * A place for the reader above to keep what it decoded from `value`, so that it is decoded once for all who hold it.
   */
  memo: unknown
  /**
   * Whether a writer should write even what it has not changed, because the bytes beneath would be others today. Absent
   * where bytes are stored as they are.
   */
  readonly isStale?: () => boolean
}

/** A half-open interval of keys in byte order: `start <= key < end`. */
export interface KeyRange {
  readonly start: string
  readonly end: string
}

export interface StoreEvent {
  readonly type: 'put' | 'delete'
  /** For 'delete': the last value, with the deletion's revision as modRevision. */
  readonly entry: Entry
  /** The version before, if the key existed. */
  readonly previous: Entry | undefined
}

/** A consistent picture of the store at one revision; stays readable and unchanged until that revision is compacted. */
export interface View {
  readonly revision: Revision
  get(key: string): Entry | undefined
  /** Entries in key order, at most `limit` (0 or absent: all), beginning at `range.start`. */
  list(range: KeyRange, limit?: number): readonly Entry[]
  /** How many keys the range holds. */
  count(range: KeyRange): number
}

export interface Put {
  readonly type: 'put'
  readonly value: Uint8Array
  /** Becomes the new entry's `memo`, when the writer has the decoded form at hand anyway. */
  readonly memo?: unknown
}

export interface Delete {
  readonly type: 'delete'
}

/** Losing a race is normal, so it is a value and not an exception. */
export type SwapResult =
  | { readonly type: 'swapped'; readonly entry: Entry; readonly revision: Revision }
  | { readonly type: 'conflict'; readonly current: Entry | undefined; readonly revision: Revision }

export interface WatchOptions {
  readonly signal: AbortSignal
  /** After this many undelivered events the watch ends with WatchOverflow instead of growing. Default 100,000. */
  readonly queueLimit?: number
}

/** Who is told of what comes next in a watch, once. */
export interface BatchReceiver {
  /** Must not throw, and not do much: the store goes on afterwards. */
  receive(batch: readonly StoreEvent[]): void
  /** Undefined: quietly. */
  end(error: Error | undefined): void
}

/**
 * What the watches of some stores give beside the usual: of hundreds of readers of one change none needs a promise.
 */
export interface WaitableBatches extends AsyncIterator<readonly StoreEvent[]> {
  /** False: something is there already; ask `next`. Otherwise the receiver is told, once, of what comes. */
  wait(receiver: BatchReceiver): boolean
}

export function isWaitable(batches: AsyncIterator<readonly StoreEvent[]>): batches is WaitableBatches {
  return 'wait' in batches
}

export interface Store extends AsyncDisposable {
  /** The newest revision that readers may see. Everything up to it is durable. */
  readonly revision: Revision
  /** The oldest revision that can still be read or watched from. */
  readonly compactedRevision: Revision
  /**
   * A view at `at`, or a linearizable one at the newest revision.
   * Throws Compacted if `at` is gone and FutureRevision if it has not come yet.
   */
  read(at?: Revision): Promise<View>
  /**
   * The newest view this process knows, without asking anybody else. In one process with the store it is the newest
   * there is.
   */
  current(): View
  /**
   * The only write: applies `then` if `key` is now at `ifRevision` (0: absent).
   * Resolves once the change is durable and visible. Deleting an absent key with `ifRevision` 0 is a conflict.
   * Throws StoreFull when the quota is reached, StoreFailed when the disk broke (nothing is acknowledged afterwards).
   */
  swap(key: string, ifRevision: Revision, then: Put | Delete): Promise<SwapResult>
  /**
   * Every change to the range after revision `from`, in order, without gaps, one revision never split over two batches.
   * Throws, at once, Compacted if `from` is older than the kept history and FutureRevision if it has not come yet.
   * Ends quietly when the signal aborts or the store closes, with WatchOverflow or StoreFailed otherwise.
   */
  watch(range: KeyRange, from: Revision, options: WatchOptions): AsyncIterable<readonly StoreEvent[]>
  /** Resolves once `revision >= at` is visible, rejects when the signal aborts. */
  waitFor(at: Revision, signal: AbortSignal): Promise<void>
  /** Forgets versions older than `before` that are not the newest of their key. */
  compact(before: Revision): Promise<void>
}

export class Compacted extends Error {
  readonly compactedRevision: Revision
  constructor(compactedRevision: Revision) {
    super(`required revision has been compacted; the oldest kept is ${compactedRevision}`)
    this.compactedRevision = compactedRevision
  }
}

export class FutureRevision extends Error {
  readonly revision: Revision
  constructor(revision: Revision) {
    super(`required revision is a future revision; the newest is ${revision}`)
    this.revision = revision
  }
}

export class WatchOverflow extends Error {}
export class StoreFull extends Error {}
export class StoreFailed extends Error {}

/** The request as it is cannot be carried out, and nothing was changed; the message is the store's own. */
export class StoreRefused extends Error {}

/** A store elsewhere did not answer in time: nobody knows whether a write was carried out, or will be. */
export class StoreUnavailable extends Error {}

/** What is on the disk is not what was written; the store does not open, and the file is left as it is. */
export class StoreCorrupted extends Error {
  readonly file: string
  readonly offset: number
  readonly what: string
  constructor(file: string, offset: number, what: string) {
    super(`${file} is damaged at offset ${offset}: ${what}; nothing was changed`)
    this.file = file
    this.offset = offset
    this.what = what
  }
}

/** The range of all keys that begin with `prefix`. */
export function prefixRange(prefix: string): KeyRange {
  return { start: prefix, end: prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1) }
}
