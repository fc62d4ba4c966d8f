/** Runs a workload on a store over a simulated disk; keeps every change of the disk and all that was promised. */
import type { Keyspace, Operation } from '#storage/keyspace.ts'
import type { Store } from '#storage/store.ts'
import { openEmbeddedStore, type EmbeddedStoreOptions } from '#storage/embedded/embedded-store.ts'
import type { Disk, DiskFile } from '#world/disk.ts'
import { silentLog } from '#world/log.ts'
import { createSimClock, type SimClock } from '../clock.ts'
import { createSimDisk, type SimDisk } from '../disk.ts'
import type { DiskCall } from '../platter.ts'
import { seededRandom, type SeededRandom } from '../random.ts'
import { createModel, type Model, type ModelChange } from './model.ts'
import type { Change, Step, StoreOperation } from './operations.ts'

/** So small that a few changes fill a log, and a few logs bring a snapshot. */
export const tiny: EmbeddedStoreOptions = {
  firstSegmentBytes: 4_096,
  segmentBytes: 4_096,
  snapshotAfterBytes: 4_096,
  historyChanges: 24,
  groupBytes: 1_500,
}

/** A value of this length has a log for itself. */
const rotatingBytes = 3_000
const leaseSeconds = 3_600
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

/** Whoever opens a store for a test, with what the machine must have for it. */
export function openStore(disk: Disk, clock: SimClock): Promise<Store> {
  return openEmbeddedStore({ disk, directory: storeDirectory, clock, log: silentLog, options: tiny })
}

/** Runs all steps to the end and closes the store. Throws if the store's answers are not the model's. */
export async function record(
  seed: string, steps: readonly Step[], preamble: readonly Step[] = [],
): Promise<Recording> {
  const random = seededRandom(`record ${seed}`)
  const calls: RecordedCall[] = []
  const disk = createSimDisk()
  const model = createModel()
  let promised: Promised = { moment: 0, revision: 1, compaction: 0 }
  let store: Store | undefined
  const see = (): void => {
    if (store !== undefined) promised = { ...promised, revision: Math.max(promised.revision, store.revision) }
  }
  disk.onChange = (call) => {
    see()
    calls.push({
      call: call.type === 'write' ? { ...call, bytes: call.bytes.slice() } : call, promised,
      moments: model.moments.length,
    })
  }
  const clock = createSimClock()
  store = await openStore(unevenly(disk, random), clock)
  const clients: Clients = {
    store, clock, model, random,
    serial: 0,
    promise(moment, compaction = 0) {
      promised = {
        ...promised, moment: Math.max(promised.moment, moment), compaction: Math.max(promised.compaction, compaction),
      }
      see()
    },
  }
  for (const step of preamble) await perform(clients, step)
  const firstCall = preamble.length === 0 ? 0 : calls.length
  for (const step of steps) await perform(clients, step)
  await store[Symbol.asyncDispose]()
  return { calls, model, promised, firstCall }
}

interface Clients {
  readonly store: Store
  readonly clock: SimClock
  readonly model: Model
  readonly random: SeededRandom
  /** Makes each value another. */
  serial: number
  promise(moment: number, compaction?: number): void
}

/** Asks for all operations of a step, one shortly after the other, and waits for all answers. */
async function perform(clients: Clients, step: Step): Promise<void> {
  const answers: Promise<void>[] = []
  for (const operation of step) {
    answers.push(ask(clients, operation))
    for (let ticks = step.length > 1 ? clients.random.below(8) : 0; ticks > 0; ticks--) await Promise.resolve()
  }
  await Promise.all(answers)
}

async function ask(clients: Clients, operation: StoreOperation): Promise<void> {
  const { store, clock } = clients
  switch (operation.type) {
    case 'put':
    case 'delete': return change(clients, [operation])
    case 'transaction': return change(clients, operation.changes)
    case 'compact': return compact(clients, operation.keep)
    case 'rotate': return change(clients, [{ type: 'put', key: '/rotate', length: rotatingBytes }])
    case 'snapshot':
      await compact(clients, 0)
      for (let logs = 0; logs < 3; logs++) await ask(clients, { type: 'rotate' })
      // The store takes it in the background.
      await clock.settle()
      return
    case 'grant': return grant(clients, BigInt(operation.lease))
    case 'revoke': return revoke(clients, BigInt(operation.lease))
    case 'rest':
      if (store.revision > 0) await clock.advance(2_000)
  }
}

async function compact({ store, promise }: Clients, keep: number): Promise<void> {
  const before = Math.max(store.compactedRevision, store.revision - keep)
  await store.compact(before)
  promise(0, 'transact' in store ? before : 0)
}

