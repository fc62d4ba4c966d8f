/** The last N things, oldest first, in constant space. */

/** Pushing onto a full buffer drops the oldest item and gives it back. */
export class RingBuffer<T> {
  readonly #slots: (T | undefined)[]
  readonly #capacity: number
  #start = 0
  #size = 0

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`the capacity of a ring buffer is ${capacity}`)
    }
    this.#capacity = capacity
    this.#slots = Array.from({ length: capacity })
  }

  get size(): number {
    return this.#size
  }

  get capacity(): number {
    return this.#capacity
  }

  push(item: T): T | undefined {
    const end = (this.#start + this.#size) % this.#capacity
    if (this.#size < this.#capacity) {
      this.#slots[end] = item
      this.#size++
      return undefined
    }
    const dropped = this.#slots[end]
    this.#slots[end] = item
    this.#start = (this.#start + 1) % this.#capacity
    return dropped
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#slots[this.#start]
    this.#slots[this.#start] = undefined
    this.#start = (this.#start + 1) % this.#capacity
    this.#size--
    return item
  }

  /** The item at `index`, 0 being the oldest; undefined outside 0…size-1. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#size) return undefined
    return this.#slots[(this.#start + index) % this.#capacity]
  }

  first(): T | undefined {
    return this.at(0)
  }

  last(): T | undefined {
    return this.at(this.#size - 1)
  }

  clear(): void {
    this.#slots.fill(undefined)
    this.#start = 0
    this.#size = 0
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#size; i++) yield this.#slots[(this.#start + i) % this.#capacity] as T
  }
}
