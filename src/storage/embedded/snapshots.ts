/** Decides when a snapshot is worth taking, takes it beside the running store, and removes what it makes needless. */
import type { Revision } from '../store.ts'
import type { ControlState } from './control.ts'
import { logName, parseSnapshotName, snapshotName, type StoreDirectory } from './directory.ts'
import type { SegmentInfo } from './recovery.ts'
import { writeSnapshot } from './snapshot.ts'
import type { Versions } from './versions.ts'

/** Many small logs are worth a snapshot too: each costs a restart some time. */
const logsMax = 16
const retryMs = 60_000

export class Snapshots {
  readonly #parts: StoreDirectory
  readonly #afterBytes: number
  readonly #abort = new AbortController()
  /** Oldest first; the last one is being written to. */
  #segments: SegmentInfo[]
  #running: Promise<void> | undefined
  #notBefore = 0
  #snapshotBytes: number

  constructor(
    parts: StoreDirectory, found: { readonly segments: readonly SegmentInfo[]; readonly snapshotBytes: number },
    afterBytes: number,
  ) {
    this.#parts = parts
    this.#segments = [...found.segments]
    this.#snapshotBytes = found.snapshotBytes
    this.#afterBytes = afterBytes
  }

  /** Of the logs and the newest snapshot. */
  get fileBytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, this.#snapshotBytes)
  }

  begun(segment: SegmentInfo): void {
    this.#segments.push(segment)
  }

  /** Called after every commit, so it looks at no more than a few numbers. */
  consider(versions: Versions, state: () => ControlState): void {
    if (this.#running !== undefined || this.#segments.length < 2 || this.#abort.signal.aborted) return
    // The snapshot shows the oldest kept revision, not the newest: the logs after it are the history that a restart
    // brings back.
    const revision = versions.compactedRevision
    if (this.#segments[1]!.firstRevision > revision + 1) return
    const needless = this.#needlessAt(revision)
    let bytes = 0
    for (const segment of needless) bytes += segment.size
    if (needless.length < logsMax && bytes < Math.max(this.#afterBytes, versions.liveBytes / 2)) return
    const { clock, log } = this.#parts
    if (clock.monotonic() < this.#notBefore) return
    this.#running = this.#take(versions, revision, needless, state()).catch((error: unknown) => {
      this.#notBefore = clock.monotonic() + retryMs
      if (!this.#abort.signal.aborted) {
        log.error('a snapshot of the store failed; the logs before it are kept', { error })
      }
    }).finally(() => { this.#running = undefined })
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the store is closing'))
    await this.#running
  }

  /**
   * Logs of which every change is in a snapshot at `revision`: those whose successor begins no later than right after
   * it.
   */
  #needlessAt(revision: Revision): SegmentInfo[] {
    return this.#segments.filter((_, at) => (this.#segments[at + 1]?.firstRevision ?? Infinity) <= revision + 1)
  }

  /** What comes after `needless` is needed beside the snapshot, whatever revisions it has: it may hold controls. */
  async #take(
    versions: Versions, revision: Revision, needless: readonly SegmentInfo[], state: ControlState,
  ): Promise<void> {
    const { disk, directory, log, clock } = this.#parts
    const began = clock.monotonic()
    const firstLog = this.#segments[needless.length]!.sequence
    // References only: versions never change, so the list stays true however far the store moves on.
    const entries = versions.view(revision).list({ start: '', end: '\uffff' })
    const content = { revision, entries, state, firstLog }
    const { bytes } = await writeSnapshot(disk, directory, content, this.#abort.signal)
    this.#snapshotBytes = bytes
    const names = await disk.list(directory)
    const outdated = names.filter((name) => (parseSnapshotName(name) ?? revision) < revision)
    for (const name of [...outdated, ...needless.map(({ sequence }) => logName(sequence))]) {
      await disk.remove(`${directory}/${name}`)
    }
    this.#segments = this.#segments.filter((segment) => !needless.includes(segment))
    log.info('took a snapshot of the store', {
      file: snapshotName(revision), entries: entries.length, bytes, logsRemoved: needless.length,
      ms: Math.round(clock.monotonic() - began),
    })
  }
}
