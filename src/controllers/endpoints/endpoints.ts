/** Endpoints: the older, single-object form of EndpointSlices, for those who still read it. */
import { endpoints as endpointsKind } from '#api/core/endpoints/endpoints.ts'
import { isPodFinished, isPodReady } from '#api/core/pod/pod-life.ts'
import { pod } from '#api/core/pod/pod.ts'
import { service } from '#api/core/service/service.ts'
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset, Service } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { create, nothing, remove, update, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import type { StoredPod } from '../workload/pods.ts'
import {
  familiesOf,
  familyOfIp,
  headlessLabel,
  hostnameUnder,
  isHeadless,
  podIps,
  podReference,
  selectedPods,
  targetPortOf,
  triggerTime,
  triggerTimeAnnotation,
  wakeFromPods,
} from '../workload/service-pods.ts'

interface EndpointsState {
  /** Absent: the Service is gone. */
  readonly service: Stored<Service> | undefined
  readonly pods: readonly StoredPod[]
  readonly endpoints: Stored<Endpoints> | undefined
}

const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const managedBy = 'endpoint-controller'
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity'
const maxAddresses = 1000

export const endpointsController = defineController({
  name: 'endpoints',
  serviceAccount: 'endpoint-controller',
  for: service,
  watches: [wakeFromPods, wakeFrom(endpointsKind, ({ metadata }) => [`${metadata.namespace}/${metadata.name}`])],
  reads: [pod],
  observe: (object, cache): EndpointsState | undefined =>
    object.spec?.selector === undefined
      ? undefined
      : {
          service: object,
          pods: selectedPods(object, cache),
          endpoints: cache.of(endpointsKind).get(object.metadata.name, object.metadata.namespace),
        },
  // Those that someone made by hand, without a Service, are left alone.
  observeAbsent: ({ name, namespace }, cache): EndpointsState | undefined => {
    const endpoints = cache.of(endpointsKind).get(name, namespace)
    return endpoints?.metadata.labels?.[managedByLabel] === managedBy
      ? { service: undefined, pods: [], endpoints }
      : undefined
  },
  reconcile,
})

export function reconcile({ service: owner, pods, endpoints: old }: EndpointsState): Plan {
  if (!owner) return old ? { actions: [remove(endpointsKind, old)] } : nothing
  if (owner.metadata.deletionTimestamp) return nothing
  const { subsets, isTruncated } = truncate(computeSubsets(owner, pods))
  const labels = {
    ...owner.metadata.labels, ...(isHeadless(owner) && { [headlessLabel]: '' }), [managedByLabel]: managedBy,
  }
  const {
    [triggerTimeAnnotation]: recorded,
    [overCapacityAnnotation]: wasTruncated,
    ...others
  } = old?.metadata.annotations ?? {}
  const isSame = old && semanticEqual(old.subsets ?? [], subsets) && semanticEqual(old.metadata.labels, labels)
    && (wasTruncated === 'truncated') === isTruncated
  if (isSame) return nothing
  const time = triggerTime(owner, pods, recorded)
  const annotations = {
    ...others,
    ...(time !== undefined && { [triggerTimeAnnotation]: time }),
    ...(isTruncated && { [overCapacityAnnotation]: 'truncated' }),
  }
  if (old) {
    return { actions: [update(endpointsKind, { ...old, metadata: { ...old.metadata, labels, annotations }, subsets })] }
  }
  const { name, namespace } = owner.metadata
  return {
    actions: [
      create(endpointsKind, {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name, ...(namespace !== undefined && { namespace }), labels, annotations },
        subsets,
      }),
    ],
  }
}

type Address = DeepReadonly<EndpointAddress>
type Port = DeepReadonly<EndpointPort>
type Subset = DeepReadonly<EndpointSubset>

/**
 * Ports that have the same addresses share a subset. Everything is sorted, so that the same state gives the same text.
 */
function computeSubsets(owner: Stored<Service>, pods: readonly StoredPod[]): readonly Subset[] {
  const byPort = new Map<
    string,
    { readonly port: Port | undefined; readonly ready: Address[]; readonly notReady: Address[] }
  >()
  const add = (port: Port | undefined, address: Address, isReady: boolean): void => {
    const key = JSON.stringify(port ?? null)
    const entry = byPort.get(key) ?? { port, ready: [], notReady: [] }
    byPort.set(key, entry)
    ;(isReady ? entry.ready : entry.notReady).push(address)
  }
  const publishAll = owner.spec?.publishNotReadyAddresses === true
  const family = familiesOf(owner)[0]!
  for (const candidate of pods) {
    const ip = podIps(candidate).find((address) => familyOfIp(address) === family)
    if (ip === undefined || isPodFinished(candidate) || (candidate.metadata.deletionTimestamp && !publishAll)) continue
    const address = addressOf(owner, candidate, ip)
    const isReady = publishAll || isPodReady(candidate)
    const ports = owner.spec?.ports ?? []
    if (ports.length === 0 && isHeadless(owner)) add(undefined, address, isReady)
    for (const servicePort of ports) {
      const port = targetPortOf(candidate, servicePort)
      if (port === undefined) continue
      const { name, protocol = 'TCP', appProtocol } = servicePort
      add(
        { ...(name && { name }), port, protocol, ...(appProtocol !== undefined && { appProtocol }) },
        address,
        isReady,
      )
    }
  }
  const subsets = new Map<string, { readonly ready: Address[]; readonly notReady: Address[]; readonly ports: Port[] }>()
  for (const { port, ready, notReady } of byPort.values()) {
    ready.sort(byIp)
    notReady.sort(byIp)
    const key = JSON.stringify([ready, notReady])
    const subset = subsets.get(key) ?? { ready, notReady, ports: [] }
    subsets.set(key, subset)
    if (port) subset.ports.push(port)
  }
  return [...subsets.values()].map(({ ready, notReady, ports }) => ({
    ...(ready.length > 0 && { addresses: ready }), ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ...(ports.length > 0 && { ports: ports.toSorted((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1) }),
  })).toSorted((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
}

const byIp = (a: Address, b: Address): number =>
  a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : (a.targetRef?.uid ?? '') < (b.targetRef?.uid ?? '') ? -1 : 1

function addressOf(owner: Stored<Service>, candidate: StoredPod, ip: string): Address {
  const hostname = hostnameUnder(candidate, owner)
  const nodeName = candidate.spec?.nodeName
  return {
    ip, ...(nodeName && { nodeName }), targetRef: podReference(candidate), ...(hostname !== undefined && { hostname }),
  }
}

/** At most a thousand addresses, ready ones first: the object must stay small, and readers of slices see them all. */
function truncate(subsets: readonly Subset[]): { readonly subsets: readonly Subset[]; readonly isTruncated: boolean } {
  const total = subsets.reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length,
    0,
  )
  if (total <= maxAddresses) return { subsets, isTruncated: false }
  let room = maxAddresses
  const take = (addresses: readonly Address[]): readonly Address[] => {
    const taken = addresses.slice(0, room)
    room -= taken.length
    return taken
  }
  const ready = subsets.map(({ addresses = [] }) => take(addresses))
  const kept = subsets.map(({ notReadyAddresses = [], ...subset }, i): Subset => {
    const notReady = take(notReadyAddresses)
    return { ...subset, addresses: ready[i]!, ...(notReady.length > 0 && { notReadyAddresses: notReady }) }
  })
  return {
    subsets: kept.filter(
      ({ addresses = [], notReadyAddresses = [] }) => addresses.length + notReadyAddresses.length > 0,
    ),
    isTruncated: true,
  }
}
