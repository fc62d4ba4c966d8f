/** The whole store at one revision in one file, so that a restart need not replay history. */
import type { Disk } from '#world/disk.ts'
import { StoreCorrupted, type Revision } from '../store.ts'
import type { Control } from './control.ts'
import { snapshotDraftName, snapshotName } from './directory.ts'
import { headerBytes, type Checksum } from './log-format.ts'
import {
  blockHeaderBytes,
  decodeBlock,
  decodeBlockHeader,
  decodeHeader,
  decodeLastBlock,
  isRightBlock,
  snapshotChunks,
  type SnapshotContent,
  type SnapshotHeader,
} from './snapshot-format.ts'
import type { Version } from './version.ts'

/** How much is written between two syncs, so that the log's own syncs never wait behind a flood of writes. */
const syncedBytes = 8 * 2 ** 20
const readBytes = 16 * 2 ** 20

/** Resolves once the file is there for good. */
export async function writeSnapshot(
  disk: Disk, directory: string, content: SnapshotContent, signal: AbortSignal,
): Promise<{ readonly bytes: number }> {
  const draft = `${directory}/${snapshotDraftName}`
  let offset = 0
  {
    await using file = await disk.open(draft, 'create', signal)
    let unsynced = 0
    for (const chunk of snapshotChunks(content, disk.crc32)) {
      await file.write(offset, chunk, signal)
      offset += chunk.length
      unsynced += chunk.length
      if (unsynced >= syncedBytes) {
        await file.datasync()
        unsynced = 0
      }
    }
    await file.datasync()
  }
  await disk.rename(draft, `${directory}/${snapshotName(content.revision)}`)
  await disk.syncDirectory(directory)
  return { bytes: offset }
}

/** Where a snapshot's bytes come from. Offsets never go back before the one that was asked for last. */
export interface SnapshotSource {
  /** For messages. */
  readonly path: string
  /** Shorter than asked only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>
}

export interface SnapshotTaker {
  /** In key order. Values are windows of what was read. */
  entry(version: Version): void
  control(control: Control): void
  /** Told of every stretch of bytes, in order, once its checksums are known to be right. */
  proved?(bytes: Uint8Array): Promise<void>
}

export interface ReadSnapshot extends SnapshotHeader {
  readonly bytes: number
}

/** Reads the snapshot of that revision. Throws StoreCorrupted, NewerFormat. */
export async function readSnapshotFile(
  disk: Disk, directory: string, revision: Revision, taker: SnapshotTaker, signal?: AbortSignal,
): Promise<ReadSnapshot> {
  const path = `${directory}/${snapshotName(revision)}`
  await using file = await disk.open(path, 'read', signal)
  const size = await file.size()
  const read = (offset: number, length: number): Promise<Uint8Array> =>
    file.read(offset, Math.max(0, Math.min(length, size - offset)), signal)
  const header = await readSnapshot({ path, read }, taker, disk.crc32)
  if (header.revision !== revision) {
    throw new StoreCorrupted(path, 16, 'the revision differs from that of the name')
  }
  return header
}

/** Reads to the end, the next stretch while this one is looked through. Throws StoreCorrupted, NewerFormat. */
export async function readSnapshot(
  source: SnapshotSource, taker: SnapshotTaker, checksum: Checksum,
): Promise<ReadSnapshot> {
  const { path } = source
  const first = await source.read(0, headerBytes)
  const header = decodeHeader(path, first, checksum)
  await taker.proved?.(first)
  const progress = { chain: 0, taken: 0, isLast: false }
  let offset = headerBytes
  let reading = source.read(offset, readBytes)
  while (!progress.isLast) {
    const bytes = await wholeBlocks(source, offset, await reading)
    const begin = offset
    offset += bytes.length
    reading = source.read(offset, readBytes)
    // If what is here turns out to be damaged, nobody asks how the reading ended.
    reading.catch(() => {})
    takeBlocks({ path, begin, bytes, header, taker, checksum }, progress)
    await taker.proved?.(bytes)
  }
  if (progress.taken !== header.entries) {
    throw new StoreCorrupted(path, offset, `${progress.taken} entries where ${header.entries} were written`)
  }
  if ((await reading).length > 0) throw new StoreCorrupted(path, offset, 'something follows the last block')
  return { ...header, bytes: offset }
}

/** Of the bytes at `offset`, those that are whole blocks; at least one block, if more has to be read for it. */
async function wholeBlocks(source: SnapshotSource, offset: number, bytes: Uint8Array): Promise<Uint8Array> {
  let end = 0
  for (;;) {
    const header = decodeBlockHeader(bytes, end)
    if (header === undefined || end + header.length > bytes.length) break
    end += header.length
    if (header.entries === 0) break
  }
  if (end > 0) return bytes.subarray(0, end)
  const length = decodeBlockHeader(bytes, 0)?.length ?? blockHeaderBytes
  const more = length > bytes.length ? await source.read(offset, length) : bytes
  if (more.length < length) {
    throw new StoreCorrupted(source.path, offset + more.length, 'the file ends within a block')
  }
  return more
}

interface Stretch {
  readonly path: string
  readonly begin: number
  readonly bytes: Uint8Array
  readonly header: SnapshotHeader
  readonly taker: SnapshotTaker
  readonly checksum: Checksum
}

function takeBlocks(
  { path, begin, bytes, header, taker, checksum }: Stretch,
  progress: { chain: number; taken: number; isLast: boolean },
): void {
  const slab = { bytes, live: 0 }
  for (let at = 0; at < bytes.length && !progress.isLast;) {
    const block = decodeBlockHeader(bytes, at)!
    if (!isRightBlock(bytes, at, block, progress.chain, checksum)) {
      throw new StoreCorrupted(path, begin + at, 'the checksum of a block is wrong')
    }
    progress.isLast = block.entries === 0
    if (progress.isLast) {
      const controls = decodeLastBlock(bytes, at, block)
      if (controls === undefined) throw new StoreCorrupted(path, begin + at, 'the last block makes no sense')
      for (const control of controls) taker.control(control)
    } else if (!decodeBlock(slab, at, block, header.format, taker.entry)) {
      throw new StoreCorrupted(path, begin + at, 'a block does not hold the entries that it names')
    }
    progress.chain = block.chain
    progress.taken += block.entries
    at += block.length
  }
}
