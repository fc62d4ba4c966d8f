/**
 * A process of the simulated world: it reads the clock, waits, talks and logs until it is killed; then nothing it does
 * has any effect.
 */
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'

export interface SimProcess {
  /** Its machine's clock. Timers of a process that was killed never fire. */
  readonly clock: Clock
  readonly log: Log
  /** Aborted by `stop` and, after everything else, by `kill`. */
  readonly signal: AbortSignal
  readonly isAlive: boolean
  /**
   * Waits for what is outside of the process, or answers it: neither outlives it. Rejects with `ConnectionLost`
   * for those outside.
   */
  guard<T>(promise: Promise<T>): Promise<T>
  /** As kill -9 does. */
  kill(): void
  /** As a polite termination does: the process may still write. */
  stop(): void
}

/** What a client sees when the other side, or the way to it, goes away. The outcome of a call is then unknown. */
export class ConnectionLost extends Error {}

export function startProcess(name: string, clock: Clock, log: Log): SimProcess {
  const stop = new AbortController()
  const waiting = new Set<(error: Error) => void>()
  let isAlive = true
  const ifAlive = (work: () => void): void => { if (isAlive) work() }
  const own: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    schedule: (ms, callback) => clock.schedule(ms, () => ifAlive(callback)),
    sleep: (ms, signal) => new Promise((resolve, reject) => {
      clock.sleep(ms, signal).then(() => ifAlive(resolve), (error: unknown) => ifAlive(() => reject(error)))
    }),
  }
  return {
    clock: own,
    log: onlyWhile(() => isAlive, log.named(name)),
    signal: stop.signal,
    get isAlive() { return isAlive },
    guard: <T>(promise: Promise<T>) => new Promise<T>((resolve, reject) => {
      if (!isAlive) {
        promise.catch(() => {})
        reject(new ConnectionLost(`connect ECONNREFUSED: ${name} does not run`))
        return
      }
      waiting.add(reject)
      promise.then(
        (value) => {
          if (waiting.delete(reject)) resolve(value)
        },
        (error: unknown) => {
          if (waiting.delete(reject)) reject(error)
        },
      )
    }),
    kill() {
      if (!isAlive) return
      isAlive = false
      for (const reject of waiting) reject(new ConnectionLost(`read ECONNRESET: ${name} was killed`))
      waiting.clear()
      stop.abort(new Error(`${name} was killed`))
    },
    stop: () => stop.abort(new Error(`${name} stops`)),
  }
}

function onlyWhile(isAlive: () => boolean, log: Log): Log {
  return {
    error(message, fields) { if (isAlive()) log.error(message, fields) },
    warn(message, fields) { if (isAlive()) log.warn(message, fields) },
    info(message, fields) { if (isAlive()) log.info(message, fields) },
    debug(message, fields) { if (isAlive()) log.debug(message, fields) },
    named: (component) => onlyWhile(isAlive, log.named(component)),
  }
}