async function change(clients: Clients, wanted: readonly Change[]): Promise<void> {
  const { store, model } = clients
  const changes = wanted
    .filter(({ type, key }) => type === 'put' || model.get(key) !== undefined)
    .map((each) => toModelChange(clients, each))
  const [only] = changes
  if (changes.length === 1 && (only!.type === 'delete' || only!.lease === 0n)) return await swap(clients, only!)
  if (!('transact' in store)) {
    await Promise.all(changes.map((each) => swap(clients, { ...each, lease: 0n } as ModelChange)))
    return
  }
  const before = model.revision
  const answer = (store as Keyspace).transact((state) => {
    for (const { key } of changes) {
      if (state.get(key)?.modRevision !== model.get(key)?.modRevision) throw new Error(`${key} is not what it was`)
    }
    return { operations: changes satisfies readonly Operation[], result: state.nextRevision }
  })
  model.commit(changes)
  const moment = model.moments.length - 1
  const { revision } = await answer
  if (changes.length > 0 && revision !== before + 1) throw new Error(`revision ${revision} came after ${before}`)
  clients.promise(moment)
}

async function swap({ store, model, promise }: Clients, only: ModelChange): Promise<void> {
  const ifRevision = model.get(only.key)?.modRevision ?? 0
  const answer = store.swap(only.key, ifRevision, only)
  model.commit([only])
  const moment = model.moments.length - 1
  const result = await answer
  if (result.type !== 'swapped') throw new Error(`lost a race for ${only.key} that nobody else ran`)
  promise(moment)
}

async function grant({ store, model, promise }: Clients, lease: bigint): Promise<void> {
  if (!('transact' in store)) return
  const answer = (store as Keyspace).grantLease(lease, leaseSeconds)
  const isNew = model.grant(lease)
  const moment = model.moments.length - 1
  if ((await answer === undefined) === isNew) throw new Error(`lease ${lease} was granted twice`)
  if (isNew) promise(moment)
}

async function revoke({ store, model, promise }: Clients, lease: bigint): Promise<void> {
  if (!('transact' in store)) return
  const answer = (store as Keyspace).revokeLease(lease)
  const wasThere = model.revoke(lease)
  const moment = model.moments.length - 1
  if (await answer !== wasThere) throw new Error(`lease ${lease} was not what it should be`)
  if (wasThere) promise(moment)
}

function toModelChange(clients: Clients, wanted: Change): ModelChange {
  if (wanted.type === 'delete') return wanted
  const lease = BigInt(wanted.lease ?? 0)
  return {
    type: 'put', key: wanted.key, value: valueOf(clients.serial++, wanted.length),
    lease: clients.model.leases.has(lease) ? lease : 0n,
  }
}

/** No two are equal, and none has a sector of zeros. */
function valueOf(serial: number, length: number): Uint8Array {
  return new TextEncoder().encode(`${serial}:`.padEnd(Math.max(length, 8), `${serial % 10}`))
}

/** The same disk, each call of which takes effect a little later, so that different parts' calls overtake each other. */
function unevenly(disk: SimDisk, random: SeededRandom): Disk {
  const after = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let ticks = random.below(6); ticks > 0; ticks--) await Promise.resolve()
    return work()
  }
  const uneven: Disk = {
    open: async (path, mode, signal) => unevenFile(await after(() => disk.open(path, mode, signal)), after),
    list: (directory, signal) => after(() => disk.list(directory, signal)),
    makeDirectory: (path) => after(() => disk.makeDirectory(path)),
    rename: (source, target) => after(() => disk.rename(source, target)),
    remove: (path) => after(() => disk.remove(path)),
    syncDirectory: (path) => after(() => disk.syncDirectory(path)),
    lock: (path) => disk.lock(path),
    crc32: disk.crc32,
  }
  return uneven
}

function unevenFile(file: DiskFile, after: <T>(work: () => Promise<T>) => Promise<T>): DiskFile {
  const uneven: DiskFile = {
    path: file.path,
    size: () => file.size(),
    read: (offset, length, signal) => after(() => file.read(offset, length, signal)),
    write: (offset, bytes, signal) => after(() => file.write(offset, bytes, signal)),
    async writeDurably(offset, bytes) {
      await uneven.write(offset, bytes)
      await uneven.datasync()
    },
    preallocate: (length, signal) => after(() => file.preallocate(length, signal)),
    truncate: (length) => after(() => file.truncate(length)),
    datasync: () => after(() => file.datasync()),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
  return uneven
}
