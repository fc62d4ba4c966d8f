/** The bytes of a list in JSON, copied from the store when and where they are wanted. */
import type { Entry } from '#storage/store.ts'
import type { ByteSource } from '#world/http.ts'
import { servedBound, writeServed } from './stored-form.ts'

/** Lists beyond this are streamed, to those without memory of their own in pieces of this size. */
const pieceBytes = 60 * 1024
const plainTail = new TextEncoder().encode(']}\n')

/** Each byte is given once, by whichever way it is asked for. */
export class JsonListBytes implements ByteSource, Iterable<Uint8Array> {
  readonly #entries: readonly Entry[]
  readonly #type: Uint8Array
  readonly #tail: Uint8Array
  /** The comma in front of an item, and what ends the list. */
  readonly #around: number
  /** The next entry; beyond the last one when the tail is written too. */
  #next = 0
  /** Made already, but there was no room for it. */
  #rest: Uint8Array | undefined

  /**
   * `head`: everything in front of the first item; `type`: how each item begins (see `writeServed`); `tail`: everything
   * behind the last one.
   */
  constructor(entries: readonly Entry[], head: Uint8Array, type: Uint8Array, tail = plainTail) {
    this.#entries = entries
    this.#tail = tail
    this.#around = 1 + tail.length
    this.#rest = head
    this.#type = type
  }

  /** All of it, if nothing was read yet and it is short. */
  whole(): Uint8Array | undefined {
    let bound = this.#rest!.length + this.#around
    for (const entry of this.#entries) {
      bound += servedBound(entry.value, this.#type) + this.#around
      if (bound > pieceBytes) return undefined
    }
    const bytes = new Uint8Array(bound)
    return bytes.subarray(0, this.read(bytes))
  }

  read(target: Uint8Array): number {
    let offset = this.#takeRest(target)
    while (this.#rest === undefined && this.#next <= this.#entries.length) {
      const value = this.#entries[this.#next]?.value
      const bound = this.#around + (value === undefined ? 0 : servedBound(value, this.#type))
      if (offset + bound > target.length) {
        if (offset > 0) return offset
        const aside = new Uint8Array(bound)
        this.#rest = aside.subarray(0, this.#writeNext(value, aside, 0))
        return this.#takeRest(target)
      }
      offset = this.#writeNext(value, target, offset)
    }
    return offset
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    for (;;) {
      const piece = new Uint8Array(pieceBytes)
      const length = this.read(piece)
      if (length === 0) return
      yield piece.subarray(0, length)
    }
  }

  /** One item more, or without a value the tail behind the last one. */
  #writeNext(value: Uint8Array | undefined, target: Uint8Array, offset: number): number {
    const at = this.#next++
    if (value === undefined) {
      target.set(this.#tail, offset)
      return offset + this.#tail.length
    }
    if (at > 0) target[offset++] = 0x2c
    return writeServed(value, this.#entries[at]!.modRevision, this.#type, target, offset)
  }

  #takeRest(target: Uint8Array): number {
    const rest = this.#rest
    if (rest === undefined) return 0
    const length = Math.min(rest.length, target.length)
    target.set(length < rest.length ? rest.subarray(0, length) : rest)
    this.#rest = length < rest.length ? rest.subarray(length) : undefined
    return length
  }
}
