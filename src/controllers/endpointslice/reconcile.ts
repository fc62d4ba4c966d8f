/** Brings a Service's slices to what they should hold, with as few writes as will do. */
import { service as serviceKind } from '#api/core/service/service.ts'
import { managedByLabel, serviceNameLabel } from '#api/discovery/endpointslice/endpointslice-labels.ts'
import { endpointSlice as sliceKind } from '#api/discovery/endpointslice/endpointslice.ts'
import type { Service } from '#api/gen/core-v1.ts'
import type { Endpoint, EndpointSlice } from '#api/gen/discovery-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import { create, nothing, remove, update, type Action, type Plan } from '../driver/action.ts'
import type { StoredPod } from '../workload/pods.ts'
import {
  familiesOf,
  headlessLabel,
  isHeadless,
  triggerTime,
  triggerTimeAnnotation,
  type IpFamily,
} from '../workload/service-pods.ts'
import { groupEndpoints, portsKey, type PortGroup, type Ports } from './endpoints-of.ts'

export const managedBy = 'endpointslice-controller.k8s.io'
const reservedLabels: ReadonlySet<string> = new Set([serviceNameLabel, managedByLabel, headlessLabel])

const maxEndpointsPerSlice = 100

export interface SliceState {
  readonly service: Stored<Service>
  readonly pods: readonly StoredPod[]
  /** The Service's slices that this controller manages. */
  readonly slices: readonly Stored<EndpointSlice>[]
  /** Zones by node name. */
  readonly zones: ReadonlyMap<string, string>
}

type Endpoints = readonly DeepReadonly<Endpoint>[]

/** One slice on paper; without `stored` it is to be created. */
interface Draft {
  readonly stored: Stored<EndpointSlice> | undefined
  readonly ports: Ports
  endpoints: Endpoints
  isChanged: boolean
}

export function reconcile(state: SliceState): Plan {
  const { service, slices } = state
  if (
    service.metadata.deletionTimestamp
    || service.spec?.type === 'ExternalName'
    || service.spec?.selector === undefined
  ) {
    return nothing
  }
  const families = familiesOf(service)
  const actions: Action[] = []
  for (const family of families) {
    actions.push(...reconcileFamily(state, family, slices.filter(({ addressType }) => String(addressType) === family)))
  }
  const stale = slices.filter(({ addressType }) => !families.some((family) => family === String(addressType)))
  return { actions: [...actions, ...stale.map((slice) => remove(sliceKind, slice))] }
}

function reconcileFamily(state: SliceState, family: IpFamily, existing: readonly Stored<EndpointSlice>[]): Action[] {
  const { service, pods, zones } = state
  const groups = groupEndpoints(service, pods, family, (node) => zones.get(node))
  const byPorts = Map.groupBy(existing, ({ ports }) => portsKey(ports))
  const drafts = groups.flatMap((group) => fill(group, byPorts.get(portsKey(group.ports)) ?? []))
  const kept = drafts.filter(({ endpoints }) => endpoints.length > 0)
  // A Service always has a slice: an empty one says "no endpoints", none at all says "not looked at yet".
  if (kept.length === 0) kept.push(placeholder(existing))
  const keptUids = new Set(kept.map(({ stored }) => stored?.metadata.uid))
  return [
    ...kept.flatMap((draft) => writeDraft(state, family, draft)),
    ...existing.filter(({ metadata }) => !keptUids.has(metadata.uid)).map((slice) => remove(sliceKind, slice)),
  ]
}

function placeholder(existing: readonly Stored<EndpointSlice>[]): Draft {
  const empty = existing.find(({ endpoints, ports }) => (endpoints ?? []).length === 0 && (ports ?? []).length === 0)
  return { stored: empty, ports: [], endpoints: [], isChanged: empty === undefined }
}

/**
 * Endpoints stay in the slice that they are in. New ones go first into slices that change anyway, then into the fullest
 * slice that has room for all of the rest, then into new slices.
 */
function fill({ ports, endpoints }: PortGroup, existing: readonly Stored<EndpointSlice>[]): Draft[] {
  const wanted = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]))
  const drafts = existing.map((stored): Draft => {
    const kept: DeepReadonly<Endpoint>[] = []
    for (const endpoint of stored.endpoints ?? []) {
      const current = wanted.get(identityOf(endpoint))
      if (!current) continue
      wanted.delete(identityOf(endpoint))
      kept.push(current)
    }
    return { stored, ports, endpoints: kept, isChanged: !semanticEqual(kept, stored.endpoints ?? []) }
  })
  let rest: Endpoints = [...wanted.values()]
  for (const draft of drafts
    .filter(({ isChanged }) => isChanged)
    .toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
    rest = addTo(draft, rest)
  }
  while (rest.length >= maxEndpointsPerSlice) {
    drafts.push({ stored: undefined, ports, endpoints: rest.slice(0, maxEndpointsPerSlice), isChanged: true })
    rest = rest.slice(maxEndpointsPerSlice)
  }
  if (rest.length === 0) return drafts
  const roomy = drafts.filter(({ endpoints: held }) => held.length + rest.length <= maxEndpointsPerSlice)
    .toSorted((a, b) => b.endpoints.length - a.endpoints.length)[0]
  if (roomy) addTo(roomy, rest)
  else drafts.push({ stored: undefined, ports, endpoints: rest, isChanged: true })
  return drafts
}

function addTo(draft: Draft, rest: Endpoints): Endpoints {
  const room = maxEndpointsPerSlice - draft.endpoints.length
  if (room <= 0 || rest.length === 0) return rest
  draft.endpoints = [...draft.endpoints, ...rest.slice(0, room)]
  draft.isChanged = true
  return rest.slice(room)
}

/** The same endpoint, whatever its conditions: a pod at its addresses. */
function identityOf({ addresses, targetRef, hostname }: DeepReadonly<Endpoint>): string {
  return JSON.stringify([addresses, targetRef?.uid ?? '', hostname ?? ''])
}

function writeDraft(
  { service, pods }: SliceState,
  family: IpFamily,
  { stored, ports, endpoints, isChanged }: Draft,
): Action[] {
  const labels = labelsFor(service)
  if (stored && !isChanged && semanticEqual(stored.metadata.labels, labels)) return []
  const recorded = stored?.metadata.annotations?.[triggerTimeAnnotation]
  const time = triggerTime(service, pods, recorded)
  const { [triggerTimeAnnotation]: _, ...others } = stored?.metadata.annotations ?? {}
  const annotations = { ...others, ...(time !== undefined && { [triggerTimeAnnotation]: time }) }
  if (stored) {
    return [update(sliceKind, { ...stored, metadata: { ...stored.metadata, labels, annotations }, endpoints, ports })]
  }
  const { namespace, name } = service.metadata
  return [create(sliceKind, {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`, ...(namespace !== undefined && { namespace }), labels, annotations,
      ownerReferences: [controllerReferenceTo(serviceKind, service)],
    },
    addressType: family, endpoints, ports,
  })]
}

function labelsFor(service: Stored<Service>): Readonly<Record<string, string>> {
  const copied = Object.entries(service.metadata.labels ?? {}).filter(([name]) => !reservedLabels.has(name))
  return {
    ...Object.fromEntries(copied),
    ...(isHeadless(service) && { [headlessLabel]: '' }),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedBy,
  }
}
