/** Where values lie: many in one piece of memory, and moved out of it when most of what it held is gone. */
import type { Revision } from '../store.ts'
import type { KeyIndex } from './key-index.ts'
import type { Slab, Version } from './version.ts'

/** An array buffer of its own costs a value some 240 bytes; one in this many costs nothing. */
const slabBytes = 2 ** 20
/** Each slab is twice as large as the one before it, so that a small store stays small. */
const firstSlabBytes = 2 ** 14
/** A larger value gets a slab to itself, so that no slab ends with much unused. */
const ownSlabBytes = 2 ** 17
/** Less than this is not worth looking for. */
const wasteBytesMin = 16 * 2 ** 20

const nothing: Slab = { bytes: new Uint8Array(0), live: 0 }

/** Where a value was put. */
export interface Place {
  readonly slab: Slab
  readonly offset: number
}

/**
 * Values are counted in by `place` or `hold`, and out by `release`. A slab of which less than half is still counted is
 * sparse: once all sparse slabs together waste enough, a sweep over all keys begins that moves the values out of them,
 * a few keys with each commit. Nobody frees a slab: it goes with the last version that names it.
 */
export class ValueSlabs {
  #current: Slab = nothing
  #used = 0
  #slabBytes = 0
  #liveBytes = 0
  /** The key from which the sweep goes on; undefined while there is none. */
  #cursor: string | undefined

  /** All memory for values, with what is unused or no longer needed in it. */
  get bytes(): number {
    return this.#slabBytes
  }

  /** Copies a value into shared memory. */
  place(value: Uint8Array): Place {
    const slab = this.#room(value.length)
    const offset = slab === this.#current ? this.#used : 0
    slab.bytes.set(value, offset)
    if (slab === this.#current) this.#used += value.length
    this.#count(slab, value.length)
    return { slab, offset }
  }

  /** Counts a version in whose value lies in memory that is not from here, such as what was read from a file. */
  hold(version: Version): void {
    this.#count(version.slab, version.length)
  }

  /** The version's value will not be asked for by new readers. */
  release({ slab, length }: Pick<Version, 'slab' | 'length'>): void {
    if (length === 0) return
    slab.live -= length
    this.#liveBytes -= length
    if (slab.live === 0 && slab !== this.#current) this.#slabBytes -= slab.bytes.length
  }

  /**
   * Does a part of a sweep, if one is worth while: about `keys` keys of the index. Versions up to `sharedUpTo` were not
   * counted in here and stay where they are.
   */
  sweep(index: KeyIndex, keys: number, sharedUpTo: Revision): void {
    if (this.#cursor === undefined) {
      if (this.#slabBytes - this.#liveBytes <= Math.max(wasteBytesMin, this.#liveBytes / 2)) return
      this.#cursor = ''
    }
    for (let left = keys; left > 0 && this.#cursor !== undefined;) {
      const chains = index.blockFrom(this.#cursor)
      for (const { head } of chains) this.#tidy(head, sharedUpTo)
      left -= chains.length
      this.#cursor = chains.length === 0 ? undefined : `${chains.at(-1)!.key}\0`
    }
  }

  #tidy(head: Version, sharedUpTo: Revision): void {
    for (let version: Version | undefined = head; version !== undefined; version = version.older) {
      if (version.modRevision <= sharedUpTo) return
      // A deletion shows the value of the version before it; it goes with the history, and need not move.
      if (version.deleted || !this.#isSparse(version.slab)) continue
      const before = { slab: version.slab, length: version.length }
      const { slab, offset } = this.place(version.value)
      version.slab = slab
      version.offset = offset
      this.release(before)
    }
  }

  #isSparse(slab: Slab): boolean {
    return slab !== this.#current && slab.live < slab.bytes.length / 2
  }

  #count(slab: Slab, length: number): void {
    if (length === 0) return
    if (slab.live === 0 && slab !== this.#current) this.#slabBytes += slab.bytes.length
    slab.live += length
    this.#liveBytes += length
  }

  #room(length: number): Slab {
    if (length === 0) return nothing
    if (length > ownSlabBytes) return { bytes: new Uint8Array(length), live: 0 }
    if (this.#used + length <= this.#current.bytes.length) return this.#current
    const full = this.#current
    const size = Math.min(slabBytes, Math.max(firstSlabBytes, full.bytes.length * 2, length))
    this.#current = { bytes: new Uint8Array(size), live: 0 }
    this.#slabBytes += size
    this.#used = 0
    if (full.live === 0) this.#slabBytes -= full.bytes.length
    return this.#current
  }
}
