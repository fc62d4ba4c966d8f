/** Looks into the bytes that `backup` gave, and gives them a later revision before a store is made of them. */
import type { Alarm, LeaseId } from '../keyspace.ts'
import type { Revision } from '../store.ts'
import type { Control, ControlState } from './control.ts'
import type { Checksum } from './log-format.ts'
import { snapshotChunks } from './snapshot-format.ts'
import { readSnapshot } from './snapshot-reader.ts'
import { sizeOf, type Version } from './version.ts'

export interface BackupSummary {
  readonly revision: Revision
  readonly keys: number
  /** Of the keys and values. */
  readonly liveBytes: number
  /** Of the whole backup. */
  readonly bytes: number
}

/** Reads a backup to its end and proves all of it. Throws StoreCorrupted, naming `path`, and NewerFormat. */
export async function inspectBackup(
  path: string, chunks: AsyncIterable<Uint8Array>, checksum: Checksum,
): Promise<BackupSummary> {
  let liveBytes = 0
  const taker = { entry: (version: Version) => { liveBytes += sizeOf(version) }, control: () => {} }
  const { revision, entries, bytes } = await readSnapshot(path, chunks, taker, checksum)
  return { revision, keys: entries, liveBytes, bytes }
}

/**
 * The same backup at the revision that `choose` gives for its own, which must not be earlier. Versions of objects stay
 * as they are; but nobody who has seen the store that was backed up at a later time meets a revision twice, and every
 * watch begins anew (as etcdutl's --bump-revision and --mark-compacted). Holds all of it in memory.
 */
export async function* rebaseBackup(
  path: string, chunks: AsyncIterable<Uint8Array>, choose: (revision: Revision) => Revision, checksum: Checksum,
): AsyncIterable<Uint8Array> {
  const entries: Version[] = []
  const leases = new Map<LeaseId, number>()
  const alarms = new Set<Alarm>()
  const take = (control: Control): void => {
    if (control.type === 'grant') leases.set(control.id, control.ttlSeconds)
    else if (control.type === 'raise') alarms.add(control.alarm)
  }
  const { revision } = await readSnapshot(
    path, chunks, { entry: (version) => { entries.push(version) }, control: take }, checksum,
  )
  const rebased = choose(revision)
  if (!(rebased >= revision)) throw new RangeError(`revision ${rebased} is earlier than the backup's ${revision}`)
  const state: ControlState = { leases, alarms }
  yield* snapshotChunks({ revision: rebased, entries, state, firstLog: 1 }, checksum)
}
