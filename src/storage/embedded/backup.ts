/** Makes a new store from the bytes that `backup` gave, which are those of a snapshot. */
import type { Disk } from '#world/disk.ts'
import type { Revision } from '../store.ts'
import { lockName, parseLogName, parseSnapshotName, snapshotDraftName, snapshotName, spareName } from './directory.ts'
import { beginLog } from './segment-log.ts'
import { readSnapshot, type SnapshotSource } from './snapshot.ts'

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
 * oldest. Throws StoreExists, StoreCorrupted (naming the offset in the backup), NewerFormat, or what `chunks` throws;
 * the directory then holds no store.
 */
export async function restoreBackup(
  disk: Disk, directory: string, chunks: AsyncIterable<Uint8Array>,
): Promise<RestoredBackup> {
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
  await using source = sourceOf(chunks)
  const { revision, entries, bytes } = await readSnapshot(source, {
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

/** A stream, read in stretches of any length; what lies before the last offset that was asked for is let go. */
function sourceOf(chunks: AsyncIterable<Uint8Array>): SnapshotSource & AsyncDisposable {
  const iterator = chunks[Symbol.asyncIterator]()
  let held: Uint8Array[] = []
  let heldAt = 0
  let heldBytes = 0
  let isEnded = false
  const drop = (offset: number): void => {
    while (held.length > 0 && heldAt < offset) {
      const first = held[0]!
      const gone = Math.min(first.length, offset - heldAt)
      if (gone === first.length) held.shift()
      else held[0] = first.subarray(gone)
      heldAt += gone
      heldBytes -= gone
    }
  }
  return {
    path: backupName,
    async read(offset, length) {
      drop(offset)
      while (heldBytes < length && !isEnded) {
        const { done, value } = await iterator.next()
        if (done === true) isEnded = true
        else {
          held.push(value)
          heldBytes += value.length
        }
      }
      const bytes = new Uint8Array(Math.min(length, heldBytes))
      let at = 0
      for (const chunk of held) {
        if (at === bytes.length) break
        const part = chunk.subarray(0, bytes.length - at)
        bytes.set(part, at)
        at += part.length
      }
      return bytes
    },
    async [Symbol.asyncDispose]() {
      held = []
      if (!isEnded) await iterator.return?.()
    },
  }
}
