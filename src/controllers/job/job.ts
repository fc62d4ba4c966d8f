/** Jobs: pods that run to their end. */
import { job } from '#api/batch/job/job.ts'
import { pod } from '#api/core/pod/pod.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import { defineController, type Cache, type ObjectName } from '../driver/define-controller.ts'
import { wakeForOrphans } from '../workload/adoption.ts'
import type { StoredPod } from '../workload/pods.ts'
import { isTracked } from './ended-pods.ts'
import type { JobState } from './ending.ts'
import { letGo, reconcile } from './reconcile.ts'

type State = JobState | { readonly abandoned: readonly StoredPod[] }

export const jobController = defineController({
  name: 'job',
  for: job,
  owns: [pod],
  watches: [wakeForOrphans(pod, job, ({ spec }) => labelSelectorMatcher(spec?.selector))],
  observe(object, cache, { now }): State {
    const { uid, namespace = '', name } = object.metadata
    const pods = cache.of(pod)
    const abandoned = abandonedBy({ namespace, name }, uid, cache)
    if (abandoned.length > 0) return { abandoned }
    return { job: object, pods: [...pods.controlledBy(uid), ...pods.byIndex('orphans', namespace)], now }
  },
  // Pods of a Job that is gone would otherwise keep waiting to be counted.
  observeAbsent: (key, cache): State => ({ abandoned: abandonedBy(key, undefined, cache) }),
  reconcile: (state) => ('abandoned' in state ? { actions: state.abandoned.map(letGo) } : reconcile(state)),
})

function abandonedBy(
  { namespace = '', name }: ObjectName,
  uid: string | undefined,
  cache: Cache,
): readonly StoredPod[] {
  return cache.of(pod).byIndex('controllerName', `Job/${namespace}/${name}`)
    .filter((object) => controllerOf(object)?.uid !== uid && isTracked(object))
}
