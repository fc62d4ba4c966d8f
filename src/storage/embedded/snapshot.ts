/** The whole store at one revision in one file, so that a restart need not replay history. */
import type { Disk, DiskFile } from '#world/disk.ts'
import { StoreCorrupted, type Revision } from '../store.ts'
import { snapshotDraftName, snapshotName } from './directory.ts'
import { headerBytes } from './log-format.ts'
import { decodeHeader, snapshotChunks, type SnapshotContent } from './snapshot-format.ts'
import { readSnapshot, type ReadSnapshot, type SnapshotTaker } from './snapshot-reader.ts'

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

/** The oldest log that is needed beside the snapshot of that revision; undefined: the revisions of the logs tell. */
export async function readFirstLog(
  disk: Disk, directory: string, revision: Revision, signal?: AbortSignal,
): Promise<number | undefined> {
  const path = `${directory}/${snapshotName(revision)}`
  await using file = await disk.open(path, 'read', signal)
  return decodeHeader(path, await file.read(0, headerBytes, signal), disk.crc32).firstLog
}

/** Reads the snapshot of that revision. Throws StoreCorrupted, NewerFormat. */
export async function readSnapshotFile(
  disk: Disk, directory: string, revision: Revision, taker: SnapshotTaker, signal?: AbortSignal,
): Promise<ReadSnapshot> {
  const path = `${directory}/${snapshotName(revision)}`
  await using file = await disk.open(path, 'read', signal)
  const size = await file.size()
  const read = await readSnapshot(path, chunksOf(file, size, signal), taker, disk.crc32)
  if (read.revision !== revision) throw new StoreCorrupted(path, 16, 'the revision differs from that of the name')
  return read
}

/**
 * All reading begins at once: the memory is got while there are few objects yet, so that getting it makes no work for
 * the collector.
 */
async function* chunksOf(file: DiskFile, size: number, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  const readings: Promise<Uint8Array>[] = []
  for (let at = 0; at < size; at += readBytes) readings.push(file.read(at, Math.min(readBytes, size - at), signal))
  // If one turns out to be damaged, nobody asks how the reading of others ended.
  for (const reading of readings) reading.catch(() => {})
  for (const reading of readings) yield await reading
}
