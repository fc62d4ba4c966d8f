/**
 * Rules of a Job's status. Others than the Job controller may write it (`managedBy`), so its course is guarded.
 * Most rules ask only about what changes: a status that a change of the Job made wrong can be mended step by step.
 */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidValue, invalidWithoutValue, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { Job, JobStatus } from '../../gen/batch-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'
import { countIndexes, firstCommonIndex } from './indexes.ts'

type Status = DeepReadonly<JobStatus>

/** What conditions say, by their names. */
interface Course {
  readonly complete: boolean
  readonly failed: boolean
  readonly failureTarget: boolean
  readonly success: boolean
  readonly finished: boolean
}

function courseOf({ conditions = [] }: Status): Course {
  const has = (type: string): boolean => conditions.some((one) => one.type === type && one.status === 'True')
  const complete = has('Complete')
  const failed = has('Failed')
  return {
    complete, failed, failureTarget: has('FailureTarget'), success: has('SuccessCriteriaMet'),
    finished: complete || failed,
  }
}

/** Both statuses, what they say, and which fields differ. */
interface Change {
  readonly object: Job
  readonly status: Status
  readonly old: Status
  readonly now: Course
  readonly before: Course
  readonly changed: (...fields: readonly (keyof JobStatus)[]) => boolean
}

/** Faults in upstream's order. */
export function validateJobStatusUpdate(object: Job, oldObject: Stored<Job>): FieldError[] {
  const status: Status = object.status ?? {}
  const old: Status = oldObject.status ?? {}
  const changed: Change['changed'] = (...fields) => fields.some((field) => !semanticEqual(status[field], old[field]))
  const change = { object, status, old, now: courseOf(status), before: courseOf(old), changed }
  return [
    ...(['active', 'succeeded', 'failed', 'ready', 'terminating'] as const)
      .flatMap((field) => validateNonNegative(status[field], `status.${field}`)),
    ...validateUncounted(status),
    ...validateEnd(change),
    ...validateIndexes(change),
    ...validatePodsOfFinished(change),
    ...validateSuccess(change),
    ...validateCourse(change),
  ]
}

function validateUncounted({ uncountedTerminatedPods: uncounted }: Status): FieldError[] {
  const seen = new Set<string>()
  return (['succeeded', 'failed'] as const).flatMap((field) => (uncounted?.[field] ?? []).flatMap((uid, index) => {
    const path = `status.uncountedTerminatedPods.${field}[${index}]`
    if (uid === '') return [invalidValue(path, uid, 'must not be empty')]
    if (seen.has(uid)) return [duplicateValue(path, uid)]
    seen.add(uid)
    return []
  }))
}

const conditionsPath = 'status.conditions'

/** How a Job ends: either way, in order, at a time. */
function validateEnd({ status, now, before, changed }: Change): FieldError[] {
  const errors: FieldError[] = []
  const { startTime, completionTime } = status
  const completes = now.complete !== before.complete
  const fails = now.failed !== before.failed
  if ((completes || fails) && now.complete && now.failed) {
    errors.push(invalidWithoutValue(conditionsPath, 'cannot set Complete=True and Failed=true conditions'))
  }
  if ((completes || now.failureTarget !== before.failureTarget) && now.complete && now.failureTarget) {
    errors.push(invalidWithoutValue(conditionsPath, 'cannot set Complete=True and FailureTarget=true conditions'))
  }
  const path = 'status.completionTime'
  if (completes || changed('completionTime')) {
    if (completionTime !== undefined && !now.complete) {
      errors.push(
        invalidValue(path, completionTime, 'cannot set completionTime when there is no Complete=True condition'),
      )
    }
    if (completionTime === undefined && now.complete) {
      errors.push(required(path, 'completionTime is required for Complete jobs'))
    }
  }
  if (
    changed('startTime', 'completionTime') && startTime !== undefined && completionTime !== undefined
    && Date.parse(completionTime) < Date.parse(startTime)
  ) errors.push(invalidValue(path, completionTime, 'completionTime cannot be set before startTime'))
  if ((fails || changed('failedIndexes')) && now.failed && !now.failureTarget) {
    errors.push(
      invalidWithoutValue(conditionsPath, 'cannot set Failed=True condition without the FailureTarget=true condition'),
    )
  }
  if (completes && now.complete && !now.success) {
    errors.push(invalidWithoutValue(conditionsPath,
      'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'))
  }
  if ((now.finished !== before.finished || changed('active')) && now.finished && (status.active ?? 0) > 0) {
    errors.push(invalidValue('status.active', status.active, 'active>0 is invalid for finished job'))
  }
  if ((now.finished !== before.finished || changed('startTime')) && now.finished && startTime === undefined) {
    errors.push(required('status.startTime', 'startTime is required for finished job'))
  }
  const uncounted = status.uncountedTerminatedPods
  if (
    (now.finished !== before.finished || changed('uncountedTerminatedPods')) && now.finished
    && (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0) > 0
  ) {
    errors.push(invalidValue('status.uncountedTerminatedPods', uncounted,
      'uncountedTerminatedPods needs to be empty for finished job'))
  }
  return errors
}

