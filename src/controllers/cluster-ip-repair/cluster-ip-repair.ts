/**
 * Services and the IPAddresses that keep their cluster IPs from others agree again after a server died between writing
 * the one and the other, or somebody changed one by hand. Part of upstream's API server
 * (`ipallocator-repair-controller`, KEP-1880).
 */
import { service } from '#api/core/service/service.ts'
import type { Service } from '#api/gen/core-v1.ts'
import type { IPAddress, ServiceCIDR } from '#api/gen/networking-v1.ts'
import { allocatedLabels, managedByLabel, serviceAllocator } from '#api/networking/ipaddress/ipaddress-labels.ts'
import { ipAddress } from '#api/networking/ipaddress/ipaddress.ts'
import { serviceCidr } from '#api/networking/servicecidr/servicecidr.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { cidrContains, formatIp, parseCidr, parseIp } from '#base/ip.ts'
import { objectKey, type DeepReadonly, type Stored } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import { create, nothing, recordEvent, remove, type Action, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom, type Cache, type Controller } from '../driver/define-controller.ts'

/** A server that lives writes the Service sooner: this is upstream's default time of a request. */
const graceMs = 60_000
/** An address and its Service are heard of on two watches: what has been written of both is known by then. */
const settledMs = 2_000

const identity = { serviceAccount: 'kube-apiserver', eventSource: 'ipallocator-repair-controller' }

interface ServiceState {
  readonly service: Stored<Service>
  readonly ranges: readonly Stored<ServiceCIDR>[]
  addressOf(name: string): Stored<IPAddress> | undefined
  /** The Service that an address says it belongs to. */
  parentOf(address: Stored<IPAddress>): Stored<Service> | undefined
}

/** Every cluster IP has an IPAddress that names its Service. */
export const clusterIpRepair: Controller = defineController({
  name: 'cluster-ip-repair', ...identity,
  for: service,
  watches: [wakeFrom(ipAddress, (address) => parentKey(address))],
  reads: [serviceCidr],
  batchMs: settledMs,
  observe: (object, cache): ServiceState | undefined => (clusterIpsOf(object).length === 0 ? undefined : {
    service: object,
    ranges: cache.of(serviceCidr).list(),
    addressOf: (name) => cache.of(ipAddress).get(name),
    parentOf: (address) => parentOf(address, cache),
  }),
  reconcile: (state) => ({ actions: clusterIpsOf(state.service).flatMap((text) => repairClusterIp(text, state)) }),
})

interface AddressState {
  readonly address: Stored<IPAddress>
  readonly parent: Stored<Service> | undefined
  readonly now: number
}

/** No address that was taken for a Service outlives it, or stays with a Service that has others. */
export const ipAddressRepair: Controller = defineController({
  name: 'ip-address-repair', ...identity,
  for: ipAddress,
  watches: [wakeFrom(service, clusterIpsOf)],
  batchMs: graceMs,
  observe: (address, cache, { now }): AddressState | undefined => {
    if (address.metadata.labels?.[managedByLabel] !== serviceAllocator) return undefined
    return { address, parent: parentOf(address, cache), now }
  },
  reconcile: repairAddress,
})

