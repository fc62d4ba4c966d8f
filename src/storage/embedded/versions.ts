/** Multi-version state in memory: the visible store at every kept revision, its history of changes and its watches. */
import {
  Compacted,
  FutureRevision,
  type Entry,
  type KeyRange,
  type Revision,
  type StoreEvent,
  type View,
  type WatchOptions,
} from '../store.ts'
import { KeyIndex, visibleAt, type Version } from './key-index.ts'
import { isIn, Watchers } from './watchers.ts'

interface Waiter {
  readonly at: Revision
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** What an empty store begins at. Not 0, because a resource version of 0 means "any" to Kubernetes' clients. */
export const firstRevision: Revision = 1

/** Everything here has been made durable by the caller (or is meant to be volatile). Each revision is one change. */
export class Versions {
  readonly #index = new KeyIndex()
  readonly #watchers = new Watchers()
  /** The change of revision `compactedRevision + 1 + i` at position i. */
  #history: StoreEvent[] = []
  #historyBytes = 0
  #liveBytes = 0
  #revision: Revision
  #compacted: Revision
  #waiters: Waiter[] = []
  /** Made when first asked for. */
  #current: View | undefined

  constructor(base: Revision = firstRevision) {
    this.#revision = base
    this.#compacted = base
  }

  get revision(): Revision {
    return this.#revision
  }

  get compactedRevision(): Revision {
    return this.#compacted
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

  get keys(): number {
    return this.#index.size
  }

  /** The newest version of a key, a deletion included. */
  latest(key: string): Version | undefined {
    return this.#index.get(key)?.head
  }

  /** Takes in an entry of a snapshot at the base revision. Only before the first change. */
  load(version: Version): void {
    this.#index.insert({ key: version.key, head: version })
    this.#liveBytes += sizeOf(version)
  }

  /** Makes changes visible, in order; their revisions continue the store's without a gap. */
  apply(versions: readonly Version[]): void {
    const events: StoreEvent[] = []
    for (const version of versions) {
      const chain = this.#index.get(version.key)
      const before = chain?.head
      if (chain === undefined) this.#index.insert({ key: version.key, head: version })
      else this.#index.advance(chain, version)
      const previous = before === undefined || before.deleted ? undefined : before
      if (previous !== undefined) this.#liveBytes -= sizeOf(previous)
      if (!version.deleted) this.#liveBytes += sizeOf(version)
      this.#historyBytes += sizeOf(version)
      events.push({ type: version.deleted ? 'delete' : 'put', entry: version, previous })
    }
    if (events.length === 0) return
    for (const event of events) this.#history.push(event)
    this.#revision = versions.at(-1)!.modRevision
    this.#current = undefined
    this.#watchers.publish(events)
    if (this.#waiters.length > 0) this.#wake()
  }

  current(): View {
    return this.#current ??= this.#viewAt(this.#revision)
  }

  view(at: Revision): View {
    if (at === this.#revision) return this.current()
    if (at > this.#revision) throw new FutureRevision(this.#revision)
    if (at < this.#compacted) throw new Compacted(this.#compacted)
    return this.#viewAt(at)
  }

  watch(range: KeyRange, from: Revision, options: WatchOptions): AsyncIterable<readonly StoreEvent[]> {
    if (from < this.#compacted) throw new Compacted(this.#compacted)
    if (from > this.#revision) throw new FutureRevision(this.#revision)
    const backlog: StoreEvent[] = []
    for (let i = from - this.#compacted; i < this.#history.length; i++) {
      const event = this.#history[i]!
      if (isIn(range, event.entry.key)) backlog.push(event)
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
    const gone = before - this.#compacted
    this.#compacted = before
    for (let i = 0; i < gone; i++) {
      const version = this.#history[i]!.entry as Version
      this.#historyBytes -= sizeOf(version)
      version.older = undefined
      if (version.deleted && this.#index.get(version.key)?.head === version) this.#index.remove(version.key)
    }
    this.#history = this.#history.slice(gone)
  }

  /** Ends all watches and waits: quietly without an error. */
  end(error: Error | undefined): void {
    this.#watchers.end(error)
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.reject(error ?? new Error('the store was closed'))
  }

  #wake(): void {
    const ready = this.#waiters.filter((waiter) => waiter.at <= this.#revision)
    if (ready.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => waiter.at > this.#revision)
    for (const waiter of ready) waiter.resolve()
  }

  #viewAt(revision: Revision): View {
    const check = (): void => {
      if (revision < this.#compacted) throw new Compacted(this.#compacted)
    }
    return {
      revision,
      get: (key): Entry | undefined => {
        check()
        const chain = this.#index.get(key)
        return chain === undefined ? undefined : visibleAt(chain.head, revision)
      },
      list: (range, limit = 0) => {
        check()
        return this.#index.list(range, revision, limit)
      },
      count: (range) => {
        check()
        return this.#index.count(range, revision, revision === this.#revision)
      },
    }
  }
}

/** What a version counts towards quota and history limits.  */
export function sizeOf(version: Entry): number {
  return version.key.length + version.value.length
}
