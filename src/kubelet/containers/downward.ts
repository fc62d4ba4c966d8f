/** What a pod may know of itself: fields and resources, for environment variables and volumes. */
import type { AnyContainer, PodObject } from '../types.ts'
import { quantityValue } from './quantities.ts'

export interface DownwardSources {
  readonly pod: PodObject
  readonly podIps: readonly string[]
  readonly hostIps: readonly string[]
  /** The node's, for limits that a container does not set. */
  readonly allocatable: Readonly<Record<string, string>>
}

/** The text of a field path such as `metadata.labels['app']`; undefined for one that names nothing. */
export function fieldValue(path: string, { pod, podIps, hostIps }: DownwardSources): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? ''
  switch (path) {
    case 'metadata.name': return pod.metadata.name
    case 'metadata.namespace': return pod.metadata.namespace ?? ''
    case 'metadata.uid': return pod.metadata.uid
    case 'metadata.labels': return formatMap(pod.metadata.labels)
    case 'metadata.annotations': return formatMap(pod.metadata.annotations)
    case 'spec.nodeName': return pod.spec?.nodeName ?? ''
    case 'spec.serviceAccountName': return pod.spec?.serviceAccountName ?? ''
    case 'status.hostIP': return hostIps[0] ?? ''
    case 'status.hostIPs': return hostIps.join(',')
    case 'status.podIP': return podIps[0] ?? ''
    case 'status.podIPs': return podIps.join(',')
    default: return undefined
  }
}

/** One `key="value"` per line, by key, values quoted as Go quotes them. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n')
}

export interface ResourceSelector {
  readonly containerName?: string | undefined
  readonly resource: string
  readonly divisor?: string | number | undefined
}

/** A request or limit in units of the divisor, rounded up. A limit that is not set is the node's whole. */
export function resourceValue(
  selector: ResourceSelector, container: AnyContainer, { allocatable }: DownwardSources,
): string | undefined {
  const [kind, ...rest] = selector.resource.split('.')
  if (kind !== 'limits' && kind !== 'requests') return undefined
  const name = rest.join('.')
  const set = container.resources?.[kind]?.[name]
  const quantity = set ?? (kind === 'limits' ? allocatable[name] : undefined) ?? '0'
  const divisor = quantityValue(selector.divisor ?? '1') || 1
  return String(Math.ceil(quantityValue(quantity) / divisor - 1e-9))
}
