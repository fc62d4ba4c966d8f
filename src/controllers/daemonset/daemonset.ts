/** DaemonSets: a pod on every node, or on every node of a kind. */
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import { daemonSet } from '#api/apps/daemonset/daemonset.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import { objectKey } from '#machinery/meta/object.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import { wakeForOrphans } from '../workload/adoption.ts'
import { reconcile, type DaemonState } from './reconcile.ts'

export const daemonSetController = defineController({
  name: 'daemonset',
  serviceAccount: 'daemon-set-controller',
  eventSource: 'daemonset-controller',
  for: daemonSet,
  owns: [pod, controllerRevision],
  watches: [
    wakeForOrphans(pod, daemonSet, ({ spec }) => labelSelectorMatcher(spec?.selector)),
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
