/**
 * What one object uses of a ResourceQuota, and which quotas it falls under: for admission and for the controller that
 * recounts.
 */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityOf,
  quantitySign,
  scaledValue,
} from '#machinery/quantity.ts'
import type {
  Container,
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
  Service,
} from '../../gen/core-v1.ts'
import { storageClassNameOf } from '../../storage/storageclass/storage-class-name.ts'
import { isPodFinished } from '../pod/pod-life.ts'

export type Amounts = Readonly<Record<string, string>>

/** A kind as quotas name it. */
export interface CountedResource {
  readonly group: string
  readonly resource: string
}

/** `count/deployments.apps`, `count/pods`. */
function countName({ group, resource }: CountedResource): string {
  return group === '' ? `count/${resource}` : `count/${resource}.${group}`
}

/** Kinds that could be counted before `count/` came, and still can under these names. */
const oldNames: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'])
const podNames: ReadonlySet<string> = new Set([
  'pods', 'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage',
  'limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'count/pods',
])
const classSuffix = '.storageclass.storage.k8s.io/'

/** Which of a quota's names can be about this kind. */
export function matchingNames(kind: CountedResource, names: readonly string[]): readonly string[] {
  const count = countName(kind)
  switch (count) {
    case 'count/pods':
      return names.filter((name) => podNames.has(name) || /^(requests\.)?hugepages-/.test(name) || isExtended(name))
    case 'count/services':
      return names.filter((name) => name === count || /^services(\.nodeports|\.loadbalancers)?$/.test(name))
    case 'count/persistentvolumeclaims':
      return names.filter((name) => {
        const plain = name.includes(classSuffix) ? name.slice(name.indexOf(classSuffix) + classSuffix.length) : name
        return plain === 'persistentvolumeclaims' || plain === 'requests.storage' || name === count
      })
    default:
      return names.filter(
        (name) => name === count || (kind.group === '' && name === kind.resource && oldNames.has(name)),
      )
  }
}

/** `requests.example.com/gpu`. */
function isExtended(name: string): boolean {
  return (
    name.startsWith('requests.')
    && name.includes('/')
    && !name.includes('.kubernetes.io/')
    && !name.includes(classSuffix)
  )
}

/** Everything that the object uses, by quota name. `now` tells whether a pod that is being deleted still counts. */
export function usageOf(kind: CountedResource, object: unknown, now: number): Amounts {
  const count = countName(kind)
  switch (count) {
    case 'count/pods':
      return podUsage(object as DeepReadonly<Pod>, now)
    case 'count/services':
      return serviceUsage(object as DeepReadonly<Service>)
    case 'count/persistentvolumeclaims':
      return claimUsage(object as DeepReadonly<PersistentVolumeClaim>)
    default:
      return kind.group === '' && oldNames.has(kind.resource)
        ? { [count]: '1', [kind.resource]: '1' }
        : { [count]: '1' }
  }
}

/** A pod that has ended, or should have by now, uses nothing but its place among the objects. */
function podUsage(pod: DeepReadonly<Pod>, now: number): Amounts {
  const usage: Record<string, string> = { 'count/pods': '1' }
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {}
  const isOverdue = deletionTimestamp && deletionGracePeriodSeconds !== undefined
    && now > Date.parse(deletionTimestamp) + 1000 * deletionGracePeriodSeconds
  if (isPodFinished(pod) || isOverdue) return usage
  usage['pods'] = '1'
  addComputeNames(usage, podAmounts(pod, 'requests'), podAmounts(pod, 'limits'))
  return usage
}

/**
 * The sum of what runs together, or an init container's if that is more; and overhead. A pod's own amounts take
 * precedence.
 */
export function podAmounts(pod: DeepReadonly<Pod>, part: 'requests' | 'limits'): Amounts {
  const { spec } = pod
  let total: Amounts = {}
  for (const container of spec?.containers ?? []) total = addAmounts(total, container.resources?.[part] ?? {})
  let sidecars: Amounts = {}
  let mostOfInit: Amounts = {}
  for (const container of spec?.initContainers ?? []) {
    const own = container.resources?.[part] ?? {}
    if (container.restartPolicy === 'Always') {
      total = addAmounts(total, own)
      sidecars = addAmounts(sidecars, own)
      mostOfInit = maxAmounts(mostOfInit, sidecars)
    } else {
      mostOfInit = maxAmounts(mostOfInit, addAmounts(sidecars, own))
    }
  }
  total = { ...maxAmounts(total, mostOfInit), ...spec?.resources?.[part] }
  const overhead = spec?.overhead
  if (!overhead) return total
  return part === 'requests'
    ? addAmounts(total, overhead)
    : addAmounts(total, pickAmounts(overhead, Object.keys(total)))
}

function addComputeNames(usage: Record<string, string>, requests: Amounts, limits: Amounts): void {
  for (const [name, amount] of Object.entries(requests)) {
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-')) {
      usage[name] = amount
      usage[`requests.${name}`] = amount
    } else if (name.includes('/')) usage[`requests.${name}`] = amount
  }
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    if (limits[name] !== undefined) usage[`limits.${name}`] = limits[name]
  }
}

