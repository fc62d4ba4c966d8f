/** ResourceQuotas: recounts what a namespace uses, where admission only ever adds. */
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import { resourceQuota } from '#api/core/resourcequota/resourcequota.ts'
import {
  addAmounts,
  matchesQuota,
  matchingNames,
  pickAmounts,
  usageOf,
  type Amounts,
  type CountedResource,
} from '#api/core/resourcequota/usage.ts'
import type { ResourceQuota } from '#api/gen/core-v1.ts'
import { kinds } from '#api/kinds.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { objectKey, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { updateStatus, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom, type Cache } from '../driver/define-controller.ts'
import { countCustomObjects, followCustomObjects } from './custom-objects.ts'

/** Events and leases come and go by the thousand, and nobody counts them. */
const uncounted: ReadonlySet<string> = new Set(['events', 'leases'])
/** Of these a change may change the amount; of others only whether they exist. */
const measured: ReadonlySet<string> = new Set(['pods', 'services', 'persistentvolumeclaims'])
const countedKinds: readonly AnyKind[] = kinds.filter(
  (kind) =>
    kind.namespaced && kind.verbs.includes('list') && kind.verbs.includes('watch') && !uncounted.has(kind.plural),
)

/** upstream: --resource-quota-sync-period. What was admitted and then not stored is given back by then. */
const recountMs = 5 * 60_000

interface QuotaState {
  readonly quota: Stored<ResourceQuota>
  readonly used: Amounts
  /** Wall clock, milliseconds. */
  readonly now: number
}

export const resourceQuotaController = defineController({
  name: 'resourcequota',
  for: resourceQuota,
  // Of its status admission writes what it charges.
  changed: (old, quota) => !semanticEqual(old.spec, quota.spec),
  // What is new was charged when it was admitted. To recount then might miss what is charged and not seen yet.
  watches: countedKinds.map((kind) => ({
    ...wakeFrom<KubeObject>(kind,
      ({ metadata }, cache) => cache.of(resourceQuota).list(metadata.namespace ?? '').map(objectKey),
      (old, object) => measured.has(kind.plural) && kind.group === ''
        && !semanticEqual(usageOf(resourceOf(kind), old, 0), usageOf(resourceOf(kind), object, 0))),
    ignoresNew: true,
  })),
  // What comes in bursts is counted once.
  batchMs: 50,
  reads: [customResourceDefinition],
  follow: followCustomObjects,
  async observe(quota, cache, context): Promise<QuotaState> {
    const custom = await countCustomObjects(quota, cache, context)
    return { quota, used: { ...countUsage(quota, cache, context.now), ...custom }, now: context.now }
  },
  reconcile,
})

function resourceOf({ group, plural }: AnyKind): CountedResource {
  return { group, resource: plural }
}

function countUsage(quota: Stored<ResourceQuota>, cache: Cache, now: number): Amounts {
  const names = Object.keys(quota.spec?.hard ?? {})
  let used: Amounts = Object.fromEntries(names.map((name) => [name, '0']))
  for (const kind of countedKinds) {
    const counted = resourceOf(kind)
    const own = matchingNames(counted, names)
    if (own.length === 0) continue
    for (const object of cache.of<KubeObject>(kind).list(quota.metadata.namespace ?? '')) {
      if (matchesQuota(counted, quota, object)) used = addAmounts(used, pickAmounts(usageOf(counted, object, now), own))
    }
  }
  return used
}

export function reconcile({ quota, used, now }: QuotaState): Plan {
  const hard = quota.spec?.hard ?? {}
  const isSame = semanticEqual(quota.status?.hard ?? {}, hard) && semanticEqual(quota.status?.used ?? {}, used)
  const actions = isSame ? [] : [updateStatus(resourceQuota, { ...quota, status: { hard, used } })]
  return { actions, wakeAt: now + recountMs }
}
