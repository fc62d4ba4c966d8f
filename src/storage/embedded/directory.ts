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
