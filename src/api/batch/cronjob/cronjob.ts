/** CronJob: makes Jobs on a schedule. */
import { formatLabelSelector } from '#machinery/meta/label-selector.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { ownerStrategy } from '../../core/pod/disabled-fields.ts'
import type { CronJob, CronJobSpec, JobSpec } from '../../gen/batch-v1.ts'
import {
  ageColumn,
  boolean,
  containerColumns,
  formatOptionalBoolean,
  integer,
  nameColumn,
  text,
} from '../../printing/columns.ts'
import { formatTimeSince } from '../../printing/duration.ts'
import { setJobSpecDefaults } from '../job/job-defaults.ts'
import { cronJobWarnings } from './cronjob-warnings.ts'
import { validateCronJobUpdate, validateNewCronJob } from './cronjob.validation.ts'

export const cronJob = defineKind<CronJob>({
  group: 'batch', kind: 'CronJob', plural: 'cronjobs', shortNames: ['cj'], categories: ['all'], scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.batch.v1.CronJob', served: true, stored: true }],
  setDefaults,
  ...ownerStrategy<CronJob>({}, ({ spec }) => spec?.jobTemplate?.spec?.template),
  validateCreate: validateNewCronJob,
  validateUpdate: validateCronJobUpdate,
  warnings: cronJobWarnings,
  generation: 'spec',
  subresources: { status: true, keptByStatus: [] },
  columns: [
    nameColumn(),
    text('Schedule', 'When Jobs are made, in cron format', ({ spec }) => spec?.schedule ?? ''),
    text('Timezone', 'The time zone of the schedule', ({ spec }) => spec?.timeZone ?? '<none>'),
    boolean('Suspend', 'True while no Jobs are made', ({ spec }) => formatOptionalBoolean(spec?.suspend)),
    integer('Active', 'Number of Jobs that run', ({ status }) => status?.active?.length ?? 0),
    text('Last Schedule', 'Time since the last Job was made',
      ({ status }, now) => (status?.lastScheduleTime ? formatTimeSince(status.lastScheduleTime, now) : '<none>')),
    ageColumn(),
    ...containerColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.template?.spec?.containers),
    text(
      'Selector', 'Labels of the pods', ({ spec }) => formatLabelSelector(spec?.jobTemplate?.spec?.selector), 'wide',
    ),
  ],
})

function setDefaults(object: CronJob): void {
  const spec = object.spec ??= {} as CronJobSpec
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  const template = spec.jobTemplate ??= {}
  setJobSpecDefaults(template.spec ??= {} as JobSpec)
}
