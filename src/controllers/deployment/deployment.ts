/** Deployments: replace the pods of one template by those of the next, gradually, and remember how to go back. */
import { deployment } from '#api/apps/deployment/deployment.ts'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { pod } from '#api/core/pod/pod.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import { defineController, keyOfController, wakeFrom, type Cache } from '../driver/define-controller.ts'
import { wakeForOrphans } from '../workload/adoption.ts'
import type { StoredPod } from '../workload/pods.ts'
import { computeTemplateHash } from '../workload/template-hash.ts'
import { reconcile, type DeploymentState } from './reconcile.ts'

export const deploymentController = defineController({
  name: 'deployment',
  for: deployment,
  owns: [replicaSet],
  watches: [
    wakeForOrphans(replicaSet, deployment, ({ spec }) => labelSelectorMatcher(spec?.selector)),
    wakeFrom(pod, wakeRecreating),
  ],
  observe: (object, cache, { now }): DeploymentState => {
    const { namespace, uid, name } = object.metadata
    const sets = cache.of(replicaSet)
    const owned = sets.controlledBy(uid)
    const hash = computeTemplateHash(object.spec?.template, object.status?.collisionCount)
    return {
      deployment: object,
      replicaSets: [...owned, ...sets.byIndex('orphans', namespace ?? '')],
      pods:
        object.spec?.strategy?.type === 'Recreate'
          ? owned.flatMap(({ metadata }) => cache.of(pod).controlledBy(metadata.uid))
          : [],
      hash,
      namesake: sets.get(`${name}-${hash}`, namespace),
      now,
    }
  },
  reconcile,
})

/** Recreate waits for the last old pod; everybody else learns from the ReplicaSets' status. */
function wakeRecreating(candidate: StoredPod, cache: Cache): readonly string[] {
  const owner = controllerOf(candidate)
  if (owner?.kind !== 'ReplicaSet') return []
  const set = cache.of(replicaSet).get(owner.name, candidate.metadata.namespace)
  const key = set && keyOfController(deployment, set)
  if (!key || cache.of(deployment).byKey(key)?.spec?.strategy?.type !== 'Recreate') return []
  return [key]
}
