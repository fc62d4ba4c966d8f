/**
 * The store itself: decides swaps against what is under way, commits them in groups, and shows them once they are
 * durable.
 */
import type { Clock } from '#world/clock.ts'
import {
  StoreFailed,
  StoreFull,
  type Delete,
  type KeyRange,
  type Put,
  type Revision,
  type Store,
  type StoreEvent,
  type SwapResult,
  type View,
  type WatchOptions,
} from '../store.ts'
import type { Version } from './key-index.ts'
import { sizeOf, type Versions } from './versions.ts'

/** Where changes become durable. Absent in a volatile store. */
export interface Journal {
  /** How many of these changes fit into one append, at least one. */
  fitting(changes: readonly Version[]): number
  /**
   * Resolves once the changes are durable. Rejects with StoreFull when there was no room for them and nothing was
   * written. After it has rejected with anything else, it is never called again.
   */
  append(changes: readonly Version[]): Promise<void>
  /** Called after each commit, with what readers now see. Must not throw. */
  committed(versions: Versions): void
  /** True while there is no room on the disk for more than deletions. */
  readonly isFull: boolean
  close(): Promise<void>
}

export interface HistoryOptions {
  /** Refuses puts that would make the newest keys and values larger than this together. Default 4 GiB. */
  readonly quotaBytes?: number
  /** Changes older than this are forgotten. Default five minutes, as the API server asks of etcd. */
  readonly historyMs?: number
  /** The history is cut short when the changes in it are larger than this together. Default 256 MiB. */
  readonly historyBytes?: number
  /** The history is cut short when it has more changes than this. Default 1,000,000. */
  readonly historyChanges?: number
}

const defaultHistory: Required<HistoryOptions> = {
  quotaBytes: 4 * 2 ** 30,
  historyMs: 5 * 60_000,
  historyBytes: 256 * 2 ** 20,
  historyChanges: 1_000_000,
}

/** A larger value is refused outright; the API server's own limit on a request is far below. */
const valueBytesMax = 32 * 2 ** 20
const keyLengthMax = 4_096

interface Staged {
  readonly version: Version
  readonly resolve: (result: SwapResult) => void
  readonly reject: (error: Error) => void
}

/** How finely the age of changes is known. */
const markMs = 10_000

export interface JournaledStoreParts {
  readonly versions: Versions
  readonly journal: Journal | undefined
  readonly clock: Clock
  readonly options: HistoryOptions
  /** Called once when the journal has failed. */
  readonly onFailure?: (failure: Error) => void
}

export class JournaledStore implements Store {
  readonly #versions: Versions
  readonly #journal: Journal | undefined
  readonly #clock: Clock
  readonly #limits: Required<HistoryOptions>
  readonly #onFailure: (failure: Error) => void
  /** The newest version of each key that has been decided but is not durable yet. */
  readonly #underWay = new Map<string, Version>()
  #queue: Staged[] = []
  #committing: Promise<void> | undefined
  #nextRevision: Revision
  #stagedBytes = 0
  /** How often changes under way were given up, because the disk had no room. */
  #abandonments = 0
  #failure: StoreFailed | undefined
  #closed = false
  #marks: { readonly at: number; readonly revision: Revision }[] = []

  constructor(parts: JournaledStoreParts) {
    this.#versions = parts.versions
    this.#journal = parts.journal
    this.#clock = parts.clock
    this.#limits = { ...defaultHistory, ...parts.options }
    this.#onFailure = parts.onFailure ?? (() => {})
    this.#nextRevision = parts.versions.revision + 1
  }

  get revision(): Revision {
    return this.#versions.revision
  }

  get compactedRevision(): Revision {
    return this.#versions.compactedRevision
  }

  async read(at?: Revision): Promise<View> {
    return at === undefined ? this.#versions.current() : this.#versions.view(at)
  }

  current(): View {
    return this.#versions.current()
  }

