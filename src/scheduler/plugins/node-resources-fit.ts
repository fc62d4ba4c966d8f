/** Keeps pods off nodes that lack what they request, and prefers the less loaded nodes. */
import { definePlugin, fits, scoreMax, type Verdict } from '../plugin.ts'
import type { NodeInfo } from '../snapshot/node-info.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'
import type { Resources } from '../snapshot/resources.ts'

export const nodeResourcesFit = definePlugin({
  name: 'NodeResourcesFit',
  wakesOn: ['node added', 'node resources changed', 'pod deleted', 'pod shrunk', 'own pod changed'],
  filter: judge,
  /** Least allocated: the mean of what would be left of CPU and memory, in percent. */
  score({ assumedRequests }, { allocatable, assumedRequested }) {
    const { milliCpu, memory } = allocatable
    const cpuLeft = percentLeft(milliCpu, assumedRequested.milliCpu + assumedRequests.milliCpu)
    const memoryLeft = percentLeft(memory, assumedRequested.memory + assumedRequests.memory)
    // A node that says nothing of a resource is judged by the other.
    if (milliCpu === 0) return memoryLeft
    return memory === 0 ? cpuLeft : Math.floor((cpuLeft + memoryLeft) / 2)
  },
})

function judge({ requests }: PodInfo, node: NodeInfo): Verdict {
  const { pods, podsMax, allocatable, requested } = node
  // Almost every node is asked in vain or has room, so finding that out comes before saying why.
  const hasRoom = pods.size < podsMax
    && isCovered(requests.milliCpu, requested.milliCpu, allocatable.milliCpu)
    && isCovered(requests.memory, requested.memory, allocatable.memory)
    && isCovered(requests.ephemeralStorage, requested.ephemeralStorage, allocatable.ephemeralStorage)
    && (requests.others.size === 0 || coversOthers(requests.others, node))
  return hasRoom ? fits : explain(requests, node)
}

function isCovered(wanted: number, used: number, capacity: number): boolean {
  return wanted <= 0 || wanted <= capacity - used
}

function coversOthers(wanted: ReadonlyMap<string, number>, { requested, allocatable }: NodeInfo): boolean {
  for (const [name, amount] of wanted) {
    if (!isCovered(amount, requested.others.get(name) ?? 0, allocatable.others.get(name) ?? 0)) return false
  }
  return true
}

function explain(requests: Resources, { pods, podsMax, allocatable, requested }: NodeInfo): Verdict {
  const reasons = pods.size < podsMax ? [] : ['Too many pods']
  let isFinal = false
  const check = (name: string, wanted: number, used: number, capacity: number): void => {
    if (isCovered(wanted, used, capacity)) return
    reasons.push(`Insufficient ${name}`)
    // More than the whole node has: no pod that goes away can help.
    if (wanted > capacity) isFinal = true
  }
  check('cpu', requests.milliCpu, requested.milliCpu, allocatable.milliCpu)
  check('memory', requests.memory, requested.memory, allocatable.memory)
  check('ephemeral-storage', requests.ephemeralStorage, requested.ephemeralStorage, allocatable.ephemeralStorage)
  for (const [name, wanted] of requests.others) {
    check(name, wanted, requested.others.get(name) ?? 0, allocatable.others.get(name) ?? 0)
  }
  return { type: 'rejected', reasons, isFinal }
}

function percentLeft(capacity: number, requested: number): number {
  return requested > capacity || capacity === 0 ? 0 : Math.floor((capacity - requested) * scoreMax / capacity)
}
