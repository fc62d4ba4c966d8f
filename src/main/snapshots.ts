/** Snapshots of a running cluster's store: files that the cluster can be restored from. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import type { Store } from '#storage/store.ts'
import type { Log } from '#world/log.ts'
import { parseSnapshotFileName, snapshotDirectory, snapshotFileName } from './cli/snapshot-files.ts'

export interface SavedSnapshot {
  readonly file: string
  readonly bytes: number
  readonly ms: number
}

/** The store, if it is one of our own; of an etcd, snapshots are its own tools' matter. */
export function ownStore(store: Store): Keyspace | undefined {
  return 'backup' in store ? (store as Keyspace) : undefined
}

/**
 * Writes what the store shows now into a file that only its owner can read, while it goes on. The file is there in
 * whole and for good when this resolves, or not at all.
 */
export async function saveSnapshot(store: Keyspace, file: string, signal: AbortSignal): Promise<SavedSnapshot> {
  const begin = performance.now()
  const draft = `${file}.part`
  let bytes = 0
  try {
    {
      await using target = await systemDisk.open(draft, 'create')
      for await (const chunk of store.backup(signal)) {
        await target.write(bytes, chunk, signal)
        bytes += chunk.length
      }
      await target.datasync()
    }
    await systemDisk.rename(draft, file)
    await systemDisk.syncDirectory(dirname(file))
  } catch (error) {
    await systemDisk.remove(draft)
    throw error
  }
  return { file, bytes, ms: performance.now() - begin }
}

export interface SnapshotSchedule {
  readonly everyMs: number
  /** Of those that the schedule made; others stay. */
  readonly kept: number
}

/** Saves a snapshot again and again, until aborted. One that fails is told in the log, and the next is tried. */
export async function runSnapshotSchedule(
  parts: {
    readonly store: Keyspace
    readonly dataDirectory: string
    readonly schedule: SnapshotSchedule
    readonly log: Log
  },
  signal: AbortSignal,
): Promise<void> {
  const { store, dataDirectory, schedule, log } = parts
  const directory = snapshotDirectory(dataDirectory)
  // After a restart the interval goes on from the last one.
  let waitMs = Math.max(0, (newestScheduled(directory) ?? Date.now()) + schedule.everyMs - Date.now())
  while (!signal.aborted) {
    await systemClock.sleep(waitMs, signal).catch(() => undefined)
    if (signal.aborted) return
    waitMs = schedule.everyMs
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const newest = parseSnapshotFileName(scheduled(directory)[0] ?? '')
      if (newest?.revision === store.revision) continue
      const name = snapshotFileName({ at: Date.now(), revision: store.revision, isScheduled: true })
      const saved = await saveSnapshot(store, join(directory, name), signal)
      log.info('saved a snapshot', { ...saved })
      for (const old of scheduled(directory).slice(schedule.kept)) rmSync(join(directory, old))
    } catch (error) {
      if (!signal.aborted) log.error('could not save a snapshot', { error: String(error) })
    }
  }
}

/** Names of those that a schedule made, the newest first. */
function scheduled(directory: string): string[] {
  return readdirSync(directory).filter((name) => parseSnapshotFileName(name)?.isScheduled).toSorted().toReversed()
}

function newestScheduled(directory: string): number | undefined {
  try {
    const [newest] = scheduled(directory)
    return newest === undefined ? undefined : statSync(join(directory, newest)).mtimeMs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
