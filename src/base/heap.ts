/** A binary heap: the least item first, with removal and re-ordering of items in the middle by key. */

/**
 * Items are identified by `keyOf`; adding an item whose key is already there replaces it and moves it to its place.
 * `compare` gives a negative number when `a` comes first. Items with equal order come out in no particular order:
 * callers that need one (determinism) compare a sequence number last.
 * add, remove, pop: O(log n). get, has, peek: O(1).
 */
export class Heap<T> {
  readonly #keyOf: (item: T) => string
  readonly #compare: (a: T, b: T) => number
  readonly #items: T[] = []
  readonly #keys: string[] = []
  readonly #positions = new Map<string, number>()

  constructor(keyOf: (item: T) => string, compare: (a: T, b: T) => number) {
    this.#keyOf = keyOf
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  has(key: string): boolean {
    return this.#positions.has(key)
  }

  get(key: string): T | undefined {
    const position = this.#positions.get(key)
    return position === undefined ? undefined : this.#items[position]
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  /** Adds the item, or replaces the one with its key. */
  add(item: T): void {
    const key = this.#keyOf(item)
    const position = this.#positions.get(key)
    if (position === undefined) {
      this.#place(this.#items.length, item, key)
      this.#up(this.#items.length - 1)
    } else {
      this.#items[position] = item
      if (!this.#up(position)) this.#down(position)
    }
  }

  pop(): T | undefined {
    return this.#items.length === 0 ? undefined : this.#removeAt(0)
  }

  /** Takes the item with that key out; undefined when there is none. */
  remove(key: string): T | undefined {
    const position = this.#positions.get(key)
    return position === undefined ? undefined : this.#removeAt(position)
  }

  clear(): void {
    this.#items.length = 0
    this.#keys.length = 0
    this.#positions.clear()
  }

  /** All items, in no particular order. Do not change the heap while iterating. */
  values(): IterableIterator<T> {
    return this.#items.values()
  }

  #removeAt(position: number): T {
    const removed = this.#items[position]!
    this.#positions.delete(this.#keys[position]!)
    const lastItem = this.#items.pop()!
    const lastKey = this.#keys.pop()!
    if (position < this.#items.length) {
      this.#place(position, lastItem, lastKey)
      if (!this.#up(position)) this.#down(position)
    }
    return removed
  }

  #place(position: number, item: T, key: string): void {
    this.#items[position] = item
    this.#keys[position] = key
    this.#positions.set(key, position)
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a]!
    const key = this.#keys[a]!
    this.#place(a, this.#items[b]!, this.#keys[b]!)
    this.#place(b, item, key)
  }

  #up(from: number): boolean {
    let position = from
    while (position > 0) {
      const parent = (position - 1) >> 1
      if (this.#compare(this.#items[position]!, this.#items[parent]!) >= 0) break
      this.#swap(position, parent)
      position = parent
    }
    return position !== from
  }

  #down(from: number): void {
    let position = from
    for (;;) {
      const left = 2 * position + 1
      if (left >= this.#items.length) return
      const right = left + 1
      const least =
        right < this.#items.length && this.#compare(this.#items[right]!, this.#items[left]!) < 0 ? right : left
      if (this.#compare(this.#items[least]!, this.#items[position]!) >= 0) return
      this.#swap(position, least)
      position = least
    }
  }
}
