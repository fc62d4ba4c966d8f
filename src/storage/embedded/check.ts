/** Reads everything in the directory of a closed store, and says what is not as it was written. */
import type { Disk } from '#world/disk.ts'
import { StoreCorrupted, type Revision } from '../store.ts'
import { lockName, parseLogName, parseSnapshotName } from './directory.ts'
import { checkLog, recover } from './recovery.ts'
import { readSnapshotFile } from './snapshot.ts'
import { NewerFormat } from './snapshot-format.ts'

export interface StoreProblem {
  readonly file: string
  readonly offset: number
  readonly what: string
}

export interface StoreReport {
  /** None: the store opens and holds all that was ever acknowledged. */
  readonly problems: readonly StoreProblem[]
  /** Absent if there is no store in the directory, or if it cannot be opened. */
  readonly content?: {
    readonly revision: Revision
    readonly compactedRevision: Revision
    readonly keys: number
    readonly liveBytes: number
    readonly leases: number
    readonly snapshotBytes: number
    readonly logs: number
    readonly logBytes: number
    /** A write that a crash interrupted; it was never acknowledged, and opening the store cuts it off. */
    readonly interruptedWrite?: { readonly log: number; readonly offset: number }
  }
}

/**
 * Changes nothing but the lock file. Takes the memory that the store takes when it is open. Throws DiskError `locked`
 * while a process has the store open, and DiskError where a file cannot be read.
 */
export async function checkStore(disk: Disk, directory: string, signal?: AbortSignal): Promise<StoreReport> {
  const names = (await disk.list(directory, signal)).toSorted()
  const snapshots = names.map(parseSnapshotName).filter((found) => found !== undefined)
  const logs = names.map(parseLogName).filter((found) => found !== undefined)
  if (snapshots.length + logs.length === 0) return { problems: [] }
  await using _lock = await disk.lock(`${directory}/${lockName}`)
  const problems: StoreProblem[] = []
  const note = (problem: StoreProblem): void => {
    const isKnown = problems.some(({ file, offset }) => file === problem.file && offset === problem.offset)
    if (!isKnown) problems.push(problem)
  }
  for (const revision of snapshots) {
    const reading = readSnapshotFile(disk, directory, revision, { entry: () => {}, control: () => {} }, signal)
    await collect(reading, note)
  }
  for (const sequence of logs) await collect(checkLog(disk, directory, sequence, signal), note)
  const recovered = await collect(recover(disk, directory, signal), note)
  if (recovered?.position === undefined || problems.length > 0) return { problems }
  const { versions, state, snapshotBytes, segments, position } = recovered
  const interruptedWrite = position.isTorn
    ? { interruptedWrite: { log: position.sequence, offset: position.offset } } : {}
  return {
    problems,
    content: {
      revision: versions.revision, compactedRevision: versions.compactedRevision, keys: versions.keys,
      liveBytes: versions.liveBytes, leases: state.leases.size, snapshotBytes, logs: segments.length,
      logBytes: segments.reduce((sum, { size }) => sum + size, 0), ...interruptedWrite,
    },
  }
}

async function collect<Result>(
  work: Promise<Result>, note: (problem: StoreProblem) => void,
): Promise<Result | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof StoreCorrupted) note({ file: error.file, offset: error.offset, what: error.what })
    else if (error instanceof NewerFormat) note({ file: error.path, offset: 8, what: error.message })
    else throw error
    return undefined
  }
}
