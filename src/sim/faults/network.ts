/** Networks that are slow, lose things and refuse: for all of the time, in several strengths. */
import { aborted } from '#base/task-group.ts'
import type { Fault } from './fault.ts'
import { perfectNetwork, type NetworkFaults } from './transport.ts'

function network(name: string, faults: Partial<NetworkFaults>): Fault {
  return {
    name,
    async run({ conditions }, random, signal) {
      const strength = 0.2 + random.next() * 0.8
      const scaled = Object.fromEntries(Object.entries(faults).map(([key, value]) => [key, value * strength]))
      conditions.network = { ...conditions.network, ...scaled }
      await aborted(signal)
      conditions.network = perfectNetwork
    },
  }
}

export const slowNetwork = network('slow network', { latencyMs: 50 })
export const lossyNetwork = network('lossy network', { lossBefore: 0.03, lossAfter: 0.03 })
export const refusals = network('refusals', { refusal: 0.05 })
export const brokenWatches = network('broken watches', { watchClosed: 0.01, watchLost: 0.01, watchExpired: 0.01 })
