/** Websocket messages of any length (RFC 6455), read piece by piece, so that nothing is held but what has just come. */
import { opcodes } from '../websocket.ts'

/** A piece of a message, or a control frame. */
export type WebSocketPiece =
  | { readonly type: 'data'; readonly bytes: Uint8Array; readonly begins: boolean; readonly ends: boolean }
  | { readonly type: 'ping'; readonly payload: Uint8Array }
  | { readonly type: 'close' }

/** The peer does not speak the protocol; the connection is of no further use. */
export class WebSocketFault extends Error {}

const maxControlBytes = 125

/** For what one client sends. Frames of clients are masked; one that is not is a fault. */
export class WebSocketReader {
  readonly #header: number[] = []
  #headerBytes = 2
  #opcode = 0
  #isLast = false
  #left = 0
  #masked = 0
  #inPayload = false
  #inMessage = false
  #beginsMessage = false
  #control: number[] = []

  #isHeaderComplete(): boolean {
    if (this.#header.length === 2) {
      const size = this.#header[1]! & 0x7f
      if ((this.#header[1]! & 0x80) === 0) throw new WebSocketFault('frame is not masked')
      this.#headerBytes = 2 + 4 + (size < 126 ? 0 : size === 126 ? 2 : 8)
    }
    return this.#header.length >= 2 && this.#header.length === this.#headerBytes
  }

  /** The pieces that are complete with `chunk`. Throws WebSocketFault. */
  *read(chunk: Uint8Array): Generator<WebSocketPiece> {
    let at = 0
    while (at < chunk.length) {
      if (!this.#inPayload) {
        this.#header.push(chunk[at++]!)
        if (!this.#isHeaderComplete()) continue
        this.#beginFrame()
        if (this.#left > 0) continue
      }
      const length = Math.min(this.#left, chunk.length - at)
      const bytes = this.#unmask(chunk.slice(at, at + length))
      at += length
      this.#left -= length
      const piece = this.#piece(bytes)
      if (piece) yield piece
    }
  }

  #beginFrame(): void {
    const header = this.#header
    this.#opcode = header[0]! & 0x0f
    this.#isLast = (header[0]! & 0x80) !== 0
    const size = header[1]! & 0x7f
    this.#left = size < 126 ? size : header.slice(2, -4).reduce((length, byte) => length * 0x100 + byte, 0)
    this.#masked = 0
    this.#inPayload = true
    if (this.#opcode >= opcodes.close) {
      if (this.#left > maxControlBytes || !this.#isLast) throw new WebSocketFault('control frame is too long')
      this.#control = []
      return
    }
    if ((this.#opcode === opcodes.continuation) !== this.#inMessage) throw new WebSocketFault('frame is out of order')
    this.#beginsMessage = !this.#inMessage
    this.#inMessage = true
  }

  #unmask(bytes: Uint8Array): Uint8Array {
    const mask = this.#header.slice(-4)
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= mask[(this.#masked + i) & 3]!
    this.#masked += bytes.length
    return bytes
  }

  #piece(bytes: Uint8Array): WebSocketPiece | undefined {
    const isFrameDone = this.#left === 0
    if (isFrameDone) {
      this.#inPayload = false
      this.#header.length = 0
    }
    if (this.#opcode >= opcodes.close) {
      this.#control.push(...bytes)
      if (!isFrameDone) return undefined
      if (this.#opcode === opcodes.close) return { type: 'close' }
      return this.#opcode === opcodes.ping ? { type: 'ping', payload: Uint8Array.from(this.#control) } : undefined
    }
    const begins = this.#beginsMessage
    this.#beginsMessage = false
    const ends = isFrameDone && this.#isLast
    if (ends) this.#inMessage = false
    return { type: 'data', bytes, begins, ends }
  }
}
