/** The bytes of a snapshot, which are those of a backup too: the whole store at one revision, checksums chained. */
import { StoreCorrupted, type Revision } from '../store.ts'
import type { KeyspaceEntry } from '../keyspace.ts'
import { controlsOf, decodeControl, encodeControl, type Control, type ControlState } from './control.ts'
import { formatVersion, headerBytes, isZero, viewOf, type Checksum } from './log-format.ts'
import { Version, type Slab } from './version.ts'

/*
 * Header sector:  0 magic · 8 u32 format · 16 f64 revision · 24 f64 entries · 32 u32 sequence of the log from which
 *                 to go on · 36 u32 crc of all this
 * Block:          0 u32 length of what follows its header · 4 u32 entries · 8 u32 bytes of keys
 *                 12 u32 crc of 0-12 and of what follows, continued from the block before
 *                 then a row for each entry (0 u32 key's UTF-16 units · 4 u32 bytes of value · 8 f64 create revision ·
 *                 16 f64 mod revision · 24 f64 version · 32 i64 lease), all keys as one text, all values.
 * The last block has no entries but controls: 0 u8 type · 1 u8 length · payload, each.
 *
 * Format 1 had no log's sequence in the header (the crc stood in its place), rows without version and lease, and
 * an empty last block.
 */
const magic = 'SKIFFSNP'
export const blockHeaderBytes = 16
const rowBytes = 40
const rowBytesOfFormat1 = 24
const blockBytes = 2 ** 20

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export interface SnapshotHeader {
  readonly format: number
  readonly revision: Revision
  readonly entries: number
  /** The oldest log that a reader needs beside the snapshot; undefined in format 1: the revisions tell. */
  readonly firstLog: number | undefined
}

export interface SnapshotContent {
  readonly revision: Revision
  /** All that is visible at `revision`, in key order. */
  readonly entries: readonly KeyspaceEntry[]
  readonly state: ControlState
  readonly firstLog: number
}

/** All bytes of a snapshot, in pieces of about a mebibyte. */
export function* snapshotChunks(content: SnapshotContent, checksum: Checksum): Generator<Uint8Array, void> {
  const { entries, state } = content
  yield encodeHeader(content, checksum)
  let chain = 0
  for (let from = 0; from < entries.length;) {
    const to = blockEnd(entries, from)
    const block = encodeBlock(entries, from, to)
    chain = finishBlock(block, to - from, chain, checksum)
    yield block
    from = to
  }
  const last = encodeControls(controlsOf(state))
  finishBlock(last, 0, chain, checksum)
  yield last
}

function encodeHeader({ revision, entries, firstLog }: SnapshotContent, checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(headerBytes)
  const view = viewOf(bytes)
  encoder.encodeInto(magic, bytes)
  view.setUint32(8, formatVersion, true)
  view.setFloat64(16, revision, true)
  view.setFloat64(24, entries.length, true)
  view.setUint32(32, firstLog, true)
  view.setUint32(36, checksum(bytes.subarray(0, 36), 0), true)
  return bytes
}

/** Throws StoreCorrupted, naming `path`, and NewerFormat. */
export function decodeHeader(path: string, bytes: Uint8Array, checksum: Checksum): SnapshotHeader {
  if (bytes.length < headerBytes) throw new StoreCorrupted(path, 0, 'the file is shorter than its header')
  for (let i = 0; i < magic.length; i++) {
    if (bytes[i] !== magic.charCodeAt(i)) throw new StoreCorrupted(path, i, 'it does not begin like a snapshot')
  }
  const view = viewOf(bytes)
  const format = view.getUint32(8, true)
  const end = format === 1 ? 32 : 36
  const isRight = checksum(bytes.subarray(0, end), 0) === view.getUint32(end, true)
  if (format > formatVersion && isRight) throw new NewerFormat(path, format)
  if (!isRight || !isZero(bytes, end + 4, headerBytes)) {
    throw new StoreCorrupted(path, 0, 'the checksum of the header is wrong')
  }
  return {
    format, revision: view.getFloat64(16, true), entries: view.getFloat64(24, true),
    firstLog: format === 1 ? undefined : view.getUint32(32, true),
  }
}

/** A later release wrote this; reading on would lose what only it understands. */
export class NewerFormat extends Error {
  readonly path: string
  constructor(path: string, format: number) {
    super(`${path} has format ${format}; this release reads formats up to ${formatVersion}, so nothing was changed`)
    this.path = path
  }
}

function blockEnd(entries: readonly KeyspaceEntry[], from: number): number {
  let bytes = 0
  let to = from
  while (to < entries.length && bytes < blockBytes) {
    const entry = entries[to++]!
    bytes += rowBytes + entry.key.length + entry.value.length
  }
  return to
}

