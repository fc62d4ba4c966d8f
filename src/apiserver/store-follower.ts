/** Keeps something in memory the same as a range of the store, by watching it. */
import { Compacted, WatchOverflow, type Entry, type KeyRange, type Store, type View } from '#storage/store.ts'

export interface FollowedRange {
  readonly range: KeyRange
  /** Forgets everything of this range; a full set of `put` follows. */
  clear(): void
  put(entry: Entry): void
  delete(entry: Entry): void
}

/**
 * Loads the newest state at once; `run` then applies every change until aborted, and starts again if it has fallen too
 * far behind.
 */
export class StoreFollower {
  readonly #store: Store
  readonly #followed: readonly FollowedRange[]
  #loadedAt: readonly number[]

  constructor(store: Store, followed: readonly FollowedRange[]) {
    this.#store = store
    this.#followed = followed
    const view = store.current()
    this.#loadedAt = followed.map((part) => load(part, view))
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#followed.map((part, index) => this.#follow(part, this.#loadedAt[index]!, signal)))
  }

  async #follow(part: FollowedRange, loadedAt: number, signal: AbortSignal): Promise<void> {
    let from = loadedAt
    while (!signal.aborted) {
      try {
        for await (const batch of this.#store.watch(part.range, from, { signal })) {
          for (const event of batch) {
            if (event.type === 'put') part.put(event.entry)
            else part.delete(event.entry)
            from = event.entry.modRevision
          }
        }
        return
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof Compacted) && !(error instanceof WatchOverflow)) throw error
        from = load(part, this.#store.current())
      }
    }
  }
}

function load(part: FollowedRange, view: View): number {
  part.clear()
  for (const entry of view.list(part.range)) part.put(entry)
  return view.revision
}
