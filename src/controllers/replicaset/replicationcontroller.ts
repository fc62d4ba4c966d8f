/** ReplicationControllers: what came before ReplicaSets, with an equality selector. */
import { pod } from '#api/core/pod/pod.ts'
import { replicationController } from '#api/core/replicationcontroller/replicationcontroller.ts'
import type { ReplicationController } from '#api/gen/core-v1.ts'
import { labelSetMatcher, noneLabels, type LabelMatcher } from '#machinery/meta/label-selector.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { defineController } from '../driver/define-controller.ts'
import { wakeForOrphans } from '../workload/adoption.ts'
import { reconcile, type ReplicaState } from './reconcile.ts'

export const replicationControllerController = defineController({
  name: 'replicationcontroller',
  serviceAccount: 'replication-controller',
  for: replicationController,
  owns: [pod],
  watches: [wakeForOrphans(pod, replicationController, selectorOf)],
  observe: (object, cache, { now }): ReplicaState => {
    const selector = selectorOf(object)
    const pods = cache.of(pod)
    const orphans = pods.byIndex('orphans', object.metadata.namespace ?? '')
    return {
      kind: replicationController, owner: object, selector,
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
