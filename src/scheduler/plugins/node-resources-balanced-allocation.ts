/** Prefers nodes of which CPU and memory would be used up evenly. */
import { definePlugin, ready, scoreMax, skip } from '../plugin.ts'

export const nodeResourcesBalancedAllocation = definePlugin<undefined, undefined>({
  name: 'NodeResourcesBalancedAllocation',
  wakesOn: [],
  // A pod that requests nothing would always go to the same most balanced node (kubernetes#129138).
  prepareScore: ({ requests }) => (requests.milliCpu === 0 && requests.memory === 0 ? skip : ready(undefined)),
  score({ requests }, { allocatable, requested }) {
    if (allocatable.milliCpu === 0 || allocatable.memory === 0) return scoreMax
    const cpu = Math.min(1, (requested.milliCpu + requests.milliCpu) / allocatable.milliCpu)
    const memory = Math.min(1, (requested.memory + requests.memory) / allocatable.memory)
    // The standard deviation of two numbers is half their distance.
    return Math.floor((1 - Math.abs((cpu - memory) / 2)) * scoreMax)
  },
})
