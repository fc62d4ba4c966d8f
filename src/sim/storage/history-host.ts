/** A machine on which a store runs, dies, and is started again, on a disk that may be slow or fail. */
import type { Keyspace } from '#storage/keyspace.ts'
import type { EmbeddedStoreOptions } from '#storage/embedded/embedded-store.ts'
import { DiskError, type Disk } from '#world/disk.ts'
import type { SimClock } from '../clock.ts'
import { createSimDisk, type CrashOutcome } from '../disk.ts'
import type { SeededRandom } from '../random.ts'
import { interceptDisk } from './intercepted-disk.ts'
import { openStore } from './recording.ts'

/** One process from its start to its death. */
export interface Life {
  readonly store: Keyspace
  /** Aborts with the process. */
  readonly signal: AbortSignal
}

export interface HistoryHost {
  /** Undefined while no process runs. */
  readonly life: Life | undefined
  /** Resolves as soon as a process runs, or when none will any more. */
  readonly started: Promise<void>
  /** How often the store was opened. */
  readonly lives: number
  /** Starts the store, and again whenever it has died, until the signal aborts; then closes it in order. */
  run(signal: AbortSignal): Promise<void>
  crash(outcome: CrashOutcome): void
  /** The next write or sync fails, and with it the store. */
  failNext(): void
  /** Each call takes up to so many milliseconds from now on. */
  slowDown(ms: number): void
}

const restartMs = 50

export function createHost(clock: SimClock, random: SeededRandom, options: EmbeddedStoreOptions): HistoryHost {
  const disk = createSimDisk()
  let life: (Life & { readonly end: AbortController }) | undefined
  let lives = 0
  let slowness = 0
  let isFailing = false
  /** The one that runs or starts. */
  let owner = { isDead: true }
  let starting = Promise.withResolvers<void>()
  const diskOf = (process: typeof owner): Disk => interceptDisk(disk, async ({ operation, path }, work) => {
    if (slowness > 0) await clock.sleep(random.next() * slowness)
    // Its timers and what it waited for go on here, as they would not in a real one; but it reaches no disk any more.
    if (process.isDead && operation !== 'close') throw new DiskError('failed', `${path}: the process has died`)
    if (isFailing && (operation === 'write' || operation === 'datasync')) {
      isFailing = false
      throw new DiskError('failed', `${path}: planted`)
    }
    return await work()
  })
  const die = (outcome: CrashOutcome): void => {
    owner.isDead = true
    disk.crash(outcome)
    isFailing = false
    const ended = life
    if (life !== undefined) starting = Promise.withResolvers()
    life = undefined
    ended?.end.abort(new Error('the process died'))
  }
  /** Resolves when the process has died, or when it is to end. */
  const live = async (signal: AbortSignal): Promise<void> => {
    const end = new AbortController()
    // Whoever runs the store exits when its disk has failed.
    const onFailure = (): void => die(random.chance(0.5) ? { type: 'process' } : { type: 'random', random })
    const process = owner = { isDead: false }
    const store = await openStore(diskOf(process), clock, {
      ...options, onFailure: () => { if (!process.isDead) onFailure() },
    })
    if (process.isDead) return
    lives++
    life = { store, signal: end.signal, end }
    starting.resolve()
    const over = Promise.withResolvers<void>()
    const ended = AbortSignal.any([signal, end.signal])
    ended.addEventListener('abort', () => over.resolve())
    // All may have come to its end while the store was opened.
    if (!ended.aborted) await over.promise
  }
  return {
    get life() { return life },
    get started() { return starting.promise },
    get lives() { return lives },
    async run(signal) {
      while (!signal.aborted) {
        await live(signal).catch((error: unknown) => {
          if (!(error instanceof DiskError)) throw error
        })
        if (!signal.aborted) await clock.sleep(restartMs)
      }
      isFailing = false
      await life?.store[Symbol.asyncDispose]()
      life = undefined
      starting.resolve()
    },
    crash: die,
    failNext() { isFailing = true },
    slowDown(ms) { slowness = ms },
  }
}