  swap(key: string, ifRevision: Revision, then: Put | Delete): Promise<SwapResult> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#closed) return Promise.reject(new StoreFailed('the store was closed'))
    const latest = this.#underWay.get(key) ?? this.#versions.latest(key)
    const existing = latest === undefined || latest.deleted ? undefined : latest
    if ((existing?.modRevision ?? 0) !== ifRevision || (existing === undefined && then.type === 'delete')) {
      return this.#conflict(latest)
    }
    if (then.type === 'put') {
      const refusal = this.#refusal(key, existing, then.value)
      if (refusal !== undefined) return Promise.reject(refusal)
    }
    const version = this.#stage(key, latest, existing, then)
    if (this.#journal === undefined) {
      this.#show([version])
      return Promise.resolve({ type: 'swapped', entry: version, revision: version.modRevision })
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ version, resolve, reject })
      this.#committing ??= this.#commit(this.#journal!)
    })
  }

  watch(range: KeyRange, from: Revision, options: WatchOptions): AsyncIterable<readonly StoreEvent[]> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw new StoreFailed('the store was closed')
    return this.#versions.watch(range, from, options)
  }

  waitFor(at: Revision, signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined && at > this.revision) return Promise.reject(this.#failure)
    return this.#versions.waitFor(at, signal)
  }

  async compact(before: Revision): Promise<void> {
    this.#versions.compact(before)
  }

  /** Waits for what is under way, then lets go of the disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#committing
    this.#versions.end(undefined)
    await this.#journal?.close()
  }

  #stage(key: string, latest: Version | undefined, existing: Version | undefined, then: Put | Delete): Version {
    const modRevision = this.#nextRevision++
    const isPut = then.type === 'put'
    const version: Version = {
      key,
      value: isPut ? then.value : existing!.value,
      createRevision: existing?.createRevision ?? modRevision,
      modRevision,
      // A deletion begins without one: what was decoded may hold the revision of the version before.
      memo: isPut ? then.memo : undefined,
      deleted: !isPut,
      older: latest,
    }
    if (this.#journal !== undefined) {
      this.#stagedBytes += growth(existing, version)
      this.#underWay.set(key, version)
    }
    return version
  }

  #refusal(key: string, existing: Version | undefined, value: Uint8Array): Error | undefined {
    if (key.length > keyLengthMax) {
      return new RangeError(`a key of ${key.length} characters; ${keyLengthMax} are allowed`)
    }
    if (value.length > valueBytesMax) {
      return new RangeError(`a value of ${value.length} bytes; ${valueBytesMax} are allowed`)
    }
    if (this.#journal?.isFull === true) return new StoreFull('there is no space left on the disk of the store')
    const grown = value.length - (existing === undefined ? -key.length : existing.value.length)
    if (grown <= 0 || this.#versions.liveBytes + this.#stagedBytes + grown <= this.#limits.quotaBytes) return undefined
    return new StoreFull(`the store's quota of ${this.#limits.quotaBytes} bytes is used up`)
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
      if (this.#abandonments !== abandonments) throw new StoreFull('there was no space on the disk for the change that won')
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
    await Promise.resolve()
    while (this.#queue.length > 0 && this.#failure === undefined) {
      const staged = this.#queue
      const changes = staged.map((each) => each.version)
      const count = journal.fitting(changes)
      this.#queue = staged.slice(count)
      if (count < staged.length) changes.length = staged.length = count
      try {
        await journal.append(changes)
      } catch (error) {
        if (error instanceof StoreFull) {
          this.#abandon(error, staged)
          continue
        }
        this.#fail(error, staged)
        break
      }
      this.#land(staged, changes)
      journal.committed(this.#versions)
    }
    this.#committing = undefined
  }

  #land(staged: readonly Staged[], changes: readonly Version[]): void {
    for (const version of changes) {
      if (this.#underWay.get(version.key) === version) this.#underWay.delete(version.key)
    }
    this.#show(changes)
    if (this.#underWay.size === 0) this.#stagedBytes = 0
    const { revision } = this
    for (const { version, resolve } of staged) {
      resolve({ type: 'swapped', entry: version, revision: Math.min(revision, version.modRevision) })
    }
  }

  #show(changes: readonly Version[]): void {
    this.#versions.apply(changes)
    this.#forget()
  }

  /** Nothing of these was written, so they and what was decided upon them have never been. */
  #abandon(refusal: StoreFull, staged: readonly Staged[]): void {
    const rejected = [...staged, ...this.#queue]
    this.#queue = []
    this.#underWay.clear()
    this.#stagedBytes = 0
    this.#nextRevision = this.revision + 1
    this.#abandonments++
    for (const { reject } of rejected) reject(refusal)
  }

  /** After a failed write nobody knows what the disk holds, so nothing is acknowledged ever again. */
  #fail(cause: unknown, staged: readonly Staged[]): void {
    const failure = new StoreFailed('the disk of the store failed; what is durable is known after a restart', { cause })
    this.#failure = failure
    const rejected = [...staged, ...this.#queue]
    this.#queue = []
    for (const { reject } of rejected) reject(failure)
    this.#versions.end(failure)
    this.#onFailure(failure)
  }

  /** Keeps the history within its limits of age, changes and bytes. */
  #forget(): void {
    const versions = this.#versions
    const now = this.#clock.monotonic()
    const newest = this.#marks.at(-1)
    if (newest === undefined || now - newest.at >= markMs) this.#marks.push({ at: now, revision: versions.revision })
    let before = versions.compactedRevision
    while (this.#marks.length > 0 && now - this.#marks[0]!.at >= this.#limits.historyMs) {
      before = Math.max(before, this.#marks.shift()!.revision)
    }
    const { historyBytes, historyChanges } = this.#limits
    if (versions.historyLength > historyChanges || versions.historyBytes > historyBytes) {
      // Half of it at once, so that the cost of cutting is spread over many commits.
      before = Math.max(before, versions.revision - (versions.historyLength >>> 1))
    }
    versions.compact(before)
  }
}

function growth(existing: Version | undefined, version: Version): number {
  return (version.deleted ? 0 : sizeOf(version)) - (existing === undefined ? 0 : sizeOf(existing))
}
