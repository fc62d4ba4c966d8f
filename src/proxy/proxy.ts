/**
 * Keeps the packet filter true to the Services: told by informers, one transaction at a time, full only
 * when it must be.
 */
import type { Pod, Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { Informer } from '#client/informer.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { objectKey } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { PacketFilter } from '#world/packet-filter.ts'
import { planHostPort, planService } from './plan.ts'
import { Ruleset } from './ruleset.ts'

export interface ProxyOptions {
  readonly nodeName: string
  /** The table of this cluster; nothing else on the machine may use it. */
  readonly table: string
  readonly serviceCidr: string
  readonly services: Informer<Service>
  readonly endpointSlices: Informer<EndpointSlice>
  /** Pods of this node, for their hostPorts; other nodes' pods are passed over. */
  readonly pods: Informer<Pod>
  readonly packetFilter: PacketFilter
  readonly clock: Clock
  readonly log: Log
}

/** What `/healthz` and metrics tell of the proxy. */
export interface ProxyStatistics {
  transactions: number
  refusals: number
  /** Wall-clock milliseconds of the last accepted transaction. */
  lastAppliedAt: number
}

const serviceNameLabel = 'kubernetes.io/service-name'
const retryMsMin = 100
const retryMsMax = 30_000

export interface RunningProxy {
  /** Resolves when the first full table stands. */
  readonly ready: Promise<void>
  readonly done: Promise<void>
  readonly statistics: ProxyStatistics
  /** Writes the whole table again: somebody else has removed or changed it. */
  rebuild(): void
}

/** Runs until aborted. */
export function startProxy(options: ProxyOptions, signal: AbortSignal): RunningProxy {
  const ready = Promise.withResolvers<void>()
  const statistics: ProxyStatistics = { transactions: 0, refusals: 0, lastAppliedAt: 0 }
  const progress: Progress = { full: true, wake: Promise.withResolvers<void>() }
  return {
    ready: ready.promise,
    done: run(options, statistics, progress, ready.resolve, signal),
    statistics,
    rebuild() {
      progress.full = true
      progress.wake.resolve()
    },
  }
}

interface Progress {
  /** The next transaction replaces the table. */
  full: boolean
  wake: PromiseWithResolvers<void>
}

async function run(
  options: ProxyOptions, statistics: ProxyStatistics, progress: Progress, becameReady: () => void, signal: AbortSignal,
): Promise<void> {
  const { services, endpointSlices, pods, packetFilter, clock, log, table } = options
  const ruleset = new Ruleset(options.serviceCidr)
  const dirty = new Set<string>()
  const touch = (owner: string): void => {
    dirty.add(owner)
    progress.wake.resolve()
  }
  const touchService = (service: Stored<Service>): void => touch(`service ${objectKey(service)}`)
  const touchSlice = (slice: Stored<EndpointSlice>): void => {
    const name = slice.metadata.labels?.[serviceNameLabel]
    if (name !== undefined) touch(`service ${slice.metadata.namespace}/${name}`)
  }
  const touchPod = (pod: Stored<Pod>): void => {
    if (pod.spec?.nodeName === options.nodeName && hostPortsOf(pod).length > 0) touch(`pod ${objectKey(pod)}`)
  }
  endpointSlices.addIndex('service', (slice) => [
    `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`,
  ])
  await Promise.all([services.synced, endpointSlices.synced, pods.synced])
  const unsubscribe = [
    services.subscribe({
      onAdd: touchService,
      onUpdate: (_, service) => touchService(service),
      onDelete: touchService,
    }),
    endpointSlices.subscribe({
      onAdd: touchSlice, onDelete: touchSlice,
      onUpdate: (old, slice) => { touchSlice(old); touchSlice(slice) },
    }),
    pods.subscribe({ onAdd: touchPod, onUpdate: (_, pod) => touchPod(pod), onDelete: touchPod }),
  ]
  signal.addEventListener('abort', () => progress.wake.resolve(), { once: true })
  let retryMs = retryMsMin
  try {
    while (!signal.aborted) {
      for (const owner of dirty) ruleset.set(owner, planOwner(owner, options))
      dirty.clear()
      progress.wake = Promise.withResolvers<void>()
      const { full } = progress
      progress.full = false
      const operations = full ? ruleset.planFull() : ruleset.planChange()
      if (operations.length > 0) {
        try {
          await packetFilter.apply(table, operations)
          statistics.transactions++
          statistics.lastAppliedAt = clock.now()
          retryMs = retryMsMin
        } catch (error) {
          if (signal.aborted) break
          statistics.refusals++
          log.error('packet filter refused the transaction', {
            error: String(error),
            operations: operations.length,
            retryMs,
          })
          ruleset.forgetApplied()
          progress.full = true
          await clock.sleep(retryMs, signal).catch(() => undefined)
          retryMs = Math.min(retryMs * 2, retryMsMax)
          continue
        }
      }
      ruleset.markApplied()
      becameReady()
      if (dirty.size === 0 && !signal.aborted) await progress.wake.promise
    }
  } finally {
    for (const end of unsubscribe) end()
  }
}

function planOwner(
  owner: string,
  { services, endpointSlices, pods, nodeName }: ProxyOptions,
): ReturnType<typeof planService> {
  const [kind, key] = owner.split(' ') as [string, string]
  if (kind === 'service') {
    const service = services.byKey(key)
    return service ? planService(service, endpointSlices.byIndex('service', key), { nodeName }) : []
  }
  const pod = pods.byKey(key)
  const podIp = pod?.status?.podIP
  const ended = pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed'
  if (!pod || !podIp || ended || pod.spec?.hostNetwork) return []
  return hostPortsOf(pod).flatMap((port) =>
    planHostPort(port.protocol ?? 'TCP', port.hostPort!, podIp, port.containerPort),
  )
}

function hostPortsOf(pod: Stored<Pod>) {
  return (pod.spec?.containers ?? [])
    .flatMap((container) => container.ports ?? [])
    .filter((port) => port.hostPort !== undefined && port.hostPort > 0)
}
