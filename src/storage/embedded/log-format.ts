/** The bytes of the write-ahead log: segments of frames, each frame one group of changes, all checksums chained. */
import type { Disk } from '#world/disk.ts'
import type { LeaseId } from '../keyspace.ts'
import type { Revision } from '../store.ts'
import {
  decodeControl,
  encodeControl,
  isControlCode,
  payloadBytesMax,
  type Control,
  type Group,
} from './control.ts'
import type { Version } from './version.ts'

/*
 * Segment:  a header sector, then frames without gaps, then zeros to the preallocated end. Numbers are little-endian.
 * Header:   0 magic · 8 u32 format · 12 u32 sequence · 16 f64 first revision · 24 f64 end of the segment before
 *           32 u32 chain at that end · 36 u32 zero · 40 f64 size of this file · 48 u32 crc of all this
 * Frame:    0 u32 magic · 4 u32 length of what follows the header · 8 f64 first revision · 16 u32 records
 *           20 u32 whole sectors of zeros · 24 u32 crc of what follows, continued from the chain
 *           28 u32 crc of 0-28 continued from the chain: the new chain · 32 u32 crc of 0-32 alone
 *           then the records, then the trailer.
 *           A frame without records is a seal: it begins at the next whole page, zeros before it.
 * Record:   0 u8 type and flags · 1 u16 bytes of key · 3 u32 bytes of value · 7 i64 lease, if flagged · key · value
 *           A change is a put or a deletion; it has the next revision, unless it is flagged to share that of the
 *           change before it. A frame never ends within a revision. A control has no key and no revision.
 *
 * Format 1 had no flags and no controls: each change was a revision.
 */

/** Raised whenever an older release could misread what this one writes. */
export const formatVersion = 2
export const headerBytes = 512
export const frameHeaderBytes = 36
export const sectorBytes = 512
/** What a disk may lose as a piece; a seal never shares one with what it seals. */
const pageBytes = 4_096
/** Nowhere zero, so that a frame whose end never reached the disk can be told from one that was damaged later. */
const trailer = Uint8Array.of(0xa5, 0x5a, 0xa5, 0x5a, 0xa5, 0x5a, 0xa5, 0x5a)
const recordHeaderBytes = 7
const leaseBytes = 8
const frameMagic = 0x31464b53
const logMagic = 'SKIFFLOG'
const putType = 1
const deleteType = 2
const sharesRevisionFlag = 0x80
const leaseFlag = 0x40
const flags = sharesRevisionFlag | leaseFlag

export interface SegmentHeader {
  readonly format: number
  readonly sequence: number
  readonly firstRevision: Revision
  /** Where the segment before ends; what lies beyond was never acknowledged. */
  readonly previousEnd: number
  readonly previousChain: number
  /** The length that the file was made with; a shorter one has lost its end. */
  readonly size: number
}

export interface FrameHeader {
  readonly length: number
  readonly firstRevision: Revision
  readonly records: number
  readonly zeroSectors: number
  readonly bodyChecksum: number
  /** Continues into the next frame. */
  readonly chain: number
}

export interface Change {
  readonly revision: Revision
  readonly key: string
  readonly lease: LeaseId
  /** Where in what was read the value lies; undefined: a deletion. */
  readonly value: { readonly offset: number; readonly length: number } | undefined
}

export type Checksum = Disk['crc32']

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeSegmentHeader(header: Omit<SegmentHeader, 'format'>, checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(headerBytes)
  const view = viewOf(bytes)
  encoder.encodeInto(logMagic, bytes)
  view.setUint32(8, formatVersion, true)
  view.setUint32(12, header.sequence, true)
  view.setFloat64(16, header.firstRevision, true)
  view.setFloat64(24, header.previousEnd, true)
  view.setUint32(32, header.previousChain, true)
  view.setFloat64(40, header.size, true)
  view.setUint32(48, checksum(bytes.subarray(0, 48), 0), true)
  return bytes
}

/** The header and the chain that its frames begin with; a sentence if it is not one. */
export function decodeSegmentHeader(
  bytes: Uint8Array, checksum: Checksum,
): { readonly header: SegmentHeader; readonly chain: number } | string {
  if (bytes.length < headerBytes) return 'the file is shorter than its header'
  for (let i = 0; i < logMagic.length; i++) {
    if (bytes[i] !== logMagic.charCodeAt(i)) return 'it does not begin like a log'
  }
  const view = viewOf(bytes)
  const chain = view.getUint32(48, true)
  if (checksum(bytes.subarray(0, 48), 0) !== chain) return 'the checksum of the header is wrong'
  if (!isZero(bytes, 52, headerBytes)) return 'the header does not end in zeros'
  return {
    chain,
    header: {
      format: view.getUint32(8, true), sequence: view.getUint32(12, true), firstRevision: view.getFloat64(16, true),
      previousEnd: view.getFloat64(24, true), previousChain: view.getUint32(32, true), size: view.getFloat64(40, true),
    },
  }
}

