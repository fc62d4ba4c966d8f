/** Servers that share one etcd over bad connections: what their clients see must be as strict as with one store. */
import { deriveMember } from '#etcd/member.ts'
import { etcdHandler } from '#etcd/etcd-handler.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { openEtcdStore } from '#storage/etcd/etcd-store.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import {
  Compacted, FutureRevision, prefixRange, StoreUnavailable, WatchOverflow, type Entry, type Store, type StoreEvent,
} from '#storage/store.ts'
import { silentLog } from '#world/log.ts'
import { createSimClock, type SimClock } from '../clock.ts'
import { seededRandom, type SeededRandom } from '../random.ts'
import { createSimChannel, type CallFate, type SimChannel } from '../rpc-channel.ts'
import { createCollector, type Campaign } from './campaign.ts'
import type { Answered, Asked, Call, Commit, Held } from './history.ts'
import { checkOrder } from './revision-order.ts'
import { checkWatch, type SeenEvent, type WatchSession } from './watch-guarantees.ts'

export const sharedCampaign: Campaign = {
  name: 'shared',
  purpose: 'servers on one etcd that lose requests, answers and watches, and carry requests out too late: one a seed',
  units: () => Infinity,
  async run(seed) {
    const collector = createCollector()
    const history = await recordSharedHistory(seed)
    const { calls, commits, sessions } = history
    collector.count('shared histories')
    collector.count('operations', calls.length)
    collector.count('unknown outcomes', calls.filter(({ answered }) => answered === undefined).length)
    collector.count('revisions', commits.length)
    collector.count('watches', sessions.length)
    for (const problem of checkSharedHistory(history)) collector.fail(`seed ${seed}: ${problem}`)
    return collector
  },
}

interface SharedHistory {
  readonly calls: readonly Call[]
  readonly commits: readonly Commit[]
  readonly sessions: readonly WatchSession[]
}

