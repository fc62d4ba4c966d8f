/** A clock for unit tests that moves only when it is told to. */
import type { Clock, Timer } from '#world/clock.ts'

interface Entry {
  readonly at: number
  readonly sequence: number
  readonly callback: () => void
}

export interface ManualClock extends Clock {
  /** Moves on by `ms`, firing what is due in order and letting everything that follows from it happen. */
  advance(ms: number): Promise<void>
  /** Lets promises run without moving time. */
  settle(): Promise<void>
  readonly pendingTimers: number
}

const start = Date.UTC(2026, 0, 1)
const turnsPerSettle = 200

export function createManualClock(startMs: number = start): ManualClock {
  let elapsed = 0
  let sequence = 0
  const timers = new Set<Entry>()

  const schedule = (ms: number, callback: () => void): Timer => {
    const entry = { at: elapsed + Math.max(0, ms), sequence: sequence++, callback }
    timers.add(entry)
    return { cancel: () => { timers.delete(entry) } }
  }
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < turnsPerSettle; turn++) await Promise.resolve()
  }
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    schedule,
    sleep: (ms, signal) => new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = (): void => {
        timer.cancel()
        reject(signal!.reason)
      }
      const timer = schedule(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
    settle,
    async advance(ms) {
      const until = elapsed + ms
      await settle()
      for (;;) {
        const due = [...timers]
          .filter((timer) => timer.at <= until)
          .toSorted((a, b) => a.at - b.at || a.sequence - b.sequence)[0]
        if (!due) break
        elapsed = Math.max(elapsed, due.at)
        timers.delete(due)
        due.callback()
        await settle()
      }
      elapsed = until
      await settle()
    },
    get pendingTimers() { return timers.size },
  }
}
