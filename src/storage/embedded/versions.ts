/** Multi-version state in memory: the visible store at every kept revision, its history of changes and its watches. */
import {
  Compacted,
  FutureRevision,
  type KeyRange,
  type Revision,
  type StoreEvent,
  type WatchOptions,
} from '../store.ts'
import type { KeyspaceView, LeaseId } from '../keyspace.ts'
import { KeyIndex } from './key-index.ts'
import { ValueSlabs } from './value-slabs.ts'
import { sizeOf, visibleAt, type Version } from './version.ts'
import { isIn, Watchers } from './watchers.ts'

interface Waiter {
  readonly at: Revision
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** What an empty store begins at. Not 0, because a resource version of 0 means "any" to Kubernetes' clients. */
export const firstRevision: Revision = 1

/** How many keys a sweep of the values' memory visits for each change. */
const sweptKeysForEachChange = 8

/** Short lists of prefixes are kept: so many, of so many entries at most. */
const keptLists = { count: 4_096, entries: 100 }

const everything: KeyRange = { start: '', end: '\uffff' }
const noKeys: ReadonlySet<string> = new Set()

/**
 * Everything here has been made durable by the caller (or is meant to be volatile). A revision is one change or more.
 */
export class Versions {
  readonly values = new ValueSlabs()
  readonly #index: KeyIndex
  readonly #watchers = new Watchers()
  /** Every change after `compactedRevision`, in order. */
  #history: Version[] = []
  /** Changes that readers see and watchers have not been told of. */
  #untold: (readonly Version[])[] = []
  /** The keys that each lease holds now. */
  readonly #held = new Map<LeaseId, Set<string>>()
  #historyBytes = 0
  #liveBytes = 0
  #revision: Revision
  #compacted: Revision
  #waiters: Waiter[] = []
  /**
   * Short lists of what has a prefix, by that prefix, until something changes there: what most writes are held against
   * (quotas, limits, policies) changes seldom.
   */
  readonly #lists = new Map<string, readonly Version[]>()
  /** Made when first asked for. */
  #current: KeyspaceView | undefined
  /** What was deleted at `#compacted`; undefined where no more is known of that revision than what it shows. */
  #deletedAtCompacted: readonly string[] | undefined
  /** Versions up to this revision belong to the store that this one was forked from. */
  readonly #sharedUpTo: Revision

