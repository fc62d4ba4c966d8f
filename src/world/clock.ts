/** Time, as everything outside host/ knows it. The simulator's clock jumps; nobody may read another. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. It may step either way; never order events by it. */
  now(): number
  /** Milliseconds since some fixed point; never goes back. For measuring and for timeouts. */
  monotonic(): number
  /**
   * Resolves after `ms` (any length: longer than a platform timer can hold is split). Rejects with the signal's
   * reason when aborted.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `callback` once after `ms` unless the returned timer is cancelled first. */
  schedule(ms: number, callback: () => void): Timer
}

export interface Timer {
  cancel(): void
}
