/** Clients and watchers that use a store at the same time and write down all that they see of it. */
import type { Keyspace, Operation } from '#storage/keyspace.ts'
import {
  Compacted,
  FutureRevision,
  prefixRange,
  StoreFailed,
  WatchOverflow,
  type Entry,
  type KeyRange,
  type StoreEvent,
} from '#storage/store.ts'
import type { SimClock } from '../clock.ts'
import type { SeededRandom } from '../random.ts'
import type { Answered, Asked, Call, Held } from './history.ts'
import type { HistoryHost, Life } from './history-host.ts'
import type { SeenEvent, WatchSession } from './watch-guarantees.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const everything: KeyRange = { start: '', end: '\uffff' }
const ranges: readonly KeyRange[] = [
  everything, prefixRange('/a/'), prefixRange('/b/'), { start: '/a/1', end: '/a/1\0' }, { start: '/a/2', end: '/b/1' },
]
const retryMs = 100

/** Where everybody writes down what they see. */
export interface Notebook {
  readonly calls: Call[]
  readonly sessions: WatchSession[]
  /** Counts events, so that no two have the same time. */
  tick(): number
}

export interface Surroundings {
  readonly host: HistoryHost
  readonly clock: SimClock
  readonly notebook: Notebook
  readonly signal: AbortSignal
}

/** Asks for `count` operations, one after the other, with pauses that are mostly short. */
export async function runClient(
  client: number, count: number, { host, clock, notebook }: Surroundings, random: SeededRandom,
): Promise<void> {
  for (let left = count; left > 0;) {
    await clock.sleep(random.chance(0.95) ? random.next() * 4 : random.next() * 2_400_000)
    const { life } = host
    if (life === undefined) {
      await clock.sleep(retryMs)
      continue
    }
    left--
    const asked = choose(life.store, `${client}.${left}`, random)
    const calledAt = notebook.tick()
    const answered = await ask(life.store, asked, random).catch((error: unknown) => {
      if (error instanceof StoreFailed) return undefined
      throw error
    })
    notebook.calls.push({ client, asked, calledAt, returnedAt: answered ? notebook.tick() : Infinity, answered })
  }
}

/** What to do, mostly on what is there now, sometimes on what is long past. `serial` makes values unique. */
function choose(store: Keyspace, serial: string, random: SeededRandom): Asked {
  const luck = random.next()
  if (luck < 0.3) return { type: 'get', key: randomKey(random) }
  if (luck < 0.35) return { type: 'list' }
  const guards = new Map<string, number>()
  const changes = new Map<string, string | undefined>()
  for (let left = luck < 0.75 ? 1 : 1 + random.below(3); left > 0; left--) {
    const key = randomKey(random)
    const now = store.current().get(key)?.modRevision ?? 0
    const guard = random.chance(0.1) ? Math.max(0, now - 1) : now
    guards.set(key, guard)
    changes.set(key, guard > 0 && random.chance(0.3) ? undefined : `${serial}.${key}`)
  }
  return { type: 'change', guards, changes }
}

function randomKey(random: SeededRandom): string {
  return `/${random.pick(['a', 'b', 'c'])}/${random.below(3)}`
}

async function ask(store: Keyspace, asked: Asked, random: SeededRandom): Promise<Answered> {
  if (asked.type !== 'change') {
    const view = await store.read()
    const entries = asked.type === 'list' ? view.list(everything) : [view.get(asked.key)]
    return { type: 'read', revision: view.revision, held: heldOf(entries) }
  }
  const [only] = asked.changes
  return asked.changes.size === 1 && random.chance(0.7)
    ? await swap(store, only![0], asked.guards.get(only![0])!, only![1])
    : await transact(store, asked.guards, asked.changes)
}

async function swap(store: Keyspace, key: string, guard: number, value: string | undefined): Promise<Answered> {
  const then = value === undefined ? { type: 'delete' } as const
    : { type: 'put', value: encoder.encode(value) } as const
  const result = await store.swap(key, guard, then)
  if (result.type === 'swapped') return { type: 'changed', revision: result.revision }
  return { type: 'refused', revision: result.revision, held: heldOf([result.current]) }
}

