/** From a pod's resources to the kernel's: cgroup parents, shares, quotas, and who dies first when memory runs out. */
import type { CgroupLimits } from '#world/cgroups.ts'
import type { LinuxResources } from '#world/container-runtime.ts'
import { podUid } from '../pods/identity.ts'
import { qosClassOf } from '../pods/status.ts'
import type { AnyContainer, PodObject } from '../types.ts'
import { quantityMilli, quantityWhole } from './quantities.ts'

const cpuPeriod = 100_000

/** `/kubepods/burstable/pod<uid>`: the cgroupfs driver's spelling. */
export function podCgroup(root: string, pod: PodObject): string {
  const qos = pod.status?.qosClass ?? qosClassOf(pod)
  return qos === 'Guaranteed' ? `${root}/pod${podUid(pod)}` : `${root}/${qos.toLowerCase()}/pod${podUid(pod)}`
}

/** Limits of the pod's own group: sums of requests, and of limits where every container has one. */
export function podCgroupLimits(pod: PodObject): CgroupLimits {
  const total = podResources(pod)
  return {
    cpuShares: cpuShares(total.cpuRequestMilli),
    ...(total.cpuLimitMilli !== undefined && { cpuQuota: cpuQuota(total.cpuLimitMilli), cpuPeriod }),
    ...(total.memoryLimitBytes !== undefined && { memoryLimitBytes: total.memoryLimitBytes }),
  }
}

export interface PodResources {
  readonly cpuRequestMilli: number
  readonly memoryRequestBytes: number
  /** undefined: some container is unlimited. */
  readonly cpuLimitMilli: number | undefined
  readonly memoryLimitBytes: number | undefined
}

/**
 * What a pod needs at most at one time: its containers with its sidecars, or an init container with the sidecars
 * before it.
 */
export function podResources(pod: PodObject): PodResources {
  const measure = (
    kind: 'requests' | 'limits',
    name: string,
    read: (quantity: unknown) => number,
  ): number | undefined => {
    const value = (container: AnyContainer): number | undefined => {
      const quantity = container.resources?.[kind]?.[name]
      return quantity === undefined ? undefined : read(quantity)
    }
    const podLevel = pod.spec?.resources?.[kind]?.[name]
    if (podLevel !== undefined) return read(podLevel)
    let sidecars = 0
    let largestInit = 0
    let unlimited = false
    for (const container of pod.spec?.initContainers ?? []) {
      const own = value(container)
      if (own === undefined) unlimited = true
      if (container.restartPolicy === 'Always') sidecars += own ?? 0
      else largestInit = Math.max(largestInit, sidecars + (own ?? 0))
    }
    let sum = sidecars
    for (const container of pod.spec?.containers ?? []) {
      const own = value(container)
      if (own === undefined) unlimited = true
      sum += own ?? 0
    }
    if (kind === 'limits' && unlimited) return undefined
    const overhead = pod.spec?.overhead?.[name]
    return Math.max(sum, largestInit) + (overhead === undefined ? 0 : read(overhead))
  }
  return {
    cpuRequestMilli: measure('requests', 'cpu', quantityMilli) ?? 0,
    memoryRequestBytes: measure('requests', 'memory', quantityWhole) ?? 0,
    cpuLimitMilli: measure('limits', 'cpu', quantityMilli),
    memoryLimitBytes: measure('limits', 'memory', quantityWhole),
  }
}

export function containerResources(
  pod: PodObject, container: AnyContainer, machineMemoryBytes: number,
): LinuxResources {
  const { requests = {}, limits = {} } = container.resources ?? {}
  const cpuLimit = quantityMilli(limits['cpu'])
  return {
    cpuPeriod: cpuLimit > 0 ? cpuPeriod : 0,
    cpuQuota: cpuLimit > 0 ? cpuQuota(cpuLimit) : 0,
    cpuShares: cpuShares(quantityMilli(requests['cpu'] ?? limits['cpu'])),
    memoryLimitBytes: quantityWhole(limits['memory']),
    oomScoreAdjust: oomScoreAdjust(pod, container, machineMemoryBytes),
    unified: {},
  }
}

/** The kernel's least is 2. */
export function cpuShares(milli: number): number {
  return milli === 0 ? 2 : Math.min(262_144, Math.max(2, Math.floor((milli * 1024) / 1000)))
}

/** The kernel refuses less than a millisecond. */
function cpuQuota(milli: number): number {
  return milli === 0 ? -1 : Math.max(1000, Math.floor((milli * cpuPeriod) / 1000))
}

/** -997 for what must stay, 1000 for best effort; in between, whoever has reserved more of the machine lives longer. */
export function oomScoreAdjust(pod: PodObject, container: AnyContainer, machineMemoryBytes: number): number {
  if ((pod.spec?.priority ?? 0) >= 2_000_000_000) return -997
  const qos = pod.status?.qosClass ?? qosClassOf(pod)
  if (qos === 'Guaranteed') return -997
  if (qos === 'BestEffort') return 1000
  const request = quantityWhole(container.resources?.requests?.['memory'])
  const adjust = 1000 - Math.floor((1000 * request) / Math.max(1, machineMemoryBytes))
  if (adjust < 3) return 3
  return adjust === 1000 ? 999 : adjust
}