/** The most that a group can take up in a frame. */
function groupBytesMax({ changes, controls }: Group): number {
  let bytes = controls.length * (recordHeaderBytes + payloadBytesMax)
  for (const version of changes) bytes += changeBytesMax(version)
  return bytes
}

function changeBytesMax(version: Version): number {
  // A key's bytes are at most three for each UTF-16 unit; the buffer is cut to what was used.
  return recordHeaderBytes + leaseBytes + version.key.length * 3 + (version.deleted ? 0 : version.length)
}

/** How many of the groups, at least one, make a frame of about `bytesMax`. */
export function countFitting(groups: readonly Group[], bytesMax: number): number {
  let bytes = 0
  for (let at = 0; at < groups.length; at++) {
    bytes += groupBytesMax(groups[at]!)
    if (bytes > bytesMax && at > 0) return at
  }
  return groups.length
}

/** Where the seal of a log that ends at `offset` stands. */
export function sealOffset(offset: number): number {
  return Math.ceil(offset / pageBytes) * pageBytes
}

export function frameBytesMax(group: Group): number {
  return frameHeaderBytes + trailer.length + groupBytesMax(group)
}

/**
 * Writes a frame into `target`, which has room for frameBytesMax, as it will stand at `offset` of its file.
 * Returns its length and the chain that continues from it. An empty group makes a seal.
 */
export function encodeFrame(
  target: Uint8Array, { changes, controls }: Group,
  at: { readonly offset: number; readonly firstRevision: Revision; readonly chain: number }, checksum: Checksum,
): { readonly length: number; readonly chain: number } {
  const view = viewOf(target)
  let end = frameHeaderBytes
  let revision = 0
  for (const version of changes) {
    end = encodeChange(target, view, end, version, version.modRevision === revision)
    revision = version.modRevision
  }
  for (const control of controls) end = encodeControlRecord(target, view, end, control)
  target.set(trailer, end)
  end += trailer.length
  view.setUint32(0, frameMagic, true)
  view.setUint32(4, end - frameHeaderBytes, true)
  view.setFloat64(8, at.firstRevision, true)
  view.setUint32(16, changes.length + controls.length, true)
  view.setUint32(20, countZeroSectors(target.subarray(0, end), at.offset), true)
  view.setUint32(24, checksum(target.subarray(frameHeaderBytes, end), at.chain), true)
  const chain = checksum(target.subarray(0, 28), at.chain)
  view.setUint32(28, chain, true)
  view.setUint32(32, checksum(target.subarray(0, 32), 0), true)
  return { length: end, chain }
}

function encodeChange(
  target: Uint8Array, view: DataView, at: number, version: Version, sharesRevision: boolean,
): number {
  const { key, lease, deleted } = version
  const hasLease = !deleted && lease !== 0n
  const keyAt = at + recordHeaderBytes + (hasLease ? leaseBytes : 0)
  const keyBytes = encodeKey(target, keyAt, key)
  const valueBytes = deleted ? 0 : version.length
  target[at] =
    (deleted ? deleteType : putType) | (sharesRevision ? sharesRevisionFlag : 0) | (hasLease ? leaseFlag : 0)
  view.setUint16(at + 1, keyBytes, true)
  view.setUint32(at + 3, valueBytes, true)
  if (hasLease) view.setBigInt64(at + recordHeaderBytes, lease, true)
  if (valueBytes > 0) target.set(version.value, keyAt + keyBytes)
  return keyAt + keyBytes + valueBytes
}

/** Returns the number of bytes. */
function encodeKey(target: Uint8Array, at: number, key: string): number {
  // Nearly all keys are short and ASCII: cheaper than a view for the encoder.
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index)
    if (unit >= 0x80) return encoder.encodeInto(key, target.subarray(at, at + key.length * 3)).written
    target[at + index] = unit
  }
  return key.length
}

function encodeControlRecord(target: Uint8Array, view: DataView, at: number, control: Control): number {
  const { code, payload } = encodeControl(control)
  target[at] = code
  view.setUint16(at + 1, 0, true)
  view.setUint32(at + 3, payload.length, true)
  target.set(payload, at + recordHeaderBytes)
  return at + recordHeaderBytes + payload.length
}

/** The header at `offset`, whether or not it belongs there: only its own checksum is right. */
export function decodeFrameHeader(
  bytes: Uint8Array, view: DataView, offset: number, checksum: Checksum,
): FrameHeader | undefined {
  if (offset + frameHeaderBytes > bytes.length || view.getUint32(offset, true) !== frameMagic) return undefined
  if (checksum(bytes.subarray(offset, offset + 32), 0) !== view.getUint32(offset + 32, true)) return undefined
  return {
    length: view.getUint32(offset + 4, true), firstRevision: view.getFloat64(offset + 8, true),
    records: view.getUint32(offset + 16, true), zeroSectors: view.getUint32(offset + 20, true),
    bodyChecksum: view.getUint32(offset + 24, true), chain: view.getUint32(offset + 28, true),
  }
}

