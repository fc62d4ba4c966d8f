/** CronJobs: a Job at every due time. */
import { cronJob } from '#api/batch/cronjob/cronjob.ts'
import { job } from '#api/batch/job/job.ts'
import { defineController } from '../driver/define-controller.ts'
import { reconcile, type CronState } from './reconcile.ts'

export const cronJobController = defineController({
  name: 'cronjob',
  for: cronJob,
  owns: [job],
  observe: (object, cache, { now }): CronState => ({
    cronJob: object,
    jobs: cache.of(job).controlledBy(object.metadata.uid),
    now,
  }),
  reconcile,
})
