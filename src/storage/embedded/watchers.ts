/**
 * Fan-out of committed changes: each change is matched once per distinct range and shared by all who watch that range.
 */
import {
  prefixRange, WatchOverflow, type BatchReceiver, type KeyRange, type StoreEvent, type WaitableBatches,
} from '../store.ts'

type Batch = readonly StoreEvent[]

const defaultQueueLimit = 100_000
const backlogBatch = 1_000

export interface WatchRequest {
  readonly range: KeyRange
  /** Changes between the requested revision and now. */
  readonly backlog: readonly StoreEvent[]
  readonly signal: AbortSignal
  readonly queueLimit: number | undefined
}

interface Group {
  readonly range: KeyRange
  readonly watchers: Set<Watcher>
  matched: StoreEvent[]
}

/** All watches of a store. */
export class Watchers {
  readonly #groups = new Map<string, Group>()
  /**
   * Groups whose range is a prefix that ends in a slash, or one key: found by looking up the parts of a changed key.
   */
  readonly #byPrefix = new Map<string, Group>()
  readonly #byKey = new Map<string, Group>()
  readonly #others = new Set<Group>()

  get size(): number {
    let size = 0
    for (const group of this.#groups.values()) size += group.watchers.size
    return size
  }

  add(request: WatchRequest): AsyncIterable<Batch> {
    const id = `${request.range.start}\0${request.range.end}`
    let group = this.#groups.get(id)
    if (group === undefined) {
      group = { range: request.range, watchers: new Set(), matched: [] }
      this.#groups.set(id, group)
      this.#place(group, (index, key) => index.set(key, group!), (all) => all.add(group!))
    }
    const joined = group
    const watcher = new Watcher(request, () => {
      joined.watchers.delete(watcher)
      if (joined.watchers.size > 0 || this.#groups.get(id) !== joined) return
      this.#groups.delete(id)
      this.#place(joined, (index, key) => index.delete(key), (all) => all.delete(joined))
    })
    joined.watchers.add(watcher)
    watcher.begin(request.signal)
    return watcher
  }

  get areAny(): boolean {
    return this.#groups.size > 0
  }

  /** Hands the changes of one commit to everyone concerned. */
  publish(events: Batch): void {
    const touched: Group[] = []
    const match = (group: Group, event: StoreEvent): void => {
      if (group.matched.length === 0) touched.push(group)
      group.matched.push(event)
    }
    for (const event of events) this.#matchAll(event, match)
    for (const group of touched) {
      const batch = group.matched
      group.matched = []
      for (const watcher of group.watchers) watcher.push(batch)
    }
  }

  /** Ends every watch: with an error, or quietly when the store closes. */
  end(error: Error | undefined): void {
    for (const group of this.#groups.values()) for (const watcher of group.watchers) watcher.end(error)
  }

  #matchAll(event: StoreEvent, match: (group: Group, event: StoreEvent) => void): void {
    const { key } = event.entry
    if (this.#byPrefix.size > 0) {
      for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
        const group = this.#byPrefix.get(key.slice(0, slash + 1))
        if (group !== undefined) match(group, event)
      }
    }
    if (this.#byKey.size > 0) {
      const group = this.#byKey.get(key)
      if (group !== undefined) match(group, event)
    }
    for (const group of this.#others) if (isIn(group.range, key)) match(group, event)
  }

  #place(
    group: Group, keyed: (index: Map<string, Group>, key: string) => void, listed: (all: Set<Group>) => void,
  ): void {
    const { start, end } = group.range
    if (start.endsWith('/') && prefixRange(start).end === end) keyed(this.#byPrefix, start)
    else if (end === `${start}\0`) keyed(this.#byKey, start)
    else listed(this.#others)
  }
}

export function isIn(range: KeyRange, key: string): boolean {
  return key >= range.start && key < range.end
}

/** The first position at or after `end` where no revision is cut in two. */
function endOfRevision(events: Batch, end: number): number {
  let at = Math.min(end, events.length)
  while (at < events.length && events[at]!.entry.modRevision === events[at - 1]!.entry.modRevision) at++
  return at
}

/** One watch: a bounded queue of references to shared batches. Ends quietly on abort, with an error otherwise. */
class Watcher implements AsyncIterable<Batch>, WaitableBatches {
  readonly #queue: Batch[] = []
  readonly #queueLimit: number
  readonly #leave: () => void
  #queued = 0
  #backlogBatches = 0
  #waiting: BatchReceiver[] = []
  #ended = false
  #error: Error | undefined
  #stopListening: () => void = () => {}

  constructor(request: WatchRequest, leave: () => void) {
    this.#leave = leave
    this.#queueLimit = request.queueLimit ?? defaultQueueLimit
    const { backlog } = request
    for (let at = 0; at < backlog.length;) {
      const end = endOfRevision(backlog, at + backlogBatch)
      this.#queue.push(backlog.slice(at, end))
      this.#backlogBatches++
      at = end
    }
  }

  begin(signal: AbortSignal): void {
    if (signal.aborted) return this.end(undefined)
    const stop = (): void => this.end(undefined)
    signal.addEventListener('abort', stop, { once: true })
    this.#stopListening = () => signal.removeEventListener('abort', stop)
  }

  push(batch: Batch): void {
    const next = this.#waiting.shift()
    if (next !== undefined) return next.receive(batch)
    this.#queued += batch.length
    if (this.#queued > this.#queueLimit) {
      return this.end(new WatchOverflow(`watch fell ${this.#queued} changes behind; ${this.#queueLimit} are allowed`))
    }
    this.#queue.push(batch)
  }

  end(error: Error | undefined): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#queue.length = 0
    this.#stopListening()
    this.#leave()
    const waiting = this.#waiting
    this.#waiting = []
    // Told to the first who waits, or else to the next who asks.
    if (waiting.length > 0) this.#error = undefined
    for (const [at, next] of waiting.entries()) next.end(at === 0 ? error : undefined)
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    return this
  }

  next(): Promise<IteratorResult<Batch>> {
    const batch = this.#queue.shift()
    if (batch !== undefined) {
      if (this.#backlogBatches > 0) this.#backlogBatches--
      else this.#queued -= batch.length
      return Promise.resolve({ done: false, value: batch })
    }
    if (this.#error !== undefined) {
      const error = this.#error
      this.#error = undefined
      return Promise.reject(error)
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        receive: (value) => resolve({ done: false, value }),
        end: (error) => {
          if (error === undefined) resolve({ done: true, value: undefined })
          else reject(error)
        },
      })
    })
  }

  wait(receiver: BatchReceiver): boolean {
    if (this.#queue.length > 0 || this.#ended) return false
    this.#waiting.push(receiver)
    return true
  }

  return(): Promise<IteratorResult<Batch>> {
    this.end(undefined)
    return Promise.resolve({ done: true, value: undefined })
  }
}
