/** gRPC's framing of messages in a body: a byte that says "compressed", four bytes of length, the message. */
import { rpcCode, RpcError } from '#world/rpc.ts'

const headBytes = 5
/** The longest message that the framing knows; clients (grpc-go) take less by default, but not more. */
export const messageBytesMax = 2 ** 31 - 1

/** The message as it goes into the body, uncompressed. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(headBytes + message.length)
  writeHead(framed, message.length)
  framed.set(message, headBytes)
  return framed
}

/** What goes before a message of that length. Good until the next one is asked for. */
export function messageHead(length: number): Uint8Array {
  writeHead(lastHead, length)
  return lastHead
}

const lastHead = Buffer.alloc(headBytes)

function lengthIn(head: Uint8Array): number {
  return head[1]! * 2 ** 24 + ((head[2]! << 16) | (head[3]! << 8) | head[4]!)
}

/** The message that is all of this part of a body, and not too long; undefined: a MessageReader is needed. */
export function wholeMessage(part: Uint8Array, bytesMax: number): Uint8Array | undefined {
  if (part.length < headBytes || part.length - headBytes > bytesMax || part[0] !== 0) return undefined
  return lengthIn(part) === part.length - headBytes ? part.subarray(headBytes) : undefined
}

function writeHead(target: Buffer, length: number): void {
  target[0] = 0
  target.writeUInt32BE(length, 1)
}

/** What is said of messages that are not taken; servers and clients of grpc-go have words of their own. */
export interface MessageRefusals {
  compressed(first: number): RpcError
  tooLarge(length: number, bytesMax: number): RpcError
}

const ofClient: MessageRefusals = {
  compressed: () => new RpcError(rpcCode.unimplemented, 'got a compressed message, and offered no compression'),
  tooLarge: (length, bytesMax) =>
    new RpcError(rpcCode.resourceExhausted, `received message larger than max (${length} vs. ${bytesMax})`),
}

/**
 * Cuts a body into messages as its parts arrive. A message that arrives in many parts is copied once, so that its cost
 * does not grow with the square of its size.
 */
export class MessageReader {
  readonly #bytesMax: number
  readonly #refusals: MessageRefusals
  #parts: Uint8Array[] = []
  #held = 0

  constructor(bytesMax: number, refusals = ofClient) {
    this.#bytesMax = bytesMax
    this.#refusals = refusals
  }

  /** True while part of a message is here and the rest is not. */
  get isInside(): boolean {
    return this.#held > 0
  }

  /** Bytes of a message that is not whole yet. */
  get heldBytes(): number {
    return this.#held
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
    if (head[0] !== 0) throw this.#refusals.compressed(head[0]!)
    const length = lengthIn(head)
    if (length > this.#bytesMax) throw this.#refusals.tooLarge(length, this.#bytesMax)
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