function repairClusterIp(text: string, state: ServiceState): Action[] {
  const { service: object, ranges } = state
  const warn = (reason: string, message: string): Action => recordEvent(service, object, 'Warning', reason, message)
  const ip = parseIp(text)
  if (!ip) return [warn('ClusterIPNotValid', `Cluster IP ${text} is not a valid IP; please recreate Service`)]
  const family = ip.family === 4 ? 'IPv4' : 'IPv6'
  const cidrs = ranges.flatMap(({ spec }) => spec?.cidrs ?? []).map(parseCidr)
  if (!cidrs.some((cidr) => cidr && cidrContains(cidr, ip))) {
    const message = `Cluster IP [${family}]: ${text} is not within any configured Service CIDR; please recreate service`
    return [warn('ClusterIPOutOfRange', message)]
  }
  const name = formatIp(ip)
  const { namespace = '', name: serviceName } = object.metadata
  const wanted: DeepReadonly<IPAddress> = {
    apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name, labels: allocatedLabels(ip) },
    spec: { parentRef: { resource: 'services', namespace, name: serviceName } },
  }
  const address = state.addressOf(name)
  if (!address) {
    const message = `Cluster IP [${family}]: ${text} is not allocated; repairing`
    return [warn('ClusterIPNotAllocated', message), create(ipAddress, wanted, { ifExists: 'ignore' })]
  }
  const again = [remove(ipAddress, address), create(ipAddress, wanted)]
  if (!isParent(address, object)) {
    const owner = state.parentOf(address)
    if (owner && clusterIpsOf(owner).includes(name)) {
      const message = `Cluster IP [${family}]:${text} was assigned to multiple services; please recreate service`
      return [warn('ClusterIPAlreadyAllocated', message)]
    }
    const message = `the ClusterIP [${family}]: ${text} for Service ${namespace}/${serviceName} has a wrong reference; repairing`
    return [warn('ClusterIPNotAllocated', message), ...again]
  }
  const labels = address.metadata.labels ?? {}
  return Object.entries(allocatedLabels(ip)).some(([key, value]) => labels[key] !== value) ? again : []
}

function repairAddress({ address, parent, now }: AddressState): Plan {
  const { name } = address.metadata
  const reference = address.spec?.parentRef
  const cleanUp = (reason: string, message: string): Plan => ({
    actions: [recordEvent(ipAddress, address, 'Warning', reason, message), remove(ipAddress, address)],
  })
  if (!isServiceReference(address)) {
    const text = JSON.stringify(reference ?? null)
    const message = `IPAddress ${name} appears to have been modified, not referencing a Service ${text}: cleaning up`
    return cleanUp('IPAddressNotAllocated', message)
  }
  const owner = `${reference?.namespace}/${reference?.name}`
  if (!parent) {
    const leakedAt = (timeToMilliseconds(address.metadata.creationTimestamp ?? '') ?? 0) + graceMs
    if (leakedAt >= now) return { ...nothing, wakeAt: leakedAt + 1 }
    const message = `IPAddress: ${name} for Service ${owner} appears to have leaked: cleaning up`
    return cleanUp('IPAddressNotAllocated', message)
  }
  if (clusterIpsOf(parent).includes(name)) return nothing
  return cleanUp('IPAddressWrongReference', `IPAddress: ${name} for Service ${owner} has a wrong reference; cleaning up`)
}

/** In the form that IPAddresses are named after. */
function clusterIpsOf({ spec }: Stored<Service>): readonly string[] {
  return (spec?.clusterIPs ?? []).filter((text) => text !== '' && text !== 'None').map((text) => {
    const ip = parseIp(text)
    return ip ? formatIp(ip) : text
  })
}

function isServiceReference({ spec }: Stored<IPAddress>): boolean {
  return (spec?.parentRef?.group ?? '') === '' && spec?.parentRef?.resource === 'services'
}

function isParent(address: Stored<IPAddress>, { metadata }: Stored<Service>): boolean {
  const { namespace, name } = address.spec?.parentRef ?? {}
  return isServiceReference(address) && semanticEqual([namespace, name], [metadata.namespace, metadata.name])
}

function parentOf(address: Stored<IPAddress>, cache: Cache): Stored<Service> | undefined {
  const { name = '', namespace } = address.spec?.parentRef ?? {}
  return isServiceReference(address) ? cache.of(service).get(name, namespace) : undefined
}

/** A Service is looked at anew when the address that names it comes, changes or goes. */
function parentKey(address: Stored<IPAddress>): readonly string[] {
  const { name = '', namespace = '' } = address.spec?.parentRef ?? {}
  return isServiceReference(address) && name !== '' ? [objectKey({ metadata: { namespace, name } })] : []
}
