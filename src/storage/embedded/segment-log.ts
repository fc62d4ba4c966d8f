/**
 * The write-ahead log being written: one durable write for each group of changes, into segments made ready beforehand.
 */
import type { Timer } from '#world/clock.ts'
import { DiskError, type DiskFile } from '#world/disk.ts'
import { StoreFull, type Revision } from '../store.ts'
import type { ControlState, Group } from './control.ts'
import { logName, spareName, type StoreDirectory } from './directory.ts'
import type { Journal } from './journal.ts'
import {
  countFitting,
  encodeFrame,
  encodeSegmentHeader,
  formatVersion,
  frameBytesMax,
  headerBytes,
  sealOffset,
} from './log-format.ts'
import type { LogPosition, SegmentInfo } from './recovery.ts'
import { Snapshots } from './snapshots.ts'
import type { Versions } from './versions.ts'

export interface LogOptions {
  /** A log file is at most this long, unless one change is longer. Default 64 MiB. */
  readonly segmentBytes?: number
  /** The first log file; each later one is four times as long, up to `segmentBytes`. Default 1 MiB. */
  readonly firstSegmentBytes?: number
  /** A group of changes is written in one go up to about this. Default 4 MiB. */
  readonly groupBytes?: number
  /**
   * A snapshot is taken when logs of this size, or half of what the store holds if that is more, could go. Default 64
   * MiB.
   */
  readonly snapshotAfterBytes?: number
}

const defaultLog: Required<LogOptions> = {
  segmentBytes: 64 * 2 ** 20,
  firstSegmentBytes: 2 ** 20,
  groupBytes: 4 * 2 ** 20,
  snapshotAfterBytes: 64 * 2 ** 20,
}

/**
 * After this long without a write, a frame without records tells a later reader that the one before it was
 * acknowledged.
 */
const sealAfterMs = 1_000
const spareRetryMs = 1_000
const emptyGroup: Group = { changes: [], controls: [] }

/** What recovery found of the log. */
export interface FoundLog {
  /** Undefined: a new store begins. */
  readonly position: LogPosition | undefined
  readonly segments: readonly SegmentInfo[]
  readonly snapshotBytes: number
  readonly nextRevision: Revision
}

export interface SegmentLogParts extends StoreDirectory {
  readonly options: LogOptions
}

interface Current {
  readonly file: DiskFile
  readonly sequence: number
  readonly size: number
  offset: number
  chain: number
}

type Place = Pick<StoreDirectory, 'disk' | 'directory'>

interface Spare {
  readonly file: DiskFile
  readonly size: number
}

export class SegmentLog implements Journal {
  readonly #parts: SegmentLogParts
  readonly #limits: Required<LogOptions>
  readonly #snapshots: Snapshots
  #current: Current
  #nextRevision: Revision
  #buffer = new Uint8Array(4_096)
  /** Writes one after the other: groups of changes, and seals between them. */
  #writing: Promise<void> = Promise.resolve()
  /** How many of them are not over. */
  #writes = 0
  #broken: Error | undefined
  #spare: Promise<Spare | undefined> | undefined
  #isFull = false
  #spareFailedAt = 0
  #isSealed = true
  #lastWriteAt = 0
  #sealTimer: Timer | undefined
  #isClosed = false

  private constructor(parts: SegmentLogParts, current: Current, found: FoundLog) {
    this.#parts = parts
    this.#limits = { ...defaultLog, ...parts.options }
    this.#current = current
    this.#nextRevision = found.nextRevision
    this.#snapshots = new Snapshots(parts, found, this.#limits.snapshotAfterBytes)
  }

  /** Goes on where the found log ends. What was found there is durable when this resolves. */
  static async open(parts: SegmentLogParts, found: FoundLog): Promise<SegmentLog> {
    const { disk, directory, options } = parts
    const { position, segments, nextRevision } = found
    // The header of a log tells the format of all that is in it, so one of an earlier format is not gone on with.
    if (position !== undefined && !position.isTorn && position.format === formatVersion) {
      const file = await disk.open(`${directory}/${logName(position.sequence)}`, 'write')
      await file.datasync()
      await disk.syncDirectory(directory)
      return new SegmentLog(parts, { file, ...position }, found)
    }
    if (position !== undefined) {
      await using ended = await disk.open(`${directory}/${logName(position.sequence)}`, 'write')
      await ended.datasync()
    }
    const { firstSegmentBytes } = { ...defaultLog, ...options }
    const spare = await makeSpare(parts, position?.size ?? firstSegmentBytes)
    const current = await beginSegment(parts, spare, position, nextRevision)
    const begun = { sequence: current.sequence, firstRevision: nextRevision, size: current.size }
    return new SegmentLog(parts, current, { ...found, segments: [...segments, begun] })
  }

