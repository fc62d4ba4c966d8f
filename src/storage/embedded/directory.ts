/** The store's directory: the names of the files in it, and what is needed to work on them. */
import type { Clock } from '#world/clock.ts'
import type { Disk } from '#world/disk.ts'
import type { Log } from '#world/log.ts'

export interface StoreDirectory {
  readonly disk: Disk
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
}

export const lockName = 'lock'
export const spareName = 'next-log.tmp'
export const snapshotDraftName = 'snapshot.tmp'

/** Logs are numbered in the order in which they were begun. */
export function logName(sequence: number): string {
  return `log-${String(sequence).padStart(8, '0')}`
}

/** Snapshots bear the revision that they show. */
export function snapshotName(revision: number): string {
  return `snapshot-${String(revision).padStart(16, '0')}`
}

export function parseLogName(name: string): number | undefined {
  return parseNumbered('log-', name)
}

export function parseSnapshotName(name: string): number | undefined {
  return parseNumbered('snapshot-', name)
}

function parseNumbered(prefix: string, name: string): number | undefined {
  if (!name.startsWith(prefix)) return undefined
  const digits = name.slice(prefix.length)
  return /^\d{8,16}$/.test(digits) ? Number(digits) : undefined
}

/** The directory is somebody else's, such as the data directory of an etcd; no store is begun among foreign files. */
export class ForeignDirectory extends Error {
  constructor(directory: string, name: string) {
    super(`${directory} holds ${name} and no store; choose an empty directory`)
  }
}

/**
 * Throws ForeignDirectory if the names in a directory are neither a store's nor none. Hidden files and what a file
 * system has at its top do no harm.
 */
export function refuseForeignDirectory(directory: string, names: readonly string[]): void {
  if (names.some((name) => parseLogName(name) !== undefined || parseSnapshotName(name) !== undefined)) return
  const foreign = names.find((name) =>
    !name.startsWith(lockName) && !name.endsWith('.tmp') && !name.startsWith('.') && name !== 'lost+found')
  if (foreign !== undefined) throw new ForeignDirectory(directory, foreign)
}
