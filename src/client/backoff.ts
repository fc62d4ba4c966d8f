/** Waiting longer after each failure, with chance in it so that many clients do not come back at the same moment. */
import type { Clock } from '#world/clock.ts'
import type { Random } from '#world/random.ts'

export interface BackoffOptions {
  readonly initialMs: number
  readonly maxMs: number
  readonly factor: number
  /** Up to this share of the wait is added on top. */
  readonly jitter: number
  /** So long without a failure, and the next wait is the initial one again. */
  readonly resetMs: number
}

/** client-go's reflector: 0.8 s doubling to 30 s, up to twice that with jitter, forgotten after two minutes. */
export const reflectorBackoff: BackoffOptions = {
  initialMs: 800,
  maxMs: 30_000,
  factor: 2,
  jitter: 1,
  resetMs: 120_000,
}

export interface Backoff {
  /** How long to wait now, in milliseconds; counts as a failure. */
  nextMs(): number
  reset(): void
}

export function createBackoff(options: BackoffOptions, clock: Clock, random: Random): Backoff {
  let waitMs = options.initialMs
  let lastFailure = clock.monotonic()
  return {
    nextMs() {
      const now = clock.monotonic()
      if (now - lastFailure > options.resetMs) waitMs = options.initialMs
      const chosen = waitMs * (1 + random.next() * options.jitter)
      lastFailure = now + chosen
      waitMs = Math.min(options.maxMs, waitMs * options.factor)
      return chosen
    },
    reset() {
      waitMs = options.initialMs
    },
  }
}
