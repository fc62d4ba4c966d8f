/** Keeps pods off nodes that lack what they request, and prefers the less loaded nodes. */
import type { NodeInfo } from '../snapshot/node-info.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'
import { definePlugin, fits, scoreMax } from '../plugin.ts'
import type { Verdict } from '../plugin.ts'

export const nodeResourcesFit = definePlugin({
  name: 'NodeResourcesFit',
  wakesOn: ['node added', 'node resources changed', 'pod deleted', 'pod shrunk', 'own pod changed'],
  filter: judge,
  /** Least allocated: the mean of what would be left of CPU and memory, in percent. */
  score({ assumedRequests }, { allocatable, assumedRequested }) {
    let [sum, counted] = [0, 0]
    for (const resource of ['milliCpu', 'memory'] as const) {
      const capacity = allocatable[resource]
      if (capacity === 0) continue
      sum += percentLeft(capacity, assumedRequested[resource] + assumedRequests[resource])
      counted++
    }
    return counted === 0 ? 0 : Math.floor(sum / counted)
  },
})

function judge({ requests }: PodInfo, { pods, podsMax, allocatable, requested }: NodeInfo): Verdict {
  let reasons: string[] | undefined
  let isFinal = false
  const check = (name: string, wanted: number, used: number, capacity: number): void => {
    if (wanted <= 0 || wanted <= capacity - used) return
    (reasons ??= []).push(`Insufficient ${name}`)
    // More than the whole node has: no pod that goes away can help.
    if (wanted > capacity) isFinal = true
  }
  if (pods.size + 1 > podsMax) reasons = ['Too many pods']
  check('cpu', requests.milliCpu, requested.milliCpu, allocatable.milliCpu)
  check('memory', requests.memory, requested.memory, allocatable.memory)
  check('ephemeral-storage', requests.ephemeralStorage, requested.ephemeralStorage, allocatable.ephemeralStorage)
  if (requests.others.size > 0) {
    for (const [name, wanted] of requests.others) check(name, wanted, requested.others.get(name) ?? 0, allocatable.others.get(name) ?? 0)
  }
  return reasons === undefined ? fits : { type: 'rejected', reasons, isFinal }
}

function percentLeft(capacity: number, requested: number): number {
  return requested > capacity ? 0 : Math.floor((capacity - requested) * scoreMax / capacity)
}
