/** Half-open intervals of keys, and whether a key is in any of them. */
import type { KeyRange } from '#storage/store.ts'

/** Grows first and is asked then: the intervals are merged when it is asked for the first time after growing. */
export class IntervalSet {
  #intervals: KeyRange[] = []
  #isMerged = true

  add(interval: KeyRange): void {
    if (interval.start >= interval.end) return
    this.#intervals.push(interval)
    this.#isMerged = false
  }

  addAll(others: IntervalSet): void {
    for (const interval of others.#intervals) this.add(interval)
  }

  has(key: string): boolean {
    if (!this.#isMerged) this.#merge()
    let low = 0
    let high = this.#intervals.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#intervals[middle]!.end <= key) low = middle + 1
      else high = middle
    }
    return low < this.#intervals.length && this.#intervals[low]!.start <= key
  }

  #merge(): void {
    const merged: KeyRange[] = []
    for (const interval of this.#intervals.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
      const last = merged.at(-1)
      if (!last || last.end < interval.start) merged.push(interval)
      else if (last.end < interval.end) merged[merged.length - 1] = { start: last.start, end: interval.end }
    }
    this.#intervals = merged
    this.#isMerged = true
  }
}
