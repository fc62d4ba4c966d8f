/**
 * THE list of faults. Each seed enables a random part of it ("swarm testing": bugs that one fault hides, others show).
 */
import type { SeededRandom } from '../random.ts'
import { clockSteps } from './clocks.ts'
import { controlPlaneCrash } from './crashes.ts'
import type { Fault } from './fault.ts'
import { brokenWatches, lossyNetwork, refusals, slowNetwork } from './network.ts'
import { containerExits, kubeletRestart, lostRuntimeEvents, nodePower, pullFailures, runtimeFailures } from './nodes.ts'
import { podMonkey } from './pod-monkey.ts'

export const faults: readonly Fault[] = [
  slowNetwork, lossyNetwork, refusals, brokenWatches,
  controlPlaneCrash,
  kubeletRestart, nodePower, containerExits, lostRuntimeEvents, pullFailures, runtimeFailures,
  podMonkey,
  clockSteps,
]

export function chooseFaults(random: SeededRandom): readonly Fault[] {
  const share = random.next() * 0.8
  return faults.filter(() => random.chance(share))
}
