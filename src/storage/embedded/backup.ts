/** Makes a new store from the bytes that `backup` gave, which are those of a snapshot. */
import type { Disk } from '#world/disk.ts'
import type { Revision } from '../store.ts'
import {
  lockName,
  parseLogName,
  parseSnapshotName,
  refuseForeignDirectory,
  snapshotDraftName,
  snapshotName,
  spareName,
} from './directory.ts'
import { beginLog } from './segment-log.ts'
import { readSnapshot } from './snapshot-reader.ts'

/** Named in messages about damage: offsets are those of the stream. */
const backupName = 'the backup'
const syncedBytes = 64 * 2 ** 20

export interface RestoredBackup {
  readonly revision: Revision
  readonly entries: number
  /** Of the backup. */
  readonly bytes: number
}

/** There is a store already; a backup is restored beside it and not over it. */
export class StoreExists extends Error {
  constructor(directory: string) {
    super(`there is a store in ${directory} already, or a part of one; restore into an empty directory`)
  }
}

/**
 * Makes `directory` and the store in it, which is durable when this resolves and has the backup's revision for its
 * oldest. Throws StoreExists, ForeignDirectory, StoreCorrupted (naming the offset in the backup), NewerFormat, or what
 * `chunks` throws; the directory then holds no store.
 */
export async function restoreBackup(
  disk: Disk, directory: string, chunks: AsyncIterable<Uint8Array>,
): Promise<RestoredBackup> {
  refuseForeignDirectory(directory, await disk.list(directory))
  await disk.makeDirectory(directory)
  await using _lock = await disk.lock(`${directory}/${lockName}`)
  const names = await disk.list(directory)
  if (names.some((name) => parseLogName(name) !== undefined || parseSnapshotName(name) !== undefined)) {
    throw new StoreExists(directory)
  }
  const draft = `${directory}/${snapshotDraftName}`
  try {
    const restored = await writeProved(disk, draft, chunks)
    // The snapshot gets its name last: without it, the log alone is refused as a store that has lost its beginning.
    await beginLog({ disk, directory }, restored.revision + 1)
    await disk.rename(draft, `${directory}/${snapshotName(restored.revision)}`)
    await disk.syncDirectory(directory)
    return restored
  } catch (error) {
    await disk.remove(draft)
    await disk.remove(`${directory}/${spareName}`)
    throw error
  }
}

/** Writes what has been proved to be right, and nothing else. */
async function writeProved(disk: Disk, path: string, chunks: AsyncIterable<Uint8Array>): Promise<RestoredBackup> {
  await using file = await disk.open(path, 'create')
  let offset = 0
  let unsynced = 0
  const { revision, entries, bytes } = await readSnapshot(backupName, chunks, {
    entry: () => {},
    control: () => {},
    async proved(stretch) {
      await file.write(offset, stretch)
      offset += stretch.length
      unsynced += stretch.length
      if (unsynced < syncedBytes) return
      await file.datasync()
      unsynced = 0
    },
  }, disk.crc32)
  await file.datasync()
  return { revision, entries, bytes }
}
