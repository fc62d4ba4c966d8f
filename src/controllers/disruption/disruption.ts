/** PodDisruptionBudgets: how many of an application's pods may be evicted now. */
import { deployment } from '#api/apps/deployment/deployment.ts'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { isPodReady } from '#api/core/pod/pod-life.ts'
import { pod } from '#api/core/pod/pod.ts'
import { replicationController } from '#api/core/replicationcontroller/replicationcontroller.ts'
import type { PodDisruptionBudget } from '#api/gen/policy-v1.ts'
import { podDisruptionBudget } from '#api/policy/poddisruptionbudget/poddisruptionbudget.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import { objectKey, type Stored } from '#machinery/meta/object.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import { defineController, wakeFrom, type Cache } from '../driver/define-controller.ts'
import type { StoredPod } from '../workload/pods.ts'
import { reconcile, type BudgetState, type OwnerScale } from './reconcile.ts'

const budgetsOf = (object: StoredPod, cache: Cache): readonly string[] =>
  cache
    .of(podDisruptionBudget)
    .list(object.metadata.namespace)
    .filter((budget) => selects(budget, object))
    .map(objectKey)

export const disruptionController = defineController({
  name: 'disruption',
  eventSource: 'controllermanager',
  for: podDisruptionBudget,
  watches: [
    wakeFrom(
      pod,
      budgetsOf,
      (old, object) =>
        isPodReady(old) !== isPodReady(object)
        || old.metadata.labels !== object.metadata.labels
        || old.metadata.deletionTimestamp !== object.metadata.deletionTimestamp,
    ),
  ],
  reads: [deployment, replicaSet, statefulSet, replicationController],
  observe(budget, cache, { now }): BudgetState {
    const pods = cache.of(pod).list(budget.metadata.namespace ?? '').filter((object) => selects(budget, object))
    const owners = new Map<string, OwnerScale>()
    for (const object of pods) {
      const scale = scaleOf(object, cache)
      owners.set(
        scale?.uid ?? `pod ${object.metadata.uid}`,
        scale ?? { uid: undefined, replicas: 0, podName: object.metadata.name },
      )
    }
    return { budget, pods, owners: [...owners.values()], now }
  },
  reconcile,
})

/** A budget without a selector covers nothing, one with an empty selector the whole namespace. */
function selects({ spec }: Stored<PodDisruptionBudget>, { metadata }: StoredPod): boolean {
  return labelSelectorMatcher(spec?.selector).matches(metadata.labels)
}

/** The wanted number of pods of the one who manages this one; undefined when nobody does that can be asked. */
function scaleOf(object: StoredPod, cache: Cache): OwnerScale | undefined {
  const owner = controllerOf(object)
  const { namespace } = object.metadata
  if (!owner) return undefined
  switch (owner.kind) {
    case 'ReplicaSet': {
      const set = cache.of(replicaSet).get(owner.name, namespace)
      if (!set || set.metadata.uid !== owner.uid) return undefined
      const above = controllerOf(set)
      const rollout = above?.kind === 'Deployment' ? cache.of(deployment).get(above.name, namespace) : undefined
      return rollout && rollout.metadata.uid === above?.uid
        ? { uid: rollout.metadata.uid, replicas: rollout.spec?.replicas ?? 1 }
        : { uid: set.metadata.uid, replicas: set.spec?.replicas ?? 1 }
    }
    case 'StatefulSet': return sized(cache.of(statefulSet).get(owner.name, namespace), owner.uid)
    case 'ReplicationController': return sized(cache.of(replicationController).get(owner.name, namespace), owner.uid)
    default: return undefined
  }
}

function sized(
  object: { readonly metadata: { readonly uid: string }; readonly spec?: { readonly replicas?: number } } | undefined,
  uid: string,
): OwnerScale | undefined {
  return object?.metadata.uid === uid ? { uid, replicas: object.spec?.replicas ?? 1 } : undefined
}
