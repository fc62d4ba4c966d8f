/** The control plane's process dies at any moment, or at any operation of its disk, and comes back later. */
import type { CrashOutcome } from '../disk.ts'
import type { Laboratory } from '../laboratory.ts'
import type { SeededRandom } from '../random.ts'
import { pause, type Fault } from './fault.ts'

export const controlPlaneCrash: Fault = {
  name: 'control plane crashes',
  async run(lab, random, signal) {
    const meanMs = 60_000 + random.below(300_000)
    while (await pause(lab, random, meanMs, signal)) {
      const outcome: CrashOutcome = random.chance(0.7)
        ? { type: 'random', random: random.fork(`crash ${lab.controlPlane.crashes}`) }
        : { type: 'nothing' }
      if (random.chance(0.5)) crashNow(lab, outcome)
      else await crashAtDisk(lab, random, outcome, signal)
      if (lab.controlPlane.isUp) break
      await lab.clock.sleep(500 + random.below(random.chance(0.2) ? 90_000 : 10_000))
      lab.note('the control plane starts again')
      await lab.controlPlane.start()
    }
  },
}

function crashNow(lab: Laboratory, outcome: CrashOutcome): void {
  lab.note(`the control plane crashes, keeping ${outcome.type} of what was not synced`)
  lab.controlPlane.crash(outcome)
}

/** In the middle of a write or a sync, one of the next few. */
async function crashAtDisk(
  lab: Laboratory,
  random: SeededRandom,
  outcome: CrashOutcome,
  signal: AbortSignal,
): Promise<void> {
  const crashed = Promise.withResolvers<void>()
  let left = 1 + random.below(50)
  lab.controlPlane.disk.beforeEach = (operation, path) => {
    if (operation === 'read' || --left > 0) return undefined
    lab.note(`at the ${operation} of ${path}:`)
    crashNow(lab, outcome)
    crashed.resolve()
    return new Error('the power went')
  }
  const giveUp = (): void => {
    lab.controlPlane.disk.beforeEach = undefined
    crashed.resolve()
  }
  signal.addEventListener('abort', giveUp, { once: true })
  await crashed.promise
  signal.removeEventListener('abort', giveUp)
}
