/** Reads a store's directory back: the newest snapshot, then the logs after it. Changes nothing on the disk. */
import { DiskError, type Disk, type DiskFile } from '#world/disk.ts'
import { StoreCorrupted, type Revision } from '../store.ts'
import { ControlLog, type ControlState } from './control.ts'
import { logName, parseLogName, parseSnapshotName, snapshotName } from './directory.ts'
import {
  continues,
  countZeroSectors,
  decodeFrame,
  decodeFrameHeader,
  decodeSegmentHeader,
  endOfContent,
  findFrameMagic,
  formatVersion,
  frameHeaderBytes,
  headerBytes,
  isWhole,
  isZero,
  sealOffset,
  sectorBytes,
  viewOf,
  type Change,
  type Checksum,
  type FrameContent,
  type FrameHeader,
  type SegmentHeader,
} from './log-format.ts'
import { readFirstLog, readSnapshotFile } from './snapshot.ts'
import { NewerFormat } from './snapshot-format.ts'
import { ValueSlabs } from './value-slabs.ts'
import { deletionOf, successorOf, type Slab, type Version } from './version.ts'
import { firstRevision, Versions } from './versions.ts'

/** A frame is never longer: the largest value, or a full group of smaller ones, with room to spare. */
const frameBytesLimit = 48 * 2 ** 20

export interface SegmentInfo {
  readonly sequence: number
  readonly firstRevision: Revision
  readonly size: number
}

/** Where the log goes on. */
export interface LogPosition {
  readonly format: number
  readonly sequence: number
  readonly offset: number
  readonly chain: number
  readonly size: number
  /** An unfinished write lies behind `offset`: this file must not be written to any more. */
  readonly isTorn: boolean
}

export interface Recovered {
  readonly versions: Versions
  readonly state: ControlState
  /** Of the newest snapshot; 0 if there is none. */
  readonly snapshotBytes: number
  /** Undefined: the directory holds no store yet. */
  readonly position: LogPosition | undefined
  /** The logs that are needed, oldest first. */
  readonly segments: readonly SegmentInfo[]
  /** Names of what no longer matters: drafts, logs and snapshots before the newest snapshot. */
  readonly leftovers: readonly string[]
}

/**
 * Throws StoreCorrupted, with file and offset, unless all that was ever acknowledged is there. What it forgives is the
 * unfinished write of a crash: the last frame, of which some sector never reached the disk, with nothing behind it.
 */
export async function recover(disk: Disk, directory: string, signal?: AbortSignal): Promise<Recovered> {
  const names = await disk.list(directory, signal)
  const drafts = names.filter((name) => name.endsWith('.tmp'))
  const snapshots = names.map(parseSnapshotName).filter((found) => found !== undefined).toSorted((a, b) => b - a)
  const sequences = names.map(parseLogName).filter((found) => found !== undefined).toSorted((a, b) => b - a)
  const base = snapshots[0]
  const controls = new ControlLog()
  if (sequences.length === 0) {
    if (base !== undefined) {
      throw new StoreCorrupted(`${directory}/${snapshotName(base)}`, 0, 'there is no log beside it')
    }
    const versions = new Versions()
    return { versions, state: controls, snapshotBytes: 0, position: undefined, segments: [], leftovers: drafts }
  }
  const start = base ?? firstRevision
  const versions = new Versions(start)
  const firstLog = base === undefined ? undefined : await readFirstLog(disk, directory, base, signal)
  const segments = await neededSegments(disk, directory, sequences, start, firstLog, signal)
  const readingSnapshot = base === undefined ? undefined : readSnapshotFile(disk, directory, base, {
    entry: (version) => versions.load(version),
    control: (control) => controls.take(control),
  }, signal)
  const readings = readLogs(disk, segments, signal)
  const snapshot = await readingSnapshot
  const position = await replay({ segments, readings, versions, controls, start, checksum: disk.crc32 })
  versions.compact(Math.min(controls.compactedRevision, versions.revision))
  const oldest = segments[0]!.header.sequence
  return {
    versions, state: controls, snapshotBytes: snapshot?.bytes ?? 0, position,
    segments: segments.map(
      ({ header }) => ({ sequence: header.sequence, firstRevision: header.firstRevision, size: header.size }),
    ),
    leftovers: [
      ...drafts,
      ...snapshots.slice(1).map(snapshotName),
      ...sequences.filter((sequence) => sequence < oldest).map(logName),
    ],
  }
}

interface Segment {
  readonly path: string
  readonly header: SegmentHeader
  readonly chain: number
}

/**
 * From the newest log back to the one that the snapshot names. One of format 1 names none: its logs hold nothing but
 * changes with revisions, so the one that holds the first change after `start` will do.
 */
