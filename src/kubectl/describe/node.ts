/** Describes a node, with the pods on it and what they ask for. */
import { ApiError } from '#machinery/errors/api-error.ts'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityOf,
  quantityValue,
  type Quantity,
} from '#machinery/quantity.ts'
import { at, listAt, nameOf, namespaceOf, sortedEntries, textAt, textsAt, type Json } from '../fields.ts'
import { findObject, listObjects } from '../operations.ts'
import { formatAge } from '../print/age.ts'
import { requireResource } from '../resources.ts'
import {
  findEvents,
  formatDate,
  subjectOf,
  writeEventTable,
  writeLabelsAndAnnotations,
  writeTaints,
  type DescribeContext,
  type Describer,
} from './common.ts'
import { Description } from './writer.ts'

export const describeNode: Describer = async (context, node) => {
  const description = new Description()
  const name = nameOf(node)
  const info = (field: string): string => textAt(node, 'status', 'nodeInfo', field)
  description.line(0, `Name:\t${name}`)
  description.line(0, `Roles:\t${rolesOf(node).join(',') || '<none>'}`)
  writeLabelsAndAnnotations(description, node)
  description.line(0, `CreationTimestamp:\t${formatDate(context, textAt(node, 'metadata', 'creationTimestamp'))}`)
  writeTaints(description, 'Taints', listAt(node, 'spec', 'taints'))
  description.line(0, `Unschedulable:\t${at(node, 'spec', 'unschedulable') === true}`)
  await writeLease(context, description, name)
  writeNodeConditions(context, description, listAt(node, 'status', 'conditions'))
  description.line(0, 'Addresses:')
  for (const address of listAt(node, 'status', 'addresses')) {
    description.line(1, `${textAt(address, 'type')}:\t${textAt(address, 'address')}`)
  }
  for (const [title, field] of [['Capacity', 'capacity'], ['Allocatable', 'allocatable']] as const) {
    const amounts = sortedEntries(textsAt(node, 'status', field))
    if (amounts.length > 0) description.line(0, `${title}:`)
    for (const [resource, amount] of amounts) description.line(0, `  ${resource}:\t${amount}`)
  }
  description.line(0, 'System Info:')
  for (const [title, field] of systemInfo) description.line(0, `  ${title}:\t${info(field)}`)
  description.optional(0, 'PodCIDR', textAt(node, 'spec', 'podCIDR'))
  description.optional(0, 'PodCIDRs', listAt(node, 'spec', 'podCIDRs').join(','))
  description.optional(0, 'ProviderID', textAt(node, 'spec', 'providerID'))
  await writePods(context, description, node)
  if (context.showEvents) {
    const subject = subjectOf(node)
    const [byUid, byName] = await Promise.all([
      findEvents(context, subject),
      findEvents(context, { ...subject, uid: name }),
    ])
    writeEventTable(context, description, [...byUid, ...byName])
  }
  return description.finish()
}

const systemInfo = [
  ['Machine ID', 'machineID'],
  ['System UUID', 'systemUUID'],
  ['Boot ID', 'bootID'],
  ['Kernel Version', 'kernelVersion'],
  ['OS Image', 'osImage'],
  ['Operating System', 'operatingSystem'],
  ['Architecture', 'architecture'],
  ['Container Runtime Version', 'containerRuntimeVersion'],
  ['Kubelet Version', 'kubeletVersion'],
] as const

function rolesOf(node: Json): readonly string[] {
  const roles = Object.entries(textsAt(node, 'metadata', 'labels')).flatMap(([key, value]) =>
    key.startsWith('node-role.kubernetes.io/')
      ? [key.slice('node-role.kubernetes.io/'.length)]
      : key === 'kubernetes.io/role'
        ? [value]
        : [],
  )
  return [...new Set(roles.filter((role) => role !== ''))].toSorted()
}

async function writeLease(
  { session, ...context }: DescribeContext,
  description: Description,
  name: string,
): Promise<void> {
  const resource = requireResource(await session.resources(), 'leases.coordination.k8s.io')
  const lease = await findObject(session, { resource, namespace: 'kube-node-lease', name })
  if (!lease) {
    return description.line(
      0,
      `Lease:\tFailed to get lease: leases.coordination.k8s.io ${JSON.stringify(name)} not found`,
    )
  }
  const date = (field: string): string => {
    const time = textAt(lease, 'spec', field)
    return time === '' ? '<unset>' : formatDate({ session, ...context }, time)
  }
  description.line(0, 'Lease:')
  description.line(1, `HolderIdentity:\t${textAt(lease, 'spec', 'holderIdentity') || '<unset>'}`)
  description.line(1, `AcquireTime:\t${date('acquireTime')}`)
  description.line(1, `RenewTime:\t${date('renewTime')}`)
}

