/** The order of the queue: the more important pod first, then the one that has waited longer. */

export interface Queued {
  readonly priority: number
  /** When it was first put into the queue since it last changed, by the monotonic clock. */
  readonly queuedAt: number
  readonly sequence: number
}

/** Negative: `a` comes first. */
export function comparePriority(a: Queued, b: Queued): number {
  return b.priority - a.priority || a.queuedAt - b.queuedAt || a.sequence - b.sequence
}
