/** What a Service's slices should hold: endpoints, grouped by the ports that they have. */
import { isPodFinished, isPodReady } from '#api/core/pod/pod-life.ts'
import type { Service } from '#api/gen/core-v1.ts'
import type { Endpoint, EndpointPort } from '#api/gen/discovery-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { StoredPod } from '../workload/pods.ts'
import {
  familyOfIp,
  hostnameUnder,
  podIps,
  podReference,
  targetPortOf,
  type IpFamily,
} from '../workload/service-pods.ts'

export type Ports = readonly DeepReadonly<EndpointPort>[]

export interface PortGroup {
  readonly ports: Ports
  readonly endpoints: readonly DeepReadonly<Endpoint>[]
}

/** `zoneOf` gives the zone of a node. Named target ports may differ from pod to pod, hence more than one group. */
export function groupEndpoints(
  service: Stored<Service>, pods: readonly StoredPod[], family: IpFamily, zoneOf: (node: string) => string | undefined,
): readonly PortGroup[] {
  const groups = new Map<string, { readonly ports: Ports; readonly endpoints: DeepReadonly<Endpoint>[] }>()
  for (const pod of pods) {
    const addresses = podIps(pod).filter((ip) => familyOfIp(ip) === family)
    if (isPodFinished(pod) || addresses.length === 0) continue
    const ports = portsOf(service, pod)
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue
    const key = portsKey(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    groups.set(key, group)
    group.endpoints.push(endpointOf(service, pod, addresses, zoneOf))
  }
  return [...groups.values()]
}

/** Order does not matter, neither to us nor to those who read slices. */
export function portsKey(ports: Ports | undefined): string {
  return (ports ?? [])
    .map(({ name = '', protocol = 'TCP', port, appProtocol }) =>
      JSON.stringify([name, protocol, port, appProtocol ?? null]),
    )
    .toSorted()
    .join()
}

function portsOf({ spec }: Stored<Service>, pod: StoredPod): Ports {
  const ports: DeepReadonly<EndpointPort>[] = []
  for (const servicePort of spec?.ports ?? []) {
    const port = targetPortOf(pod, servicePort)
    if (port === undefined) continue
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    ports.push({ name, protocol, port, ...(appProtocol !== undefined && { appProtocol }) })
  }
  return ports
}

function endpointOf(
  service: Stored<Service>, pod: StoredPod, addresses: readonly string[], zoneOf: (node: string) => string | undefined,
): DeepReadonly<Endpoint> {
  const serving = isPodReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating)
  const nodeName = pod.spec?.nodeName
  const zone = nodeName ? zoneOf(nodeName) : undefined
  const hostname = hostnameUnder(pod, service)
  return {
    addresses, conditions: { ready, serving, terminating }, targetRef: podReference(pod),
    ...(nodeName && { nodeName }), ...(zone !== undefined && { zone }), ...(hostname !== undefined && { hostname }),
  }
}