function encodeBlock(entries: readonly KeyspaceEntry[], from: number, to: number): Uint8Array {
  let text = ''
  let valueBytes = 0
  for (let i = from; i < to; i++) {
    text += entries[i]!.key
    valueBytes += entries[i]!.value.length
  }
  const keys = encoder.encode(text)
  const bytes = new Uint8Array(blockHeaderBytes + (to - from) * rowBytes + keys.length + valueBytes)
  const view = viewOf(bytes)
  view.setUint32(8, keys.length, true)
  let row = blockHeaderBytes
  let valueAt = row + (to - from) * rowBytes + keys.length
  bytes.set(keys, valueAt - keys.length)
  for (let i = from; i < to; i++, row += rowBytes) {
    const { key, value, createRevision, modRevision, version, lease } = entries[i]!
    view.setUint32(row, key.length, true)
    view.setUint32(row + 4, value.length, true)
    view.setFloat64(row + 8, createRevision, true)
    view.setFloat64(row + 16, modRevision, true)
    view.setFloat64(row + 24, version, true)
    view.setBigInt64(row + 32, lease, true)
    bytes.set(value, valueAt)
    valueAt += value.length
  }
  return bytes
}

function encodeControls(controls: readonly Control[]): Uint8Array {
  const records = controls.map(encodeControl)
  const bytes = new Uint8Array(records.reduce((sum, { payload }) => sum + 2 + payload.length, blockHeaderBytes))
  let at = blockHeaderBytes
  for (const { code, payload } of records) {
    bytes[at] = code
    bytes[at + 1] = payload.length
    bytes.set(payload, at + 2)
    at += 2 + payload.length
  }
  return bytes
}

/** Fills in the header of a block and gives the checksum that the next one continues. */
function finishBlock(block: Uint8Array, entries: number, chain: number, checksum: Checksum): number {
  const view = viewOf(block)
  view.setUint32(0, block.length - blockHeaderBytes, true)
  view.setUint32(4, entries, true)
  const next = checksum(block.subarray(blockHeaderBytes), checksum(block.subarray(0, 12), chain))
  view.setUint32(12, next, true)
  return next
}

export interface BlockHeader {
  /** Of the whole block. */
  readonly length: number
  /** 0: the last block. */
  readonly entries: number
  readonly keyBytes: number
  readonly chain: number
}

/** Undefined if the header is not all there. Nothing in it has been checked. */
export function decodeBlockHeader(bytes: Uint8Array, at: number): BlockHeader | undefined {
  if (at + blockHeaderBytes > bytes.length) return undefined
  const view = viewOf(bytes)
  return {
    length: blockHeaderBytes + view.getUint32(at, true), entries: view.getUint32(at + 4, true),
    keyBytes: view.getUint32(at + 8, true), chain: view.getUint32(at + 12, true),
  }
}

/** True if the block at `at`, which is all there, continues `chain`. */
export function isRightBlock(
  bytes: Uint8Array, at: number, header: BlockHeader, chain: number, checksum: Checksum,
): boolean {
  const begun = checksum(bytes.subarray(at, at + 12), chain)
  return checksum(bytes.subarray(at + blockHeaderBytes, at + header.length), begun) === header.chain
}

/** Hands out every entry of a block in `slab`; values stay where they are. False if it does not hold what it names. */
export function decodeBlock(
  slab: Slab, at: number, header: BlockHeader, format: number, take: (version: Version) => void,
): boolean {
  const body = slab.bytes.subarray(at + blockHeaderBytes, at + header.length)
  const view = viewOf(body)
  const width = format === 1 ? rowBytesOfFormat1 : rowBytes
  const keysAt = header.entries * width
  if (keysAt + header.keyBytes > body.length) return false
  // One decoding for all keys of a block, which are then windows of one text, is ten times as fast as one for each.
  const keys = decoder.decode(body.subarray(keysAt, keysAt + header.keyBytes))
  let keyAt = 0
  let valueAt = keysAt + header.keyBytes
  for (let row = 0; row < keysAt; row += width) {
    const keyEnd = keyAt + view.getUint32(row, true)
    const length = view.getUint32(row + 4, true)
    const createRevision = view.getFloat64(row + 8, true)
    const modRevision = view.getFloat64(row + 16, true)
    take(new Version({
      key: keys.slice(keyAt, keyEnd), createRevision, modRevision,
      // Format 1 did not count; two is the least that can be true of a key that was changed.
      version: format === 1 ? (createRevision === modRevision ? 1 : 2) : view.getFloat64(row + 24, true),
      lease: format === 1 ? 0n : leaseAt(view, row + 32),
      deleted: false, memo: undefined, older: undefined, slab, offset: at + blockHeaderBytes + valueAt, length,
    }))
    keyAt = keyEnd
    valueAt += length
  }
  return keyAt === keys.length && valueAt === body.length
}

/** A bigint is an object; almost all leases are none, which is one object for all. */
function leaseAt(view: DataView, at: number): bigint {
  return view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0 ? 0n : view.getBigInt64(at, true)
}

/** The controls of the last block; undefined if there is something else in it. */
export function decodeLastBlock(bytes: Uint8Array, at: number, header: BlockHeader): readonly Control[] | undefined {
  const controls: Control[] = []
  const end = at + header.length
  let next = at + blockHeaderBytes
  while (next + 2 <= end) {
    const payloadEnd = next + 2 + bytes[next + 1]!
    if (payloadEnd > end) return undefined
    const control = decodeControl(bytes[next]!, bytes.subarray(next + 2, payloadEnd))
    if (control === undefined) return undefined
    controls.push(control)
    next = payloadEnd
  }
  return next === end ? controls : undefined
}