/** Everything that is wrong with a history. */
function checkSharedHistory({ calls, commits, sessions }: SharedHistory): string[] {
  const problems = checkOrder([...calls, ...ownCalls(commits)], commits)
  for (const session of sessions) {
    for (const { guarantee, what } of checkWatch(session, commits)) {
      problems.push(`watches are ${guarantee}: from ${session.from} of ${session.range.start}: ${what}`)
    }
  }
  return problems
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const everything = { start: '', end: '\uffff' }
/** What servers write for themselves. */
const ownKeys = /^(\/skiff\.dev\/|compact_rev_key$|foreign$)/
const serverCount = 2
const memberCount = 2

/** The same seed gives the same history. */
async function recordSharedHistory(seed: number | string): Promise<SharedHistory> {
  const random = seededRandom(`shared ${seed}`)
  const clock = createSimClock()
  const keyspace = openVolatileStore({ clock })
  const weather: Weather = { badness: 0, delayMs: 1 }
  const end = new AbortController()
  const calls: Call[] = []
  const sessions: WatchSession[] = []
  let ticks = 0
  const commits = new Map<number, Map<string, string | undefined>>()
  const course = async (): Promise<void> => {
    const witness = witnessAll(keyspace, commits, end.signal)
    const servers = await Promise.all(Array.from({ length: serverCount }, (_, at) =>
      openServer(keyspace, clock, weather, random.fork(`server ${at}`), at)))
    const surroundings = { clock, tick: () => ++ticks, calls, sessions, signal: end.signal }
    const background = [
      runWeather(servers, weather, keyspace, clock, random.fork('weather'), end.signal),
      ...servers.map(({ store }, at) => watchOnAndOn(store, surroundings, random.fork(`watcher ${at}`))),
    ]
    const clients = 2 + random.below(8)
    const operations = 10 + random.below(30)
    await Promise.all(Array.from({ length: clients }, (_, at) =>
      runClient(at, operations, servers[at % serverCount]!.store, surroundings, random.fork(`client ${at}`))))
    weather.badness = 0
    // What is late has its time, and each server sees it.
    await clock.sleep(120_000)
    await Promise.all(servers.map(async ({ store }) => {
      const calledAt = ++ticks
      const view = await store.read()
      calls.push({
        client: -1, asked: { type: 'list' }, calledAt, returnedAt: ++ticks,
        answered: { type: 'read', revision: view.revision, held: heldOf(visible(view.list(everything))) },
      })
    }))
    end.abort(new Error('the history is over'))
    await Promise.all([...background, witness])
    for (const { store } of servers) await store[Symbol.asyncDispose]()
  }
  await clock.drive(course())
  return {
    calls, sessions,
    commits: [...commits].toSorted(([a], [b]) => a - b).map(([revision, changes]) => ({ revision, changes })),
  }
}

interface Weather {
  /** The chance that something goes wrong with a call. */
  badness: number
  delayMs: number
}

interface SimServer {
  readonly store: Store
  readonly channels: readonly SimChannel[]
}

async function openServer(
  keyspace: Keyspace, clock: SimClock, weather: Weather, random: SeededRandom, at: number,
): Promise<SimServer> {
  const member = deriveMember({ name: 'm', clientUrls: [], peerUrls: ['http://m'], clusterToken: 'token' })
  const channels = Array.from({ length: memberCount }, () => createSimChannel({
    handler: etcdHandler({ keyspace, member, clock, log: silentLog }), clock,
    delayMs: () => random.next() * weather.delayMs,
    lateMs: () => random.next() * random.pick([100, 10_000, 60_000]),
    fate: (): CallFate => random.chance(weather.badness)
      ? random.pick(['lost', 'unanswered', 'unanswered', 'hanging', 'late'])
      : 'answered',
  }))
  const store = await openEtcdStore({
    members: channels.map((channel, index) => ({ url: `sim://${index}`, channel })), clock, random, log: silentLog,
    identity: `server-${at}`,
    options: { root: '', prefix: '', compactionIntervalMs: random.pick([1_000, 300_000]) },
  })
  return { store, channels }
}

/** Changes how bad things are, cuts and stalls watches, writes beside the store's keys, and compacts. */
async function runWeather(
  servers: readonly SimServer[], weather: Weather, keyspace: Keyspace, clock: SimClock, random: SeededRandom,
  signal: AbortSignal,
): Promise<void> {
  const worst = random.pick([0, 0.05, 0.3, 0.6])
  while (!signal.aborted) {
    await clock.sleep(random.next() * random.pick([20, 500, 5_000]), signal).catch(() => {})
    const channel = random.pick(random.pick(servers).channels)
    switch (random.below(6)) {
      case 0: weather.badness = random.next() * worst; break
      case 1: weather.delayMs = random.pick([0, 1, 20]); break
      case 2: channel.cut(); break
      case 3: channel.isStalled = random.chance(0.3); break
      case 4: {
        const before = keyspace.current().get('foreign')?.modRevision ?? 0
        await keyspace.swap('foreign', before, { type: 'put', value: new Uint8Array() })
        break
      }
      case 5: if (random.chance(0.1)) await keyspace.compact(keyspace.revision - random.below(4)).catch(() => {})
    }
  }
  for (const { channels } of servers) for (const channel of channels) channel.isStalled = false
}

interface Surroundings {
  readonly clock: SimClock
  readonly tick: () => number
  readonly calls: Call[]
  readonly sessions: WatchSession[]
  readonly signal: AbortSignal
}

async function runClient(
  client: number, count: number, store: Store, { clock, tick, calls }: Surroundings, random: SeededRandom,
): Promise<void> {
  for (let left = count; left > 0; left--) {
    await clock.sleep(random.next() * random.pick([5, 5, 5, 3_000]))
    const asked = choose(store, `${client}.${left}`, random)
    const calledAt = tick()
    const answered = await ask(store, asked).catch((error: unknown) => {
      if (error instanceof StoreUnavailable) return undefined
      throw error
    })
    calls.push({ client, asked, calledAt, returnedAt: answered ? tick() : Infinity, answered })
  }
}

function choose(store: Store, serial: string, random: SeededRandom): Asked {
  const key = `/${random.pick(['a', 'b'])}/${random.below(3)}`
  const luck = random.next()
  if (luck < 0.25) return { type: 'get', key }
  if (luck < 0.3) return { type: 'list' }
  const now = store.current().get(key)?.modRevision ?? 0
  const guard = random.chance(0.1) ? Math.max(0, now - 1) : now
  const value = guard > 0 && random.chance(0.4) ? undefined : serial
  return { type: 'change', guards: new Map([[key, guard]]), changes: new Map([[key, value]]) }
}

async function ask(store: Store, asked: Asked): Promise<Answered> {
  if (asked.type !== 'change') {
    const view = await store.read()
    const entries = asked.type === 'list' ? visible(view.list(everything)) : [view.get(asked.key)]
    return { type: 'read', revision: view.revision, held: heldOf(entries) }
  }
  const [[key, value]] = [...asked.changes] as [[string, string | undefined]]
  const result = await store.swap(key, asked.guards.get(key)!, value === undefined
    ? { type: 'delete' }
    : { type: 'put', value: encoder.encode(value) })
  if (result.type === 'swapped') return { type: 'changed', revision: result.revision }
  return { type: 'refused', revision: result.revision, held: heldOf([result.current]) }
}

/** Watches some range, goes on after whatever ends a watch, and begins anew where history is gone. */
async function watchOnAndOn(
  store: Store, { clock, sessions, signal }: Surroundings, random: SeededRandom,
): Promise<void> {
  const range = random.pick([prefixRange('/a/'), prefixRange('/b/'), { start: '/a/1', end: '/b/1' }])
  let from = store.revision
  while (!signal.aborted) {
    const batches: SeenEvent[][] = []
    sessions.push({ range, from, batches, bookmarks: [] })
    try {
      for await (const batch of store.watch(range, from, { signal })) {
        batches.push(batch.map(toSeen))
        from = batch.at(-1)!.entry.modRevision
      }
    } catch (error) {
      if (error instanceof Compacted) from = store.revision
      else if (!(error instanceof WatchOverflow || error instanceof FutureRevision)) throw error
      await clock.sleep(10, signal).catch(() => {})
    }
  }
}

/** Everything that ever happens in the etcd, from the etcd itself; of what is not the clients', only that it was. */
async function witnessAll(
  keyspace: Keyspace, commits: Map<number, Map<string, string | undefined>>, signal: AbortSignal,
): Promise<void> {
  for await (const batch of keyspace.watch(everything, keyspace.revision, { signal })) {
    for (const { key, revision, value } of batch.map(toSeen)) {
      const changes = commits.get(revision) ?? new Map<string, string | undefined>()
      commits.set(revision, ownKeys.test(key) ? changes : changes.set(key, value))
    }
  }
}

/** What was not the clients', as if somebody had asked for it. */
function ownCalls(commits: readonly Commit[]): Call[] {
  return commits.filter(({ changes }) => changes.size === 0).map(
    ({ revision, changes }) => ({
      client: -1, asked: { type: 'change', guards: new Map(), changes }, calledAt: -Infinity, returnedAt: Infinity,
      answered: { type: 'changed', revision },
    }),
  )
}

function visible(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ key }) => !ownKeys.test(key))
}

function heldOf(entries: readonly (Entry | undefined)[]): ReadonlyMap<string, Held> {
  return new Map(entries.flatMap((entry) => (entry ? [[entry.key, toHeld(entry)]] : [])))
}

function toHeld({ modRevision, value }: Entry): Held {
  return { modRevision, value: decoder.decode(value) }
}

function toSeen({ type, entry, previous }: StoreEvent): SeenEvent {
  return {
    key: entry.key, revision: entry.modRevision, value: type === 'delete' ? undefined : decoder.decode(entry.value),
    previous: previous && toHeld(previous),
  }
}
