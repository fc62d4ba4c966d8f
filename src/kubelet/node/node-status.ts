/** What a node reports of itself. Pure. */
import type { Image, RuntimeVersion } from '#world/container-runtime.ts'
import type { FilesystemCapacity } from '#world/files.ts'
import type { MachineFacts } from '#world/machine.ts'
import type { KubeletConfig } from '../config.ts'
import { formatTime } from '../pods/status-time.ts'
import type { NodeCondition, NodeObject, NodeStatus } from '../types.ts'

export interface NodeInput {
  readonly config: KubeletConfig
  readonly facts: MachineFacts
  readonly runtime: RuntimeVersion
  readonly images: readonly Image[]
  readonly disk: FilesystemCapacity
  readonly pressure: Pressure
  /** Why the node cannot run pods; empty: it can. */
  readonly notReady: readonly string[]
  readonly old: NodeObject | undefined
  readonly now: number
}

export interface Pressure {
  readonly memory: boolean
  readonly disk: boolean
  readonly pids: boolean
}

/** Upstream reports the fifty largest images with at most five names each. */
const imagesMax = 50
const namesMax = 5

export function computeNodeStatus(input: NodeInput): NodeStatus {
  const { config, facts, runtime } = input
  const { capacity, allocatable } = nodeResources(input)
  return {
    capacity,
    allocatable,
    conditions: computeNodeConditions(input),
    addresses: [
      ...config.nodeIps.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: facts.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: config.port } },
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.systemUuid,
      bootID: facts.bootId,
      kernelVersion: facts.kernelVersion,
      osImage: facts.osImage,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kubeletVersion: config.version,
      kubeProxyVersion: '',
      operatingSystem: facts.operatingSystem,
      architecture: facts.architecture,
      ...(facts.swapBytes > 0 && { swap: { capacity: facts.swapBytes } }),
    } as NonNullable<NodeStatus['nodeInfo']>,
    images: input.images.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, imagesMax).map((image) => ({
      names: [...image.digests, ...image.tags].slice(0, namesMax), sizeBytes: image.sizeBytes,
    })),
  }
}

function nodeResources({ config, facts, disk }: Pick<NodeInput, 'config' | 'facts' | 'disk'>) {
  const { eviction, reserved } = config
  const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`
  const capacity: Record<string, string> = {
    cpu: String(facts.cpuCount),
    'ephemeral-storage': kibibytes(disk.capacityBytes),
    'hugepages-1Gi': '0', 'hugepages-2Mi': '0',
    memory: kibibytes(facts.memoryBytes),
    pods: String(config.maxPods),
  }
  const cpuMilli = facts.cpuCount * 1000 - reserved.cpuMilli
  const allocatable: Record<string, string> = {
    ...capacity,
    cpu: cpuMilli % 1000 === 0 ? String(cpuMilli / 1000) : `${cpuMilli}m`,
    'ephemeral-storage': String(Math.floor(disk.capacityBytes * (1 - eviction.nodefsAvailablePercent / 100))),
    memory: kibibytes(facts.memoryBytes - reserved.memoryBytes - eviction.memoryAvailableBytes),
  }
  return { capacity, allocatable }
}

interface ConditionText {
  readonly type: string
  readonly status: boolean
  readonly reason: string
  readonly message: string
}

function computeNodeConditions({ pressure, notReady, old, now }: NodeInput): NodeCondition[] {
  const texts: readonly ConditionText[] = [
    pressure.memory
      ? {
          type: 'MemoryPressure',
          status: true,
          reason: 'KubeletHasInsufficientMemory',
          message: 'kubelet has insufficient memory available',
        }
      : {
          type: 'MemoryPressure',
          status: false,
          reason: 'KubeletHasSufficientMemory',
          message: 'kubelet has sufficient memory available',
        },
    pressure.disk
      ? { type: 'DiskPressure', status: true, reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }
      : {
          type: 'DiskPressure',
          status: false,
          reason: 'KubeletHasNoDiskPressure',
          message: 'kubelet has no disk pressure',
        },
    pressure.pids
      ? {
          type: 'PIDPressure',
          status: true,
          reason: 'KubeletHasInsufficientPID',
          message: 'kubelet has insufficient PID available',
        }
      : {
          type: 'PIDPressure',
          status: false,
          reason: 'KubeletHasSufficientPID',
          message: 'kubelet has sufficient PID available',
        },
    notReady.length === 0
      ? { type: 'Ready', status: true, reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: false, reason: 'KubeletNotReady', message: formatProblems(notReady) },
  ]
  const own = texts.map(({ type, status, reason, message }): NodeCondition => {
    const before = old?.status?.conditions?.find((condition) => condition.type === type)
    const value = status ? 'True' : 'False'
    return {
      type, status: value, lastHeartbeatTime: formatTime(now),
      lastTransitionTime:
        before?.status === value && before.lastTransitionTime ? before.lastTransitionTime : formatTime(now),
      reason, message,
    }
  })
  const others = (old?.status?.conditions ?? []).filter(({ type }) => !texts.some((text) => text.type === type))
  return [...(structuredClone(others) as NodeCondition[]), ...own]
}

function formatProblems(problems: readonly string[]): string {
  return problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`
}

/** Labels that every kubelet puts on its node, and keeps there. */
export function nodeLabels(nodeName: string, { operatingSystem, architecture }: MachineFacts): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': architecture, 'beta.kubernetes.io/os': operatingSystem,
    'kubernetes.io/arch': architecture, 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': operatingSystem,
  }
}
