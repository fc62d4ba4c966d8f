/** What pods use, from the resource metrics API (metrics.k8s.io), and what they request. */
import type { ContainerMetrics, PodMetrics } from '#api/gen/metrics-v1beta1.ts'
import type { Container, Pod } from '#api/gen/core-v1.ts'
import type { Client } from '#client/client.ts'
import { parseDuration } from '#machinery/duration.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { parseQuantity, quantityMilliValue } from '#machinery/quantity.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import { NoProposal, type PodUsage } from './usage-ratio.ts'

const podMetrics = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods' }

export interface MetricOfPods {
  /** `cpu` or `memory`. */
  readonly resource: string
  /** Only of this container of each pod. */
  readonly container?: string | undefined
}

/** Of an error that names no object, as where nobody serves the API: upstream's client then adds what it asked for. */
function whyOf(error: unknown): string {
  const { message } = error as Error
  const namesNothing = error instanceof ApiError && error.status.details?.kind === undefined
  return namesNothing ? `${message} (get ${podMetrics.resource}.${podMetrics.group})` : message
}

/** By the pod's name. A pod of which not every container was measured is left out. Throws NoProposal. */
export async function fetchUsage(
  client: Client, namespace: string, labelSelector: string, metric: MetricOfPods, signal: AbortSignal,
): Promise<ReadonlyMap<string, PodUsage>> {
  const { resource } = metric
  const fail = (why: string, cause?: unknown): NoProposal =>
    new NoProposal(`unable to get metrics for resource ${resource}: ${why}`, { cause })
  let items: readonly DeepReadonly<PodMetrics>[]
  try {
    ({ items } = await client.resource<PodMetrics>(podMetrics, namespace).list({ labelSelector, signal }))
  } catch (error) {
    throw fail(`unable to fetch metrics from resource metrics API: ${whyOf(error)}`, error)
  }
  const usage = new Map<string, PodUsage>()
  for (const { metadata, timestamp, window, containers } of items) {
    const milliValue = usageOf(containers, metric)
    if (milliValue === undefined || !metadata?.name) continue
    usage.set(metadata.name, {
      milliValue, at: timeToMilliseconds(timestamp), windowMs: Number(parseDuration(window)) / 1e6,
    })
  }
  if (items.length === 0) throw fail('no metrics returned from resource metrics API')
  return usage
}

function usageOf(
  containers: readonly DeepReadonly<ContainerMetrics>[], { resource, container }: MetricOfPods,
): number | undefined {
  const counted = container === undefined ? containers : containers.filter(({ name }) => name === container)
  const amounts = counted.map(({ usage }) => usage?.[resource])
  if (counted.length === 0 || amounts.some((amount) => amount === undefined)) return undefined
  return amounts.reduce((total, amount) => total + milliOf(amount!), 0)
}

/** By the pod's name, in thousandths. Throws NoProposal when a container requests none. */
export function requestsOf(
  pods: readonly Stored<Pod>[], { resource, container }: MetricOfPods,
): ReadonlyMap<string, number> {
  return new Map(pods.map((pod) => {
    const ofPod = container === undefined ? pod.spec?.resources?.requests?.[resource] : undefined
    if (ofPod !== undefined) return [pod.metadata.name, milliOf(ofPod)] as const
    const total = longRunning(pod)
      .filter(({ name }) => container === undefined || name === container)
      .reduce((sum, { name, resources }) => {
        const amount = resources?.requests?.[resource]
        if (amount === undefined) {
          throw new NoProposal(`missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`)
        }
        return sum + milliOf(amount)
      }, 0)
    return [pod.metadata.name, total] as const
  }))
}

/** Init containers that go on running (sidecars) use something all the time as well. */
function longRunning({ spec }: Stored<Pod>): readonly DeepReadonly<Container>[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...sidecars, ...(spec?.containers ?? [])]
}

function milliOf(amount: string): number {
  return quantityMilliValue(parseQuantity(amount))
}