function serviceUsage(service: DeepReadonly<Service>): Amounts {
  const ports = service.spec?.ports?.length ?? 0
  const type = service.spec?.type
  const hasNodePorts =
    type === 'NodePort' || (type === 'LoadBalancer' && service.spec?.allocateLoadBalancerNodePorts !== false)
  return {
    'count/services': '1', services: '1', 'services.nodeports': hasNodePorts ? String(ports) : '0',
    'services.loadbalancers': type === 'LoadBalancer' ? '1' : '0',
  }
}

function claimUsage(claim: DeepReadonly<PersistentVolumeClaim>): Amounts {
  const usage: Record<string, string> = { 'count/persistentvolumeclaims': '1', persistentvolumeclaims: '1' }
  const className = storageClassNameOf(claim)
  if (className !== '') usage[`${className}${classSuffix}persistentvolumeclaims`] = '1'
  const request = claim.spec?.resources?.requests?.['storage']
  if (request === undefined) return usage
  const quantity = parseQuantity(request)
  const whole = formatQuantity(quantityOf(scaledValue(quantity, 0), quantity.format))
  usage['requests.storage'] = whole
  if (className !== '') usage[`${className}${classSuffix}requests.storage`] = whole
  return usage
}

/** Undefined: nothing is missing. Otherwise upstream's sentence: a quota on an amount makes it obligatory. */
export function missingAmounts(kind: CountedResource, names: readonly string[], object: unknown): string | undefined {
  if (countName(kind) !== 'count/pods') return undefined
  const required = names.filter((name) => /^(requests\.|limits\.)?(cpu|memory)$/.test(name)).toSorted()
  const { spec } = object as DeepReadonly<Pod>
  const faults: string[] = []
  for (const name of required) {
    const part = name.startsWith('limits.') ? 'limits' : 'requests'
    const plain = name.replace(/^(requests|limits)\./, '')
    if (spec?.resources?.[part]?.[plain] !== undefined) continue
    const containers = [...spec?.containers ?? [], ...spec?.initContainers ?? []]
      .filter((container: DeepReadonly<Container>) => container.resources?.[part]?.[plain] === undefined)
    if (containers.length > 0) {
      faults.push(
        `${name} for: ${containers
          .map((container) => container.name)
          .toSorted()
          .join(',')}`,
      )
    }
  }
  return faults.length === 0 ? undefined : `must specify ${faults.join('; ')}`
}

/**
 * Whether the object falls under the quota: one of its names is about this kind, and every scope holds. Only pods have
 * scopes.
 */
export function matchesQuota(kind: CountedResource, quota: DeepReadonly<ResourceQuota>, object: unknown): boolean {
  const names = Object.keys(quota.status?.hard ?? quota.spec?.hard ?? {})
  if (matchingNames(kind, names).length === 0) return false
  const scopes = scopesOf(quota)
  return (
    scopes.length === 0
    || (countName(kind) === 'count/pods' && scopes.every((scope) => matchesScope(scope, object as DeepReadonly<Pod>)))
  )
}

function scopesOf(quota: DeepReadonly<ResourceQuota>): readonly DeepReadonly<ScopedResourceSelectorRequirement>[] {
  return [
    ...(quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
    ...(quota.spec?.scopeSelector?.matchExpressions ?? []),
  ]
}

function matchesScope(
  { scopeName, operator, values }: DeepReadonly<ScopedResourceSelectorRequirement>, pod: DeepReadonly<Pod>,
): boolean {
  const { spec } = pod
  switch (scopeName) {
    case 'Terminating':
      return spec?.activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return spec?.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'CrossNamespacePodAffinity':
      return affinityTerms(pod).some((term) => term.namespaces?.length || term.namespaceSelector)
    case 'PriorityClass': {
      const name = spec?.priorityClassName || undefined
      if (operator === 'Exists') return name !== undefined
      if (operator === 'DoesNotExist') return name === undefined
      const isListed = name !== undefined && (values ?? []).includes(name)
      return operator === 'In' ? isListed : !isListed
    }
    default:
      return false
  }
}

function isBestEffort(pod: DeepReadonly<Pod>): boolean {
  const parts =
    [pod.spec, ...pod.spec?.containers ?? [], ...pod.spec?.initContainers ?? []].map((part) => part?.resources)
  return !parts.some((resources) => [resources?.requests, resources?.limits].some((amounts) =>
    ['cpu', 'memory'].some((name) => amounts?.[name] !== undefined && quantitySign(parseQuantity(amounts[name])) > 0)))
}

function affinityTerms(pod: DeepReadonly<Pod>): readonly DeepReadonly<PodAffinityTerm>[] {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  return [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ])
}

export function addAmounts(a: Amounts, b: Amounts): Record<string, string> {
  const sums: Record<string, string> = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const old = sums[name]
    sums[name] = old === undefined ? amount : formatQuantity(addQuantities(parseQuantity(old), parseQuantity(amount)))
  }
  return sums
}

function maxAmounts(a: Amounts, b: Amounts): Record<string, string> {
  const most: Record<string, string> = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const old = most[name]
    if (old === undefined || compareQuantities(parseQuantity(amount), parseQuantity(old)) > 0) most[name] = amount
  }
  return most
}

export function pickAmounts(amounts: Amounts, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.filter((name) => amounts[name] !== undefined).map((name) => [name, amounts[name]!]))
}
