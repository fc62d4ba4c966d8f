/**
 * Events are kept for an hour after their last change, as upstream's --event-ttl has it; nobody else ever deletes them.
 */
import { event } from '#api/core/event/event.ts'
import { Compacted, StoreUnavailable, WatchOverflow, type Entry, type Revision, type Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { collectionRange } from './rest/keys.ts'

export interface EventExpiryOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Default: one hour. */
  readonly ttlMs?: number
}

/** Deletes under way at the same time, and the shortest pause between two rounds. */
const width = 64
const minPauseMs = 1_000

/** Runs until aborted. What was there at the start counts from then: the store knows no times. */
export async function runEventExpiry(
  { store, clock, log, ttlMs = 3_600_000 }: EventExpiryOptions, signal: AbortSignal,
): Promise<void> {
  /** By key, in the order in which they expire: a change puts a key behind all others. */
  const due = new Map<string, { readonly revision: Revision; readonly at: number }>()
  const note = (entry: Entry): void => {
    due.delete(entry.key)
    due.set(entry.key, { revision: entry.modRevision, at: clock.monotonic() + ttlMs })
  }
  await Promise.all([
    follow(store, note, (key) => { due.delete(key) }, signal),
    sweep(due, { store, clock, log, ttlMs }, signal),
  ])
}

async function follow(
  store: Store, note: (entry: Entry) => void, forget: (key: string) => void, signal: AbortSignal,
): Promise<void> {
  const range = collectionRange(event, '')
  while (!signal.aborted) {
    const view = store.current()
    for (const entry of view.list(range)) note(entry)
    try {
      for await (const batch of store.watch(range, view.revision, { signal })) {
        for (const { type, entry } of batch) {
          if (type === 'put') note(entry)
          else forget(entry.key)
        }
      }
    } catch (error) {
      if (!(error instanceof Compacted) && !(error instanceof WatchOverflow)) throw error
    }
  }
}

async function sweep(
  due: Map<string, {
    readonly revision: Revision; readonly at: number,
  }>, options: Required<EventExpiryOptions>, signal: AbortSignal,
): Promise<void> {
  const { store, clock, log, ttlMs } = options
  while (!signal.aborted) {
    const [first] = due.values()
    try {
      // With nothing to expire, nothing can expire before a whole period is over.
      await clock.sleep(first ? Math.max(first.at - clock.monotonic(), minPauseMs) : ttlMs, signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    let count = 0
    for (;;) {
      const ripe: [string, Revision][] = []
      for (const [key, { revision, at }] of due) {
        if (at > clock.monotonic() || ripe.length === width) break
        ripe.push([key, revision])
      }
      if (ripe.length === 0) break
      for (const [key] of ripe) due.delete(key)
      // One that has changed meanwhile is noted anew by the watch.
      const outcomes = await Promise.allSettled(ripe.map(
        ([key, revision]) => store.swap(key, revision, { type: 'delete' }),
      ))
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') count++
        else if (!(outcome.reason instanceof StoreUnavailable)) throw outcome.reason
        // The store is away: its time begins anew, behind all others.
        else due.set(ripe[index]![0], { revision: ripe[index]![1], at: clock.monotonic() + ttlMs })
      }
    }
    if (count > 0) log.debug('expired events', { count })
  }
}
