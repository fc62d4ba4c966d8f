/** LimitRanges: defaults for what containers ask for, and bounds for containers, pods and claims. */
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import {
  addQuantities,
  approximateQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityOf,
  quantitySign,
  type Quantity,
} from '#machinery/quantity.ts'
import { aggregate } from '../../aggregate.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { isResource, refuse } from '../refusal.ts'

type Amounts = Readonly<Record<string, string>>
const annotation = 'kubernetes.io/limit-ranger'

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  mutate(attributes, context) {
    if (attributes.operation !== 'CREATE' || !isResource(attributes, '', 'pods')) return
    for (const range of rangesFor(attributes, context)) setDefaults(attributes.object as Pod, range)
  },
  validate(attributes, context) {
    const isPod = attributes.operation === 'CREATE' && isResource(attributes, '', 'pods')
    const isClaim =
      (attributes.operation === 'CREATE' || attributes.operation === 'UPDATE')
      && isResource(attributes, '', 'persistentvolumeclaims')
    if ((!isPod && !isClaim) || attributes.old?.metadata.deletionTimestamp) return
    for (const range of rangesFor(attributes, context)) {
      const faults = (range.spec?.limits ?? []).flatMap((limit) =>
        isPod
          ? podFaults(limit, attributes.object as Pod)
          : claimFaults(limit, attributes.object as PersistentVolumeClaim),
      )
      if (faults.length > 0) throw refuse(attributes, aggregate(faults))
    }
  },
}

function rangesFor(attributes: AdmissionAttributes, context: AdmissionContext): readonly DeepReadonly<LimitRange>[] {
  return context.list<LimitRange>({ group: '', plural: 'limitranges' }, attributes.namespace)
}

function setDefaults(pod: Pod, range: DeepReadonly<LimitRange>): void {
  const requests: Record<string, string> = {}
  const limits: Record<string, string> = {}
  for (const limit of range.spec?.limits ?? []) {
    if (limit.type !== 'Container') continue
    Object.assign(requests, limit.defaultRequest)
    Object.assign(limits, limit.default)
  }
  const notes = [
    ...(pod.spec?.containers ?? []).flatMap((container) => fill(container, requests, limits, 'container')),
    ...(pod.spec?.initContainers ?? []).flatMap((container) => fill(container, requests, limits, 'init container')),
  ]
  if (notes.length === 0) return
  const metadata = pod.metadata ??= {}
  metadata.annotations = { ...metadata.annotations, [annotation]: `LimitRanger plugin set: ${notes.join('; ')}` }
}

/** What was filled in, as the annotation tells it. */
function fill(container: Container, requests: Amounts, limits: Amounts, what: string): string[] {
  const resources = container.resources ??= {}
  const missing = (defaults: Amounts, given: Amounts | undefined): string[] =>
    Object.keys(defaults)
      .filter((name) => given?.[name] === undefined)
      .toSorted()
  const setLimits = missing(limits, resources.limits)
  const setRequests = missing(requests, resources.requests)
  if (setLimits.length > 0) resources.limits = { ...resources.limits, ...pick(limits, setLimits) }
  if (setRequests.length > 0) resources.requests = { ...resources.requests, ...pick(requests, setRequests) }
  const notes: string[] = []
  if (setRequests.length > 0) notes.push(`${setRequests.join(', ')} request for ${what} ${container.name}`)
  if (setLimits.length > 0) notes.push(`${setLimits.join(', ')} limit for ${what} ${container.name}`)
  return notes
}

function pick(amounts: Amounts, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, amounts[name]!]))
}

function podFaults(limit: DeepReadonly<LimitRangeItem>, pod: Pod): string[] {
  const containers = pod.spec?.containers ?? []
  const initContainers = pod.spec?.initContainers ?? []
  if (limit.type === 'Container') {
    return [...containers, ...initContainers].flatMap(({ resources }) =>
      faultsOf(limit, resources?.requests ?? {}, resources?.limits ?? {}),
    )
  }
  if (limit.type !== 'Pod') return []
  const sidecars = initContainers.filter((container) => container.restartPolicy === 'Always')
  const total = (part: 'requests' | 'limits'): Amounts => {
    const sums = sumOf([...containers, ...sidecars].map((container) => container.resources?.[part] ?? {}))
    // An init container runs alone, so the pod needs the most of any of them.
    for (const container of initContainers) {
      for (const [name, amount] of Object.entries(container.resources?.[part] ?? {})) {
        if (sums[name] === undefined || compare(amount, sums[name]) > 0) sums[name] = amount
      }
    }
    return { ...sums, ...pod.spec?.resources?.[part] }
  }
  return faultsOf(limit, total('requests'), total('limits'))
}

