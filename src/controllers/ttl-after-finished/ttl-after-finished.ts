/** Finished Jobs go when their time is over. */
import { finishedConditionOf } from '#api/batch/job/job-life.ts'
import { job } from '#api/batch/job/job.ts'
import type { Job } from '#api/gen/batch-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import { nothing, remove, type Plan } from '../driver/action.ts'
import { defineController } from '../driver/define-controller.ts'

export const ttlAfterFinishedController = defineController({
  name: 'ttl-after-finished',
  for: job,
  observe: (object, _, { now }) =>
    object.spec?.ttlSecondsAfterFinished === undefined ? undefined : { job: object, now },
  reconcile,
})

export function reconcile({ job: object, now }: { readonly job: Stored<Job>; readonly now: number }): Plan {
  if (object.metadata.deletionTimestamp) return nothing
  const finishedAt = timeToMilliseconds(finishedConditionOf(object)?.lastTransitionTime ?? '')
  if (Number.isNaN(finishedAt)) return nothing
  const expiresAt = finishedAt + (object.spec?.ttlSecondsAfterFinished ?? 0) * 1000
  if (expiresAt > now) return { actions: [], wakeAt: expiresAt }
  return { actions: [remove(job, object, { propagationPolicy: 'Foreground', ifUnchanged: true })] }
}
