/** A bounded queue between one or more producers and one consumer that iterates. */

export class QueueFull extends Error {
  constructor(limit: number) {
    super(`the queue holds its limit of ${limit} items`)
    this.name = 'QueueFull'
  }
}

/**
 * Iterate it with `for await`; the loop ends after `end()` once everything is delivered, throws after `fail()`
 * likewise, and leaving the loop closes the queue. Items come in the order of the pushes. Only one iteration may be
 * under way.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #limit: number
  #items: T[] = []
  #head = 0
  #closed = false
  #error: { readonly reason: unknown } | undefined
  #wakeReader: (() => void) | undefined
  #waitingWriters: (() => void)[] = []

  constructor(limit: number) {
    if (!(limit >= 1)) throw new RangeError(`the limit of a queue is ${limit}`)
    this.#limit = limit
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  get closed(): boolean {
    return this.#closed
  }

  /** False when the queue is full or closed: the item was not taken. */
  tryPush(item: T): boolean {
    if (this.#closed || this.size >= this.#limit) return false
    this.#items.push(item)
    this.#wake()
    return true
  }

  /** Throws QueueFull; does nothing once closed, as nobody will read it. */
  push(item: T): void {
    if (!this.tryPush(item) && !this.#closed) throw new QueueFull(this.#limit)
  }

  /** Waits for room. Resolves false when the queue was closed instead; rejects with the signal's reason. */
  async put(item: T, signal?: AbortSignal): Promise<boolean> {
    while (!this.#closed) {
      signal?.throwIfAborted()
      if (this.tryPush(item)) return true
      await this.#room(signal)
    }
    return false
  }

  /** No more items; those already queued are still delivered. */
  end(): void {
    this.#closed = true
    this.#wake()
    this.#releaseWriters()
  }

  /** As `end`, and then the reader's loop throws `reason`. The first of several wins. */
  fail(reason: unknown): void {
    if (this.#closed) return
    this.#error = { reason }
    this.end()
  }

  /** The next item, at once; undefined when there is none now. */
  tryTake(): T | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#head]!
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    } else if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    }
    this.#releaseWriters()
    return item
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.size > 0) yield this.tryTake()!
        if (this.#error) throw this.#error.reason
        if (this.#closed) return
        await new Promise<void>((resolve) => { this.#wakeReader = resolve })
      }
    } finally {
      this.#items = []
      this.#head = 0
      this.end()
    }
  }

  #wake(): void {
    const wake = this.#wakeReader
    this.#wakeReader = undefined
    wake?.()
  }

  #releaseWriters(): void {
    if (this.#waitingWriters.length === 0) return
    const waiting = this.#waitingWriters
    this.#waitingWriters = []
    for (const wake of waiting) wake()
  }

  #room(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#waitingWriters.push(wake)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }
}
