/** EndpointSlices for Endpoints that somebody keeps by hand: Services without a selector. */
import { endpoints as endpointsKind } from '#api/core/endpoints/endpoints.ts'
import { service as serviceKind } from '#api/core/service/service.ts'
import { managedByLabel, serviceNameLabel } from '#api/discovery/endpointslice/endpointslice-labels.ts'
import { endpointSlice as sliceKind } from '#api/discovery/endpointslice/endpointslice.ts'
import type { EndpointAddress, Endpoints, Service } from '#api/gen/core-v1.ts'
import type { AddressType, Endpoint, EndpointPort, EndpointSlice } from '#api/gen/discovery-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import { lastAppliedAnnotation } from '#machinery/patch/apply/apply-object.ts'
import { create, remove, update, type Action, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import { familyOfIp } from '../workload/service-pods.ts'

const managedBy = 'endpointslicemirroring-controller.k8s.io'
const skipMirrorLabel = 'endpointslice.kubernetes.io/skip-mirror'
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader'
const notCopied: ReadonlySet<string> = new Set([lastAppliedAnnotation, leaderAnnotation])
const maxEndpointsPerSubset = 1000

export interface MirrorState {
  /** Absent: gone, or not to be mirrored. */
  readonly endpoints: Stored<Endpoints> | undefined
  readonly slices: readonly Stored<EndpointSlice>[]
}

export const endpointSliceMirroringController = defineController({
  name: 'endpointslice-mirroring',
  serviceAccount: 'endpointslicemirroring-controller',
  eventSource: 'endpoint-slice-mirroring-controller',
  for: endpointsKind,
  watches: [
    wakeFrom(serviceKind, ({ metadata }) => [`${metadata.namespace}/${metadata.name}`]),
    wakeFrom(sliceKind, ({ metadata }) => metadata.labels?.[managedByLabel] === managedBy
      ? [`${metadata.namespace}/${metadata.labels[serviceNameLabel]}`] : []),
  ],
  observe(object, cache): MirrorState {
    const { name, namespace = '' } = object.metadata
    return {
      endpoints: isMirrored(object, cache.of(serviceKind).get(name, namespace)) ? object : undefined,
      slices: slicesOf(cache.of(sliceKind).list(namespace), name),
    }
  },
  observeAbsent: ({ name, namespace }, cache): MirrorState => ({
    endpoints: undefined, slices: slicesOf(cache.of(sliceKind).list(namespace ?? ''), name),
  }),
  reconcile,
})

function slicesOf(slices: readonly Stored<EndpointSlice>[], name: string): readonly Stored<EndpointSlice>[] {
  return slices.filter(
    ({ metadata }) =>
      metadata.labels?.[serviceNameLabel] === name
      && metadata.labels[managedByLabel] === managedBy
      && !metadata.deletionTimestamp,
  )
}

function isMirrored({ metadata }: Stored<Endpoints>, owner: Stored<Service> | undefined): boolean {
  return metadata.labels?.[skipMirrorLabel] !== 'true' && metadata.annotations?.[leaderAnnotation] === undefined
    && !metadata.deletionTimestamp && owner !== undefined && owner.spec?.selector === undefined
}

interface Wanted {
  readonly addressType: AddressType
  readonly ports: readonly DeepReadonly<EndpointPort>[]
  readonly endpoints: readonly DeepReadonly<Endpoint>[]
}

export function reconcile({ endpoints, slices }: MirrorState): Plan {
  if (!endpoints) return { actions: slices.map((slice) => remove(sliceKind, slice)) }
  const left = new Set(slices)
  const actions: Action[] = []
  for (const wanted of computeSlices(endpoints)) {
    const existing = [...left].find(
      (slice) => slice.addressType === wanted.addressType && semanticEqual(slice.ports, wanted.ports),
    )
    if (existing) left.delete(existing)
    actions.push(...write(endpoints, existing, wanted))
  }
  return { actions: [...actions, ...[...left].map((slice) => remove(sliceKind, slice))] }
}

function write(endpoints: Stored<Endpoints>, existing: Stored<EndpointSlice> | undefined, wanted: Wanted): Action[] {
  const { name, namespace } = endpoints.metadata
  const labels = { ...endpoints.metadata.labels, [serviceNameLabel]: name, [managedByLabel]: managedBy }
  const annotations = Object.fromEntries(
    Object.entries(endpoints.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key)),
  )
  if (!existing) {
    return [create(sliceKind, {
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...wanted,
      metadata: {
        generateName: `${name}-`, ...(namespace !== undefined && { namespace }), labels, annotations,
        ownerReferences: [controllerReferenceTo(endpointsKind, endpoints)],
      },
    })]
  }
  const isSame = semanticEqual(existing.endpoints, wanted.endpoints) && semanticEqual(existing.metadata.labels, labels)
    && semanticEqual(existing.metadata.annotations, annotations)
  return isSame
    ? []
    : [update(sliceKind, { ...existing, ...wanted, metadata: { ...existing.metadata, labels, annotations } })]
}

/** One slice for each subset and family of addresses. */
function computeSlices({ subsets }: Stored<Endpoints>): readonly Wanted[] {
  const wanted: Wanted[] = []
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets ?? []) {
    const all = [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ].slice(0, maxEndpointsPerSubset)
    const mapped = ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) =>
      ({ name, port, protocol, ...(appProtocol !== undefined && { appProtocol }) }))
    for (const [family, endpoints] of Map.groupBy(all, (endpoint) => familyOfIp(endpoint.addresses[0]!))) {
      wanted.push({ addressType: family, ports: mapped, endpoints })
    }
  }
  return wanted
}

function endpointOf(
  { ip, hostname, nodeName, targetRef }: DeepReadonly<EndpointAddress>,
  ready: boolean,
): DeepReadonly<Endpoint> {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    ...(targetRef && { targetRef }),
  }
}
