/** StatefulSets: pods that are told apart, each with its name and its volumes. */
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod } from '#api/core/pod/pod.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import { wakeForOrphans } from '../workload/adoption.ts'
import { reconcile, type StatefulState } from './reconcile.ts'

export const statefulSetController = defineController({
  name: 'statefulset',
  for: statefulSet,
  owns: [pod, controllerRevision],
  watches: [
    wakeForOrphans(pod, statefulSet, ({ spec }) => labelSelectorMatcher(spec?.selector)),
    // A number whose old claim goes with its old pod waits for that.
    wakeFrom(persistentVolumeClaim, (claim) => {
      const owner = controllerOf(claim)
      return owner?.kind === pod.kind ? [`${claim.metadata.namespace}/${owner.name.replace(/-\d+$/, '')}`] : []
    }),
  ],
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
  reconcile,
})
