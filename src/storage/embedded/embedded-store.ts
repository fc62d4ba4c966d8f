/** The store in a directory of its own: every acknowledged change survives any crash of process, machine or power. */
import type { Clock } from '#world/clock.ts'
import type { Disk, DiskLock } from '#world/disk.ts'
import type { Log } from '#world/log.ts'
import type { Keyspace } from '../keyspace.ts'
import { lockName, refuseForeignDirectory } from './directory.ts'
import type { HistoryOptions } from './history-limits.ts'
import type { Journal } from './journal.ts'
import { JournaledStore } from './journaled-store.ts'
import { recover } from './recovery.ts'
import { SegmentLog, type LogOptions } from './segment-log.ts'

export interface EmbeddedStoreOptions extends HistoryOptions, LogOptions {
  /** Called once when the disk has failed and the store will not acknowledge anything any more: time to exit. */
  readonly onFailure?: (failure: Error) => void
}

export interface EmbeddedStoreWorld {
  readonly disk: Disk
  /** Made if it is not there. Belongs to one process at a time. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly options?: EmbeddedStoreOptions
}

/**
 * Opens the store, reading back what is there. Throws StoreCorrupted (and changes nothing) if any of it is not what was
 * written, NewerFormat if a later release wrote it, ForeignDirectory if there is something else and no store, DiskError
 * `locked` while another process has it.
 */
export async function openEmbeddedStore(world: EmbeddedStoreWorld): Promise<Keyspace> {
  const { disk, directory, clock, options = {} } = world
  const log = world.log.named('storage')
  const began = clock.monotonic()
  refuseForeignDirectory(directory, await disk.list(directory))
  await disk.makeDirectory(directory)
  const lock = await disk.lock(`${directory}/${lockName}`)
  try {
    if (lock.note !== undefined) log.warn('another process left the store without closing it', { note: lock.note })
    const found = await recover(disk, directory)
    const { versions, state, position, leftovers } = found
    if (position?.isTorn === true) {
      log.warn('cut off a write that a crash interrupted; it was never acknowledged', {
        log: position.sequence, offset: position.offset,
      })
    }
    for (const name of leftovers) await disk.remove(`${directory}/${name}`)
    const journal = await SegmentLog.open(
      { disk, directory, clock, log, options }, { ...found, nextRevision: versions.revision + 1 },
    )
    log.info('opened the store', {
      directory, revision: versions.revision, keys: versions.keys, ms: Math.round(clock.monotonic() - began),
    })
    const onFailure = (failure: Error): void => {
      log.error('the disk of the store failed; nothing is acknowledged any more', { error: failure })
      options.onFailure?.(failure)
    }
    return new JournaledStore({
      versions, state, journal: unlocking(journal, lock), clock, checksum: disk.crc32, options, onFailure,
    })
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
}

/** The journal, letting go of the directory's lock when it closes. */
function unlocking(journal: SegmentLog, lock: DiskLock): Journal {
  return {
    fitting: (groups) => journal.fitting(groups),
    append: (group) => journal.append(group),
    committed: (versions, state) => journal.committed(versions, state),
    get isFull() { return journal.isFull },
    get fileBytes() { return journal.fileBytes },
    async close() {
      try {
        await journal.close()
      } finally {
        await lock[Symbol.asyncDispose]()
      }
    },
  }
}