async function neededSegments(
  disk: Disk, directory: string, sequences: readonly number[], start: Revision, firstLog: number | undefined,
  signal?: AbortSignal,
): Promise<Segment[]> {
  const needed: Segment[] = []
  for (const [at, sequence] of sequences.entries()) {
    const path = `${directory}/${logName(sequence)}`
    if (at > 0 && sequence !== sequences[at - 1]! - 1) break
    const segment = await readHeader(disk, path, sequence, signal)
    needed.unshift(segment)
    if (segment.header.firstRevision > start + 1) continue
    const { format } = segment.header
    const isFirst = firstLog === undefined ? format === 1 || sequence === 1 : sequence === firstLog
    if (isFirst) return needed
  }
  const missing = `${directory}/${logName(needed[0]!.header.sequence - 1)}`
  throw new StoreCorrupted(missing, 0, `the log with the changes from revision ${start + 1} on is missing`)
}

async function readHeader(disk: Disk, path: string, sequence: number, signal?: AbortSignal): Promise<Segment> {
  await using file = await disk.open(path, 'read', signal)
  const decoded = decodeSegmentHeader(await file.read(0, headerBytes, signal), disk.crc32)
  if (typeof decoded === 'string') throw new StoreCorrupted(path, 0, decoded)
  const { header, chain } = decoded
  if (header.format > formatVersion) throw new NewerFormat(path, header.format)
  if (header.sequence !== sequence) {
    throw new StoreCorrupted(path, 12, 'the number in the header differs from that of the name')
  }
  const size = await file.size()
  if (size !== header.size) {
    throw new StoreCorrupted(path, Math.min(size, header.size), `it was made with ${header.size} bytes and has ${size}`)
  }
  return { path, header, chain }
}

/** Reads one log for itself, with what lies behind the end that the next one names. Throws as `recover` does. */
export async function checkLog(
  disk: Disk, directory: string, sequence: number, signal?: AbortSignal,
): Promise<void> {
  const segment = await readHeader(disk, `${directory}/${logName(sequence)}`, sequence, signal)
  const bytes = await readWhole(disk, segment.path, segment.header.size, signal)
  const { firstRevision: expected } = segment.header
  readFrames({ segment, bytes, isLast: true, expected, take: () => {}, checksum: disk.crc32 })
}

/**
 * All at once, and while the snapshot is read: the memory is got while there are few objects yet, so that getting it
 * makes no work for the collector.
 */
function readLogs(disk: Disk, segments: readonly Segment[], signal?: AbortSignal): Promise<Uint8Array>[] {
  const readings = segments.map(({ path, header }, at) =>
    readWhole(disk, path, segments[at + 1]?.header.previousEnd ?? header.size, signal))
  // If something turns out to be damaged, nobody asks how the reading of the rest ended.
  for (const reading of readings) reading.catch(() => {})
  return readings
}

interface Replay {
  readonly segments: readonly Segment[]
  /** The bytes of each segment. */
  readonly readings: readonly Promise<Uint8Array>[]
  readonly versions: Versions
  readonly controls: ControlLog
  /** What the snapshot shows; later changes are applied. */
  readonly start: Revision
  readonly checksum: Checksum
}

async function replay(work: Replay): Promise<LogPosition> {
  const { segments, readings, start, checksum } = work
  let expected = segments[0]!.header.firstRevision
  let position: LogPosition | undefined
  for (const [at, segment] of segments.entries()) {
    const { header, path } = segment
    const next = segments[at + 1]?.header
    if (position !== undefined && (header.previousChain !== position.chain || header.previousEnd !== position.offset)) {
      throw new StoreCorrupted(path, 24, 'it does not continue the log before it')
    }
    if (header.firstRevision !== expected) {
      throw new StoreCorrupted(path, 16, `it begins at another revision than ${expected}`)
    }
    const bytes = await readings[at]!
    const isLast = next === undefined
    const take = frameTaker(work, segment, bytes, isLast)
    const end = readFrames({ segment, bytes, isLast, expected, take, checksum })
    expected = end.expected
    position = {
      format: header.format, sequence: header.sequence, offset: end.offset, chain: end.chain, size: header.size,
      isTorn: end.isTorn,
    }
  }
  if (expected <= start) {
    throw new StoreCorrupted(
      segments.at(-1)!.path, position!.offset, `the log ends before revision ${start} of the snapshot`,
    )
  }
  return position!
}

async function readWhole(disk: Disk, path: string, length: number, signal?: AbortSignal): Promise<Uint8Array> {
  await using file: DiskFile = await disk.open(path, 'read', signal)
  const bytes = await file.read(0, length, signal)
  if (bytes.length < length) throw new DiskError('failed', `${path}: ${bytes.length} bytes could be read of ${length}`)
  return bytes
}

interface Reading {
  readonly segment: Segment
  readonly bytes: Uint8Array
  readonly isLast: boolean
  /** The revision of the next change. */
  readonly expected: Revision
  /** Told of each frame, in order. */
  readonly take: (content: FrameContent, offset: number) => void
  readonly checksum: Checksum
}

