/** The wall clock of one machine of the simulation, which may be wrong by itself. */
import type { Clock } from '#world/clock.ts'

export interface MachineClock extends Clock {
  /** Moves what `now` says, as an administrator or a time server would. `monotonic` goes on as before. */
  step(ms: number): void
  /** How far it is off, in milliseconds. */
  readonly offsetMs: number
}

export function machineClock(clock: Clock): MachineClock {
  let offsetMs = 0
  return {
    now: () => clock.now() + offsetMs,
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    schedule: (ms, callback) => clock.schedule(ms, callback),
    step(ms) { offsetMs += ms },
    get offsetMs() { return offsetMs },
  }
}
