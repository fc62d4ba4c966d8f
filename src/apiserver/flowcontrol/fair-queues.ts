/**
 * The queues of one priority level. A flow has a hand of them; who waits in the queue that has had the least service is
 * next (start-time fair queueing: a queue's next request starts, in virtual time, when its last one would have ended).
 */

export interface Waiting {
  /** How much of the level's seats the request takes. */
  readonly seats: number
  readonly queue: number
}

/** What a request is thought to take, in seat-seconds per seat, until it is known. */
const estimatedSeconds = 0.003

interface Queue<Item extends Waiting> {
  readonly items: Set<Item>
  /** In virtual seat-seconds. */
  nextStart: number
  /** Of requests that run. */
  seats: number
}

export class FairQueues<Item extends Waiting> {
  readonly #queues: Queue<Item>[] = []
  readonly #lengthLimit: number
  /** The start of what was last let run: an idle queue does not save up service. */
  #virtualTime = 0
  #waiting = 0
  /** Among equals, the queue behind the last one is next. */
  #last = 0

  constructor(count: number, lengthLimit: number) {
    for (let index = 0; index < count; index += 1) this.#queues.push({ items: new Set(), nextStart: 0, seats: 0 })
    this.#lengthLimit = lengthLimit
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Of these queues the one with the least work; undefined when it is full. */
  choose(hand: readonly number[]): number | undefined {
    let best: number | undefined
    let least = Infinity
    for (const index of hand) {
      const queue = this.#queues[index]
      const work = queue ? queue.seats + queue.items.size : Infinity
      if (work < least) [best, least] = [index, work]
    }
    return best !== undefined && this.#queues[best]!.items.size < this.#lengthLimit ? best : undefined
  }

  add(item: Item): void {
    const queue = this.#queues[item.queue]!
    if (queue.items.size === 0 && queue.seats === 0) queue.nextStart = Math.max(queue.nextStart, this.#virtualTime)
    queue.items.add(item)
    this.#waiting += 1
  }

  /** For one that waits no longer. */
  remove(item: Item): boolean {
    if (!this.#queues[item.queue]?.items.delete(item)) return false
    this.#waiting -= 1
    return true
  }

  /** The next to run; it stays where it is until `start`. */
  peek(): Item | undefined {
    let best: Queue<Item> | undefined
    for (let offset = 1; offset <= this.#queues.length; offset += 1) {
      const queue = this.#queues[(this.#last + offset) % this.#queues.length]!
      if (queue.items.size > 0 && (!best || queue.nextStart < best.nextStart)) best = queue
    }
    return best?.items.values().next().value
  }

  start(item: Item): void {
    this.remove(item)
    const queue = this.#queues[item.queue]!
    this.#last = item.queue
    this.#virtualTime = Math.max(this.#virtualTime, queue.nextStart)
    queue.nextStart += item.seats * estimatedSeconds
    queue.seats += item.seats
  }

  /** Corrects the estimate by what the request took. */
  end(item: Item, seconds: number): void {
    const queue = this.#queues[item.queue]!
    queue.seats -= item.seats
    queue.nextStart += item.seats * (seconds - estimatedSeconds)
  }
}
