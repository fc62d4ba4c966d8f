/** Where snapshots lie and what they are called: names tell the time and the revision, and sort by time. */
import { join } from 'node:path'

export interface SnapshotName {
  /** Wall-clock time in milliseconds. */
  readonly at: number
  readonly revision: number
  /** Made by `--snapshot-every`, which also removes old ones. */
  readonly isScheduled: boolean
}

export function snapshotDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'snapshots')
}

/** `20261121T034100Z-r1234.snapshot`, those of a schedule `….auto.snapshot`. */
export function snapshotFileName({ at, revision, isScheduled }: SnapshotName): string {
  const time = new Date(at).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')
  return `${time}-r${revision}${isScheduled ? '.auto' : ''}.snapshot`
}

export function parseSnapshotFileName(name: string): SnapshotName | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-r(\d{1,16})(\.auto)?\.snapshot$/.exec(name)
  if (!match) return undefined
  const [year, month, day, hour, minute, second, revision] = match.slice(1, 8).map(Number)
  const at = Date.UTC(year!, month! - 1, day, hour, minute, second)
  return { at, revision: revision!, isScheduled: match[8] !== undefined }
}
