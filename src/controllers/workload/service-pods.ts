/** From a Service to the addresses and ports of its pods: what Endpoints and EndpointSlices have in common. */
import { isPodFinished, isPodReady } from '#api/core/pod/pod-life.ts'
import { pod } from '#api/core/pod/pod.ts'
import { service } from '#api/core/service/service.ts'
import type { Service, ServicePort } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import { labelSetMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { wakeFrom, type Cache } from '../driver/define-controller.ts'
import type { StoredPod } from './pods.ts'

export type IpFamily = 'IPv4' | 'IPv6'

export const headlessLabel = 'service.kubernetes.io/headless'
export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Pods wake the Services that select them, when something changed that an endpoint shows. */
export const wakeFromPods = wakeFrom(pod, servicesSelecting, (old, object) => !semanticEqual(shown(old), shown(object)))

function servicesSelecting(object: StoredPod, cache: Cache): readonly string[] {
  const { namespace = '', labels } = object.metadata
  return cache.of(service).list(namespace)
    .filter(({ spec }) => isSelecting(spec?.selector) && labelSetMatcher(spec?.selector).matches(labels))
    .map(({ metadata }) => `${namespace}/${metadata.name}`)
}

function shown(object: StoredPod): unknown {
  const { metadata, spec, status } = object
  return [
    metadata.labels,
    metadata.deletionTimestamp,
    spec?.nodeName,
    spec?.hostname,
    spec?.subdomain,
    status?.podIP,
    status?.podIPs,
    isPodFinished(object),
    isPodReady(object),
  ]
}

function isSelecting(
  selector: Readonly<Record<string, string>> | undefined,
): selector is Readonly<Record<string, string>> {
  return selector !== undefined
}

export function selectedPods({ metadata, spec }: Stored<Service>, cache: Cache): readonly StoredPod[] {
  const selector = labelSetMatcher(spec?.selector)
  return cache.of(pod).list(metadata.namespace ?? '').filter((candidate) => selector.matches(candidate.metadata.labels))
}

export function isHeadless({ spec }: Stored<Service>): boolean {
  return spec?.clusterIP === 'None'
}

/** The families that the Service has; one that does not say yet is IPv4. */
export function familiesOf({ spec }: Stored<Service>): readonly IpFamily[] {
  const families = (spec?.ipFamilies ?? []).filter(
    (family): family is IpFamily => family === 'IPv4' || family === 'IPv6',
  )
  if (families.length > 0) return families
  return [spec?.clusterIP?.includes(':') ? 'IPv6' : 'IPv4']
}

export function familyOfIp(ip: string): IpFamily {
  return ip.includes(':') ? 'IPv6' : 'IPv4'
}

/** All addresses of the pod, the first one first. */
export function podIps({ status }: StoredPod): readonly string[] {
  const ips = (status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined && ip !== '')
  return ips.length > 0 ? ips : status?.podIP ? [status.podIP] : []
}

/** The pod's port that a Service port means; undefined when the pod has none of that name (it is then left out). */
export function targetPortOf(
  { spec }: StoredPod,
  { targetPort, port, protocol = 'TCP' }: DeepReadonly<ServicePort>,
): number | undefined {
  if (targetPort === undefined) return port
  if (typeof targetPort === 'number') return targetPort
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const container of [...(spec?.containers ?? []), ...sidecars]) {
    for (const candidate of container.ports ?? []) {
      if (candidate.name === targetPort && (candidate.protocol ?? 'TCP') === protocol) return candidate.containerPort
    }
  }
  return undefined
}

/** A pod has a name of its own under a headless Service that it names as its subdomain. */
export function hostnameUnder({ spec, metadata }: StoredPod, owner: Stored<Service>): string | undefined {
  const isUnder =
    spec?.hostname && spec.subdomain === owner.metadata.name && metadata.namespace === owner.metadata.namespace
  return isUnder ? spec.hostname : undefined
}

export function podReference({ metadata }: StoredPod): { kind: string; namespace: string; name: string; uid: string } {
  return { kind: 'Pod', namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid }
}

/**
 * When the change happened that a new version of the endpoints answers to, for measuring how long that took: the
 * earliest time, after the last one that was recorded, at which one of the pods became ready or unready, or at which
 * the Service was made.
 */
export function triggerTime(
  owner: Stored<Service>,
  pods: readonly StoredPod[],
  recorded: string | undefined,
): string | undefined {
  const times = pods.map(({ status }) => findCondition(status?.conditions, 'Ready')?.lastTransitionTime ?? undefined)
  const later = [owner.metadata.creationTimestamp, ...times]
    .filter((time): time is string => time !== undefined && (recorded === undefined || time > recorded))
  return later.toSorted()[0]
}
