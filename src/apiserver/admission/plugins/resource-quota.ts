/** ResourceQuotas: refuses what would use more than is allowed, and counts what is admitted at once. */
import {
  addAmounts,
  matchesQuota,
  matchingNames,
  missingAmounts,
  pickAmounts,
  usageOf,
  type Amounts,
  type CountedResource,
} from '#api/core/resourcequota/usage.ts'
import type { ResourceQuota } from '#api/gen/core-v1.ts'
import { serviceUnavailable } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantitySign,
  subtractQuantities,
} from '#machinery/quantity.ts'
import { KeyLocks } from '../../rest/context.ts'
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from '../admission.ts'
import { refuse } from '../refusal.ts'

const quotas = { group: '', plural: 'resourcequotas' }
/** Only the controller that recounts competes, as requests take turns by namespace. */
const tries = 10

/**
 * The last of all plugins: what is counted here will most likely be stored. If it is not, the controller's recount puts
 * it right.
 */
export function resourceQuotaAdmission(): AdmissionPlugin {
  const turns = new KeyLocks()
  return {
    name: 'ResourceQuota',
    validate(attributes, context) {
      if (!isCounted(attributes) || context.list<ResourceQuota>(quotas, attributes.namespace).length === 0) {
        return undefined
      }
      return turns.run(attributes.namespace, () => charge(attributes, context))
    },
  }
}

function isCounted({ operation, resource, kind, subresource, namespace, object, old }: AdmissionAttributes): boolean {
  if (namespace === '' || !object || (kind.group === '' && resource === 'namespaces')) return false
  if (operation === 'CREATE') return subresource === ''
  if (operation !== 'UPDATE' || !old || kind.group !== '') return false
  if (resource === 'pods') return subresource === 'resize'
  return (resource === 'services' || resource === 'persistentvolumeclaims') && subresource === ''
}

async function charge(attributes: AdmissionAttributes, context: AdmissionContext): Promise<void> {
  const charged = new Set<string>()
  for (let attempt = 0; attempt < tries; attempt++) {
    const changes = planCharges(attributes, context).filter((change) => !charged.has(change.quota.metadata.name))
    if (attributes.dryRun) return
    let isDone = true
    for (const { quota, used } of changes) {
      const replacement = { ...quota, status: { ...quota.status, used } } as unknown as KubeObject
      if (await context.replace(quotas, quota as Stored<KubeObject>, replacement)) charged.add(quota.metadata.name)
      else isDone = false
    }
    if (isDone) return
  }
  throw serviceUnavailable('resource quota is changing too fast, try again')
}

interface Charge {
  readonly quota: Stored<ResourceQuota>
  readonly used: Amounts
}

/** Throws when a quota would be exceeded, or cannot tell. */
function planCharges(attributes: AdmissionAttributes, context: AdmissionContext): Charge[] {
  const { kind, resource, namespace, object, old } = attributes
  const counted: CountedResource = { group: kind.group, resource }
  const changes: Charge[] = []
  const { now } = context
  const usage = usageOf(counted, object, now)
  for (const quota of context.list<ResourceQuota>(quotas, namespace)) {
    if (!matchesQuota(counted, quota, object)) continue
    const hard = quota.status?.hard ?? {}
    const names = matchingNames(counted, Object.keys(hard))
    const { name } = quota.metadata
    const missing = missingAmounts(counted, names, object)
    if (missing) throw refuse(attributes, `failed quota: ${name}: ${missing}`)
    const used = quota.status?.used ?? {}
    if (names.some((each) => used[each] === undefined)) {
      throw refuse(attributes, `status unknown for quota: ${name}, resources: ${names.toSorted().join(',')}`)
    }
    // An object that was under another quota before is new to this one.
    const before = old && matchesQuota(counted, quota, old) ? usageOf(counted, old, now) : {}
    const delta = pickAmounts(increase(usage, before), Object.keys(hard))
    if (Object.keys(delta).length === 0) continue
    const total = addAmounts(used, delta)
    const exceeded = Object.keys(delta).filter(
      (each) => compareQuantities(parseQuantity(total[each]!), parseQuantity(hard[each]!)) > 0,
    )
    if (exceeded.length > 0) {
      throw refuse(
        attributes,
        `exceeded quota: ${name}, requested: ${print(delta, exceeded)}, used: ${print(used, exceeded)}, limited: ${print(hard, exceeded)}`,
      )
    }
    changes.push({ quota, used: total })
  }
  return changes
}

/** What is more than before; what is less is left to the recount. */
function increase(usage: Amounts, before: Amounts): Amounts {
  const delta: Record<string, string> = {}
  for (const [name, amount] of Object.entries(usage)) {
    const difference = subtractQuantities(parseQuantity(amount), parseQuantity(before[name] ?? '0'))
    if (quantitySign(difference) > 0) delta[name] = formatQuantity(difference)
  }
  return delta
}

function print(amounts: Amounts, names: readonly string[]): string {
  return names.toSorted().map((name) => `${name}=${amounts[name] ?? '0'}`).join(',')
}
