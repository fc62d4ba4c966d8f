/**
 * ServiceCIDRs become ready when they are protected, and go only when no address is left that is in no other range
 * (KEP-1880).
 */
import type { IPAddress, ServiceCIDR } from '#api/gen/networking-v1.ts'
import { ipAddress } from '#api/networking/ipaddress/ipaddress.ts'
import { serviceCidr as kind } from '#api/networking/servicecidr/servicecidr.ts'
import { cidrContains, parseCidr, parseIp, type Cidr } from '#base/ip.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { formatTime, timeToMilliseconds } from '#machinery/time.ts'
import { nothing, update, updateStatus, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'

const finalizer = 'networking.k8s.io/service-cidr-finalizer'
/** Whoever gives addresses out may not have heard of the deletion yet. */
const graceMs = 10_000

interface State {
  readonly range: Stored<ServiceCIDR>
  /** All that are not being deleted, but this. */
  readonly others: readonly Stored<ServiceCIDR>[]
  readonly addresses: readonly Stored<IPAddress>[]
  readonly now: number
}

export const serviceCidrsController = defineController({
  name: 'service-cidrs',
  serviceAccount: 'service-cidrs-controller',
  for: kind,
  watches: [
    // A range that could not go may be able to, now that an address has gone or another range has come.
    wakeFrom(ipAddress, (_, cache) => cache.of(kind).list().filter(isGoing).map(({ metadata }) => metadata.name)),
    wakeFrom(kind, (_, cache) => cache.of(kind).list().filter(isGoing).map(({ metadata }) => metadata.name)),
  ],
  observe: (range, cache, { now }): State => ({
    range, now,
    others: cache.of(kind).list().filter((other) => other.metadata.name !== range.metadata.name && !isGoing(other)),
    // Only whoever wants to go has to know whom it would leave behind.
    addresses: isGoing(range) ? cache.of(ipAddress).list() : [],
  }),
  reconcile,
})

export function reconcile(state: State): Plan {
  const { range, now } = state
  const { metadata } = range
  const finalizers = metadata.finalizers ?? []
  const isProtected = finalizers.includes(finalizer)
  if (!isGoing(range)) {
    if (!isProtected) return planFinalizers(range, [...finalizers, finalizer])
    return planCondition(range, { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }, now)
  }
  if (!isProtected) return nothing
  if (hasOrphans(state)) {
    return planCondition(range, {
      status: 'False', reason: 'Terminating',
      message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
    }, now)
  }
  const goesAt = timeToMilliseconds(metadata.deletionTimestamp ?? '') + graceMs
  if (goesAt > now) return { ...nothing, wakeAt: goesAt }
  return planFinalizers(range, finalizers.filter((name) => name !== finalizer))
}

function planFinalizers(range: Stored<ServiceCIDR>, finalizers: readonly string[]): Plan {
  const metadata = { ...range.metadata, finalizers }
  return { actions: [update(kind, { ...range, metadata }, { ifGone: 'ignore' })] }
}

function isGoing({ metadata }: Stored<ServiceCIDR>): boolean {
  return metadata.deletionTimestamp !== undefined
}

/** True if an address of this range would be in none without it. */
function hasOrphans({ range, others, addresses }: State): boolean {
  const own = cidrsOf([range])
  const rest = cidrsOf(others)
  return addresses.some(({ metadata }) => {
    const address = parseIp(metadata.name)
    const isIn = (cidrs: readonly Cidr[]): boolean => cidrs.some((cidr) => cidrContains(cidr, address!))
    return address !== undefined && isIn(own) && !isIn(rest)
  })
}

function cidrsOf(ranges: readonly Stored<ServiceCIDR>[]): readonly Cidr[] {
  return ranges.flatMap(({ spec }) => spec?.cidrs ?? []).map(parseCidr).filter((cidr) => cidr !== undefined)
}

function planCondition(
  range: Stored<ServiceCIDR>,
  wanted: { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string }, now: number,
): Plan {
  const conditions = range.status?.conditions ?? []
  if (findCondition(conditions, 'Ready')?.status === wanted.status) return nothing
  const condition = { type: 'Ready', ...wanted, lastTransitionTime: formatTime(now) }
  const others = conditions.filter(({ type }) => type !== 'Ready')
  const status = { ...range.status, conditions: [...others, condition] }
  return { actions: [updateStatus(kind, { ...range, status })] }
}
