/** Records what many clients see of one store under faults, and checks that it could not be better. */
import { createSimClock, type SimClock } from '../clock.ts'
import { seededRandom, type SeededRandom } from '../random.ts'
import { createTrace } from '../trace.ts'
import { createCollector, type Campaign } from './campaign.ts'
import type { Call, Commit } from './history.ts'
import { runClient, runWatcher, runWitness, type Notebook, type Surroundings } from './history-clients.ts'
import { createHost, type HistoryHost } from './history-host.ts'
import { isLinearizable } from './linearizability.ts'
import { checkOrder } from './revision-order.ts'
import { storeModel } from './store-model.ts'
import { checkWatch, type WatchSession } from './watch-guarantees.ts'

export interface History {
  readonly calls: readonly Call[]
  readonly sessions: readonly WatchSession[]
  readonly commits: readonly Commit[]
  /** Of virtual time, in milliseconds. */
  readonly elapsedMs: number
  readonly lives: number
  /** Equal for equal histories. */
  readonly hash: string
}

/** A search is for short histories only. */
const searchedCallsMax = 60
/** Clients may sleep for an hour, in which a fault every 20 ms would teach nothing new. */
const faultsMax = 400
const millisecondsPerYear = 365 * 24 * 3_600_000

export const historyCampaign: Campaign = {
  name: 'histories',
  purpose: 'clients, watchers, compactions, crashes and bad disks at once: one history for each seed',
  units: () => Infinity,
  async run(seed) {
    const collector = createCollector()
    const history = await recordHistory(seed)
    collector.count('histories')
    collector.count('operations', history.calls.length)
    collector.count('unknown outcomes', history.calls.filter(({ answered }) => answered === undefined).length)
    collector.count('revisions', history.commits.length)
    collector.count('watches', history.sessions.length)
    collector.count('restarts', history.lives - 1)
    collector.count('simulated years', history.elapsedMs / millisecondsPerYear)
    for (const problem of checkHistory(history)) collector.fail(`seed ${seed}: ${problem}`)
    return collector
  },
}

/** Everything that is wrong with a history; nothing, if it is strictly serializable and its watches keep their word. */
export function checkHistory({ calls, sessions, commits }: History): string[] {
  const problems = checkOrder(calls, commits)
  for (const session of sessions) {
    for (const { guarantee, what } of checkWatch(session, commits)) {
      problems.push(`watches are ${guarantee}: from ${session.from} of ${session.range.start}: ${what}`)
    }
  }
  if (calls.length <= searchedCallsMax && problems.length === 0 && !isLinearizable(calls, storeModel)) {
    problems.push('by search there is no order that explains the answers, although revisions give one')
  }
  return problems
}

/** The same seed gives the same history. */
export async function recordHistory(seed: number | string): Promise<History> {
  const random = seededRandom(`history ${seed}`)
  const clock = createSimClock()
  const isShort = random.chance(0.2)
  const clients = isShort ? 2 + random.below(3) : 2 + random.below(15)
  const operations = isShort ? 20 + random.below(40) : 100 + random.below(random.chance(0.1) ? 1_900 : 300)
  const historyChanges = random.pick([8, 50, 100_000])
  const host = createHost(clock, random.fork('host'), {
    firstSegmentBytes: 4_096, segmentBytes: 16_384, snapshotAfterBytes: 8_192, historyChanges,
  })
  let ticks = 0
  const notebook: Notebook = { calls: [], sessions: [], tick: () => ++ticks }
  const end = new AbortController()
  const surroundings: Surroundings = { host, clock, notebook, signal: end.signal }
  const course = async (): Promise<void> => {
    const background = [
      host.run(end.signal),
      runWitness(surroundings, random.fork('witness')),
      ...Array.from({ length: 1 + random.below(4) }, (_, at) => runWatcher(surroundings, random.fork(`watcher ${at}`))),
      runFaults(surroundings, random.fork('faults')),
    ]
    const each = Math.ceil(operations / clients)
    const work = Array.from({ length: clients }, (_, at) =>
      runClient(at, each, surroundings, random.fork(`client ${at}`)))
    await Promise.race([Promise.all(work), Promise.all(background)])
    // Whatever the last crash left is seen by the witness before all ends.
    while (host.life === undefined) await clock.sleep(100)
    await clock.sleep(1_000)
    end.abort(new Error('the history is over'))
    await Promise.all(background)
  }
  await clock.drive(course())
  // The witness was the first to watch.
  const commits = commitsOf(notebook.sessions.filter(({ range }) => range === notebook.sessions[0]!.range))
  return {
    calls: notebook.calls, sessions: notebook.sessions, commits, elapsedMs: clock.monotonic(), lives: host.lives,
    hash: hashOf(notebook),
  }
}

async function runFaults({ host, clock, signal }: Surroundings, random: SeededRandom): Promise<void> {
  const faults = allFaults.filter(() => random.chance(0.5))
  const meanMs = random.pick([20, 2_000, 600_000])
  for (let left = faultsMax; left > 0 && !signal.aborted; left--) {
    await clock.sleep(random.next() * 2 * meanMs, signal).catch(() => {})
    if (!signal.aborted && faults.length > 0) await random.pick(faults)(host, random, clock)
  }
  host.slowDown(0)
}

type Fault = (host: HistoryHost, random: SeededRandom, clock: SimClock) => void | Promise<void>

const allFaults: readonly Fault[] = [
  (host, random) => host.crash({ type: 'random', random }),
  (host) => host.crash({ type: 'nothing' }),
  (host) => host.crash({ type: 'process' }),
  (host) => host.failNext(),
  (host, random) => host.slowDown(random.pick([0, 1, 30])),
  async ({ life }, random) => {
    if (life === undefined) return
    const { store } = life
    const before = store.compactedRevision + random.below(store.revision - store.compactedRevision + 1)
    // A store that dies meanwhile has forgotten that it was to forget.
    await store.compact(before).catch(() => {})
  },
]

/** What the witness saw, revision by revision. */
function commitsOf(sessions: readonly WatchSession[]): Commit[] {
  const commits = new Map<number, Map<string, string | undefined>>()
  for (const { key, revision, value } of sessions.flatMap(({ batches }) => batches.flat())) {
    const changes = commits.get(revision) ?? new Map<string, string | undefined>()
    commits.set(revision, changes.set(key, value))
  }
  return [...commits].toSorted(([a], [b]) => a - b).map(([revision, changes]) => ({ revision, changes }))
}

function hashOf({ calls, sessions }: Notebook): string {
  const trace = createTrace()
  for (const { client, asked, calledAt, returnedAt, answered } of calls) {
    trace.line(0, `${client} ${asked.type} ${calledAt} ${returnedAt} ${answered?.type} ${answered?.revision}`)
  }
  for (const { from, batches, bookmarks } of sessions) {
    trace.line(0, `${from} ${batches.flat().map(({ key, revision }) => `${key}@${revision}`).join(' ')} ${bookmarks.length}`)
  }
  return trace.hash
}
