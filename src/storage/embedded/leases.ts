/** Leases that are granted and durable, their time, and the one timer that tells when the next of them is over. */
import { Heap } from '#base/heap.ts'
import type { Clock, Timer } from '#world/clock.ts'
import type { LeaseId } from '../keyspace.ts'

interface Term {
  readonly id: LeaseId
  readonly ttlSeconds: number
  /** By the monotonic clock. */
  expiresAt: number
}

/** When the heap believed that a lease would be over. Renewing leaves it as it is, and so costs nothing. */
interface Turn {
  readonly id: LeaseId
  readonly at: number
}

/** How long to leave a lease that could not be revoked because the disk is full. */
const retryMs = 1_000
/**
 * A timer that comes so much too late shows that this process was suspended, and nobody could renew anything. As long
 * as etcd waits for a silent leader: then another one begins, and with it the time of all leases.
 */
const stallMs = 1_000

export class Leases {
  readonly #clock: Clock
  readonly #onExpiry: (id: LeaseId) => void
  readonly #terms = new Map<LeaseId, Term>()
  readonly #turns = new Heap<Turn>((turn) => String(turn.id), (a, b) => a.at - b.at)
  #timer: Timer | undefined
  #timerAt = Infinity
  #isEnded = false

  /** `onExpiry` is called for each lease that is over; unless it is revoked, again a second later. */
  constructor(clock: Clock, onExpiry: (id: LeaseId) => void) {
    this.#clock = clock
    this.#onExpiry = onExpiry
  }

  has(id: LeaseId): boolean {
    return this.#terms.has(id)
  }

  ids(): readonly LeaseId[] {
    return [...this.#terms.keys()]
  }

  /** Seconds for each lease. */
  ttls(): ReadonlyMap<LeaseId, number> {
    return new Map(Array.from(this.#terms.values(), ({ id, ttlSeconds }) => [id, ttlSeconds]))
  }

  /** Its time begins now. */
  grant(id: LeaseId, ttlSeconds: number): void {
    const expiresAt = this.#clock.monotonic() + ttlSeconds * 1_000
    this.#terms.set(id, { id, ttlSeconds, expiresAt })
    this.#turns.add({ id, at: expiresAt })
    this.#arm()
  }

  revoke(id: LeaseId): void {
    this.#terms.delete(id)
    this.#turns.remove(String(id))
    if (this.#turns.size > 0) return
    this.#timer?.cancel()
    this.#timerAt = Infinity
  }

  /** Its time begins again. False: there is no such lease, or it is over and about to be revoked. */
  renew(id: LeaseId): boolean {
    const term = this.#terms.get(id)
    const now = this.#clock.monotonic()
    // Who was kept waiting may be heard before the timer is.
    this.#beginAnewAfterStall(now)
    if (term === undefined || term.expiresAt <= now) return false
    term.expiresAt = now + term.ttlSeconds * 1_000
    return true
  }

  term(id: LeaseId): { readonly grantedTtl: number; readonly remainingMs: number } | undefined {
    const term = this.#terms.get(id)
    if (term === undefined) return undefined
    return { grantedTtl: term.ttlSeconds, remainingMs: Math.max(0, term.expiresAt - this.#clock.monotonic()) }
  }

  end(): void {
    this.#isEnded = true
    this.#timer?.cancel()
  }

  #arm(): void {
    const next = this.#turns.peek()
    if (next === undefined || this.#isEnded || next.at >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = next.at
    this.#timer = this.#clock.schedule(Math.max(0, next.at - this.#clock.monotonic()), () => this.#expire())
  }

  /** What would have been over by now had its holder still waiting; it may be over only once all could renew it. */
  #beginAnewAfterStall(now: number): void {
    if (now - this.#timerAt < stallMs) return
    for (const term of this.#terms.values()) {
      term.expiresAt = now + term.ttlSeconds * 1_000
      this.#turns.add({ id: term.id, at: term.expiresAt })
    }
    this.#timer?.cancel()
    this.#timerAt = Infinity
    this.#arm()
  }

  #expire(): void {
    const now = this.#clock.monotonic()
    this.#beginAnewAfterStall(now)
    this.#timerAt = Infinity
    for (let turn = this.#turns.peek(); turn !== undefined && turn.at <= now; turn = this.#turns.peek()) {
      const { id } = turn
      const { expiresAt } = this.#terms.get(id)!
      const isOver = expiresAt <= now
      this.#turns.add({ id, at: isOver ? now + retryMs : expiresAt })
      if (isOver) this.#onExpiry(id)
    }
    this.#arm()
  }
}
