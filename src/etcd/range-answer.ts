/** The bytes of a range's answer: short ones at once, long ones in pieces that are made while the client takes them. */
import { keyValue, rangeResponse } from '#storage/etcd/messages/kv.ts'
import { encode } from '#storage/etcd/messages/message-type.ts'
import type { KeyspaceEntry } from '#storage/keyspace.ts'
import type { RpcAnswer } from '#world/rpc.ts'
import { varintLength, writeVarint } from './header.ts'
import type { RangeResult } from './range.ts'

const kvsTag = 0x12
const pieceBytes = 128 * 1024
const noValue = new Uint8Array(0)

/** `header` are the bytes with which the answer begins. */
export function rangeAnswer(header: Uint8Array, result: RangeResult, keysOnly: boolean): RpcAnswer {
  const { entries } = result
  const tail = encode(rangeResponse, { more: result.more, count: result.count })
  const lengths: number[] = []
  let length = header.length + tail.length
  for (const entry of entries) {
    const entryLength = keyValueLength(entry, keysOnly)
    lengths.push(entryLength)
    length += 1 + varintLength(entryLength) + entryLength
  }
  const pieces = { header, tail, entries, lengths, keysOnly }
  if (length > pieceBytes) return { length, chunks: inPieces(pieces) }
  const bytes = new Uint8Array(length)
  bytes.set(header)
  let at = header.length
  for (const [index, entry] of entries.entries()) at = writeEntry(bytes, at, entry, lengths[index]!, keysOnly)
  bytes.set(tail, at)
  return bytes
}

interface Pieces {
  readonly header: Uint8Array
  readonly tail: Uint8Array
  readonly entries: readonly KeyspaceEntry[]
  readonly lengths: readonly number[]
  readonly keysOnly: boolean
}

function* inPieces({ header, tail, entries, lengths, keysOnly }: Pieces): Generator<Uint8Array> {
  yield header
  for (let from = 0; from < entries.length;) {
    let end = from
    let length = 0
    while (end < entries.length && (length < pieceBytes || end === from)) {
      const entryLength = lengths[end++]!
      length += 1 + varintLength(entryLength) + entryLength
    }
    const bytes = new Uint8Array(length)
    let at = 0
    for (; from < end; from++) at = writeEntry(bytes, at, entries[from]!, lengths[from]!, keysOnly)
    yield bytes
  }
  yield tail
}

/*
 * The fields of mvccpb.KeyValue by hand: a range has a hundred thousand of them. `encode` with `keyValue` gives the
 * same bytes (the test compares), and does so for leases, which are long and rare.
 */

function keyValueLength(entry: KeyspaceEntry, keysOnly: boolean): number {
  const valueLength = keysOnly ? 0 : entry.value.length
  return 1 + varintLength(entry.key.length) + entry.key.length
    + 1 + varintLength(entry.createRevision)
    + 1 + varintLength(entry.modRevision)
    + (valueLength === 0 ? 0 : 1 + varintLength(valueLength) + valueLength)
    + (entry.version === 0 ? 0 : 1 + varintLength(entry.version))
    + (entry.lease === 0n ? 0 : encode(keyValue, { lease: entry.lease }).length)
}

function writeEntry(
  target: Uint8Array, offset: number, entry: KeyspaceEntry, length: number, keysOnly: boolean,
): number {
  target[offset] = kvsTag
  return writeKeyValue(target, writeVarint(target, offset + 1, length), entry, keysOnly)
}

/** Returns the position after it. */
function writeKeyValue(target: Uint8Array, offset: number, entry: KeyspaceEntry, keysOnly: boolean): number {
  const { key } = entry
  let at = offset
  target[at] = 0x0a
  at = writeVarint(target, at + 1, key.length)
  for (let index = 0; index < key.length; index++) target[at++] = key.charCodeAt(index)
  target[at] = 0x10
  at = writeVarint(target, at + 1, entry.createRevision)
  target[at] = 0x18
  at = writeVarint(target, at + 1, entry.modRevision)
  if (entry.version !== 0) {
    target[at] = 0x20
    at = writeVarint(target, at + 1, entry.version)
  }
  const value = keysOnly ? noValue : entry.value
  if (value.length > 0) {
    target[at] = 0x2a
    at = writeVarint(target, at + 1, value.length)
    target.set(value, at)
    at += value.length
  }
  if (entry.lease !== 0n) {
    const lease = encode(keyValue, { lease: entry.lease })
    target.set(lease, at)
    at += lease.length
  }
  return at
}
