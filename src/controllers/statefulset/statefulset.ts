/** StatefulSets: pods that are told apart, each with its name and its volumes. */
import { objectKey } from '#machinery/meta/object.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { Cache } from '../driver/define-controller.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import { isOrphan } from '../workload/adoption.ts'
import type { StoredPod } from '../workload/pods.ts'
import type { StatefulState } from './reconcile.ts'
import { planClaimDeletion, reconcile } from './reconcile.ts'

export const statefulSetController = defineController({
  name: 'statefulset',
  for: statefulSet,
  owns: [pod, controllerRevision],
  watches: [wakeFrom(pod, wakeOwnersOfOrphan)],
  reads: [persistentVolumeClaim],
  observe(set, cache, { now }): StatefulState {
    const { uid, namespace = '' } = set.metadata
    const revisions = cache.of(controllerRevision)
    return {
      set, now,
      pods: [...cache.of(pod).controlledBy(uid), ...cache.of(pod).byIndex('orphans', namespace)],
      revisions: [...revisions.controlledBy(uid), ...revisions.byIndex('orphans', namespace)],
      isRevisionNameTaken: (name) => revisions.get(name, namespace) !== undefined,
      claimOf: (name) => cache.of(persistentVolumeClaim).get(name, namespace),
    }
  },
  reconcile: (state) => {
    const plan = reconcile(state)
    return state.set.metadata.deletionTimestamp
      ? plan
      : { ...plan, actions: [...plan.actions, ...planClaimDeletion(state)] }
  },
})

function wakeOwnersOfOrphan(candidate: StoredPod, cache: Cache): readonly string[] {
  if (!isOrphan(candidate)) return []
  return cache.of(statefulSet).list(candidate.metadata.namespace)
    .filter(({ spec }) => labelSelectorMatcher(spec?.selector).matches(candidate.metadata.labels))
    .map(objectKey)
}
