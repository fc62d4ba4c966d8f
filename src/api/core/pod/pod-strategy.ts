/**
 * What happens to a pod around its writing: initial status, which endpoint may change what, how long deletion
 * waits.
 */
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { PrepareContext } from '#machinery/schema/define-kind.ts'
import type { Container, Pod, PodQOSClass, PodSpec, PodStatus } from '../../gen/core-v1.ts'
import { compareQuantities, isZeroQuantity } from '../../quantities.ts'
import { keep } from '../../strategy.ts'
import { readAppArmorAnnotations } from './apparmor-annotations.ts'
import { dropDisabledFields, dropDisabledStatus } from './disabled-fields.ts'
import { isPodFinished } from './pod-life.ts'

export function preparePodForCreate(object: Pod, { warn }: PrepareContext): void {
  // Admission may have chosen the account; the older name of the field says the same.
  const spec = object.spec
  if (spec?.serviceAccountName) spec.serviceAccount = spec.serviceAccountName
  object.status = { phase: 'Pending', qosClass: computeQosClass(object) }
  if (object.spec?.schedulingGates?.length) {
    object.status.conditions = [{
      type: 'PodScheduled', status: 'False', reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    }]
  }
  dropDisabledFields(spec)
  resolveMatchLabelKeys(object)
  readAppArmorAnnotations(object, warn)
}

/** Each subresource changes its own part of the pod only. */
export function preparePodForUpdate(object: Pod, old: Stored<Pod>, context: PrepareContext): void {
  switch (context.subresource) {
    case 'status': {
      keep(object, old, 'spec')
      prepareStatus(object.status ??= {}, old.status ?? {})
      // Kubelets of long ago wrote broken owner references with their status.
      keep(object.metadata!, old.metadata, 'ownerReferences')
      return
    }
    case 'ephemeralcontainers': {
      const added = object.spec?.ephemeralContainers
      object.spec = { ...(old.spec as PodSpec), ...(added ? { ephemeralContainers: added } : {}) }
      keep(object, old, 'status')
      return dropDisabledFields(object.spec, old.spec)
    }
    case 'resize': return prepareResize(object, old)
    default:
      keep(object, old, 'status')
      return dropDisabledFields(object.spec, old.spec)
  }
}

/** What kubelets of long ago do not know of is kept; the one address and the list of them say the same. */
function prepareStatus(status: PodStatus, old: DeepReadonly<PodStatus>): void {
  const { podIP = '', podIPs = [] } = status
  if (podIP !== '' && podIP !== podIPs[0]?.ip) status.podIPs = [{ ip: podIP }]
  else if (podIPs[0]?.ip) status.podIP = podIPs[0].ip
  if (!status.qosClass && old.qosClass) status.qosClass = old.qosClass
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration
  const generations = Map.groupBy(old.conditions ?? [], ({ type }) => type)
  for (const condition of status.conditions ?? []) {
    const generation = generations.get(condition.type)?.shift()?.observedGeneration
    if (!condition.observedGeneration && generation) condition.observedGeneration = generation
  }
  dropDisabledStatus(status, old)
}

/** Only resources and resize policies of containers pass through the resize subresource. */
function prepareResize(object: Pod, old: Stored<Pod>): void {
  const resized = object.spec
  const spec = structuredClone(old.spec) as PodSpec
  const fields = ['containers', 'initContainers'] as const
  // Other containers than there were are for the validation to refuse.
  if (fields.some((field) => (resized?.[field]?.length ?? 0) !== (spec[field]?.length ?? 0))) return
  for (const field of fields) {
    const own = resized?.[field]
    const kept = spec[field]
    if (own && kept) spec[field] = own.some(({ name }, index) => name !== kept[index]!.name) ? own
      : kept.map((container, index) => resizedContainer(container, own[index]!))
  }
  if (resized?.resources) spec.resources = resized.resources
  else delete spec.resources
  object.spec = spec
  keep(object, old, 'status')
}

function resizedContainer({ resizePolicy: _, ...container }: Container, from: Container): Container {
  const { resources = {}, resizePolicy } = from
  return { ...container, resources, ...(resizePolicy && { resizePolicy }) }
}

/** Values of the pod's own labels named by `matchLabelKeys` become part of the selector (KEP-3633, KEP-3243). */
function resolveMatchLabelKeys(object: Pod): void {
  const labels = object.metadata?.labels ?? {}
  const { affinity, topologySpreadConstraints } = object.spec ?? {}
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((part) => [
    ...(part?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ])
  for (const term of terms) {
    if (!term.labelSelector) continue
    addRequirements(term.labelSelector, term.matchLabelKeys, 'In', labels)
    addRequirements(term.labelSelector, term.mismatchLabelKeys, 'NotIn', labels)
  }
  for (const constraint of topologySpreadConstraints ?? []) {
    if (constraint.labelSelector) addRequirements(constraint.labelSelector, constraint.matchLabelKeys, 'In', labels)
  }
}

interface Selector {
  matchExpressions?: {
    key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | (string & {}); values?: string[],
  }[]
}

function addRequirements(
  selector: Selector, keys: string[] | undefined, operator: 'In' | 'NotIn', labels: Record<string, string>,
): void {
  for (const key of keys ?? []) {
    const value = labels[key]
    if (value !== undefined) {
      selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }]
    }
  }
}

/**
 * Seconds until the containers are killed. An unscheduled or finished pod has nothing to wait for; a negative value
 * means the shortest wait. 0: the object goes at once.
 */
export function graceSecondsOfPod(object: Stored<Pod>, requested: number | undefined): number {
  const { spec } = object
  if (!spec?.nodeName || isPodFinished(object)) return 0
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0
  return seconds < 0 ? 1 : seconds
}

const qosResources = ['cpu', 'memory']

/**
 * Guaranteed: every container limits CPU and memory and asks for exactly its limits. BestEffort: nothing is asked for.
 * Otherwise Burstable. Resources of the pod as a whole take the place of those of its containers.
 */
export function computeQosClass(object: DeepReadonly<Pod>): PodQOSClass {
  const spec = object.spec
  const podLevel = spec?.resources
  const sources: DeepReadonly<Pick<Container, 'resources'>>[] = podLevel && (podLevel.requests || podLevel.limits)
    ? [{ resources: podLevel }] : [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  let guaranteed = sources.length > 0
  let bestEffort = true
  for (const { resources } of sources) {
    for (const name of qosResources) {
      const request = resources?.requests?.[name]
      const limit = resources?.limits?.[name]
      if (!isZeroQuantity(request) || !isZeroQuantity(limit)) bestEffort = false
      if (isZeroQuantity(limit) || compareQuantities(request ?? limit ?? '0', limit ?? '0') !== 0) guaranteed = false
    }
  }
  return bestEffort ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable'
}