  /** Empty at a revision, or with what another store shows at it. */
  constructor(base: Revision = firstRevision, original?: Versions) {
    this.#revision = base
    this.#compacted = base
    if (base === firstRevision) this.#deletedAtCompacted = []
    this.#sharedUpTo = original === undefined ? 0 : base
    const isNewest = original !== undefined && original.#revision === base
    this.#index = new KeyIndex(isNewest ? original.#index : undefined)
    if (original === undefined) return
    if (isNewest) {
      this.#liveBytes = original.#liveBytes
      for (const [lease, keys] of original.#held) this.#held.set(lease, new Set(keys))
      return
    }
    for (const version of original.#index.list(everything, base, 0)) {
      this.#index.insert(version)
      this.#liveBytes += sizeOf(version)
      if (version.lease !== 0n) this.#hold(version)
    }
  }

  /**
   * What is shown at a revision, as the beginning of a history of its own. What both have is shared until one of them
   * changes it: of the newest revision everything, of an older one its versions. Throws Compacted and FutureRevision.
   */
  fork(at: Revision): Versions {
    return new Versions(this.view(at).revision, this)
  }

  get revision(): Revision {
    return this.#revision
  }

  get compactedRevision(): Revision {
    return this.#compacted
  }

  /**
   * The keys that were deleted at `compactedRevision`: what that revision shows does not tell of them. Undefined where
   * the revision is known from a snapshot only, or belongs to the original of a fork.
   */
  get deletedAtCompacted(): readonly string[] | undefined {
    return this.#deletedAtCompacted
  }

  /** Bytes of the newest keys and values. */
  get liveBytes(): number {
    return this.#liveBytes
  }

  get historyBytes(): number {
    return this.#historyBytes
  }

  get historyLength(): number {
    return this.#history.length
  }

  /** The revision of the change that as many kept ones precede as follow. */
  get middleOfHistory(): Revision {
    return this.#history[this.#history.length >>> 1]?.modRevision ?? this.#compacted
  }

  get keys(): number {
    return this.#index.size
  }

  /** The newest version of a key, a deletion included. */
  latest(key: string): Version | undefined {
    return this.#index.get(key)?.head
  }

  keysOf(lease: LeaseId): ReadonlySet<string> {
    return this.#held.get(lease) ?? noKeys
  }

  /** Takes in an entry of a snapshot at the base revision. Only before the first change. */
  load(version: Version): void {
    this.#index.insert(version)
    this.#liveBytes += sizeOf(version)
    this.values.hold(version)
    if (version.lease !== 0n) this.#hold(version)
  }

  /**
   * Makes changes visible, in order; their revisions continue the store's without a gap, and none is split over two
   * calls. Their values have been counted in. Watchers hear of them with the next `tell`.
   */
  show(versions: readonly Version[]): void {
    if (versions.length === 0) return
    for (const version of versions) this.#add(version)
    this.#revision = versions.at(-1)!.modRevision
    this.#current = undefined
    this.#untold.push(versions)
  }

  /** Tells watchers, and who waits for a revision, of everything that is visible. */
  tell(): void {
    const untold = this.#untold
    if (untold.length > 0) {
      this.#untold = []
      if (this.#watchers.areAny) for (const versions of untold) this.#watchers.publish(versions.map(eventOf))
    }
    if (this.#waiters.length > 0) this.#wake()
  }

  /** `show`, and `tell` at once. */
  apply(versions: readonly Version[]): void {
    this.show(versions)
    this.tell()
  }

  /** `show` of one change while nobody watches yet; the others of its revision follow. */
  replay(version: Version): void {
    this.#add(version)
    this.#revision = version.modRevision
    this.#current = undefined
  }

  /** Nothing that is kept here has changed up to `revision`: the store is a part of a larger one. */
  advance(revision: Revision): void {
    if (revision <= this.#revision) return
    this.#revision = revision
    this.#current = undefined
    if (this.#waiters.length > 0) this.#wake()
  }

  /** Called after so many changes: moves some values together, if too much of their memory lies idle. */
  tidyValues(changes: number): void {
    this.values.sweep(this.#index, changes * sweptKeysForEachChange, this.#sharedUpTo)
  }

  current(): KeyspaceView {
    return this.#current ??= this.#viewAt(this.#revision)
  }

  view(at: Revision): KeyspaceView {
    if (at === this.#revision) return this.current()
    if (at > this.#revision) throw new FutureRevision(this.#revision)
    if (at < this.#compacted) throw new Compacted(this.#compacted)
    return this.#viewAt(at)
  }

  watch(range: KeyRange, from: Revision, options: WatchOptions): AsyncIterable<readonly StoreEvent[]> {
    if (from < this.#compacted) throw new Compacted(this.#compacted)
    if (from > this.#revision) throw new FutureRevision(this.#revision)
    const backlog: StoreEvent[] = []
    for (let i = this.#firstAfter(from); i < this.#history.length; i++) {
      const version = this.#history[i]!
      if (isIn(range, version.key)) backlog.push(eventOf(version))
    }
    return this.#watchers.add({ range, backlog, signal: options.signal, queueLimit: options.queueLimit })
  }

  waitFor(at: Revision, signal: AbortSignal): Promise<void> {
    if (this.#revision >= at) return Promise.resolve()
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        reject(signal.reason)
      }
      const settled = (): void => signal.removeEventListener('abort', stop)
      const waiter: Waiter = {
        at,
        resolve: () => { settled(); resolve() },
        reject: (reason) => { settled(); reject(reason) },
      }
      this.#waiters.push(waiter)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  /**
   * Forgets what only readers before `before` could see. Costs as much as the history that goes, not as the store:
   * each forgotten change names the one version that it replaced.
   */
  compact(before: Revision): void {
    if (before > this.#revision) throw new FutureRevision(this.#revision)
    if (before <= this.#compacted) return
    const gone = this.#firstAfter(before)
    this.#compacted = before
    this.#deletedAtCompacted = this.#history.slice(this.#firstAfter(before - 1), gone)
      .filter(({ deleted }) => deleted).map(({ key }) => key)
    for (let i = 0; i < gone; i++) {
      const entry = this.#history[i]!
      this.#historyBytes -= sizeOf(entry)
      const { older } = entry
      if (older !== undefined && !older.deleted && older.modRevision > this.#sharedUpTo) this.values.release(older)
      entry.older = undefined
      if (entry.deleted && this.#index.get(entry.key)?.head === entry) this.#index.remove(entry.key)
    }
    this.#history = this.#history.slice(gone)
  }

  /** Every kept version up to `at`, by key, the newest first; of deletions only those that a reader can still see. */
  keptUpTo(at: Revision): Version[] {
    const kept: Version[] = []
    for (let chains = this.#index.blockFrom(''); chains.length > 0;) {
      for (const { head } of chains) {
        for (let version: Version | undefined = head; version !== undefined; version = version.older) {
          const isBase = version.modRevision <= this.#compacted
          if (version.modRevision <= at && !(version.deleted && isBase)) kept.push(version)
          // A fork's original may know older ones.
          if (isBase) break
        }
      }
      chains = this.#index.blockFrom(`${chains.at(-1)!.key}\0`)
    }
    return kept
  }

  /** Ends all watches and waits: quietly without an error. */
  end(error: Error | undefined): void {
    this.#watchers.end(error)
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.reject(error ?? new Error('the store was closed'))
  }

  #add(version: Version): void {
    const { key, deleted } = version
    if (this.#lists.size > 0) this.#forgetLists(key)
    // Without an older version the key is not there; looking for it would be most of the work.
    const chain = version.older === undefined ? undefined : this.#index.get(key)
    const before = chain?.head
    if (chain === undefined) this.#index.insert(version)
    else this.#index.advance(chain, version)
    const previous = before === undefined || before.deleted ? undefined : before
    if (previous !== undefined) {
      this.#liveBytes -= sizeOf(previous)
      if (previous.lease !== 0n) this.#letGo(previous)
    }
    if (!deleted) {
      this.#liveBytes += sizeOf(version)
      if (version.lease !== 0n) this.#hold(version)
    }
    this.#historyBytes += sizeOf(version)
    this.#history.push(version)
  }

  /** What a reader of the newest revision sees of a range. */
  #newestOf(range: KeyRange): readonly Version[] {
    const known = this.#lists.get(range.start)
    // Of several ranges with this beginning only that of the prefix is kept.
    if (known !== undefined && isOfPrefix(range)) return known
    const entries = this.#index.list(range, this.#revision, 0)
    if (entries.length > keptLists.entries || !isOfPrefix(range)) return entries
    if (this.#lists.size >= keptLists.count) this.#lists.clear()
    this.#lists.set(range.start, entries)
    return entries
  }

  /** Those whose prefix the key has. */
  #forgetLists(key: string): void {
    for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
      this.#lists.delete(key.slice(0, slash + 1))
    }
  }

  /** The position in the history of the first change after a revision. */
  #firstAfter(revision: Revision): number {
    let low = 0
    let high = this.#history.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#history[middle]!.modRevision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }

  #hold({ lease, key }: Version): void {
    const keys = this.#held.get(lease)
    if (keys === undefined) this.#held.set(lease, new Set([key]))
    else keys.add(key)
  }

  #letGo({ lease, key }: Version): void {
    const keys = this.#held.get(lease)
    keys?.delete(key)
    if (keys?.size === 0) this.#held.delete(lease)
  }

  #wake(): void {
    const ready = this.#waiters.filter((waiter) => waiter.at <= this.#revision)
    if (ready.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => waiter.at > this.#revision)
    for (const waiter of ready) waiter.resolve()
  }

  #viewAt(revision: Revision): KeyspaceView {
    const check = (): void => {
      if (revision < this.#compacted) throw new Compacted(this.#compacted)
    }
    /** Many who list a range at once, as after a restart, share one list of it. */
    let whole: KeyRange & { readonly entries: readonly Version[] } | undefined
    return {
      revision,
      get: (key): Version | undefined => {
        check()
        const chain = this.#index.get(key)
        return chain === undefined ? undefined : visibleAt(chain.head, revision)
      },
      list: (range, limit = 0) => {
        check()
        if (limit !== 0) return this.#index.list(range, revision, limit)
        if (range.start !== whole?.start || range.end !== whole.end) {
          const isNewest = revision === this.#revision
          whole = { ...range, entries: isNewest ? this.#newestOf(range) : this.#index.list(range, revision, 0) }
        }
        return whole.entries
      },
      count: (range) => {
        check()
        return this.#index.count(range, revision, revision === this.#revision)
      },
    }
  }
}

/** A change as watchers see it. Only of one that is kept: what was forgotten no longer knows the version before it. */
function eventOf(version: Version): StoreEvent {
  const { older } = version
  const previous = older === undefined || older.deleted ? undefined : older
  return { type: version.deleted ? 'delete' : 'put', entry: version, previous }
}

/** Whether it is all that begins with a prefix that ends in a slash. */
function isOfPrefix({ start, end }: KeyRange): boolean {
  const last = start.length - 1
  return end.length === start.length && start.endsWith('/') && end.charCodeAt(last) === 0x30
    && end.startsWith(start.slice(0, last))
}