  get fileBytes(): number {
    return this.#snapshots.fileBytes
  }

  get isFull(): boolean {
    if (this.#isFull && this.#parts.clock.monotonic() - this.#spareFailedAt >= spareRetryMs) this.#prepareSpare()
    return this.#isFull
  }

  fitting(groups: readonly Group[]): number {
    return countFitting(groups, this.#limits.groupBytes)
  }

  append(group: Group): Promise<void> {
    return this.#enqueue(() => this.#write(group))
  }

  committed(versions: Versions, state: () => ControlState): void {
    this.#lastWriteAt = this.#parts.clock.monotonic()
    this.#sealTimer ??= this.#parts.clock.schedule(sealAfterMs, () => this.#sealIfIdle())
    this.#snapshots.consider(versions, state)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#sealTimer?.cancel()
    await this.#snapshots.stop()
    if (this.#broken === undefined) {
      await this.#enqueue(() => this.#seal()).catch((error: unknown) => {
        // Without a seal the next start reads the log as after a crash.
        if (!(error instanceof StoreFull)) throw error
      })
    }
    const spare = await this.#spare
    await spare?.file[Symbol.asyncDispose]()
    await this.#current.file[Symbol.asyncDispose]()
  }

  /**
   * Runs one write after the other. A write whose outcome is unknown may or may not be there later; nothing may follow
   * it. One for which there was no room has not begun.
   */
  #enqueue(write: () => Promise<void>): Promise<void> {
    // At once if nothing is before it: the disk is at work while those who come meanwhile are dealt with.
    const isFirst = this.#writes++ === 0
    const written = isFirst ? this.#run(write) : this.#writing.then(() => this.#run(write))
    this.#writing = written.catch(() => {})
    return written
  }

  async #run(write: () => Promise<void>): Promise<void> {
    try {
      if (this.#broken !== undefined) throw this.#broken
      await write()
    } catch (error) {
      if (!(error instanceof StoreFull)) this.#broken ??= error instanceof Error ? error : new Error(String(error))
      throw error
    } finally {
      this.#writes--
    }
  }

  async #write(group: Group): Promise<void> {
    const room = frameBytesMax(group)
    if (this.#current.offset + room > this.#current.size) await this.#rotate(room)
    await this.#writeFrame(group, this.#current.offset, room)
    this.#isSealed = false
    const newest = group.changes.at(-1)
    if (newest !== undefined) this.#nextRevision = newest.modRevision + 1
    if (this.#current.offset > this.#current.size / 2) this.#prepareSpare()
  }

  /** The header of a new log proves as well as a seal that all before it was acknowledged. */
  async #seal(): Promise<void> {
    if (this.#isSealed) return
    const offset = sealOffset(this.#current.offset)
    const room = frameBytesMax(emptyGroup)
    if (offset + room > this.#current.size) await this.#rotate(room)
    else await this.#writeFrame(emptyGroup, offset, room)
    this.#isSealed = true
  }

  async #writeFrame(group: Group, offset: number, room: number): Promise<void> {
    if (this.#buffer.length < room) this.#buffer = new Uint8Array(2 ** Math.ceil(Math.log2(room)))
    const current = this.#current
    const at = { offset, chain: current.chain, firstRevision: this.#nextRevision }
    const frame = encodeFrame(this.#buffer, group, at, this.#parts.disk.crc32)
    await current.file.writeDurably(offset, this.#buffer.subarray(0, frame.length))
    current.offset = offset + frame.length
    current.chain = frame.chain
  }

  async #rotate(room: number): Promise<void> {
    let spare = await (this.#spare ?? this.#prepareSpare())
    this.#spare = undefined
    if (spare === undefined || spare.size < room + headerBytes) {
      await spare?.file[Symbol.asyncDispose]()
      spare = await this.#makeRoom(room + headerBytes)
    }
    const before = this.#current
    this.#current = await beginSegment(this.#parts, spare, before, this.#nextRevision)
    this.#snapshots.begun(
      { sequence: this.#current.sequence, firstRevision: this.#nextRevision, size: this.#current.size },
    )
    await before.file[Symbol.asyncDispose]()
  }

  /** Of the usual size, or just large enough where the disk has no more. Throws StoreFull, having changed nothing. */
  async #makeRoom(size: number): Promise<Spare> {
    try {
      return await makeSpare(this.#parts, Math.max(this.#nextSize(), size)).catch((error: unknown) => {
        if (isNoSpace(error)) return makeSpare(this.#parts, size)
        throw error
      })
    } catch (error) {
      if (!isNoSpace(error)) throw error
      this.#isFull = true
      this.#spareFailedAt = this.#parts.clock.monotonic()
      throw new StoreFull('there is no space left on the disk of the store', { cause: error })
    }
  }

  #nextSize(): number {
    return Math.min(this.#current.size * 4, Math.max(this.#current.size, this.#limits.segmentBytes))
  }

  /** Makes the next segment while there is still room in this one. Without space for it, only deletions are taken. */
  #prepareSpare(): Promise<Spare | undefined> {
    if (this.#spare !== undefined || this.#isClosed) return this.#spare ?? Promise.resolve(undefined)
    const { log, clock } = this.#parts
    this.#spare = makeSpare(this.#parts, this.#nextSize()).then((spare) => {
      this.#isFull = false
      return spare
    }, (error: unknown) => {
      this.#isFull = isNoSpace(error)
      this.#spareFailedAt = clock.monotonic()
      this.#spare = undefined
      log.error('the next log of the store could not be made ready', { error })
      return undefined
    })
    return this.#spare
  }

  #sealIfIdle(): void {
    this.#sealTimer = undefined
    if (this.#isSealed || this.#isClosed || this.#broken !== undefined) return
    const { clock, log } = this.#parts
    const idleMs = clock.monotonic() - this.#lastWriteAt
    if (idleMs < sealAfterMs) {
      this.#sealTimer = clock.schedule(sealAfterMs - idleMs, () => this.#sealIfIdle())
      return
    }
    this.#enqueue(() => this.#seal()).catch((error: unknown) =>
      log.error('the disk of the store failed while it was idle', { error }),
    )
  }
}

/** Makes the first, empty log of a store whose snapshot shows everything before `firstRevision`. */
export async function beginLog(place: Place, firstRevision: Revision): Promise<void> {
  const spare = await makeSpare(place, defaultLog.firstSegmentBytes)
  await using _file = (await beginSegment(place, spare, undefined, firstRevision)).file
}

/** A file of zeros under a name that recovery throws away. */
async function makeSpare({ disk, directory }: Place, size: number): Promise<Spare> {
  const file = await disk.open(`${directory}/${spareName}`, 'create')
  try {
    await file.preallocate(size)
    await file.datasync()
    return { file, size }
  } catch (error) {
    // What it got of a full disk is given back.
    await file.truncate(0).catch(() => undefined)
    await file[Symbol.asyncDispose]()
    throw error
  }
}

function isNoSpace(error: unknown): boolean {
  return error instanceof DiskError && error.reason === 'full'
}

/** Gives the spare its header and then its name; only after that is durable may anything be acknowledged in it. */
async function beginSegment(
  { disk, directory }: Place, spare: Spare,
  before: Pick<LogPosition, 'sequence' | 'offset' | 'chain'> | undefined,
  firstRevision: Revision,
): Promise<Current> {
  const sequence = (before?.sequence ?? 0) + 1
  const { file, size } = spare
  const header = encodeSegmentHeader(
    {
      sequence,
      firstRevision,
      size,
      previousEnd: before?.offset ?? 0,
      previousChain: before?.chain ?? 0,
    },
    disk.crc32,
  )
  await file.writeDurably(0, header)
  const path = `${directory}/${logName(sequence)}`
  await disk.rename(`${directory}/${spareName}`, path)
  await disk.syncDirectory(directory)
  return { file, sequence, size, offset: headerBytes, chain: chainAfter(header) }
}

/** A segment's frames continue the checksum of its header. */
function chainAfter(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(48, true)
}