function readFrames(reading: Reading): { offset: number; chain: number; expected: Revision; isTorn: boolean } {
  const { segment: { path, header: { format } }, bytes, isLast, take, checksum } = reading
  const view = viewOf(bytes)
  let { expected, segment: { chain } } = reading
  let offset = headerBytes
  while (isLast || offset < bytes.length) {
    const at = skipToSeal(bytes, view, offset, chain, checksum)
    const header = decodeFrameHeader(bytes, view, at, checksum)
    const isNext =
      header !== undefined && header.firstRevision === expected && continues(bytes, at, header, chain, checksum)
    if (!isNext || !isWhole(bytes, at, header, chain, checksum)) {
      if (!isLast) throw new StoreCorrupted(path, at, 'a frame is damaged')
      const verdict = judgeTail(bytes, at, isNext ? header : undefined, header !== undefined, checksum)
      if (verdict !== 'clean' && verdict !== 'torn') throw new StoreCorrupted(path, at, verdict)
      return { offset, chain, expected, isTorn: verdict === 'torn' }
    }
    const content = decodeFrame(bytes, view, at, header, format)
    if (typeof content === 'string') throw new StoreCorrupted(path, at, content)
    take(content, at)
    chain = header.chain
    expected = content.nextRevision
    offset = at + frameHeaderBytes + header.length
  }
  if (offset !== bytes.length) throw new StoreCorrupted(path, offset, 'a frame goes beyond the end of the log')
  return { offset, chain, expected, isTorn: false }
}

/** Applies what frames hold and the snapshot does not. */
function frameTaker(
  { versions, controls, start }: Replay, { path }: Segment, bytes: Uint8Array, isLast: boolean,
): Reading['take'] {
  // The last log has much unused room behind it, which its values would keep in memory if they stayed in it.
  const slab = isLast ? undefined : { bytes, live: 0 }
  return (content, at) => {
    for (const change of content.changes) {
      if (change.revision <= start) continue
      const version = toVersion(change, versions.latest(change.key), bytes, slab ?? versions.values)
      if (version === undefined) {
        throw new StoreCorrupted(path, at, `revision ${change.revision} deletes what is not there`)
      }
      if (slab !== undefined && !version.deleted) versions.values.hold(version)
      versions.replay(version)
    }
    for (const control of content.controls) controls.take(control)
  }
}

/** A seal stands at the next page, behind zeros; anything else follows at once. */
function skipToSeal(bytes: Uint8Array, view: DataView, offset: number, chain: number, checksum: Checksum): number {
  const seal = sealOffset(offset)
  if (seal === offset || seal > bytes.length || !isZero(bytes, offset, seal)) return offset
  const header = decodeFrameHeader(bytes, view, seal, checksum)
  return header?.records === 0 && continues(bytes, seal, header, chain, checksum) ? seal : offset
}

function toVersion(
  { key, revision, lease, value }: Change, older: Version | undefined, bytes: Uint8Array, memory: Slab | ValueSlabs,
): Version | undefined {
  const existing = older?.deleted === true ? undefined : older
  if (value === undefined) return existing && deletionOf(existing, revision)
  const { offset, length } = value
  const place =
    memory instanceof ValueSlabs ? memory.place(bytes.subarray(offset, offset + length)) : { slab: memory, offset }
  return successorOf(key, older, { ...place, length }, { modRevision: revision, lease, memo: undefined })
}

/**
 * What the bytes behind the last whole frame are: nothing, a write that a crash interrupted, or (a sentence) damage.
 * Since each write was made durable before the next began, an interrupted one has only zeros behind it, and at least
 * one of its sectors, or its end, is still the zeros that were there before.
 */
function judgeTail(
  bytes: Uint8Array, offset: number, header: FrameHeader | undefined, isSomeHeader: boolean,
  checksum: Checksum,
): 'clean' | 'torn' | string {
  const content = endOfContent(bytes, offset)
  if (content === offset) return 'clean'
  if (header !== undefined) {
    const end = offset + frameHeaderBytes + header.length
    if (content > end) return 'a damaged frame has others behind it'
    if (content < end) return 'torn'
    if (countZeroSectors(bytes.subarray(offset, end), offset) > header.zeroSectors) return 'torn'
    return 'the checksum of a frame is wrong'
  }
  if (isSomeHeader) return 'a frame does not continue the one before it'
  if (content > offset + frameBytesLimit) return 'a damaged frame has others behind it'
  const view = viewOf(bytes)
  for (let at = findFrameMagic(bytes, offset + 1); at >= 0; at = findFrameMagic(bytes, at + 1)) {
    if (decodeFrameHeader(bytes, view, at, checksum) !== undefined) return 'a damaged frame has others behind it'
  }
  if (content < offset + frameHeaderBytes) return 'torn'
  const boundary = offset + sectorBytes - offset % sectorBytes
  if (isZero(bytes, offset, boundary)) return 'torn'
  if (boundary < offset + frameHeaderBytes && isZero(bytes, boundary, boundary + sectorBytes)) return 'torn'
  return 'the header of a frame is damaged'
}
