/**
 * One watch as it runs: what was there, then changes and bookmarks, each taken when the reader wants it. Hundreds wait
 * for the same change, so nothing on its way through here is a promise but the store's own.
 */
import { ApiError, expired } from '#machinery/errors/api-error.ts'
import {
  Compacted, isWaitable, WatchOverflow, type BatchReceiver, type Entry, type KeyRange, type Revision, type StoreEvent,
} from '#storage/store.ts'
import type { RequestScope, RestContext } from './context.ts'

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly entry: Entry
}

export type WatchOutput =
  /**
   * Shared between all watchers of the same range that select everything: whoever encodes it may keep the bytes by
   * identity.
   */
  | { readonly type: 'changes'; readonly changes: readonly Change[] }
  | { readonly type: 'bookmark'; readonly revision: Revision; readonly endsInitialEvents: boolean }
  /** The last output: the client must begin anew. */
  | { readonly type: 'error'; readonly error: ApiError }

type Batch = readonly StoreEvent[]

export interface WatchPlan {
  /** What comes before any change; gives the version behind which these begin, undefined: the watch is over. */
  readonly beginning: () => AsyncGenerator<WatchOutput, Revision | undefined, undefined>
  readonly range: KeyRange
  /** What a batch of the store's is to this watch; nothing of it up to `from`. Throws ApiError. */
  readonly changesOf: (batch: Batch, from: Revision) => readonly Change[]
  /** Comes first, for kinds whose objects somebody else converts. */
  readonly convert?: (batch: Batch) => Promise<Batch>
  readonly allowBookmarks: boolean
  readonly timeoutSeconds: number | undefined
}

const bookmarkIntervalMs = 60_000
/** A watch without a timeout of its own ends after 30 to 60 minutes, so that clients spread over servers again. */
const minWatchSeconds = 1_800
const maxWatchSeconds = 2 ** 31
/** Events that a slow reader may be behind before its watch is ended. */
const queueLimit = 20_000

export class WatchFeed implements AsyncIterable<WatchOutput> {
  readonly #context: RestContext
  readonly #scope: RequestScope
  readonly #plan: WatchPlan
  /** Ends the watch from this side: its time is over, or nobody reads it any more. */
  readonly #stop = new AbortController()
  #wake: () => void = () => {}
  #beginning: AsyncGenerator<WatchOutput, Revision | undefined, undefined> | undefined
  #batches: AsyncIterator<Batch> | undefined
  /** What the next `take` gives; the store is asked for more once it is gone. */
  #next: WatchOutput | undefined
  /** Everything up to this version was taken. */
  #sent: Revision = 0
  #from: Revision = 0
  #isConverting = false
  /** A bookmark is due; up to this version nothing waits to be taken before it. */
  #tick: Revision | undefined
  #isEnding = false
  #failure: { readonly error: unknown } | undefined
  readonly #timers: { cancel(): void }[] = []

  constructor(context: RestContext, scope: RequestScope, plan: WatchPlan) {
    this.#context = context
    this.#scope = scope
    this.#plan = plan
  }

  /** Nothing is done before. `wake` is called whenever `take` may give something, or the end may have come. */
  begin(wake: () => void): void {
    this.#wake = wake
    this.#beginning = this.#plan.beginning()
    this.#ask()
  }

