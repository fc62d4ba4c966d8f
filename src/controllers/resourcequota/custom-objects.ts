/** Custom objects that quotas count (`count/widgets.example.com`): followed only while a quota names their kind. */
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import { resourceQuota } from '#api/core/resourcequota/resourcequota.ts'
import { matchingNames } from '#api/core/resourcequota/usage.ts'
import type { ResourceQuota } from '#api/gen/core-v1.ts'
import { aborted } from '#base/task-group.ts'
import { objectKey, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import type { Cache, FollowContext, ObserveContext } from '../driver/define-controller.ts'
import { customResources, resourceKey, type ServedResource } from '../workload/resources.ts'

/** The custom resources that one of the names counts. */
function countedOf(cache: Cache, names: readonly string[]): readonly ServedResource[] {
  // Most quotas name none, and then definitions need not be looked at.
  if (!names.some((name) => name.startsWith('count/') && name.includes('.'))) return []
  return customResources(cache.of(customResourceDefinition).list())
    .filter(({ name, namespaced }) => namespaced && matchingNames(name, names).length > 0)
}

/** By quota name: how many objects there are in the quota's namespace now. */
export async function countCustomObjects(
  quota: Stored<ResourceQuota>, cache: Cache, { client, signal }: ObserveContext,
): Promise<Readonly<Record<string, string>>> {
  const used: Record<string, string> = {}
  for (const { name } of countedOf(cache, Object.keys(quota.spec?.hard ?? {}))) {
    const objects = client.resource<KubeObject>(name, quota.metadata.namespace)
    const { items, metadata } = await objects.list({ limit: 1, signal })
    used[`count/${resourceKey(name)}`] = String(items.length + (metadata.remainingItemCount ?? 0))
  }
  return used
}

/**
 * Wakes quotas when what they count can be counted for the first time, and when objects of it go; those that come are
 * charged. Resolves when aborted.
 */
export async function followCustomObjects(
  { wake, informers, cache }: FollowContext, signal: AbortSignal,
): Promise<void> {
  const followed = new Map<string, () => void>()
  const refresh = (): void => {
    const names = cache.of(resourceQuota).list().flatMap(({ spec }) => Object.keys(spec?.hard ?? {}))
    const wanted = new Map(countedOf(cache, names).map((resource) => [resourceKey(resource.name), resource]))
    for (const [key, end] of followed) {
      if (wanted.has(key)) continue
      end()
      followed.delete(key)
    }
    for (const [key, { name }] of wanted) {
      if (followed.has(key)) continue
      const poke = ({ metadata }: Stored<KubeObject>): void => {
        for (const quota of cache.of(resourceQuota).list(metadata.namespace ?? '')) wake(objectKey(quota))
      }
      const objects = informers.resource<KubeObject>(name)
      followed.set(key, objects.subscribe({ onDelete: poke }))
      // From now on they can be counted; some may have been made since their definition.
      for (const quota of cache.of(resourceQuota).list()) {
        if (Object.hasOwn(quota.spec?.hard ?? {}, `count/${key}`)) wake(objectKey(quota))
      }
    }
  }
  const onChange = { onAdd: refresh, onUpdate: refresh, onDelete: refresh }
  const ends = [
    informers.of(resourceQuota).subscribe(onChange), informers.of(customResourceDefinition).subscribe(onChange),
  ]
  try {
    await aborted(signal)
  } finally {
    for (const end of [...ends, ...followed.values()]) end()
  }
}
