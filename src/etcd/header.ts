/** The header of answers: the same but for the revision, so its bytes are made once. */
import { concatBytes } from '#base/bytes.ts'
import { responseHeader, type ResponseHeader } from '#storage/etcd/messages/kv.ts'
import { encode, type MessageType, type Partially } from '#storage/etcd/messages/message-type.ts'
import { raftTerm, type EtcdMember } from './member.ts'

/** In every answer the header is field 1, a message. */
const headerTag = 0x0a
const revisionTag = 0x18

export class Headers {
  readonly #member: EtcdMember
  readonly #before: Uint8Array
  readonly #after: Uint8Array

  constructor(member: EtcdMember) {
    this.#member = member
    this.#before = encode(responseHeader, { clusterId: member.clusterId, memberId: member.memberId })
    this.#after = encode(responseHeader, { raftTerm })
  }

  at(revision: number): ResponseHeader {
    return { clusterId: this.#member.clusterId, memberId: this.#member.memberId, revision, raftTerm }
  }

  /** The bytes with which an answer begins. They are below 128 but for the revision's, so one byte tells the length. */
  bytes(revision: number): Uint8Array {
    const before = this.#before
    const after = this.#after
    const revisionLength = revision === 0 ? 0 : 1 + varintLength(revision)
    const length = before.length + revisionLength + after.length
    const bytes = new Uint8Array(2 + length)
    bytes[0] = headerTag
    bytes[1] = length
    bytes.set(before, 2)
    let at = 2 + before.length
    if (revision !== 0) {
      bytes[at++] = revisionTag
      at = writeVarint(bytes, at, revision)
    }
    bytes.set(after, at)
    return bytes
  }

  /** A whole answer. `message` is without its header. */
  answer<Message>(revision: number, type: MessageType<Message>, message: Partially<Message>): Uint8Array {
    const body = encode(type, message)
    const head = this.bytes(revision)
    return body.length === 0 ? head : concatBytes([head, body])
  }
}

export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  return length
}

/** Returns the position after it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset
  let rest = value
  while (rest >= 128) {
    target[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  target[at++] = rest
  return at
}
