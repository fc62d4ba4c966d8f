/** What one connection is about to write: whole buffers, and small frames side by side in memory that all share. */

const sharedBytes = 64 * 1024
/** Never written to again where something was written before, since a socket may still hold that. */
let shared = Buffer.allocUnsafeSlow(sharedBytes)
let sharedUsed = 0

export class OutBuffer {
  #parts: Uint8Array[] = []
  /** The last part, still growing: a region of `#open`. */
  #open: Buffer | undefined
  #from = 0
  #to = 0
  length = 0

  push(bytes: Uint8Array): void {
    this.#close()
    this.#parts.push(bytes)
    this.length += bytes.length
  }

  /** Room for `length` bytes, at most `claimBytesMax`, behind what is here already; to be filled at once. */
  claim(length: number): { readonly target: Buffer; readonly at: number } {
    if (sharedUsed + length > sharedBytes) {
      shared = Buffer.allocUnsafeSlow(sharedBytes)
      sharedUsed = 0
    }
    if (this.#open !== shared || this.#to !== sharedUsed) {
      this.#close()
      this.#open = shared
      this.#from = sharedUsed
    }
    const at = sharedUsed
    sharedUsed += length
    this.#to = sharedUsed
    this.length += length
    return { target: shared, at }
  }

  /** Everything that is here, in order. */
  take(): Uint8Array[] {
    this.#close()
    const parts = this.#parts
    this.#parts = []
    this.length = 0
    return parts
  }

  #close(): void {
    if (this.#open === undefined) return
    this.#parts.push(this.#open.subarray(this.#from, this.#to))
    this.#open = undefined
  }
}

/** Longer pieces are better off in a buffer of their own. */
export const claimBytesMax = 4 * 1024
