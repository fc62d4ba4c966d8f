/** Keys waiting for a worker: each at most once, never with two workers at a time, later again after a failure. */
import { FifoSet } from '#base/fifo-set.ts'
import { Heap } from '#base/heap.ts'
import type { Clock, Timer } from '#world/clock.ts'

export interface WorkQueueOptions {
  readonly clock: Clock
  /** Wait after the first failure of a key, and the most it grows to. client-go: 5 ms and 1000 s. */
  readonly backoffMs?: number
  readonly backoffMsMax?: number
  /** Keys beyond this many are refused (see `onOverflow`). */
  readonly limit?: number
  /**
   * Called when everything that was accepted has been taken, if keys were refused meanwhile: add all there are again.
   */
  readonly onOverflow?: () => void
}

/** After so long without a pause, whatever else the process has to do goes first. */
const turnMs = 5

interface Delayed {
  readonly key: string
  readonly at: number
  readonly sequence: number
}

/** Somebody who waits for a key. */
interface Taker {
  readonly signal: AbortSignal
  readonly resolve: (key: string | undefined) => void
}

/** A key added while a worker has it is handed out again after `done`. */
export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>
  readonly #ready = new FifoSet<string>()
  readonly #processing = new Set<string>()
  /** Added while being processed. */
  readonly #again = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #delayed = new Heap<Delayed>((item) => item.key, (a, b) => a.at - b.at || a.sequence - b.sequence)
  readonly #waiting = new Set<Taker>()
  /** Those of takers, each with how to stop listening to it: one listener for all, as takers come with each key. */
  readonly #signals = new Map<AbortSignal, () => void>()
  #timer: { readonly at: number; readonly timer: Timer } | undefined
  /** Since when there have been keys to hand out without a pause, on the monotonic clock. */
  #turnBegan = 0
  #sequence = 0
  #overflowed = false
  #closed = false
  #added = 0
  #refused = 0

  constructor(options: WorkQueueOptions) {
    this.#options = { backoffMs: 5, backoffMsMax: 1_000_000, limit: 1_000_000, onOverflow() {}, ...options }
  }

  get length(): number { return this.#ready.size }
  get delayed(): number { return this.#delayed.size }
  get processing(): number { return this.#processing.size }
  /** How many adds were accepted, how many refused for the limit. */
  get statistics(): { readonly added: number; readonly refused: number } {
    return { added: this.#added, refused: this.#refused }
  }

  add(key: string): void {
    if (this.#closed) return
    if (this.#processing.has(key)) {
      this.#again.add(key)
      return
    }
    if (this.#ready.has(key)) return
    if (this.#ready.size >= this.#options.limit) {
      this.#refused++
      this.#overflowed = true
      return
    }
    this.#added++
    const next = this.#waiting.values().next()
    if (next.done) {
      if (this.#ready.size === 0) this.#turnBegan = this.#options.clock.monotonic()
      this.#ready.add(key)
      return
    }
    this.#waiting.delete(next.value)
    this.#processing.add(key)
    next.value.resolve(key)
  }

  /** Adds after `ms`; of several delays for a key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return
    if (ms <= 0) {
      this.add(key)
      return
    }
    const at = this.#options.clock.monotonic() + ms
    const existing = this.#delayed.get(key)
    if (existing && existing.at <= at) return
    if (!existing && this.#delayed.size >= this.#options.limit) {
      this.#refused++
      this.#overflowed = true
      return
    }
    this.#delayed.add({ key, at, sequence: this.#sequence++ })
    this.#arm()
  }

  /** Adds after the key's own back-off, which doubles with each call until `forget`. Gives the wait in milliseconds. */
  addRateLimited(key: string): number {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    const waitMs = Math.min(this.#options.backoffMsMax, this.#options.backoffMs * 2 ** Math.min(failures, 40))
    this.addAfter(key, waitMs)
    return waitMs
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /**
   * The next key; undefined when the queue was closed or the signal aborted. Call `done` with it in the end. The signal
   * is listened to until the queue is closed, so it should be the same each time.
   */
  take(signal: AbortSignal): Promise<string | undefined> {
    if (this.#closed || signal.aborted) return Promise.resolve(undefined)
    if (this.#ready.size > 0) {
      if (this.#options.clock.monotonic() - this.#turnBegan > turnMs) return this.#takeInNextTurn(signal)
      const next = this.#ready.take()!
      this.#processing.add(next)
      return Promise.resolve(next)
    }
    if (!this.#signals.has(signal)) this.#listenTo(signal)
    return new Promise((resolve) => { this.#waiting.add({ signal, resolve }) })
  }

  #listenTo(signal: AbortSignal): void {
    const leave = (): void => {
      this.#signals.delete(signal)
      for (const taker of this.#waiting) {
        if (taker.signal !== signal) continue
        this.#waiting.delete(taker)
        taker.resolve(undefined)
      }
    }
    signal.addEventListener('abort', leave, { once: true })
    this.#signals.set(signal, () => signal.removeEventListener('abort', leave))
  }

  /** Gives `work` one key after the other until closed or aborted. Rejects as soon as `work` does. */
  async each(signal: AbortSignal, work: (key: string) => Promise<void>): Promise<void> {
    for (;;) {
      const key = await this.take(signal)
      if (key === undefined) return
      try {
        await work(key)
      } finally {
        this.done(key)
      }
    }
  }

  done(key: string): void {
    this.#processing.delete(key)
    if (this.#again.delete(key)) this.add(key)
    if (this.#overflowed && this.#ready.size === 0) {
      this.#overflowed = false
      this.#options.onOverflow()
    }
  }

  /** Wakes every worker with undefined; what is still queued is dropped. */
  close(): void {
    this.#closed = true
    this.#timer?.timer.cancel()
    this.#timer = undefined
    this.#ready.clear()
    this.#delayed.clear()
    for (const taker of this.#waiting) taker.resolve(undefined)
    this.#waiting.clear()
    for (const stopListening of this.#signals.values()) stopListening()
    this.#signals.clear()
  }

  /** Work that never waits for anything would otherwise hold up the whole process until the queue is empty. */
  async #takeInNextTurn(signal: AbortSignal): Promise<string | undefined> {
    const { clock } = this.#options
    await clock.sleep(0, signal).catch(() => undefined)
    this.#turnBegan = clock.monotonic()
    return await this.take(signal)
  }

  #arm(): void {
    const first = this.#delayed.peek()
    if (!first || (this.#timer && this.#timer.at <= first.at)) return
    this.#timer?.timer.cancel()
    const { clock } = this.#options
    const timer = clock.schedule(Math.max(0, first.at - clock.monotonic()), () => {
      this.#timer = undefined
      const now = clock.monotonic()
      for (let item = this.#delayed.peek(); item && item.at <= now; item = this.#delayed.peek()) {
        this.#delayed.pop()
        this.add(item.key)
      }
      this.#arm()
    })
    this.#timer = { at: first.at, timer }
  }
}
