/** Clients that ask a store for a workload's operations, and know from the model what it must answer. */
import type { Keyspace } from '#storage/keyspace.ts'
import type { SimClock } from '../clock.ts'
import type { SeededRandom } from '../random.ts'
import type { Model, ModelChange } from './model.ts'
import type { Change, Step, StoreOperation } from './operations.ts'

/** A value of this length has a log for itself. */
const rotatingBytes = 3_000
const leaseSeconds = 3_600

export interface Clients {
  readonly store: Keyspace
  readonly clock: SimClock
  readonly model: Model
  readonly random: SeededRandom
  /** Makes each value another. */
  serial: number
  /** Somebody was told of this moment of the model, or that history up to this revision is forgotten. */
  promise(moment: number, compaction?: number): void
}

/** Asks for all operations of a step, one shortly after the other, and waits for all answers. */
export async function perform(clients: Clients, step: Step): Promise<void> {
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
      // A snapshot shows the oldest kept revision, so the compaction has to end where a log ends. It ends with a
      // deletion, so that no key tells of the newest revision.
      await ask(clients, { type: 'rotate' })
      await change(clients, [{ type: 'put', key: '/gone', length: 20 }])
      await ask(clients, { type: 'rotate' })
      await change(clients, [{ type: 'delete', key: '/gone' }])
      await compact(clients, 0)
      for (let logs = 0; logs < 2; logs++) await ask(clients, { type: 'rotate' })
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
  promise(0, before)
}

async function change(clients: Clients, wanted: readonly Change[]): Promise<void> {
  const { store, model } = clients
  const changes = wanted
    .filter(({ type, key }) => type === 'put' || model.get(key) !== undefined)
    .map((each) => toModelChange(clients, each))
  const [only] = changes
  if (changes.length === 1 && (only!.type === 'delete' || only!.lease === 0n)) return await swap(clients, only!)
  const before = model.revision
  const answer = store.transact((state) => {
    for (const { key } of changes) {
      if (state.get(key)?.modRevision !== model.get(key)?.modRevision) throw new Error(`${key} is not what it was`)
    }
    return { operations: changes, result: state.nextRevision }
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
  const answer = store.grantLease(lease, leaseSeconds)
  const isNew = model.grant(lease)
  const moment = model.moments.length - 1
  if ((await answer === undefined) === isNew) throw new Error(`lease ${lease} was granted twice`)
  if (isNew) promise(moment)
}

async function revoke({ store, model, promise }: Clients, lease: bigint): Promise<void> {
  const answer = store.revokeLease(lease)
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
