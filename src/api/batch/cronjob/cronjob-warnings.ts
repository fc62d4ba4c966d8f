/** What is allowed in CronJobs but hardly meant. */
import type { Stored } from '#machinery/meta/object.ts'
import type { CronJob } from '../../gen/batch-v1.ts'
import { podNameWarnings } from '../../core/pod/pod-warnings.ts'
import { jobSpecWarnings } from '../job/job-warnings.ts'

export function cronJobWarnings({ metadata, spec }: CronJob, old: Stored<CronJob> | undefined): string[] {
  if (old && metadata?.generation === old.metadata.generation) return []
  const warnings = old ? [] : podNameWarnings(metadata?.name ?? '')
  if (spec?.jobTemplate?.spec) warnings.push(...jobSpecWarnings(spec.jobTemplate.spec, 'spec.jobTemplate.spec'))
  if (spec?.schedule?.includes('TZ')) {
    warnings.push('CRON_TZ or TZ used in spec.spec.schedule is not officially supported, see ' +
      'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details')
  }
  return warnings
}
