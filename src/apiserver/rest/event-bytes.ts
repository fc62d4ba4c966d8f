/** The bytes of a watch's events for a writer that has memory of its own, and is told when there are some. */
import type { ByteSource } from '#world/http.ts'
import type { WatchFeed, WatchOutput } from './watch-feed.ts'

export interface EventEncoding {
  /** The pieces are shared, and not changed here. */
  encode(output: WatchOutput): readonly Uint8Array[]
  /** What clients are told of an error that should not have happened. */
  encodeFailure(error: unknown): Uint8Array
  began(): void
  ended(): void
}

/** Each byte is given once. Events that the writer does not take wait in the store, which ends too slow a watch. */
export class EventBytes implements ByteSource {
  readonly #feed: WatchFeed
  readonly #encoding: EventEncoding
  /** Encoded, and not read yet. */
  #pieces: readonly Uint8Array[] = []
  /** Where among them reading goes on. */
  #at = 0
  #offset = 0
  #isEnded = false

  constructor(feed: WatchFeed, encoding: EventEncoding) {
    this.#feed = feed
    this.#encoding = encoding
  }

  begin(wake: () => void): void {
    this.#encoding.began()
    this.#feed.begin(wake)
  }

  read(target: Uint8Array): number | undefined {
    let at = 0
    while (at < target.length && this.#fill()) {
      const piece = this.#pieces[this.#at]!
      const length = Math.min(piece.length - this.#offset, target.length - at)
      target.set(length === piece.length ? piece : piece.subarray(this.#offset, this.#offset + length), at)
      at += length
      this.#offset += length
      if (this.#offset < piece.length) break
      this.#at++
      this.#offset = 0
    }
    return at > 0 ? at : this.#feed.isOver ? 0 : undefined
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#feed.end()
    this.#encoding.ended()
  }

  /** Whether there is something to read. */
  #fill(): boolean {
    while (this.#at === this.#pieces.length) {
      this.#at = 0
      this.#pieces = []
      try {
        const output = this.#feed.take()
        if (!output) return false
        this.#pieces = this.#encoding.encode(output)
      } catch (error) {
        this.#feed.end()
        this.#pieces = [this.#encoding.encodeFailure(error)]
      }
    }
    return true
  }
}
