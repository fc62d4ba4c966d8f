/** `/stats/summary`: what node, pods and containers use, in upstream's form (stats/v1alpha1). */
import type { CgroupUsage } from '#world/cgroups.ts'
import type { ContainerStats } from '#world/container-runtime.ts'
import { podCgroup } from '../containers/resources.ts'
import type { Kubelet } from '../kubelet.ts'
import { containerNameOf, podUid, uidOf } from '../pods/identity.ts'
import { formatTime } from '../pods/status-time.ts'

export interface CpuStats {
  readonly time: string
  readonly usageNanoCores?: number
  readonly usageCoreNanoSeconds: number
}

export interface MemoryStats {
  readonly time: string
  readonly availableBytes?: number
  readonly usageBytes: number
  readonly workingSetBytes: number
  readonly rssBytes: number
  readonly pageFaults: number
  readonly majorPageFaults: number
}

export interface FilesystemStats {
  readonly time: string
  readonly availableBytes: number
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly inodesFree: number
  readonly inodes: number
  readonly inodesUsed: number
}

export interface ContainerSummary {
  readonly name: string
  readonly startTime: string
  readonly cpu: CpuStats
  readonly memory: MemoryStats
  readonly rootfs?: FilesystemStats
}

export interface PodSummary {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string }
  readonly startTime: string
  readonly containers: readonly ContainerSummary[]
  readonly cpu: CpuStats
  readonly memory: MemoryStats
  readonly process_stats?: { readonly process_count: number }
}

export interface Summary {
  readonly node: {
    readonly nodeName: string
    readonly startTime: string
    readonly cpu: CpuStats
    readonly memory: MemoryStats
    readonly fs: FilesystemStats
  }
  readonly pods: readonly PodSummary[]
}

interface Sample {
  readonly at: number
  readonly total: number
  readonly rate: number | undefined
}

/** A rate needs two readings; closer ones than this are too rough. */
const leastIntervalMs = 1000
const samplesMax = 10_000

export class SummarySource {
  readonly #kubelet: Kubelet
  readonly #samples = new Map<string, Sample>()
  readonly #startedAt: number

  constructor(kubelet: Kubelet) {
    this.#kubelet = kubelet
    this.#startedAt = kubelet.services.clock.now()
  }

  async read(): Promise<Summary> {
    const { services, nodeName, machine, config } = this.#kubelet
    const now = services.clock.now()
    const time = formatTime(now)
    const [cpu, memory, disk, stats] = await Promise.all([
      machine.cpuUsageNanoseconds(),
      machine.memory(),
      services.files.filesystem(config.rootDirectory),
      services.runtime.containerStats({}),
    ])
    const used = memory.totalBytes - memory.availableBytes
    return {
      node: {
        nodeName, startTime: formatTime(this.#startedAt),
        cpu: this.#cpu('node', cpu, now),
        memory: {
          time,
          availableBytes: memory.availableBytes,
          usageBytes: used,
          workingSetBytes: used,
          rssBytes: used,
          pageFaults: 0,
          majorPageFaults: 0,
        },
        fs: {
          time,
          availableBytes: disk.availableBytes,
          capacityBytes: disk.capacityBytes,
          usedBytes: disk.capacityBytes - disk.availableBytes,
          inodesFree: disk.inodesFree,
          inodes: disk.inodes,
          inodesUsed: disk.inodes - disk.inodesFree,
        },
      },
      pods: await Promise.all(
        this.#kubelet.pods.all().map((pod) =>
          this.#pod(
            pod,
            stats.filter((entry) => uidOf(entry) === podUid(pod)),
            now,
          ),
        ),
      ).then((pods) => pods.filter(({ containers }) => containers.length > 0)),
    }
  }

  async #pod(
    pod: ReturnType<Kubelet['pods']['all']>[number], stats: readonly ContainerStats[], now: number,
  ): Promise<PodSummary> {
    const { cgroups, sandboxOptions, cache } = this.#kubelet.services
    const { name, namespace = '', uid } = pod.metadata
    const usage = await cgroups.usage(podCgroup(sandboxOptions.cgroupRoot, pod)) ?? sumOf(stats)
    const time = formatTime(now)
    return {
      podRef: { name, namespace, uid },
      startTime: pod.status?.startTime ?? time,
      containers: stats.map((entry) => ({
        name: containerNameOf({ labels: entry.labels }),
        startTime: formatTime(cache.container(entry.id)?.startedAt ?? now),
        cpu: this.#cpu(entry.id, entry.cpuUsageNanoseconds, now),
        memory: {
          time,
          usageBytes: entry.memoryUsageBytes,
          workingSetBytes: entry.memoryWorkingSetBytes,
          rssBytes: entry.memoryRssBytes,
          pageFaults: entry.pageFaults,
          majorPageFaults: entry.majorPageFaults,
        },
      })),
      cpu: this.#cpu(uid, usage.cpuUsageNanoseconds, now),
      memory: {
        time,
        usageBytes: usage.memoryUsageBytes,
        workingSetBytes: usage.memoryWorkingSetBytes,
        rssBytes: usage.memoryRssBytes,
        pageFaults: 0,
        majorPageFaults: 0,
      },
      process_stats: { process_count: usage.processes },
    }
  }

  #cpu(key: string, total: number, now: number): CpuStats {
    const before = this.#samples.get(key)
    const elapsed = before ? now - before.at : 0
    const rate = before && elapsed >= leastIntervalMs
      ? Math.max(0, Math.round(((total - before.total) * 1000) / elapsed))
      : before?.rate
    if (!before || elapsed >= leastIntervalMs) {
      this.#samples.delete(key)
      this.#samples.set(key, { at: now, total, rate })
      const oldest = this.#samples.keys().next()
      if (this.#samples.size > samplesMax && !oldest.done) this.#samples.delete(oldest.value)
    }
    return { time: formatTime(now), ...(rate !== undefined && { usageNanoCores: rate }), usageCoreNanoSeconds: total }
  }
}

function sumOf(stats: readonly ContainerStats[]): CgroupUsage {
  const sum = (read: (entry: ContainerStats) => number): number =>
    stats.reduce((total, entry) => total + read(entry), 0)
  return {
    cpuUsageNanoseconds: sum((entry) => entry.cpuUsageNanoseconds),
    memoryUsageBytes: sum((entry) => entry.memoryUsageBytes),
    memoryWorkingSetBytes: sum((entry) => entry.memoryWorkingSetBytes),
    memoryRssBytes: sum((entry) => entry.memoryRssBytes),
    processes: stats.length,
  }
}