function writeNodeConditions(context: DescribeContext, description: Description, conditions: readonly unknown[]): void {
  if (conditions.length === 0) return
  description.line(0, 'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage')
  description.line(1, '----\t------\t-----------------\t------------------\t------\t-------')
  for (const condition of conditions) {
    const date = (field: string): string => formatDate(context, textAt(condition, field))
    description.line(
      1,
      `${textAt(condition, 'type')} \t${textAt(condition, 'status')} \t${date('lastHeartbeatTime')} \t${date('lastTransitionTime')} \t`
        + `${textAt(condition, 'reason')} \t${textAt(condition, 'message')}`,
    )
  }
}

type Amounts = ReadonlyMap<string, Quantity>

const zero = quantityOf(0)

async function writePods(
  { session, environment }: DescribeContext,
  description: Description,
  node: Json,
): Promise<void> {
  let pods: readonly Json[]
  try {
    pods = await listObjects(session, requireResource(await session.resources(), 'pods'), '', {
      fieldSelector: `spec.nodeName=${nameOf(node)},status.phase!=Succeeded,status.phase!=Failed`,
    })
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'Forbidden') throw error
    return description.line(0, 'Pods:\tnot authorized')
  }
  const allocatable = amountsOf(at(node, 'status', 'allocatable') ?? at(node, 'status', 'capacity'))
  const part = (amounts: Amounts, resource: string): string =>
    formatPart(amounts.get(resource) ?? zero, allocatable.get(resource) ?? zero, resource === 'cpu')
  description.line(0, `Non-terminated Pods:\t(${pods.length} in total)`)
  description.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge')
  description.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---')
  const totals = { requests: new Map<string, Quantity>() as Amounts, limits: new Map<string, Quantity>() as Amounts }
  for (const pod of pods) {
    const [requests, limits] = [podAmounts(pod, 'requests'), podAmounts(pod, 'limits')]
    totals.requests = sum(totals.requests, requests)
    totals.limits = sum(totals.limits, limits)
    const columns = [part(requests, 'cpu'), part(limits, 'cpu'), part(requests, 'memory'), part(limits, 'memory')]
    description.line(
      1,
      `${namespaceOf(pod)}\t${nameOf(pod)}\t\t${columns.join('\t')}\t${formatAge(environment.clock.now(), textAt(pod, 'metadata', 'creationTimestamp'))}`,
    )
  }
  description.line(0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)')
  description.line(1, 'Resource\tRequests\tLimits')
  description.line(1, '--------\t--------\t------')
  const huge = [...allocatable.keys()].filter((name) => name.startsWith('hugepages-')).toSorted()
  for (const resource of ['cpu', 'memory', 'ephemeral-storage', ...huge]) {
    description.line(1, `${resource}\t${part(totals.requests, resource)}\t${part(totals.limits, resource)}`)
  }
  const extended = [...allocatable.keys()].filter((name) => name.includes('/')).toSorted()
  for (const resource of extended) {
    description.line(
      1,
      `${resource}\t${formatQuantity(totals.requests.get(resource) ?? zero)}\t${formatQuantity(totals.limits.get(resource) ?? zero)}`,
    )
  }
}

/** `250m (12%)`. */
function formatPart(amount: Quantity, whole: Quantity, milli: boolean): string {
  const value = milli ? quantityMilliValue : quantityValue
  const all = value(whole)
  return `${formatQuantity(amount)} (${all === 0 ? 0 : Math.trunc((value(amount) / all) * 100)}%)`
}

function amountsOf(list: unknown): Amounts {
  return new Map(Object.entries(textsAt(list)).map(([name, text]) => [name, parseQuantity(text)]))
}

function sum(a: Amounts, b: Amounts): Amounts {
  const result = new Map(a)
  for (const [name, amount] of b) result.set(name, result.has(name) ? addQuantities(result.get(name)!, amount) : amount)
  return result
}

function greatest(a: Amounts, b: Amounts): Amounts {
  const result = new Map(a)
  for (const [name, amount] of b) {
    if (!result.has(name) || compareQuantities(result.get(name)!, amount) < 0) result.set(name, amount)
  }
  return result
}

/**
 * Containers and sidecars together, or an init container with the sidecars before it if that is more; and the overhead.
 */
function podAmounts(pod: Json, field: 'requests' | 'limits'): Amounts {
  const of = (container: unknown): Amounts => amountsOf(at(container, 'resources', field))
  let total = listAt(pod, 'spec', 'containers').map(of).reduce(sum, new Map())
  let [sidecars, init]: [Amounts, Amounts] = [new Map(), new Map()]
  for (const container of listAt(pod, 'spec', 'initContainers')) {
    if (textAt(container, 'restartPolicy') === 'Always') {
      sidecars = sum(sidecars, of(container))
      init = greatest(init, sidecars)
      total = sum(total, of(container))
    } else init = greatest(init, sum(sidecars, of(container)))
  }
  total = new Map([...greatest(total, init), ...amountsOf(at(pod, 'spec', 'resources', field))])
  const overhead = amountsOf(at(pod, 'spec', 'overhead'))
  if (field === 'requests') return sum(total, overhead)
  // A limit that is not set stays so.
  return new Map(
    [...total].map(([name, amount]) => [
      name,
      overhead.has(name) ? addQuantities(amount, overhead.get(name)!) : amount,
    ]),
  )
}
