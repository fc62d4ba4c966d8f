/** Which addresses lead where: one Service and its EndpointSlices as elements of the packet filter's sets. Pure. */
import type { Service, ServicePort } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { SetElement } from '#world/packet-filter.ts'

/** One element and the set that it belongs to. */
export interface Placed {
  readonly set: string
  readonly element: SetElement
}

export interface ProxyContext {
  readonly nodeName: string
}

interface Target {
  readonly address: string
  readonly port: number
  readonly onThisNode: boolean
  readonly usable: 'ready' | 'terminating'
}

/** What every element of the ruleset that this Service needs is. Nothing for headless and ExternalName Services. */
export function planService(
  service: Stored<Service>,
  slices: readonly Stored<EndpointSlice>[],
  context: ProxyContext,
): Placed[] {
  const spec = service.spec
  if (!spec || spec.type === 'ExternalName' || !spec.clusterIP || spec.clusterIP === 'None') return []
  const clusterIps = (spec.clusterIPs ?? [spec.clusterIP]).filter(isIpv4)
  const balancerIps = (service.status?.loadBalancer?.ingress ?? [])
    .filter((ingress) => ingress.ip !== undefined && (ingress.ipMode ?? 'VIP') === 'VIP').map((ingress) => ingress.ip!)
  const externalIps = [...(spec.externalIPs ?? []), ...balancerIps].filter(isIpv4)
  const placed: Placed[] = clusterIps.map((address) => ({ set: 'cluster-ips', element: { key: [address] } }))
  for (const port of spec.ports ?? []) {
    const targets = targetsOf(port, slices, context)
    const internal = chooseTargets(targets, spec.internalTrafficPolicy === 'Local')
    const external = chooseTargets(targets, spec.externalTrafficPolicy === 'Local')
    const protocol = (port.protocol ?? 'TCP').toLowerCase()
    const sticky = spec.sessionAffinity === 'ClientIP'
    for (const address of clusterIps) placed.push(...placeAddress(address, protocol, port.port, internal, sticky))
    for (const address of externalIps) placed.push(...placeAddress(address, protocol, port.port, external, sticky))
    if (port.nodePort && (spec.type === 'NodePort' || spec.type === 'LoadBalancer')) {
      placed.push(...placeLocalPort(protocol, port.nodePort, external, sticky))
      if (spec.externalTrafficPolicy === 'Local') {
        placed.push({ set: `keep-source-${protocol}`, element: { key: [String(port.nodePort)] } })
      }
    }
    // A pod that reaches itself through a Service must see another source address than its own, or it would answer to
    // itself.
    for (const target of targets) {
      if (target.onThisNode) placed.push({ set: 'hairpins', element: { key: [target.address, target.address] } })
    }
  }
  return placed
}

/** A pod's hostPort is a port of the node with one target. */
export function planHostPort(protocol: string, hostPort: number, podIp: string, containerPort: number): Placed[] {
  const target: Target = { address: podIp, port: containerPort, onThisNode: true, usable: 'ready' }
  return [
    ...placeLocalPort(protocol.toLowerCase(), hostPort, [target], false),
    { set: `keep-source-${protocol.toLowerCase()}`, element: { key: [String(hostPort)] } },
    { set: 'hairpins', element: { key: [podIp, podIp] } },
  ]
}

/**
 * Sets are made when their first element comes; the count in the name is the number of targets that a rule chooses
 * among.
 */
export function targetCountOf(
  set: string,
): { readonly family: 'services' | 'sticky-services' | 'ports' | 'sticky-ports'; readonly count: number } | undefined {
  const match = /^(services|sticky-services|ports|sticky-ports)-(\d+)$/.exec(set)
  return match ? { family: match[1] as 'services', count: Number(match[2]) } : undefined
}

function placeAddress(
  address: string,
  protocol: string,
  port: number,
  targets: readonly Target[],
  sticky: boolean,
): Placed[] {
  const key = [address, protocol, String(port)]
  if (targets.length === 0) return [{ set: 'dead-services', element: { key } }]
  return [
    { set: `${sticky ? 'sticky-services' : 'services'}-${targets.length}`, element: { key } },
    ...targets.map((target, slot) => ({
      set: 'endpoints', element: { key: [...key, String(slot)], value: [target.address, String(target.port)] },
    })),
  ]
}

function placeLocalPort(protocol: string, port: number, targets: readonly Target[], sticky: boolean): Placed[] {
  const key = [protocol, String(port)]
  if (targets.length === 0) return [{ set: 'dead-ports', element: { key } }]
  return [
    { set: `${sticky ? 'sticky-ports' : 'ports'}-${targets.length}`, element: { key } },
    ...targets.map((target, slot) => ({
      set: 'local-ports', element: { key: [...key, String(slot)], value: [target.address, String(target.port)] },
    })),
  ]
}

/** Ready targets; failing those, the ones that still serve while they end (KEP-1669). */
function chooseTargets(targets: readonly Target[], onlyLocal: boolean): readonly Target[] {
  const near = onlyLocal ? targets.filter((target) => target.onThisNode) : targets
  const ready = near.filter((target) => target.usable === 'ready')
  return ready.length > 0 ? ready : near
}

/** In a fixed order, so that a slot keeps its target while nothing about it changes. */
function targetsOf(
  port: DeepReadonly<ServicePort>,
  slices: readonly Stored<EndpointSlice>[],
  context: ProxyContext,
): Target[] {
  const targets = new Map<string, Target>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const slicePort = slice.ports?.find(
      (candidate) =>
        (candidate.name ?? '') === (port.name ?? '') && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    )
    if (slicePort?.port === undefined) continue
    for (const { addresses, conditions, nodeName } of slice.endpoints ?? []) {
      // Absent conditions mean yes for ready and serving, no for terminating.
      const ready = conditions?.ready ?? true
      const servesWhileEnding = (conditions?.serving ?? ready) && (conditions?.terminating ?? false)
      const address = addresses[0]
      if (address === undefined || (!ready && !servesWhileEnding)) continue
      targets.set(`${address}:${slicePort.port}`, {
        address,
        port: slicePort.port,
        onThisNode: nodeName === undefined || nodeName === context.nodeName,
        usable: ready ? 'ready' : 'terminating',
      })
    }
  }
  return [...targets.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target)
}

function isIpv4(address: string): boolean {
  return address.includes('.') && !address.includes(':')
}
