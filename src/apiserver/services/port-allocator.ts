/** Which of a range of ports are taken, and which to take next. */
import type { Random } from '#world/random.ts'

export interface PortRange {
  readonly first: number
  readonly last: number
}

export const defaultNodePortRange: PortRange = { first: 30000, last: 32767 }

/** The message is upstream's. */
export class PortError extends Error {}

export class PortAllocator {
  readonly #range: PortRange
  readonly #random: Random
  readonly #used = new Set<number>()
  /** Numbers below are left to those who ask for a certain one, until the rest is used up (KEP-3668). */
  readonly #firstDynamic: number

  constructor(range: PortRange, random: Random) {
    const size = range.last - range.first + 1
    const reserved = size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128)
    this.#range = range
    this.#random = random
    this.#firstDynamic = range.first + (reserved < size ? reserved : 0)
  }

  /** Takes this port. Throws PortError. */
  allocate(port: number): void {
    const { first, last } = this.#range
    if (port < first || port > last) {
      throw new PortError(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`)
    }
    if (this.#used.has(port)) throw new PortError('provided port is already allocated')
    this.#used.add(port)
  }

  /** Takes any port. Throws PortError. */
  allocateNext(): number {
    const port =
      this.#pick(this.#firstDynamic, this.#range.last) ?? this.#pick(this.#range.first, this.#firstDynamic - 1)
    if (port === undefined) throw new PortError('range is full')
    this.#used.add(port)
    return port
  }

  release(port: number): void {
    this.#used.delete(port)
  }

  /** In order. */
  used(): number[] {
    return [...this.#used].toSorted((a, b) => a - b)
  }

  has(port: number): boolean {
    return this.#used.has(port)
  }

  /** Marks what is taken already. */
  occupy(port: number): void {
    this.#used.add(port)
  }

  #pick(first: number, last: number): number | undefined {
    const size = last - first + 1
    if (size <= 0) return undefined
    const start = Math.floor(this.#random.next() * size)
    for (let i = 0; i < size; i++) {
      const port = first + ((start + i) % size)
      if (!this.#used.has(port)) return port
    }
    return undefined
  }
}
