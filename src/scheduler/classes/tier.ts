/** Nodes that only their load tells apart, in buckets by the score of that load. Add, remove and best are O(1). */

export class Tier {
  readonly key: string
  /** Scores before normalization, one for each plugin that normalizes. */
  readonly raw: readonly number[]
  /**
   * For each counter the label's value, or the count where the value is the node's own; undefined without the label.
   */
  readonly surroundings: readonly (string | number | undefined)[]
  size = 0
  readonly #buckets: number[][] = []
  readonly #places = new Map<number, { readonly score: number; at: number }>()
  #top = 0

  constructor(key: string, raw: readonly number[], surroundings: readonly (string | number | undefined)[]) {
    this.key = key
    this.raw = raw
    this.surroundings = surroundings
  }

  /** The highest score of any node. */
  get best(): number {
    return this.#top
  }

  get bestNodes(): readonly number[] {
    return this.#buckets[this.#top] ?? []
  }

  /** `score` is a whole number, not negative. */
  add(node: number, score: number): void {
    while (this.#buckets.length <= score) this.#buckets.push([])
    const bucket = this.#buckets[score]!
    this.#places.set(node, { score, at: bucket.length })
    bucket.push(node)
    this.size++
    if (score > this.#top) this.#top = score
  }

  remove(node: number): void {
    const place = this.#places.get(node)
    if (place === undefined) return
    this.#places.delete(node)
    this.size--
    const bucket = this.#buckets[place.score]!
    const last = bucket.pop()!
    if (last !== node) {
      bucket[place.at] = last
      this.#places.get(last)!.at = place.at
    }
    while (this.#top > 0 && this.#buckets[this.#top]!.length === 0) this.#top--
  }
}
