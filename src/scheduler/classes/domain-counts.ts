/** One counter kept up to date: how much there is in each domain, in all, and where there is least. */
import type { Counter } from '../plugin.ts'
import type { NodeInfo } from '../snapshot/node-info.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'

export class CounterState {
  readonly counter: Counter
  total = 0
  readonly #counts = new Map<string, number>()
  /** How many domains have each count. */
  readonly #histogram = new Map<number, number>()

  constructor(counter: Counter) {
    this.counter = counter
  }

  get domains(): number {
    return this.#counts.size
  }

  get least(): number {
    let least = Infinity
    for (const count of this.#histogram.keys()) if (count < least) least = count
    return least === Infinity ? 0 : least
  }

  /** What a place with that label's value has; undefined without the label. */
  at(value: string | undefined): number | undefined {
    return value === undefined ? undefined : this.#counts.get(value) ?? 0
  }

  addNode(node: NodeInfo): void {
    const value = node.labels[this.counter.topologyKey]
    if (value === undefined || this.counter.includes?.(node) === false) return
    if (!this.#counts.has(value)) this.#set(value, 0)
  }

  addPod(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    const value = node.labels[this.counter.topologyKey]
    if (value === undefined) return
    const amount = this.counter.amount(pod, node) * sign
    if (amount === 0) return
    this.total += amount
    this.#set(value, (this.#counts.get(value) ?? 0) + amount)
  }

  #set(value: string, count: number): void {
    const before = this.#counts.get(value)
    if (before !== undefined) {
      const left = this.#histogram.get(before)! - 1
      if (left === 0) this.#histogram.delete(before)
      else this.#histogram.set(before, left)
    }
    this.#counts.set(value, count)
    this.#histogram.set(count, (this.#histogram.get(count) ?? 0) + 1)
  }
}
