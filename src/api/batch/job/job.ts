/** Job: runs pods until enough of them have succeeded. */
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import { formatLabelSelector } from '#machinery/meta/label-selector.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { ownerStrategy } from '../../core/pod/disabled-fields.ts'
import type { Job } from '../../gen/batch-v1.ts'
import { ageColumn, containerColumns, nameColumn, text } from '../../printing/columns.ts'
import { formatHumanDuration } from '../../printing/duration.ts'
import { generateJobSelector, setJobDefaults, setJobSpecDefaults } from './job-defaults.ts'
import { validateJobStatusUpdate } from './job-status.validation.ts'
import { jobWarnings } from './job-warnings.ts'
import { validateJobUpdate, validateNewJob } from './job.validation.ts'

const statusStrategy = ownerStrategy<Job>({}, ({ spec }) => spec?.template)

export const job = defineKind<Job>({
  group: 'batch', kind: 'Job', plural: 'jobs', categories: ['all'], scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.batch.v1.Job', served: true, stored: true }],
  setDefaults: (object) => {
    setJobDefaults(object)
    if (object.spec) setJobSpecDefaults(object.spec)
  },
  prepareForCreate: (object) => {
    statusStrategy.prepareForCreate(object)
    generateJobSelector(object)
  },
  prepareForUpdate: statusStrategy.prepareForUpdate,
  validateCreate: validateNewJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatusUpdate,
  generation: 'spec',
  defaultPropagation: 'Orphan',
  subresources: { status: true, keptByStatus: [] },
  warnings: jobWarnings,
  selectableFields: ({ status }) => ({ 'status.successful': String(status?.succeeded ?? 0) }),
  columns: [
    nameColumn(),
    text('Status', 'Status of the job.', formatStatus),
    text('Completions', 'Number of pods that have succeeded, of how many', formatCompletions),
    text('Duration', 'Time required to complete the job.', formatDuration),
    ageColumn(),
    ...containerColumns<Job>(({ spec }) => spec?.template?.spec?.containers),
    text('Selector', 'Labels of the pods', ({ spec }) => formatLabelSelector(spec?.selector), 'wide'),
  ],
})

function formatStatus({ metadata, status }: Stored<Job>): string {
  const has = (type: string): boolean => isConditionTrue(status?.conditions, type)
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (metadata.deletionTimestamp) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  if (has('SuccessCriteriaMet')) return 'SuccessCriteriaMet'
  return 'Running'
}

/** `1/3`; a work queue without a count has `1/1 of 5`. */
function formatCompletions({ spec, status }: Stored<Job>): string {
  const succeeded = status?.succeeded ?? 0
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec?.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function formatDuration({ status }: Stored<Job>, now: number): string {
  if (!status?.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : now
  return formatHumanDuration(end - Date.parse(status.startTime))
}
