/** Opens a store on what a crash has left, and compares all that it says with what was promised. */
import type { Keyspace, KeyspaceEntry } from '#storage/keyspace.ts'
import type { Entry, StoreEvent } from '#storage/store.ts'
import { createSimClock, type SimClock } from '../clock.ts'
import { createSimDisk } from '../disk.ts'
import type { Model, ModelEvent, ModelVersion } from './model.ts'
import { openStore, type Promised } from './recording.ts'

export interface Expectation {
  readonly model: Model
  readonly promised: Promised
  /** How many of the model's moments there can be. */
  readonly moments: number
}

const everything = { start: '', end: '\uffff' }
const enough = new Error('all that there is has come')

/** A sentence if the store breaks a promise. `isThorough` also reads all history, writes on, and crashes again. */
export async function verify(
  files: ReadonlyMap<string, Uint8Array>, expected: Expectation, isThorough: boolean,
): Promise<string | undefined> {
  const disk = createSimDisk(files)
  const clock = createSimClock()
  let store: Keyspace
  try {
    store = await openStore(disk, clock)
  } catch (error) {
    return `the store does not start: ${error instanceof Error ? error.stack : String(error)}`
  }
  const problem = compare(store, expected)
  if (problem !== undefined || !isThorough) return problem
  return await compareHistory(store, expected.model, clock) ?? await goOn(store, disk)
}

/** The newest state is one that the model had, and not older than what was promised. */
function compare(store: Keyspace, { model, promised, moments }: Expectation): string | undefined {
  const { revision, compactedRevision } = store
  if (revision < promised.revision) return `readers saw revision ${promised.revision}; the store is at ${revision}`
  const oldest = model.moments[promised.moment]!
  if (revision < oldest.revision) return `revision ${oldest.revision} was acknowledged; the store is at ${revision}`
  if (revision > model.moments[moments - 1]!.revision) return `revision ${revision} was never given`
  if (compactedRevision > revision) return `compacted to ${compactedRevision}, which is beyond ${revision}`
  if (compactedRevision < promised.compaction) {
    return `the compaction to ${promised.compaction} was acknowledged; the store goes back to ${compactedRevision}`
  }
  const problem = compareEntries(store.current().list(everything), model.entriesAt(revision))
  if (problem !== undefined) return `at revision ${revision}: ${problem}`
  return compareLeases(store, { model, promised, moments })
}

function compareLeases(store: Keyspace, { model, promised, moments }: Expectation): string | undefined {
  const leases = store.leases()
  for (let at = promised.moment; at < moments; at++) {
    const moment = model.moments[at]!
    if (moment.revision !== store.revision || moment.leases.size !== leases.length) continue
    if (leases.every((lease) => moment.leases.has(lease))) return compareLeasedKeys(store)
  }
  return `the leases are ${leases.join(', ') || 'none'}, as they never were at revision ${store.revision}`
}

function compareLeasedKeys(store: Keyspace): string | undefined {
  const entries = store.current().list(everything)
  for (const id of store.leases()) {
    const expected = entries.filter(({ lease }) => lease === id).map(({ key }) => key).join(' ')
    const keys = store.lease(id)!.keys.toSorted().join(' ')
    if (keys !== expected) return `lease ${id} holds ${keys || 'nothing'} instead of ${expected || 'nothing'}`
  }
  return undefined
}

function compareEntries(entries: readonly KeyspaceEntry[], expected: readonly ModelVersion[]): string | undefined {
  if (entries.length !== expected.length) {
    return `${names(entries)} are there instead of ${names(expected)}`
  }
  for (const [at, entry] of entries.entries()) {
    const problem = differs(entry, expected[at]!)
    if (problem !== undefined) return problem
  }
  return undefined
}

function differs(entry: KeyspaceEntry, expected: ModelVersion): string | undefined {
  if (entry.key !== expected.key) return `${entry.key} is there instead of ${expected.key}`
  for (const field of ['createRevision', 'modRevision', 'version', 'lease'] as const) {
    if (entry[field] !== expected[field]) return `${entry.key}: ${field} is ${entry[field]} instead of ${expected[field]}`
  }
  return isEqual(entry.value, expected.value!) ? undefined : `${entry.key} has another value`
}

/** Every kept revision can be read, and a watch from the oldest tells all that came after it, and what was before. */
async function compareHistory(store: Keyspace, model: Model, clock: SimClock): Promise<string | undefined> {
  const { compactedRevision, revision } = store
  for (let at = compactedRevision; at < revision; at++) {
    const view = await store.read(at)
    const problem = compareEntries(view.list(everything), model.entriesAt(at))
    if (problem !== undefined) return `reading revision ${at}: ${problem}`
  }
  const expected = model.events(compactedRevision, revision)
  if (expected.length === 0) return undefined
  const stop = new AbortController()
  const seen: StoreEvent[] = []
  const telling = (async () => {
    for await (const batch of store.watch(everything, compactedRevision, { signal: stop.signal })) seen.push(...batch)
  })()
  // What is in the history comes without any wait.
  await clock.settle()
  stop.abort(enough)
  await telling
  return compareEvents(seen, expected)
}

function compareEvents(seen: readonly StoreEvent[], expected: readonly ModelEvent[]): string | undefined {
  if (seen.length !== expected.length) return `${seen.length} changes are told instead of ${expected.length}`
  for (const [at, { type, entry, previous }] of seen.entries()) {
    const { now, previous: before } = expected[at]!
    const what = `the change of ${now.key} at ${now.modRevision}`
    if (entry.key !== now.key || entry.modRevision !== now.modRevision) {
      return `${entry.key} at ${entry.modRevision} is told instead of ${what}`
    }
    if ((type === 'delete') !== (now.value === undefined)) return `${what} is told as a ${type}`
    if (now.value !== undefined && !isEqual(entry.value, now.value)) return `${what} is told with another value`
    if (before?.modRevision !== previous?.modRevision) return `${what} is told with another version before it`
    if (before !== undefined && !isEqual(previous!.value, before.value!)) return `${what} is told with another old value`
  }
  return undefined
}

/** Revisions go on without being used again, and a second crash does no harm. */
async function goOn(store: Keyspace, disk: ReturnType<typeof createSimDisk>): Promise<string | undefined> {
  const { revision } = store
  const answer = await store.swap('/after', 0, { type: 'put', value: new TextEncoder().encode('x') })
  if (answer.type !== 'swapped' || answer.revision !== revision + 1) {
    return `the next change after ${revision} got revision ${answer.revision}`
  }
  const before = names(store.current().list(everything))
  disk.crash({ type: 'nothing' })
  const again = await openStore(disk, createSimClock())
  if (again.revision !== revision + 1) return `a second crash loses revision ${revision + 1}`
  const after = names(again.current().list(everything))
  return after === before ? undefined : `after a second crash ${after} are there instead of ${before}`
}

function names(entries: readonly (Entry | ModelVersion)[]): string {
  return entries.map(({ key, modRevision }) => `${key}@${modRevision}`).join(' ') || 'no keys'
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
