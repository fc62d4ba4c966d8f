/** ReplicationControllers: what came before ReplicaSets, with an equality selector. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { objectKey } from '#machinery/meta/object.ts'
import { labelSetMatcher, noneLabels } from '#machinery/meta/label-selector.ts'
import type { LabelMatcher } from '#machinery/meta/label-selector.ts'
import type { ReplicationController } from '#api/gen/core-v1.ts'
import { pod } from '#api/core/pod/pod.ts'
import { replicationController } from '#api/core/replicationcontroller/replicationcontroller.ts'
import type { Cache } from '../driver/define-controller.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import { isOrphan } from '../workload/adoption.ts'
import type { StoredPod } from '../workload/pods.ts'
import type { ReplicaState } from './reconcile.ts'
import { reconcile } from './reconcile.ts'

export const replicationControllerController = defineController({
  name: 'replicationcontroller',
  serviceAccount: 'replication-controller',
  for: replicationController,
  owns: [pod],
  watches: [wakeFrom(pod, wakeOwnersOfOrphan)],
  observe: (object, cache, { now }): ReplicaState => {
    const selector = selectorOf(object)
    const pods = cache.of(pod)
    const orphans = pods.byIndex('orphans', object.metadata.namespace ?? '')
    return {
      kind: replicationController, owner: object as Stored<KubeObject>, selector,
      replicas: object.spec?.replicas ?? 1,
      minReadySeconds: object.spec?.minReadySeconds ?? 0,
      template: object.spec?.template ?? {},
      status: object.status,
      pods: [
        ...pods.controlledBy(object.metadata.uid),
        ...orphans.filter(({ metadata }) => selector.matches(metadata.labels)),
      ],
      related: [],
      now,
    }
  },
  reconcile,
})

/** An empty selector selects nothing here. */
function selectorOf({ spec }: Stored<ReplicationController>): LabelMatcher {
  const selector = spec?.selector ?? {}
  return Object.keys(selector).length === 0 ? noneLabels : labelSetMatcher(selector)
}

function wakeOwnersOfOrphan(candidate: StoredPod, cache: Cache): readonly string[] {
  if (!isOrphan(candidate)) return []
  return cache.of(replicationController).list(candidate.metadata.namespace)
    .filter((object) => selectorOf(object).matches(candidate.metadata.labels))
    .map(objectKey)
}
