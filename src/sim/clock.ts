/** Virtual time: nothing waits; when nobody has anything left to do, the clock jumps to the next timer. */
import type { Clock, Timer } from '#world/clock.ts'

export interface SimClock extends Clock {
  /** Lets everything run that is due within the next `ms`, and stops there. */
  advance(ms: number): Promise<void>
  /** Jumps from timer to timer until `work` settles. Rejects when work waits although no timer is left. */
  drive<T>(work: Promise<T>): Promise<T>
  /** Lets everything run that needs no time to pass. */
  settle(): Promise<void>
  /** The process is suspended: time passes, and what was due meanwhile has its turn only afterwards. */
  suspend(ms: number): void
  /** Moves the wall clock only, as an administrator or a time server would. */
  stepWallClock(ms: number): void
  /** How many timers are waiting. */
  readonly timers: number
}

/** Somebody sets timers that need no time, one after the other. */
export class TimeStands extends Error {}

interface Waiting {
  readonly due: number
  readonly order: number
  readonly callback: () => void
  cancelled: boolean
}

/** So many timers at one moment of virtual time are a loop. */
const atOnceMax = 100_000
/** Turns without a timer after which waiting work counts as stuck; real input and output needs a few. */
const patience = 1_000

/**
 * Time is a whole number of these, so that differences of times are exact and no timer is so short that it is due at
 * once for ever. A power of two, for doubles.
 */
const ticksPerMs = 1024

/** `start` is the wall clock's first reading, in milliseconds since the epoch. */
export function createSimClock(start = Date.UTC(2026, 0, 1)): SimClock {
  const heap: Waiting[] = []
  let elapsed = 0
  let wallOffset = start
  let order = 0

  const schedule = (ms: number, callback: () => void): Timer => {
    const waiting: Waiting = {
      due: elapsed + Math.ceil(Math.max(0, ms) * ticksPerMs) / ticksPerMs,
      order: order++,
      callback,
      cancelled: false,
    }
    push(heap, waiting)
    return { cancel: () => { waiting.cancelled = true } }
  }
  const next = (): Waiting | undefined => {
    while (heap[0]?.cancelled === true) pop(heap)
    return heap[0]
  }
  const fire = (waiting: Waiting): void => {
    pop(heap)
    elapsed = Math.max(elapsed, waiting.due)
    waiting.callback()
  }

  return {
    now: () => Math.floor(wallOffset + elapsed),
    monotonic: () => elapsed,
    schedule,
    sleep(ms, signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason)
      return new Promise((resolve, reject) => {
        const stop = (): void => { timer.cancel(); reject(signal!.reason) }
        const timer = schedule(ms, () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        })
        signal?.addEventListener('abort', stop, { once: true })
      })
    },
    async advance(ms) {
      const until = elapsed + ms
      await turn()
      for (let waiting = next(); waiting !== undefined && waiting.due <= until; waiting = next()) {
        fire(waiting)
        await turn()
      }
      elapsed = until
    },
    async drive(work) {
      let isSettled = false
      const settled = (): void => { isSettled = true }
      work.then(settled, settled)
      let idle = 0
      let atOnce = 0
      for (await turn(); !isSettled; await turn()) {
        const waiting = next()
        atOnce = waiting !== undefined && waiting.due <= elapsed ? atOnce + 1 : 0
        if (atOnce > atOnceMax) {
          throw new TimeStands(`time stands still at ${elapsed} ms: a timer without a wait is set again and again`)
        }
        if (waiting !== undefined) fire(waiting)
        idle = waiting === undefined ? idle + 1 : 0
        if (idle > patience) throw new Error('the work waits for something that no timer will bring')
      }
      return work
    },
    settle: turn,
    suspend(ms) { elapsed += ms },
    stepWallClock(ms) { wallOffset += ms },
    get timers() { return heap.filter((waiting) => !waiting.cancelled).length },
  }
}

/**
 * Resolves after all microtasks, and theirs, have run. Waking a waiter on shared memory is the language's own way to
 * be called back by the platform's event loop; promises alone would be called too early.
 */
async function turn(): Promise<void> {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  const { value } = Atomics.waitAsync(cell, 0, 0)
  Atomics.notify(cell, 0)
  await value
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}

function push(heap: Waiting[], item: Waiting): void {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >>> 1
    if (!isBefore(item, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = item
}

function pop(heap: Waiting[]): void {
  const item = heap.pop()!
  if (heap.length === 0) return
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
    if (!isBefore(heap[child]!, item)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = item
}
