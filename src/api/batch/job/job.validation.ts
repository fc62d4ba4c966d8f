/** Validation of Jobs. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateTemplateLabels } from '../../core/pod/replicated-template.validation.ts'
import type { Job, JobSpec } from '../../gen/batch-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'
import { jobLabels } from './job-defaults.ts'
import { validateJobSpec } from './job-spec.validation.ts'

export function validateJob(object: Job): FieldError[] {
  const spec = object.spec ?? {} as JobSpec
  const errors = [...validateGeneratedSelector(object), ...validateJobSpec(spec, 'spec')]
  if (!spec.selector) errors.push(required('spec.selector'))
  else errors.push(...validateLabelSelector(spec.selector, 'spec.selector'))
  return [...errors, ...validateTemplateLabels(spec.template ?? {}, spec.selector, 'spec.template')]
}

/** Unless the client says that it knows better, the selector is the server's. */
function validateGeneratedSelector({ metadata, spec }: Job): FieldError[] {
  if (!spec?.selector || spec.manualSelector) return []
  const uid = metadata?.uid ?? ''
  const name = metadata?.name ?? ''
  const labels = spec.template?.metadata?.labels ?? {}
  const errors = uid === '' ? [required('metadata.uid')] : []
  const expected = { [jobLabels.oldUid]: uid, [jobLabels.oldName]: name, [jobLabels.uid]: uid, [jobLabels.name]: name }
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`
    if (labels[key] === undefined) errors.push(required(path, `must be '${value}'`))
    else if (labels[key] !== value) errors.push(invalidValue(path, labels, `must be '${value}'`))
  }
  if (!labelSelectorMatcher(spec.selector).matches(expected)) {
    errors.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'))
  }
  return errors
}

/**
 * A Job is one piece of work. What changes is how fast it is done, and, while it is suspended and has not begun,
 * where.
 */
export function validateJobUpdate({ spec = {} as JobSpec }: Job, old: Stored<Job>): FieldError[] {
  const oldSpec = (old.spec ?? {}) as JobSpec
  const errors: FieldError[] = []
  if (!mayScale(spec, oldSpec)) {
    errors.push(...validateImmutable(spec.completions, oldSpec.completions, 'spec.completions'))
  }
  errors.push(...validateImmutable(spec.selector, oldSpec.selector, 'spec.selector'))
  const template = { ...spec.template }
  const suspended = (oldSpec.suspend ?? false) && !old.status?.startTime
  if (suspended) restoreScheduling(template, oldSpec.template)
  if (!semanticEqual(template, oldSpec.template)) {
    errors.push(invalidValue('spec.template', spec.template, 'field is immutable'))
  }
  for (const field of [
    'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy',
  ] as const) {
    errors.push(...validateImmutable(spec[field], oldSpec[field], `spec.${field}`))
  }
  return errors
}

/** An indexed Job may grow or shrink when both numbers say the same. */
function mayScale(spec: JobSpec, old: JobSpec): boolean {
  return old.completionMode === 'Indexed' && spec.completions !== undefined && spec.completions === spec.parallelism
}

function restoreScheduling(template: JobSpec['template'], old: JobSpec['template']): void {
  const fields = ['affinity', 'nodeSelector', 'tolerations', 'schedulingGates'] as const
  const spec = { ...template.spec! }
  for (const field of fields) {
    if (old?.spec?.[field] === undefined) delete spec[field]
    else Object.assign(spec, { [field]: old.spec[field] })
  }
  template.spec = spec
  const metadata = { ...template.metadata }
  for (const field of ['labels', 'annotations'] as const) {
    if (old?.metadata?.[field] === undefined) delete metadata[field]
    else metadata[field] = old.metadata[field]
  }
  template.metadata = metadata
}

export function validateJobStatusUpdate({ status }: Job, old: Stored<Job>): FieldError[] {
  const errors = (['active', 'succeeded', 'failed', 'ready', 'terminating'] as const)
    .flatMap((field) => validateNonNegative(status?.[field], `status.${field}`))
  const finishedBefore = new Set(
    (old.status?.conditions ?? []).filter((condition) => condition.status === 'True').map(({ type }) => type),
  )
  const finished = new Set(
    (status?.conditions ?? []).filter((condition) => condition.status === 'True').map(({ type }) => type),
  )
  for (const type of ['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet']) {
    if (finishedBefore.has(type) && !finished.has(type)) {
      errors.push(
        invalidValue('status.conditions', status?.conditions, `cannot disable the terminal ${type}=True condition`),
      )
    }
  }
  if (finished.has('Complete') && finished.has('Failed')) {
    errors.push(
      invalidValue('status.conditions', status?.conditions, 'cannot set Complete=True and Failed=true conditions'),
    )
  }
  if (status?.completionTime && !finished.has('Complete')) {
    errors.push(invalidValue('status.completionTime', status.completionTime,
      'completionTime cannot be set when there is no Complete=True condition'))
  }
  if (finished.has('Complete') && !status?.completionTime) {
    errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'))
  }
  return errors
}