/** Lists of indexes name indexes of this Job, in order, each once. */
function validateIndexes({ object: { spec }, status, changed }: Change): FieldError[] {
  const { completions, backoffLimitPerIndex, completionMode } = spec ?? {}
  const { completedIndexes = '', failedIndexes } = status
  const errors: FieldError[] = []
  const format = (field: 'completedIndexes' | 'failedIndexes', text: string): void => {
    const count = countIndexes(text, completions!)
    if (typeof count === 'object') {
      errors.push(invalidValue(`status.${field}`, text, `error parsing ${field}: ${count.problem}`))
    }
  }
  if (changed('completedIndexes') && completions !== undefined) format('completedIndexes', completedIndexes)
  if (changed('failedIndexes') && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes) {
    format('failedIndexes', failedIndexes)
  }
  if (changed('completedIndexes') && completedIndexes !== '' && completionMode !== 'Indexed') {
    errors.push(invalidValue('status.completedIndexes', completedIndexes,
      'cannot set non-empty completedIndexes when non-indexed completion mode'))
  }
  if (changed('failedIndexes') && backoffLimitPerIndex === undefined && failedIndexes !== undefined) {
    errors.push(invalidValue('status.failedIndexes', failedIndexes,
      'cannot set non-null failedIndexes when backoffLimitPerIndex is null'))
  }
  if (changed('failedIndexes', 'completedIndexes') && completions !== undefined && failedIndexes) {
    const common = firstCommonIndex(completedIndexes, failedIndexes, completions)
    if (common !== undefined) {
      errors.push(invalidValue('status.failedIndexes', failedIndexes,
        `failedIndexes and completedIndexes overlap at index: ${common}`))
    }
  }
  return errors
}

function validatePodsOfFinished({ status, now, before, changed }: Change): FieldError[] {
  const { terminating, ready, active } = status
  const errors: FieldError[] = []
  if ((now.finished !== before.finished || changed('terminating')) && now.finished && (terminating ?? 0) > 0) {
    errors.push(invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'))
  }
  if (changed('ready', 'active') && ready !== undefined && ready > (active ?? 0)) {
    errors.push(invalidValue('status.ready', ready, 'cannot set more ready pods than active'))
  }
  return errors
}

function validateSuccess({ object: { spec }, now }: Change): FieldError[] {
  const errors: FieldError[] = []
  if (now.success && now.failed) {
    errors.push(invalidWithoutValue(conditionsPath, 'cannot set SuccessCriteriaMet=True and Failed=true conditions'))
  }
  if (now.success && now.failureTarget) {
    errors.push(
      invalidWithoutValue(conditionsPath, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'),
    )
  }
  if (spec?.successPolicy && !now.success && now.complete) {
    errors.push(invalidWithoutValue(conditionsPath,
      'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'))
  }
  return errors
}

/** What has been is not taken back. */
function validateCourse({ object: { spec }, status, old, now, before }: Change): FieldError[] {
  const errors: FieldError[] = []
  for (const [type, is, was] of [
    ['Failed', now.failed, before.failed],
    ['Complete', now.complete, before.complete],
    ['FailureTarget', now.failureTarget, before.failureTarget],
  ] as const) {
    if (was && !is) {
      errors.push(invalidWithoutValue(conditionsPath, `cannot disable the terminal ${type}=True condition`))
    }
  }
  if ((status.failed ?? 0) < (old.failed ?? 0)) {
    errors.push(invalidValue('status.failed', status.failed ?? 0, 'cannot decrease the failed counter'))
  }
  // An elastic Job shrinks, and what succeeded beyond its new size counts no more.
  const elastic = spec?.completionMode === 'Indexed' && spec.completions === spec.parallelism
  if (!elastic && (status.succeeded ?? 0) < (old.succeeded ?? 0)) {
    errors.push(invalidValue('status.succeeded', status.succeeded ?? 0, 'cannot decrease the succeeded counter'))
  }
  const { completionTime, startTime } = status
  if (completionTime !== undefined && old.completionTime !== undefined && completionTime !== old.completionTime) {
    errors.push(invalidValue('status.completionTime', completionTime, 'completionTime cannot be mutated'))
  }
  if (old.startTime !== undefined && old.startTime !== startTime && !spec?.suspend) {
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'))
  }
  if (before.success && !now.success) {
    errors.push(invalidWithoutValue(conditionsPath, 'cannot disable the SuccessCriteriaMet=True condition'))
  }
  if (before.complete && !before.success && now.success) {
    errors.push(invalidWithoutValue(conditionsPath,
      'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'))
  }
  return errors
}
