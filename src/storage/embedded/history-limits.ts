/** How much of the past is kept: the limits, and what they say is to be forgotten now. */
import type { Revision } from '../store.ts'
import type { Versions } from './versions.ts'

export interface HistoryOptions {
  /** Refuses puts that would make the newest keys and values larger than this together. Default 4 GiB. */
  readonly quotaBytes?: number
  /**
   * Changes older than this are forgotten with the next commit; Infinity: none are for their age. Default five minutes,
   * as the API server asks of etcd.
   */
  readonly historyMs?: number
  /** The history is cut short when the changes in it are larger than this together. Default 256 MiB. */
  readonly historyBytes?: number
  /** The history is cut short when it has more changes than this. Default 1,000,000. */
  readonly historyChanges?: number
}

const defaultHistory: Required<HistoryOptions> = {
  quotaBytes: 4 * 2 ** 30,
  historyMs: 5 * 60_000,
  historyBytes: 256 * 2 ** 20,
  historyChanges: 1_000_000,
}

/** How finely the age of changes is known. */
const markMs = 10_000
/** The part of the quota by which `swap` lets what is there grow beyond it. */
const reserveShare = 1 / 64

export class HistoryLimits {
  readonly quotaBytes: number
  /** Beyond the quota, for changes of what is there: Kubernetes begins to delete an object by writing that into it. */
  readonly reserveBytes: number
  readonly #limits: Required<HistoryOptions>
  /** Which revision was the newest when. */
  #marks: { readonly at: number; readonly revision: Revision }[] = []

  constructor(options: HistoryOptions) {
    this.#limits = { ...defaultHistory, ...options }
    this.quotaBytes = this.#limits.quotaBytes
    this.reserveBytes = this.quotaBytes * reserveShare
  }

  /** The oldest revision that is still to be kept, now that the monotonic clock shows `now`. */
  oldestKept(versions: Versions, now: number): Revision {
    const { historyMs, historyBytes, historyChanges } = this.#limits
    const newest = this.#marks.at(-1)
    const isDue = newest === undefined || now - newest.at >= markMs
    if (isDue && historyMs < Infinity) this.#marks.push({ at: now, revision: versions.revision })
    let before = versions.compactedRevision
    while (this.#marks.length > 0 && now - this.#marks[0]!.at >= historyMs) {
      before = Math.max(before, this.#marks.shift()!.revision)
    }
    if (versions.historyLength > historyChanges || versions.historyBytes > historyBytes) {
      // Half of it at once, so that the cost of cutting is spread over many commits.
      before = Math.max(before, versions.middleOfHistory)
    }
    return before
  }
}
