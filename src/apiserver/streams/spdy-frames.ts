/**
 * The frames of SPDY/3.1 that a client of a streaming server needs. Compressed headers are written as stored blocks,
 * which every inflater reads; those of answers say nothing, and are not read.
 */
import { concatBytes, utf8Encode } from '#base/bytes.ts'

export type SpdyEvent =
  | { readonly type: 'data'; readonly stream: number; readonly bytes: Uint8Array; readonly ends: boolean }
  | { readonly type: 'reset'; readonly stream: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway' }

/** The peer does not speak the protocol; the connection is of no further use. */
export class SpdyFault extends Error {}

const version = 0x8003
const types = { synStream: 1, rstStream: 3, ping: 6, goAway: 7 } as const
const finish = 0x01
/** Answers to opened streams are the longest; a sane one has a handful of headers. */
const maxControlBytes = 64 * 1024

function controlFrame(type: number, flags: number, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(8)
  const view = new DataView(head.buffer)
  view.setUint16(0, version)
  view.setUint16(2, type)
  view.setUint32(4, flags * 0x100_0000 + payload.length)
  return concatBytes([head, payload])
}

/** `ends`: nothing more follows in this direction. */
export function dataFrame(stream: number, bytes: Uint8Array, ends: boolean): Uint8Array {
  const frame = new Uint8Array(8 + bytes.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, stream)
  view.setUint32(4, (ends ? finish : 0) * 0x100_0000 + bytes.length)
  frame.set(bytes, 8)
  return frame
}

/** The answer to a ping is one of the same id. */
export function pingFrame(id: number): Uint8Array {
  return controlFrame(types.ping, 0, bigEndian(id))
}

/** Opens streams of one connection, in order: the header blocks of all of them are one compressed stream. */
export class SpdyOpener {
  #next = 1

  open(headers: Readonly<Record<string, string>>): { readonly stream: number; readonly frame: Uint8Array } {
    const stream = this.#next
    const isFirst = stream === 1
    this.#next += 2
    const block = stored(encodeHeaders(headers))
    // zlib's own header comes once.
    const compressed = isFirst ? concatBytes([Uint8Array.of(0x78, 0x01), block]) : block
    const payload = concatBytes([bigEndian(stream), bigEndian(0), Uint8Array.of(0, 0), compressed])
    return { stream, frame: controlFrame(types.synStream, 0, payload) }
  }
}

function encodeHeaders(headers: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(headers)
  const parts = [bigEndian(entries.length)]
  for (const [name, value] of entries) {
    for (const text of [utf8Encode(name), utf8Encode(value)]) parts.push(bigEndian(text.length), text)
  }
  return concatBytes(parts)
}

/** A stored block, and an empty one: the flush, without which a reader would wait for more. */
function stored(bytes: Uint8Array): Uint8Array {
  const low = bytes.length & 0xff
  const high = bytes.length >> 8
  return concatBytes([
    Uint8Array.of(0, low, high, low ^ 0xff, high ^ 0xff), bytes, Uint8Array.of(0, 0, 0, 0xff, 0xff),
  ])
}

function bigEndian(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number)
}

/** For what one server sends. Data is given on as it comes; of control frames no more than a bound is held. */
export class SpdyReader {
  readonly #head: number[] = []
  #left = 0
  #control: number[] = []

  get #isControl(): boolean {
    return (this.#head[0]! & 0x80) !== 0
  }

  /** The events that are complete with `chunk`. Throws SpdyFault. */
  *read(chunk: Uint8Array): Generator<SpdyEvent> {
    let at = 0
    while (at < chunk.length) {
      if (this.#head.length < 8) {
        this.#head.push(chunk[at++]!)
        if (this.#head.length < 8) continue
        this.#beginFrame()
        if (this.#left > 0) continue
      }
      const bytes = chunk.slice(at, at + this.#left)
      at += bytes.length
      this.#left -= bytes.length
      const event = this.#isControl ? this.#controlEvent(bytes) : this.#dataEvent(bytes)
      if (this.#left === 0) this.#head.length = 0
      if (event) yield event
    }
  }

  #beginFrame(): void {
    const [first = 0, second = 0, , , , ...length] = this.#head
    this.#left = length.reduce((sum, byte) => sum * 0x100 + byte, 0)
    this.#control = []
    if (!this.#isControl) return
    if (first * 0x100 + second !== version) throw new SpdyFault('not a frame of SPDY/3')
    if (this.#left > maxControlBytes) throw new SpdyFault('control frame is too long')
  }

  #dataEvent(bytes: Uint8Array): SpdyEvent {
    const stream = numberAt(this.#head, 0)
    return { type: 'data', stream, bytes, ends: this.#left === 0 && (this.#head[4]! & finish) !== 0 }
  }

  #controlEvent(bytes: Uint8Array): SpdyEvent | undefined {
    for (const byte of bytes) this.#control.push(byte)
    if (this.#left > 0) return undefined
    switch (this.#head[2]! * 0x100 + this.#head[3]!) {
      case types.rstStream: return { type: 'reset', stream: numberAt(this.#control, 0) & 0x7fff_ffff }
      case types.ping: return { type: 'ping', id: numberAt(this.#control, 0) }
      case types.goAway: return { type: 'goAway' }
      default: return undefined
    }
  }
}

function numberAt(bytes: readonly number[], at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