  /** Undefined: there is nothing now, and if `isOver` never will be. Throws, once, what should not have happened. */
  take(): WatchOutput | undefined {
    const next = this.#next
    if (next !== undefined) {
      this.#next = undefined
      if (!this.#isEnding) this.#ask()
      return next
    }
    if (this.#failure) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    if (this.#tick === undefined || this.#isEnding) return undefined
    this.#sent = Math.max(this.#sent, this.#tick)
    this.#tick = undefined
    this.#armBookmark()
    return { type: 'bookmark', revision: this.#sent, endsInitialEvents: false }
  }

  get isOver(): boolean {
    return this.#isEnding && this.#next === undefined && this.#failure === undefined
  }

  /** Nobody reads any more. */
  end(): void {
    this.#next = undefined
    this.#failure = undefined
    this.#over()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchOutput, void, undefined> {
    let wake: (() => void) | undefined
    try {
      this.begin(() => wake?.())
      for (;;) {
        const output = this.take()
        if (output) yield output
        else if (this.isOver) return
        else await new Promise<void>((resolve) => { wake = resolve })
      }
    } finally {
      this.end()
    }
  }

  #ask(): void {
    if (this.#beginning) this.#beginning.next().then(this.#onBeginning, this.#fail)
    else {
      const batches = this.#batches!
      if (isWaitable(batches) && batches.wait(this.#receiver)) return
      batches.next().then(this.#onBatch, this.#fail)
    }
  }

  readonly #receiver: BatchReceiver = {
    receive: (batch) => {
      try {
        this.#onNextBatch(batch)
      } catch (error) {
        this.#fail(error)
      }
    },
    end: (error) => {
      if (error === undefined) this.#onEnd()
      else this.#fail(error)
    },
  }

  readonly #onBeginning = ({ done, value }: IteratorResult<WatchOutput, Revision | undefined>): void => {
    if (this.#isEnding) return
    if (!done) return this.#offer(value)
    this.#beginning = undefined
    if (value === undefined) this.#over()
    else this.#follow(value)
    this.#wake()
  }

  #follow(from: Revision): void {
    const { store, clock, random } = this.#context
    const { range, timeoutSeconds } = this.#plan
    this.#from = from
    this.#sent = from
    const seconds = Math.min(timeoutSeconds || minWatchSeconds * (1 + random.next()), maxWatchSeconds)
    this.#timers.push(clock.schedule(1000 * seconds, () => this.#stop.abort()))
    try {
      // With another definition its objects look different: the client begins anew.
      const { custom } = this.#scope.version
      const ends = [this.#scope.signal, this.#stop.signal, ...(custom ? [custom.ended] : [])]
      const batches = store.watch(
        range, Math.min(from, store.revision), { signal: AbortSignal.any(ends), queueLimit },
      )
      this.#batches = batches[Symbol.asyncIterator]()
    } catch (error) {
      return this.#fail(error)
    }
    this.#armBookmark()
    this.#ask()
  }

  readonly #onBatch = ({ done, value }: IteratorResult<Batch>): void => {
    if (done) this.#onEnd()
    else this.#onNextBatch(value)
  }

  #onEnd(): void {
    if (this.#isEnding) return
    const isTimeOver = this.#stop.signal.aborted && !this.#scope.signal.aborted
    if (this.#plan.allowBookmarks && isTimeOver) {
      this.#next = { type: 'bookmark', revision: this.#sent, endsInitialEvents: false }
    }
    this.#over()
    this.#wake()
  }

  #onNextBatch(batch: Batch): void {
    if (this.#isEnding) return
    const { convert } = this.#plan
    if (!convert) return this.#onOwnBatch(batch)
    this.#isConverting = true
    convert(batch).then(this.#onOwnBatch, this.#fail)
  }

  readonly #onOwnBatch = (batch: Batch): void => {
    this.#isConverting = false
    if (this.#isEnding) return
    let changes: readonly Change[]
    try {
      changes = this.#plan.changesOf(batch, this.#from)
    } catch (error) {
      return this.#fail(error)
    }
    this.#sent = batch.at(-1)!.entry.modRevision
    if (changes.length === 0) this.#ask()
    else this.#offer({ type: 'changes', changes })
  }

  #offer(output: WatchOutput): void {
    this.#next = output
    this.#wake()
  }

  readonly #fail = (error: unknown): void => {
    if (this.#isEnding) return
    const isAborted =
      this.#scope.signal.aborted || this.#stop.signal.aborted || this.#scope.version.custom?.ended.aborted === true
    if (!isAborted) this.#tell(error)
    this.#over()
    this.#wake()
  }

  #tell(error: unknown): void {
    // A reader that is too slow begins again with a list, or from the version it has seen.
    if (error instanceof WatchOverflow) return
    if (error instanceof ApiError) this.#next = { type: 'error', error }
    else if (error instanceof Compacted) {
      const gone = expired(`too old resource version: ${this.#from} (${error.compactedRevision})`)
      this.#next = { type: 'error', error: gone }
    } else this.#failure = { error }
  }

  /**
   * Timers run when all earlier commits have reached the watch's queue. So when the store is being asked for more,
   * there is none, and everything up to its revision was taken; otherwise that is known only of what was taken.
   */
  #armBookmark(): void {
    if (!this.#plan.allowBookmarks) return
    const timer = this.#context.clock.schedule(bookmarkIntervalMs, () => {
      this.#timers.splice(this.#timers.indexOf(timer), 1)
      this.#tick = this.#next === undefined && !this.#isConverting ? this.#context.store.revision : 0
      this.#wake()
    })
    this.#timers.push(timer)
  }

  #over(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    for (const timer of this.#timers) timer.cancel()
    this.#stop.abort()
    void this.#beginning?.return(undefined)
    void this.#batches?.return?.()
  }
}
