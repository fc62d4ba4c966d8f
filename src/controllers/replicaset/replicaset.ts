/** ReplicaSets: keep the asked number of identical pods. */
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { ReplicaSet } from '#api/gen/apps-v1.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import { defineController, type Cache } from '../driver/define-controller.ts'
import { wakeForOrphans } from '../workload/adoption.ts'
import type { StoredPod } from '../workload/pods.ts'
import { reconcile, type ReplicaState } from './reconcile.ts'

export const replicaSetController = defineController({
  name: 'replicaset',
  for: replicaSet,
  owns: [pod],
  watches: [wakeForOrphans(pod, replicaSet, ({ spec }) => labelSelectorMatcher(spec?.selector))],
  observe: (object, cache, { now }): ReplicaState => {
    const selector = labelSelectorMatcher(object.spec?.selector)
    return {
      kind: replicaSet, owner: object, selector,
      replicas: object.spec?.replicas ?? 1,
      minReadySeconds: object.spec?.minReadySeconds ?? 0,
      template: object.spec?.template ?? {},
      status: object.status,
      pods: candidates(object, cache, (candidate) => selector.matches(candidate.metadata.labels)),
      related: relatedPods(object, cache),
      now,
    }
  },
  reconcile,
})

/** Its own pods, and orphans that it might adopt. */
function candidates(
  { metadata }: Stored<ReplicaSet>, cache: Cache, matches: (candidate: StoredPod) => boolean,
): readonly StoredPod[] {
  const pods = cache.of(pod)
  const orphans = pods.byIndex('orphans', metadata.namespace ?? '').filter(matches)
  return [...pods.controlledBy(metadata.uid), ...orphans]
}

function relatedPods(object: Stored<ReplicaSet>, cache: Cache): readonly StoredPod[] {
  const deployment = controllerOf(object)
  if (!deployment) return []
  const siblings = cache
    .of(replicaSet)
    .controlledBy(deployment.uid)
    .filter(({ metadata }) => metadata.uid !== object.metadata.uid)
  return siblings.flatMap(({ metadata }) => cache.of(pod).controlledBy(metadata.uid))
}
