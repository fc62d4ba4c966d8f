/**
 * Kills a process that writes to a store on the real disk, again and again, whatever it is doing; each time the next
 * process must find all that was acknowledged. The clients live on in this process, and know what that was.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { systemDisk } from '#host/disk/disk.ts'
import { seededRandom, type SeededRandom } from '#sim/random.ts'
import { createCollector, type Campaign, type Collector } from '#sim/storage/campaign.ts'
import { checkLanes, newLane, type Lane } from '#sim/storage/lanes.ts'
import { checkStore } from '#storage/embedded/check.ts'
import type { Report, Request } from './kill-victim.ts'

const livesPerUnit = 20
const lanes = 12
const suspendedMs = 3_500
/** A process that says nothing for so long has failed. */
const patienceMs = 30_000

export const killCampaign: Campaign = {
  name: 'kills',
  purpose: `kill -9 of a process that writes to the real disk, ${livesPerUnit} times a unit; sometimes it is suspended first`,
  units: () => Infinity,
  async run(unit) {
    const collector = createCollector()
    const random = seededRandom(`kills ${unit}`)
    const directory = await mkdtemp(join(tmpdir(), 'skiff-kills-'))
    try {
      const history: History = {
        lanes: Array.from({ length: lanes }, (_, at) => newLane(`${at}`)), newest: 1, compaction: 0,
      }
      for (let life = 0; life < livesPerUnit && collector.failures.length === 0; life++) {
        const afterMs = random.next() * (random.chance(0.2) ? 20 : 250)
        await live(directory, history, { plan: { afterMs, isSuspended: life === 10 }, random, collector })
        await checkFiles(directory, collector)
      }
      if (collector.failures.length > 0) collector.note(`the files are in ${directory}`)
    } finally {
      if (collector.failures.length === 0) await rm(directory, { recursive: true, force: true })
    }
    return collector
  },
}

/** What the clients know. */
interface History {
  readonly lanes: readonly Lane[]
  /** The newest revision that anybody was told of. */
  newest: number
  /** The newest compaction that was acknowledged. */
  compaction: number
}

interface Work {
  readonly plan: { readonly afterMs: number; readonly isSuspended: boolean }
  readonly random: SeededRandom
  readonly collector: Collector
}

/** One process from its start to its end by force. */
async function live(directory: string, history: History, { plan, random, collector }: Work): Promise<void> {
  const { SKIFF_CAMPAIGN_WORKER: _, ...env } = process.env
  const victim = fork(fileURLToPath(new URL('kill-victim.ts', import.meta.url)), [directory], { env })
  const ended = new Promise<void>((resolve) => { victim.once('exit', () => resolve()) })
  const opened = Promise.withResolvers<void>()
  const clients = createClients(victim, history, { random, collector })
  victim.on('message', (report: Report) => {
    if (report.type === 'opened') {
      collector.count('openings')
      for (const problem of checkOpened(history, report)) collector.fail(problem)
      opened.resolve()
    } else if (report.type === 'failed') {
      collector.fail(`the process failed: ${report.what}`)
      opened.resolve()
    } else clients.take(report)
  })
  // Some are killed while they read back what the one before has left.
  const isEarly = random.chance(0.15)
  const waitMs = isEarly ? 80 + random.next() * 200 : patienceMs
  await Promise.race([opened.promise, ended, sleep(waitMs, undefined, { ref: false })])
  if (!isEarly && collector.failures.length === 0) {
    clients.begin()
    await sleep(plan.afterMs)
    if (plan.isSuspended) await suspend(victim, clients, collector)
  }
  clients.end()
  victim.kill('SIGKILL')
  await ended
  collector.count('kills')
  if (isEarly) collector.count('kills while starting')
}

interface Clients {
  begin(): void
  take(report: Report): void
  /** True if the lease was there when it was renewed. */
  renew(): Promise<boolean>
  end(): void
}

/** Each lane asks for its next step as soon as the one before is acknowledged. */
function createClients(
  victim: ChildProcess, history: History, { random, collector }: Pick<Work, 'random' | 'collector'>,
): Clients {
  let isOver = false
  let renewal: PromiseWithResolvers<boolean> | undefined
  const send = (request: Request): void => { victim.send(request, () => {}) }
  const ask = (lane: Lane): void => {
    if (isOver) return
    lane.asked = lane.acknowledged + 1
    send({ type: 'step', lane: lane.name, step: lane.asked, length: random.below(random.chance(0.1) ? 3_000 : 200) })
    if (random.chance(0.01)) send({ type: 'compact' })
  }
  return {
    begin() { for (const lane of history.lanes) ask(lane) },
    take(report) {
      if (report.type === 'done') {
        const lane = history.lanes.find(({ name }) => name === report.lane)!
        lane.acknowledged = lane.asked
        lane.revision = report.revision
        history.newest = Math.max(history.newest, report.revision)
        collector.count('acknowledged changes')
        ask(lane)
      } else if (report.type === 'compacted') {
        history.compaction = Math.max(history.compaction, report.revision)
        collector.count('compactions')
      } else if (report.type === 'renewed') renewal?.resolve(report.isThere)
    },
    async renew() {
      renewal = Promise.withResolvers<boolean>()
      send({ type: 'renew' })
      return await renewal.promise
    },
    end() { isOver = true },
  }
}

/** A lease that is longer than the last wait for it, and shorter than the suspension, must outlive that. */
async function suspend(victim: ChildProcess, clients: Clients, collector: Collector): Promise<void> {
  await clients.renew()
  victim.kill('SIGSTOP')
  await sleep(suspendedMs)
  const renewed = clients.renew()
  victim.kill('SIGCONT')
  if (!await renewed) collector.fail('a lease was over before its holder could renew it after a suspension')
  collector.count('suspensions')
}

function checkOpened(
  history: History, { revision, compactedRevision, entries, told }: Extract<Report, { type: 'opened' }>,
): string[] {
  const problems = checkLanes(history.lanes, entries)
  if (revision < history.newest) problems.push(`revision ${history.newest} was given; the store is at ${revision}`)
  if (compactedRevision < history.compaction) {
    problems.push(`the compaction to ${history.compaction} was acknowledged; the store goes back to ${compactedRevision}`)
  }
  if (told !== revision - compactedRevision) {
    problems.push(`the history from ${compactedRevision} to ${revision} tells of ${told} revisions`)
  }
  history.newest = Math.max(history.newest, revision)
  return problems
}

/** What `skiff doctor` would say of the directory of a store that was not closed. */
async function checkFiles(directory: string, collector: Collector): Promise<void> {
  const { problems, content } = await checkStore(systemDisk, directory)
  for (const { file, offset, what } of problems) collector.fail(`${file} at ${offset}: ${what}`)
  if (content?.interruptedWrite !== undefined) collector.count('interrupted writes')
}
