/** Reads a snapshot as its bytes come, in pieces of any size, and proves each block before it hands out its entries. */
import { StoreCorrupted } from '../store.ts'
import type { Control } from './control.ts'
import { headerBytes, type Checksum } from './log-format.ts'
import {
  blockHeaderBytes,
  decodeBlock,
  decodeBlockHeader,
  decodeHeader,
  decodeLastBlock,
  isRightBlock,
  type SnapshotHeader,
} from './snapshot-format.ts'
import type { Version } from './version.ts'

/** A block is never longer: it ends with the first entry that makes it larger than a mebibyte. */
const blockBytesLimit = 48 * 2 ** 20

export interface SnapshotTaker {
  /** In key order. Values are windows of what was read. */
  entry(version: Version): void
  control(control: Control): void
  /** Told of every stretch of bytes, in order, once its checksums are known to be right. */
  proved?(bytes: Uint8Array): Promise<void>
}

export interface ReadSnapshot extends SnapshotHeader {
  readonly bytes: number
}

/** Reads to the end. Throws StoreCorrupted, naming `path`, and NewerFormat. */
export async function readSnapshot(
  path: string, chunks: AsyncIterable<Uint8Array>, taker: SnapshotTaker, checksum: Checksum,
): Promise<ReadSnapshot> {
  const reader = new SnapshotReader(path, taker, checksum)
  for await (const chunk of chunks) await reader.push(chunk)
  return reader.end()
}

class SnapshotReader {
  readonly #path: string
  readonly #taker: SnapshotTaker
  readonly #checksum: Checksum
  #header: SnapshotHeader | undefined
  /** Of the first byte that has not been taken. */
  #offset = 0
  /** The beginning of a header or block of which more is to come, and how much there has to be to go on. */
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #needed = headerBytes
  #chain = 0
  #taken = 0
  #isEnded = false

  constructor(path: string, taker: SnapshotTaker, checksum: Checksum) {
    this.#path = path
    this.#taker = taker
    this.#checksum = checksum
  }

  async push(chunk: Uint8Array): Promise<void> {
    let at = 0
    while (at < chunk.length) {
      if (this.#isEnded) throw this.#damage(0, 'something follows the last block')
      if (this.#pendingBytes === 0 && this.#header !== undefined) {
        const end = this.#endOfBlocks(chunk, at)
        if (end > at) await this.#take(chunk.subarray(at, end), this.#header)
        if (end === at) {
          this.#hold(chunk.subarray(at))
          return
        }
        at = end
        continue
      }
      const end = Math.min(chunk.length, at + this.#needed - this.#pendingBytes)
      this.#hold(chunk.subarray(at, end))
      at = end
      if (this.#pendingBytes >= this.#needed) await this.#takePending()
    }
  }

  end(): ReadSnapshot {
    const header = this.#header ?? decodeHeader(this.#path, joined(this.#pending), this.#checksum)
    if (!this.#isEnded) throw this.#damage(this.#pendingBytes, 'the file ends within a block')
    if (this.#taken !== header.entries) {
      throw this.#damage(0, `${this.#taken} entries where ${header.entries} were written`)
    }
    return { ...header, bytes: this.#offset }
  }

  #damage(at: number, what: string): StoreCorrupted {
    return new StoreCorrupted(this.#path, this.#offset + at, what)
  }

  #hold(bytes: Uint8Array): void {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#header === undefined || this.#pendingBytes < blockHeaderBytes) return
    if (this.#needed === blockHeaderBytes) {
      this.#pending = [joined(this.#pending)]
      this.#needed = decodeBlockHeader(this.#pending[0]!, 0)!.length
    }
    if (this.#needed > blockBytesLimit) throw this.#damage(0, 'a block is longer than any that was written')
  }

  async #takePending(): Promise<void> {
    const bytes = joined(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    this.#needed = blockHeaderBytes
    if (this.#header !== undefined) return this.#take(bytes, this.#header)
    this.#header = decodeHeader(this.#path, bytes, this.#checksum)
    this.#offset += bytes.length
    await this.#taker.proved?.(bytes)
  }

  /** Where the blocks that are whole end; the last block of all ends them too. */
  #endOfBlocks(bytes: Uint8Array, from: number): number {
    for (let at = from; ;) {
      const block = decodeBlockHeader(bytes, at)
      if (block === undefined || at + block.length > bytes.length) return at
      at += block.length
      if (block.entries === 0) return at
    }
  }

  async #take(bytes: Uint8Array, header: SnapshotHeader): Promise<void> {
    const slab = { bytes, live: 0 }
    for (let at = 0; at < bytes.length;) {
      const block = decodeBlockHeader(bytes, at)!
      if (!isRightBlock(bytes, at, block, this.#chain, this.#checksum)) {
        throw this.#damage(at, 'the checksum of a block is wrong')
      }
      if (block.entries === 0) this.#takeLast(bytes, at)
      else if (!decodeBlock(slab, at, block, header.format, this.#taker.entry)) {
        throw this.#damage(at, 'a block does not hold the entries that it names')
      }
      this.#chain = block.chain
      this.#taken += block.entries
      at += block.length
    }
    this.#offset += bytes.length
    await this.#taker.proved?.(bytes)
  }

  #takeLast(bytes: Uint8Array, at: number): void {
    const controls = decodeLastBlock(bytes, at, decodeBlockHeader(bytes, at)!)
    if (controls === undefined) throw this.#damage(at, 'the last block makes no sense')
    for (const control of controls) this.#taker.control(control)
    this.#isEnded = true
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
