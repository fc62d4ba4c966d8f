/** Crashes at every change of the disk, in every state that they may leave: short sequences and long random runs. */
import { createPlatter } from '../platter.ts'
import { seededRandom } from '../random.ts'
import { createCollector, type Campaign, type Collector } from './campaign.ts'
import { crashStates, type CrashStateLimits } from './crash-states.ts'
import { preamble, randomSteps, sequences, type Step } from './operations.ts'
import { record } from './recording.ts'
import { verify } from './verify.ts'

const shortSequences = [...sequences(0), ...sequences(1), ...sequences(2), ...sequences(3)]
const sequencesPerUnit = 10
const shortUnits = Math.ceil(shortSequences.length / sequencesPerUnit)
const longUnits = 50
const longOperations = 2_000
/** Every so many states the store's history is read too, and the store goes on from there. */
const thoroughEvery = 8

const crashLimits: CrashStateLimits = { subsets: 48, byteEdges: 16 }

export const crashCampaign: Campaign = {
  name: 'crashes',
  purpose: `all states after a crash at each change of the disk: every sequence of up to 3 operations, and ${longUnits} random runs of ${longOperations}`,
  units: () => shortUnits + longUnits,
  async run(unit) {
    const collector = createCollector()
    if (unit < shortUnits) {
      const first = unit * sequencesPerUnit
      for (const [at, steps] of shortSequences.slice(first, first + sequencesPerUnit).entries()) {
        // The first one shows how an empty store begins.
        await crashEverywhere(`sequence ${first + at}`, steps, first + at === 0 ? [] : preamble, crashLimits, collector)
      }
    } else {
      const name = `run ${unit - shortUnits}`
      await crashEverywhere(name, randomSteps(seededRandom(name), longOperations), [], crashLimits, collector)
    }
    return collector
  },
}

/** Looks at all states of each moment after the preamble, that of the closed store included. */
export async function crashEverywhere(
  name: string, steps: readonly Step[], before: readonly Step[], limits: CrashStateLimits, collector: Collector,
): Promise<void> {
  const recording = await record(name, steps, before)
  const { calls, model, firstCall } = recording
  const random = seededRandom(`crash ${name}`)
  const platter = createPlatter()
  const end = { call: undefined, promised: recording.promised, moments: model.moments.length }
  let states = 0
  for (const [at, { call, promised, moments }] of [...calls, end].entries()) {
    if (at >= firstCall) {
      collector.count('moments')
      for (const { label, files } of crashStates(platter, random, limits)) {
        states++
        const problem = await verify(files, { model, promised, moments }, states % thoroughEvery === 0)
        if (problem !== undefined) collector.fail(`${name}, before call ${at} (${call?.type ?? 'end'}), ${label}: ${problem}`)
      }
    }
    if (call !== undefined) platter.apply(call)
  }
  collector.count('crash states', states)
}