/** True if the header at `offset` continues `chain`. */
export function continues(
  bytes: Uint8Array, offset: number, header: FrameHeader, chain: number, checksum: Checksum,
): boolean {
  return checksum(bytes.subarray(offset, offset + 28), chain) === header.chain
}

/** True if the frame is all there, given the chain before it. */
export function isWhole(
  bytes: Uint8Array, offset: number, header: FrameHeader, chain: number, checksum: Checksum,
): boolean {
  const body = offset + frameHeaderBytes
  return body + header.length <= bytes.length
    && checksum(bytes.subarray(body, body + header.length), chain) === header.bodyChecksum
}

export interface FrameContent {
  readonly changes: readonly Change[]
  readonly controls: readonly Control[]
  /** The revision that the next frame begins with. */
  readonly nextRevision: Revision
}

/** What a whole frame of a log of `format` holds. A sentence if its records do not fill it exactly. */
export function decodeFrame(
  bytes: Uint8Array, view: DataView, offset: number, header: FrameHeader, format: number,
): FrameContent | string {
  const changes: Change[] = []
  const controls: Control[] = []
  const end = offset + frameHeaderBytes + header.length - trailer.length
  let nextRevision = header.firstRevision
  let at = offset + frameHeaderBytes
  let left = header.records
  for (; at + recordHeaderBytes <= end && left > 0; left--) {
    const code = bytes[at]!
    const type = code & ~flags
    const keyAt = at + recordHeaderBytes + ((code & leaseFlag) === 0 ? 0 : leaseBytes)
    const keyEnd = keyAt + view.getUint16(at + 1, true)
    const valueEnd = keyEnd + view.getUint32(at + 3, true)
    if (valueEnd > end) return 'a record does not fit into its frame'
    if (format > 1 && isControlCode(code)) {
      const control = decodeControl(code, bytes.subarray(keyAt, valueEnd))
      if (control === undefined) return 'a record makes no sense'
      controls.push(control)
    } else {
      const isKnown = type === putType || type === deleteType
      if (!isKnown || (format === 1 && code !== type)) return 'a record has no known type'
      if ((code & sharesRevisionFlag) === 0) nextRevision++
      else if (changes.length === 0) return 'a frame begins within a revision'
      changes.push({
        revision: nextRevision - 1, key: decodeKey(bytes, keyAt, keyEnd),
        lease: (code & leaseFlag) === 0 ? 0n : view.getBigInt64(at + recordHeaderBytes, true),
        value: type === putType ? { offset: keyEnd, length: valueEnd - keyEnd } : undefined,
      })
    }
    at = valueEnd
  }
  if (at !== end || left > 0) return 'a frame does not hold the records that it names'
  return { changes, controls, nextRevision }
}

/** The next place at or after `offset` where a frame may begin, or -1. */
export function findFrameMagic(bytes: Uint8Array, offset: number): number {
  const first = frameMagic & 255
  for (let at = bytes.indexOf(first, offset); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (bytes[at + 1] === 0x4b && bytes[at + 2] === 0x46 && bytes[at + 3] === 0x31) return at
  }
  return -1
}

/** How many whole sectors of the file behind a frame's header hold nothing but zeros. The frame stands at `offset`. */
export function countZeroSectors(frame: Uint8Array, offset: number): number {
  let count = 0
  let at = sectorBytes - (offset + frameHeaderBytes) % sectorBytes + frameHeaderBytes
  if (at === frameHeaderBytes + sectorBytes) at = frameHeaderBytes
  for (; at + sectorBytes <= frame.length; at += sectorBytes) {
    if (frame[at] === 0 && isZero(frame, at, at + sectorBytes)) count++
  }
  return count
}

export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false
  return true
}

/** One past the last byte at or after `from` that is not zero; `from` if there is none. */
export function endOfContent(bytes: Uint8Array, from: number): number {
  let end = bytes.length
  while (end > from && (end + bytes.byteOffset) % 8 !== 0) {
    if (bytes[end - 1] !== 0) return end
    end--
  }
  const start = from + (8 - (from + bytes.byteOffset) % 8) % 8
  if (end > start) {
    const words = new BigUint64Array(bytes.buffer, bytes.byteOffset + start, (end - start) / 8)
    let word = words.length
    while (word > 0 && words[word - 1] === 0n) word--
    end = start + word * 8
  }
  while (end > from && bytes[end - 1] === 0) end--
  return end
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function decodeKey(bytes: Uint8Array, from: number, to: number): string {
  return decoder.decode(bytes.subarray(from, to))
}