/** Only what every container has can be summed up. */
function sumOf(parts: readonly Amounts[]): Record<string, string> {
  const sums: Record<string, string> = {}
  for (const name of Object.keys(parts[0] ?? {})) {
    if (parts.some((part) => part[name] === undefined)) continue
    sums[name] = formatQuantity(
      parts.reduce((sum, part) => addQuantities(sum, parseQuantity(part[name]!)), quantityOf(0)),
    )
  }
  return sums
}

function claimFaults(limit: DeepReadonly<LimitRangeItem>, claim: PersistentVolumeClaim): string[] {
  if (limit.type !== 'PersistentVolumeClaim') return []
  const requests = claim.spec?.resources?.requests ?? {}
  return [
    ...each(limit.min, (name, bound) => minimumFault(limit.type, name, bound, requests[name], undefined)),
    ...each(limit.max, (name, bound) => {
      const usage = `maximum ${name} usage per ${limit.type} is ${bound}`
      const request = requests[name]
      if (request === undefined) return `${usage}.  No request is specified`
      return compare(request, bound) > 0 ? `${usage}, but request is ${request}` : undefined
    }),
  ]
}

function faultsOf(limit: DeepReadonly<LimitRangeItem>, requests: Amounts, limits: Amounts): string[] {
  return [
    ...each(limit.min, (name, bound) => minimumFault(limit.type, name, bound, requests[name], limits[name])),
    ...each(limit.max, (name, bound) => maximumFault(limit.type, name, bound, requests[name], limits[name])),
    ...each(limit.maxLimitRequestRatio, (name, bound) =>
      ratioFault(limit.type, name, bound, requests[name], limits[name]),
    ),
  ]
}

function each(bounds: Amounts | undefined, check: (name: string, bound: string) => string | undefined): string[] {
  return Object.entries(bounds ?? {}).flatMap(([name, bound]) => check(name, bound) ?? [])
}

function minimumFault(
  type: string, name: string, bound: string, request: string | undefined, limit: string | undefined,
): string | undefined {
  const usage = `minimum ${name} usage per ${type} is ${bound}`
  if (request === undefined) return `${usage}.  No request is specified`
  if (compare(request, bound) < 0) return `${usage}, but request is ${request}`
  if (limit !== undefined && compare(limit, bound) < 0) return `${usage}, but limit is ${limit}`
  return undefined
}

function maximumFault(
  type: string, name: string, bound: string, request: string | undefined, limit: string | undefined,
): string | undefined {
  const usage = `maximum ${name} usage per ${type} is ${bound}`
  if (limit === undefined) return `${usage}.  No limit is specified`
  if (compare(limit, bound) > 0) return `${usage}, but limit is ${limit}`
  if (request !== undefined && compare(request, bound) > 0) return `${usage}, but request is ${request}`
  return undefined
}

function ratioFault(
  type: string, name: string, bound: string, request: string | undefined, limit: string | undefined,
): string | undefined {
  const ratio = `${name} max limit to request ratio per ${type} is ${bound}`
  if (request === undefined || isZero(request)) return `${ratio}, but no request is specified or request is 0`
  if (limit === undefined || isZero(limit)) return `${ratio}, but no limit is specified or limit is 0`
  const observed = amountOf(limit) / amountOf(request)
  return observed > amountOf(bound) ? `${ratio}, but provided ratio is ${observed.toFixed(6)}` : undefined
}

function compare(a: string, b: string): number {
  return compareQuantities(parseQuantity(a), parseQuantity(b))
}

function isZero(text: string): boolean {
  return quantitySign(parseQuantity(text)) === 0
}

function amountOf(text: string): number {
  const quantity: Quantity = parseQuantity(text)
  return approximateQuantity(quantity)
}
