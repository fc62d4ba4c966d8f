/** gRPC's framing of messages in a body: a byte that says "compressed", four bytes of length, the message. */
import { rpcCode, RpcError } from '#world/rpc.ts'

const headBytes = 5

/** The message as it goes into the body, uncompressed. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(headBytes + message.length)
  new DataView(framed.buffer).setUint32(1, message.length)
  framed.set(message, headBytes)
  return framed
}

/**
 * Cuts a body into messages as its parts arrive. A message that arrives in many parts is copied once, so that its cost
 * does not grow with the square of its size.
 */
export class MessageReader {
  readonly #bytesMax: number
  #parts: Uint8Array[] = []
  #held = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** True while part of a message is here and the rest is not. */
  get isInside(): boolean {
    return this.#held > 0
  }

  /** The messages that this part completes, in order. Throws RpcError for one that is compressed or too large. */
  read(part: Uint8Array): Uint8Array[] {
    this.#parts.push(part)
    this.#held += part.length
    const messages: Uint8Array[] = []
    for (;;) {
      if (this.#held < headBytes) return messages
      const length = this.#nextLength()
      if (this.#held < headBytes + length) return messages
      const all = this.#joined()
      messages.push(all.subarray(headBytes, headBytes + length))
      this.#held -= headBytes + length
      this.#parts = this.#held === 0 ? [] : [all.subarray(headBytes + length)]
    }
  }

  #nextLength(): number {
    if (this.#parts[0]!.length < headBytes) this.#joined()
    const head = this.#parts[0]!
    if (head[0] !== 0) throw new RpcError(rpcCode.unimplemented, 'got a compressed message, and offered no compression')
    const length = new DataView(head.buffer, head.byteOffset).getUint32(1)
    if (length > this.#bytesMax) {
      throw new RpcError(
        rpcCode.resourceExhausted, `received message larger than max (${length} vs. ${this.#bytesMax})`,
      )
    }
    return length
  }

  #joined(): Uint8Array {
    if (this.#parts.length === 1) return this.#parts[0]!
    const joined = new Uint8Array(this.#held)
    let at = 0
    for (const part of this.#parts) {
      joined.set(part, at)
      at += part.length
    }
    this.#parts = [joined]
    return joined
  }
}
