/** A queue in which each item stands once at most. */

/** So many places that were given up are kept before the others move. */
const tidyAfter = 1_024

/**
 * Items in the order in which they were added, taken from the front. A Set alone would do, were it not that whoever
 * asks a Set for its first item pays for all that were deleted before it.
 */
export class FifoSet<T> {
  readonly #members = new Set<T>()
  #order: T[] = []
  #head = 0

  get size(): number {
    return this.#members.size
  }

  has(item: T): boolean {
    return this.#members.has(item)
  }

  /** An item that is there already keeps its place. */
  add(item: T): void {
    if (this.#members.has(item)) return
    this.#members.add(item)
    this.#order.push(item)
  }

  /** The first item, which is removed; undefined when there is none. Amortized O(1). */
  take(): T | undefined {
    if (this.#members.size === 0) return undefined
    const item = this.#order[this.#head++]!
    this.#members.delete(item)
    if (this.#head === this.#order.length || (this.#head > tidyAfter && this.#head * 2 > this.#order.length)) {
      this.#order = this.#order.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#members.clear()
    this.#order = []
    this.#head = 0
  }
}
