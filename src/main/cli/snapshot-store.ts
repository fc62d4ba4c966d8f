/** Files with snapshots: had written by a cluster's process, proved, and put in the place of a store. */
import { mkdirSync, renameSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClusterChoices } from '#bootstrap/cluster-config.ts'
import { backupLength, snapshotTailBytes } from '#etcd/snapshot.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { restoreBackup } from '#storage/embedded/backup.ts'
import { checkStore } from '#storage/embedded/check.ts'
import { inspectBackup, rebaseBackup, type BackupSummary } from '#storage/embedded/rebase.ts'
import { NewerFormat } from '#storage/embedded/snapshot-format.ts'
import { StoreCorrupted } from '#storage/store.ts'
import { isAlive, sendControl, type ClusterRecord } from '../cluster-registry.ts'
import { CommandFailure, exitCode } from './failure.ts'
import { snapshotDirectory, snapshotFileName } from './snapshot-files.ts'

/** For as long may a process write what it holds. */
const saveLimitMs = 600_000

export type SavedFile = BackupSummary & { readonly file: string }

/** Has the cluster's process write its state into a file, and reads it back. Throws CommandFailure. */
export async function saveFromProcess(
  { choices, process }: Pick<ClusterRecord, 'choices' | 'process'>, wanted: string | undefined,
): Promise<SavedFile> {
  if (!isAlive(process)) {
    throw new CommandFailure('E-DOWN', `cluster "${choices.name}" does not run`, 'skiff up', exitCode.unreachable)
  }
  const directory = snapshotDirectory(choices.dataDirectory)
  if (wanted === undefined) mkdirSync(directory, { recursive: true, mode: 0o700 })
  const draft = join(directory, `new-${globalThis.process.pid}`)
  const answer = await sendControl(choices, `snapshot ${wanted ?? draft}`, saveLimitMs)
  const parsed = answer === undefined ? undefined : parseAnswer(answer)
  if (parsed !== undefined && 'error' in parsed) {
    throw new CommandFailure('E-SNAPSHOT', `the snapshot was not saved: ${parsed.error}`, 'skiff logs tells more')
  }
  if (parsed === undefined) {
    throw new CommandFailure('E-NO-ANSWER', `the process of cluster "${choices.name}" did not save a snapshot`,
      'skiff logs tells more', exitCode.unreachable)
  }
  const summary = await inspect(wanted ?? draft)
  if (wanted !== undefined) return { ...summary, file: wanted }
  const file = join(directory, snapshotFileName({ at: Date.now(), revision: summary.revision, isScheduled: false }))
  renameSync(draft, file)
  return { ...summary, file }
}

function parseAnswer(answer: string): { readonly file: string } | { readonly error: string } | undefined {
  try {
    return JSON.parse(answer) as { readonly file: string } | { readonly error: string }
  } catch {
    // A process of an earlier release says "unknown command".
    return undefined
  }
}

/** Reads all of it. Throws CommandFailure for what is no snapshot, or a damaged one. */
export async function inspect(file: string): Promise<BackupSummary> {
  try {
    return await inspectBackup(file, chunksOf(file), systemDisk.crc32)
  } catch (error) {
    throw snapshotFailure(error)
  }
}

function snapshotFailure(error: unknown): unknown {
  if (error instanceof StoreCorrupted) {
    return new CommandFailure('E-SNAPSHOT-CORRUPT', error.message, 'use another snapshot: skiff snapshot ls',
      exitCode.failed, { cause: error })
  }
  if (error instanceof NewerFormat) {
    return new CommandFailure('E-NEWER-FORMAT', error.message, 'use that release of Skiff, or a later one',
      exitCode.failed, { cause: error })
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return new CommandFailure('E-NO-FILE', `there is no such file (${error.message})`, 'skiff snapshot ls',
      exitCode.usage, { cause: error })
  }
  return error
}

const chunkBytes = 4 * 2 ** 20

/** The backup in a file, which an etcd's client may have saved. */
export async function* chunksOf(file: string): AsyncIterable<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const tail = new Uint8Array(Math.min(snapshotTailBytes, size))
    await handle.read(tail, 0, tail.length, size - tail.length)
    for (let at = 0, end = backupLength(size, tail); at < end;) {
      const buffer = new Uint8Array(Math.min(chunkBytes, end - at))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

/** Without knowing what clients have seen since, as far as upstream's guide goes for the same reason. */
const unknownBump = 1_000_000_000

export interface Restored {
  readonly keys: number
  /** The snapshot's revision, and the one at which the cluster goes on. */
  readonly from: number
  readonly revision: number
  /** Where the store that was there lies now. */
  readonly replaced: string | undefined
}

/**
 * Puts a snapshot in the place of the cluster's store, which is kept beside it. The cluster goes on at a revision
 * that nobody has seen: behind the newest of the store that is replaced, where that can be read.
 */
export async function restoreInto(
  { dataDirectory }: Pick<ClusterChoices, 'dataDirectory'>, file: string, bump: number | undefined,
): Promise<Restored> {
  const { revision: from, keys } = await inspect(file)
  const store = join(dataDirectory, 'store')
  const { content, problems } = await checkStore(systemDisk, store)
  const isKnown = content !== undefined || problems.length === 0
  const seen = Math.max(from, content?.revision ?? 0)
  const revision = seen + (bump ?? (content === undefined || !isKnown ? unknownBump : 1))
  const draft = join(dataDirectory, `store.restoring-${process.pid}`)
  await restoreBackup(systemDisk, draft, rebaseBackup(file, chunksOf(file), () => revision, systemDisk.crc32))
  const replaced = setAside(store)
  renameSync(draft, store)
  await systemDisk.syncDirectory(dataDirectory)
  return { keys, from, revision, replaced }
}

/** The store that is there gets another name; undefined when there is none. */
function setAside(store: string): string | undefined {
  const aside = `${store}.replaced-${snapshotFileName({ at: Date.now(), revision: 0, isScheduled: false }).slice(0, 16)}`
  try {
    renameSync(store, aside)
    return aside
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
