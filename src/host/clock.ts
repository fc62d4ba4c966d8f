/** The machine's clocks and timers. */
import type { Clock, Timer } from '#world/clock.ts'

/** What one platform timer can hold; longer ones are made of several. */
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule,
  sleep(ms, signal) {
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        timer.cancel()
        reject(signal!.reason)
      }
      const timer = schedule(ms, () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      })
      signal?.addEventListener('abort', stop, { once: true })
    })
  },
}

function schedule(ms: number, callback: () => void): Timer {
  if (ms <= 0) {
    // A timer would wait for a millisecond. This runs once everything that is ready now has had its turn.
    const immediate = setImmediate(callback)
    return { cancel: () => clearImmediate(immediate) }
  }
  let left = ms
  let timeout: NodeJS.Timeout
  const wait = (): void => {
    const part = Math.min(left, longestTimerMs)
    left -= part
    timeout = setTimeout(left > 0 ? wait : callback, part)
  }
  wait()
  return { cancel: () => clearTimeout(timeout) }
}
