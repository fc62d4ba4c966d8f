/** Whether this node takes a pod that was bound to it: the kubelet's own check, after the scheduler's. Pure. */
import { quantityMilli, quantityWhole } from '../containers/quantities.ts'
import { podResources } from '../containers/resources.ts'
import type { NodeObject, PodObject } from '../types.ts'

export interface Rejection {
  readonly reason: string
  readonly message: string
}

/** `others`: the pods that the node has taken already, without those that have ended. undefined: welcome. */
export function admitPod(pod: PodObject, node: NodeObject, others: readonly PodObject[]): Rejection | undefined {
  const selector = pod.spec?.nodeSelector ?? {}
  const labels = node.metadata.labels ?? {}
  if (Object.entries(selector).some(([key, value]) => labels[key] !== value)) {
    return {
      reason: 'NodeAffinity',
      message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    }
  }
  const allocatable = node.status?.allocatable ?? {}
  const slots = quantityWhole(allocatable['pods'] ?? '110')
  if (others.length + 1 > slots) return lacking('pods', 1, others.length, slots)
  const wanted = podResources(pod)
  const used = others.map(podResources)
  const sum = (read: (resources: ReturnType<typeof podResources>) => number): number =>
    used.reduce((total, resources) => total + read(resources), 0)
  const checks = [
    {
      name: 'cpu', requested: wanted.cpuRequestMilli, taken: sum(({ cpuRequestMilli }) => cpuRequestMilli),
      capacity: quantityMilli(allocatable['cpu']),
    },
    {
      name: 'memory', requested: wanted.memoryRequestBytes, taken: sum(({ memoryRequestBytes }) => memoryRequestBytes),
      capacity: quantityWhole(allocatable['memory']),
    },
  ]
  for (const { name, requested, taken, capacity } of checks) {
    if (requested > 0 && requested + taken > capacity) return lacking(name, requested, taken, capacity)
  }
  return undefined
}

function lacking(resource: string, requested: number, used: number, capacity: number): Rejection {
  return {
    reason: `OutOf${resource}`,
    message: `Pod was rejected: Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  }
}
