/** Lets every single call to the disk fail in every way: afterwards nothing is acknowledged that does not hold. */
import { StoreFailed, StoreFull, type Store } from '#storage/store.ts'
import type { EmbeddedStoreOptions } from '#storage/embedded/embedded-store.ts'
import { DiskError } from '#world/disk.ts'
import { createSimClock } from '../clock.ts'
import { createSimDisk } from '../disk.ts'
import { createPlatter } from '../platter.ts'
import { seededRandom, type SeededRandom } from '../random.ts'
import { callErrors, faultyDisk, type CallError } from './call-errors.ts'
import { createCollector, type Campaign, type Collector } from './campaign.ts'
import { perform, type Clients } from './clients.ts'
import { crashStates } from './crash-states.ts'
import { createModel } from './model.ts'
import { randomSteps, type Step } from './operations.ts'
import { addPromise, nothingPromised, openStore, tiny, type Promised } from './recording.ts'
import { verify, type Expectation } from './verify.ts'

const operationsPerUnit = 60
/** With room in each log for what is written after a failure, if anything is. */
export const roomy: EmbeddedStoreOptions = { ...tiny, firstSegmentBytes: 32_768, segmentBytes: 32_768 }
/** Of what the disk may hold when the process has gone. */
const afterwards = { subsets: 2, byteEdges: 0 }

export const callErrorCampaign: Campaign = {
  name: 'call-errors',
  purpose: 'each call to the disk fails, in each way, in one random run for each seed',
  units: () => Infinity,
  async run(unit) {
    const collector = createCollector()
    await failEveryCall(`call errors ${unit}`, operationsPerUnit, unit % 2 === 0 ? tiny : roomy, collector)
    return collector
  },
}

/** Runs the same workload as often as it makes calls, times the ways in which they can fail. */
export async function failEveryCall(
  name: string, operations: number, options: EmbeddedStoreOptions, collector: Collector,
): Promise<void> {
  for (const error of callErrors) {
    // A refusal for want of space leaves gaps in the order that the model expects of simultaneous clients.
    const all = randomSteps(seededRandom(name), operations)
    const steps = error === 'ENOSPC' ? all.flat().map((operation): Step => [operation]) : all
    for (let index = 1; ; index++) {
      const isOver = await failOneCall(`${name}, ${error} at call ${index}`, { steps, index, error, options }, collector)
      if (isOver) break
    }
  }
}

interface Plan {
  readonly steps: readonly Step[]
  readonly index: number
  readonly error: CallError
  readonly options: EmbeddedStoreOptions
}

/** True if the run had no such call. */
async function failOneCall(
  name: string, { steps, index, error, options }: Plan, collector: Collector,
): Promise<boolean> {
  const random = seededRandom(name)
  const disk = createSimDisk()
  const platter = createPlatter()
  disk.onChange = (call) => platter.apply(call)
  const faulty = faultyDisk(disk, index, error)
  const { expected, failures, problem } = await runToFailure(faulty.disk, steps, random, options)
  if (faulty.calls() < index) return true
  if (faulty.failed() === undefined) return false
  collector.count('failed calls')
  const complain = (what: string): void => collector.fail(`${name} (${faulty.failed()}): ${what}`)
  if (problem !== undefined) complain(problem)
  if (faulty.misuse() !== undefined) complain(faulty.misuse()!)
  if (failures > 1) complain('the failure was told more than once')
  collector.count(failures === 1 ? 'the store failed' : 'the store went on or refused')
  for (const { label, files } of crashStates(platter, random, afterwards)) {
    collector.count('crash states')
    const broken = await verify(files, expected, true)
    if (broken !== undefined) complain(`${label}: ${broken}`)
  }
  return false
}

interface Run {
  readonly expected: Expectation
  /** How often the store said that its disk has failed. */
  readonly failures: number
  readonly problem: string | undefined
}

/** Runs the steps until an operation fails, then tries more of them, and closes the store. */
async function runToFailure(
  disk: Parameters<typeof openStore>[0], steps: readonly Step[], random: SeededRandom,
  options: EmbeddedStoreOptions,
): Promise<Run> {
  const model = createModel()
  let promised: Promised = nothingPromised
  let failures = 0
  let problem: string | undefined
  try {
    const clock = createSimClock()
    const store = await openStore(disk, clock, { ...options, onFailure: () => { failures++ } })
    const clients: Clients = {
      store, clock, model, random,
      serial: 0,
      promise(moment, compaction = 0) { promised = addPromise(promised, moment, compaction) },
    }
    try {
      for (const step of steps) await perform(clients, step)
    } catch (error) {
      problem = await checkFailure(store, error, () => failures)
    }
    promised = { ...promised, revision: store.revision }
    await store[Symbol.asyncDispose]()
  } catch (error) {
    if (!isDiskFailure(error)) throw error
  }
  return { expected: { model, promised, moments: model.moments.length }, failures, problem }
}

/** After the disk has failed nothing is acknowledged any more, and whoever runs the store is told to exit. */
async function checkFailure(store: Store, error: unknown, failures: () => number): Promise<string | undefined> {
  if (error instanceof StoreFull) return undefined
  if (!(error instanceof StoreFailed)) return `an operation failed with ${error instanceof Error ? error.stack : error}`
  if (failures() !== 1) return 'nobody was told that the store has failed'
  for (const key of ['/late/1', '/late/2']) {
    const answer = await store.swap(key, 0, { type: 'put', value: new Uint8Array(1) }).catch((late: unknown) => late)
    if (!(answer instanceof StoreFailed)) return 'a change was acknowledged after the disk had failed'
  }
  return undefined
}

/** With what stands in the error's own stead when closing failed too. */
function isDiskFailure(error: unknown): boolean {
  if (error instanceof SuppressedError) return isDiskFailure(error.error) && isDiskFailure(error.suppressed)
  return error instanceof DiskError || error instanceof StoreFailed || error instanceof StoreFull
}
