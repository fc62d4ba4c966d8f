/** `default/kubernetes`: the Service through which pods find the API server, and the endpoints behind it. */
import type { Endpoints, Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { isLoopback, parseIp } from '#base/ip.ts'
import type { ResourcePath, Transport } from '#client/transport.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import type { Clock } from '#world/clock.ts'

export interface KubernetesServiceOptions {
  /** The first address of the service range. */
  readonly clusterIp: string
  /** Where the servers of this cluster can be reached by nodes and pods: at least one. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly clock: Clock
}

/** A server that lives writes its Service at once after it took the address. */
const halfMadeMs = 2_000
const serviceLabels = { component: 'apiserver', provider: 'kubernetes' }

/** Creates or corrects the three objects. Safe to repeat. */
export async function ensureKubernetesService(
  transport: Transport, options: KubernetesServiceOptions, signal: AbortSignal,
): Promise<void> {
  const core = { group: '', version: 'v1', namespace: 'default' }
  const services = { ...core, resource: 'services' }
  await freeHalfTakenAddress(transport, { ...services, name: 'kubernetes' }, options, signal)
  await ensure(transport, services, serviceObject(options), () => undefined, signal)
  // Endpoints may not lie on the loopback; a server that is only reached there (a library's, a simulation's) has none.
  if (options.addresses.every(isOnLoopback)) return
  const discovery = { group: 'discovery.k8s.io', version: 'v1', namespace: 'default', resource: 'endpointslices' }
  await Promise.all([
    ensure(transport, { ...core, resource: 'endpoints' }, endpointsObject(options), replaceEndpoints, signal),
    ensure(transport, discovery, endpointSliceObject(options), replaceSlice, signal),
  ])
}

/** A server that died between taking the Service's address and writing the Service has left the address taken. */
async function freeHalfTakenAddress(
  transport: Transport, service: ResourcePath, { clusterIp, clock }: KubernetesServiceOptions, signal: AbortSignal,
): Promise<void> {
  const path = { group: 'networking.k8s.io', version: 'v1', resource: 'ipaddresses', name: clusterIp }
  const isHalfMade = async (): Promise<KubeObject | undefined> =>
    await read(transport, service, signal) ? undefined : await read(transport, path, signal)
  if (!await isHalfMade()) return
  await clock.sleep(halfMadeMs, signal)
  const left = await isHalfMade()
  if (!left) return
  const { uid, resourceVersion } = left.metadata ?? {}
  await transport.call({ verb: 'delete', path, options: { preconditions: { uid, resourceVersion } } }, { signal })
}

function isOnLoopback(text: string): boolean {
  const address = parseIp(text)
  return address !== undefined && isLoopback(address)
}

function serviceObject({ clusterIp, port }: KubernetesServiceOptions): Service {
  return {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes', namespace: 'default', labels: serviceLabels },
    spec: {
      clusterIP: clusterIp, clusterIPs: [clusterIp], type: 'ClusterIP', sessionAffinity: 'None',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
    },
  }
}

function endpointsObject({ addresses, port }: KubernetesServiceOptions): Endpoints {
  return {
    apiVersion: 'v1', kind: 'Endpoints',
    metadata: {
      name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  }
}

function endpointSliceObject({ addresses, port }: KubernetesServiceOptions): KubeObject {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: addresses[0]!.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }
  return slice
}

function replaceEndpoints(existing: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const now = existing as Endpoints
  const { subsets } = wanted as Endpoints
  return semanticEqual(now.subsets, subsets) ? undefined : { ...cloneJson(now), subsets } as Endpoints
}

function replaceSlice(existing: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const now = existing as EndpointSlice
  const { endpoints, ports } = wanted as EndpointSlice
  const same = semanticEqual(now.endpoints, endpoints) && semanticEqual(now.ports, ports)
  return same ? undefined : { ...cloneJson(now), endpoints, ports: ports! } as EndpointSlice
}

async function ensure(
  transport: Transport,
  path: {
    group: string
    version: string
    namespace: string
    resource: string
  },
  wanted: KubeObject,
  correct: (existing: KubeObject, wanted: KubeObject) => KubeObject | undefined,
  signal: AbortSignal,
): Promise<void> {
  const named = { ...path, name: 'kubernetes' }
  // Read first: creating the Service again would already fail at its address, which it has itself.
  const existing = await read(transport, named, signal)
  if (!existing) {
    await transport.call({ verb: 'create', path, object: wanted, options: {} }, { signal })
    return
  }
  const corrected = correct(existing, wanted)
  if (corrected) await transport.call({ verb: 'update', path: named, object: corrected, options: {} }, { signal })
}

async function read(transport: Transport, path: ResourcePath, signal: AbortSignal): Promise<KubeObject | undefined> {
  try {
    return await transport.call({ verb: 'get', path }, { signal }) as KubeObject
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}