async function transact(
  store: Keyspace, guards: ReadonlyMap<string, number>, changes: ReadonlyMap<string, string | undefined>,
): Promise<Answered> {
  const { result, revision } = await store.transact((state) => {
    const seen = [...guards.keys()].map((key) => state.get(key))
    const isFree = [...guards].every(([key, guard]) => (state.get(key)?.modRevision ?? 0) === guard)
    const operations = isFree ? [...changes].map(([key, value]): Operation =>
      value === undefined ? { type: 'delete', key } : { type: 'put', key, value: encoder.encode(value), lease: 0n },
    ) : []
    return { operations, result: isFree ? undefined : heldOf(seen) }
  })
  return result === undefined ? { type: 'changed', revision } : { type: 'refused', revision, held: result }
}

function heldOf(entries: readonly (Entry | undefined)[]): ReadonlyMap<string, Held> {
  const held = new Map<string, Held>()
  for (const entry of entries) if (entry !== undefined) held.set(entry.key, toHeld(entry))
  return held
}

function toHeld({ modRevision, value }: Entry): Held {
  return { modRevision, value: decoder.decode(value) }
}

/** Watches some range, goes on after whatever ends a watch, and begins anew where history is gone. */
export async function runWatcher(surroundings: Surroundings, random: SeededRandom): Promise<void> {
  const { host, clock, signal } = surroundings
  const range = random.pick(ranges)
  let from: number | undefined
  while (!signal.aborted) {
    const { life } = host
    if (life === undefined) {
      await clock.sleep(retryMs)
      continue
    }
    const { revision, compactedRevision } = life.store
    from ??= compactedRevision + random.below(revision - compactedRevision + 1)
    from = await watchOnce(surroundings, life, { range, from, isHasty: random.chance(0.7) }, random)
  }
}

/** Watches everything from the first revision on, so that all that ever happened is known. */
export async function runWitness(surroundings: Surroundings, random: SeededRandom): Promise<void> {
  const { host, signal } = surroundings
  let from: number | undefined = 1
  while (!signal.aborted) {
    const { life } = host
    // At once, or others might forget what it has not heard.
    if (life === undefined) await host.started
    else from = await watchOnce(surroundings, life, { range: everything, from, isHasty: true }, random)
    if (from === undefined) throw new Error('history was compacted before it was told')
  }
}

interface Wanted {
  readonly range: KeyRange
  readonly from: number
  /** Takes everything as soon as it comes. */
  readonly isHasty: boolean
}

/** Gives the revision to go on from; undefined if it is gone. */
async function watchOnce(
  { clock, notebook, signal }: Surroundings, life: Life, { range, from, isHasty }: Wanted, random: SeededRandom,
): Promise<number | undefined> {
  const batches: SeenEvent[][] = []
  const bookmarks: { revision: number; batches: number }[] = []
  notebook.sessions.push({ range, from, batches, bookmarks })
  let seen = from
  try {
    const end = AbortSignal.any([life.signal, signal])
    const watch = life.store.watch(range, from, { signal: end, queueLimit: isHasty ? 100_000 : 8 })
    const iterator = watch[Symbol.asyncIterator]()
    for (;;) {
      const next = iterator.next()
      if (isHasty && random.chance(0.2)) {
        const revision = await bookmark(life, next, clock)
        if (revision !== undefined) bookmarks.push({ revision, batches: batches.length })
      }
      const { done, value } = await next
      if (done === true) return seen
      batches.push(value.map(toSeen))
      seen = value.at(-1)!.entry.modRevision
      if (!isHasty) await clock.sleep(random.next() * 20)
    }
  } catch (error) {
    if (error instanceof Compacted) return undefined
    if (error instanceof WatchOverflow || error instanceof StoreFailed) return seen
    if (error instanceof FutureRevision) {
      throw new Error(`revision ${seen} was told, and the store went back to ${error.revision}`, { cause: error })
    }
    throw error
  }
}

/** The revision up to which everything has been told, if nothing more was on its way. */
async function bookmark(life: Life, next: Promise<unknown>, clock: SimClock): Promise<number | undefined> {
  let isHere = false
  const here = (): void => { isHere = true }
  next.then(here, here)
  const { revision } = life.store
  await clock.settle()
  return isHere || life.signal.aborted ? undefined : revision
}

function toSeen({ type, entry, previous }: StoreEvent): SeenEvent {
  return {
    key: entry.key,
    revision: entry.modRevision,
    value: type === 'delete' ? undefined : decoder.decode(entry.value),
    previous: previous && toHeld(previous),
  }
}
