/** Runs a workload on a store over a simulated disk; keeps every change of the disk and all that was promised. */
import type { Keyspace } from '#storage/keyspace.ts'
import { openEmbeddedStore, type EmbeddedStoreOptions } from '#storage/embedded/embedded-store.ts'
import type { Disk } from '#world/disk.ts'
import { silentLog } from '#world/log.ts'
import { perform, type Clients } from './clients.ts'
import { createSimClock, type SimClock } from '../clock.ts'
import { createSimDisk } from '../disk.ts'
import type { DiskCall } from '../platter.ts'
import { seededRandom } from '../random.ts'
import { unevenly } from './intercepted-disk.ts'
import { createModel, type Model } from './model.ts'
import type { Step } from './operations.ts'

/** So small that a few changes fill a log, and a few logs bring a snapshot. */
export const tiny: EmbeddedStoreOptions = {
  firstSegmentBytes: 4_096,
  segmentBytes: 4_096,
  snapshotAfterBytes: 4_096,
  historyChanges: 24,
  groupBytes: 1_500,
}

const storeDirectory = '/store'

/** What the store has promised so far: all of it must survive. */
export interface Promised {
  /** The index of the newest moment of the model that somebody was told of. */
  readonly moment: number
  /** The newest revision that readers could see. */
  readonly revision: number
  /** The newest revision up to which a compaction was acknowledged. */
  readonly compaction: number
}

export const nothingPromised: Promised = { moment: 0, revision: 1, compaction: 0 }

export interface RecordedCall {
  readonly call: DiskCall
  /** Before the call took effect. */
  readonly promised: Promised
  /** How many moments the model had when the call was made: later ones were not even asked for. */
  readonly moments: number
}

export interface Recording {
  readonly calls: readonly RecordedCall[]
  readonly model: Model
  readonly promised: Promised
  /** The first call that was made after the preamble. */
  readonly firstCall: number
}

export function openStore(disk: Disk, clock: SimClock, options = tiny): Promise<Keyspace> {
  return openEmbeddedStore({ disk, directory: storeDirectory, clock, log: silentLog, options })
}

/** Keeps the highest of all promises. */
export function addPromise(promised: Promised, moment: number, compaction: number): Promised {
  return {
    ...promised,
    moment: Math.max(promised.moment, moment),
    compaction: Math.max(promised.compaction, compaction),
  }
}

/** Runs all steps to the end and closes the store. Throws if the store's answers are not the model's. */
export async function record(
  seed: string, steps: readonly Step[], preamble: readonly Step[] = [],
): Promise<Recording> {
  const random = seededRandom(`record ${seed}`)
  const calls: RecordedCall[] = []
  const disk = createSimDisk()
  const model = createModel()
  let promised = nothingPromised
  let store: Keyspace | undefined
  const see = (): void => {
    if (store !== undefined) promised = { ...promised, revision: Math.max(promised.revision, store.revision) }
  }
  disk.onChange = (call) => {
    see()
    const kept = call.type === 'write' ? { ...call, bytes: call.bytes.slice() } : call
    calls.push({ call: kept, promised, moments: model.moments.length })
  }
  const clock = createSimClock()
  store = await openStore(unevenly(disk, random), clock)
  const clients: Clients = {
    store, clock, model, random,
    serial: 0,
    promise(moment, compaction = 0) {
      promised = addPromise(promised, moment, compaction)
      see()
    },
  }
  for (const step of preamble) await perform(clients, step)
  const firstCall = preamble.length === 0 ? 0 : calls.length
  for (const step of steps) await perform(clients, step)
  await store[Symbol.asyncDispose]()
  return { calls, model, promised, firstCall }
}
