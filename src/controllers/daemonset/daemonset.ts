/** DaemonSets: a pod on every node, or on every node of a kind. */
import { semanticEqual } from '#base/deep-equal.ts'
import { objectKey } from '#machinery/meta/object.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import { daemonSet } from '#api/apps/daemonset/daemonset.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { Cache } from '../driver/define-controller.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import { isOrphan } from '../workload/adoption.ts'
import type { StoredPod } from '../workload/pods.ts'
import type { DaemonState } from './reconcile.ts'
import { reconcile } from './reconcile.ts'

export const daemonSetController = defineController({
  name: 'daemonset',
  serviceAccount: 'daemon-set-controller',
  eventSource: 'daemonset-controller',
  for: daemonSet,
  owns: [pod, controllerRevision],
  watches: [
    wakeFrom(pod, wakeOwnersOfOrphan),
    wakeFrom(
      node,
      (_, cache) => cache.of(daemonSet).list().map(objectKey),
      (old, object) =>
        !semanticEqual(old.metadata.labels, object.metadata.labels) || !semanticEqual(old.spec, object.spec),
    ),
  ],
  observe(set, cache, { now }): DaemonState {
    const { uid, namespace = '' } = set.metadata
    const revisions = cache.of(controllerRevision)
    return {
      set, now,
      nodes: cache.of(node).list(),
      pods: [...cache.of(pod).controlledBy(uid), ...cache.of(pod).byIndex('orphans', namespace)],
      revisions: [...revisions.controlledBy(uid), ...revisions.byIndex('orphans', namespace)],
      isRevisionNameTaken: (name) => revisions.get(name, namespace) !== undefined,
    }
  },
  reconcile,
})

function wakeOwnersOfOrphan(candidate: StoredPod, cache: Cache): readonly string[] {
  if (!isOrphan(candidate)) return []
  return cache.of(daemonSet).list(candidate.metadata.namespace)
    .filter(({ spec }) => labelSelectorMatcher(spec?.selector).matches(candidate.metadata.labels))
    .map(objectKey)
}
