/** Validation of CronJobs. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { CronJob, CronJobSpec } from '../../gen/batch-v1.ts'
import { validateNonNegative, validateRequiredChoice } from '../../numbers.validation.ts'
import { validateJobTemplate } from '../job/job-spec.validation.ts'
import { scheduleProblem } from './schedule-problem.ts'

export function validateCronJob({ metadata, spec = {} as CronJobSpec }: CronJob): FieldError[] {
  const { schedule = '', timeZone } = spec
  return [
    ...validateSchedule(schedule, timeZone),
    ...validateNonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...validateRequiredChoice(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy'),
    ...validateJobTemplate(spec.jobTemplate?.spec ?? ({} as never), 'spec.jobTemplate.spec'),
    ...validateNonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...validateNonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
    ...validateName(metadata?.name ?? ''),
  ]
}

function validateSchedule(schedule: string, timeZone: string | undefined): FieldError[] {
  const path = 'spec.schedule'
  if (schedule === '') return [required(path)]
  const problem = scheduleProblem(schedule)
  const errors = problem === undefined ? [] : [invalidValue(path, schedule, problem)]
  // A zone in the schedule was never supported; objects that have one keep it.
  if (schedule.includes('TZ') && timeZone === undefined) {
    errors.push(invalidValue(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  }
  return [...errors, ...validateTimeZone(timeZone, schedule, 'spec.timeZone')]
}

/** A CronJob's name becomes a prefix of its Jobs' names. */
function validateName(name: string): FieldError[] {
  return name.length > 52 ? [invalidValue('metadata.name', name, 'must be no more than 52 characters')] : []
}

/** Only the server's own time zone files count; a name must look like one of them. */
function validateTimeZone(zone: string | undefined, schedule: string, path: string): FieldError[] {
  if (zone === undefined) return []
  const errors: FieldError[] = []
  if (schedule.includes('TZ')) {
    errors.push(invalidValue(path, zone, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
  }
  if (zone === '') return [...errors, invalidValue(path, zone, 'timeZone must be nil or non-empty string')]
  if (zone.toLowerCase() === 'local') {
    return [
      ...errors,
      invalidValue(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
    ]
  }
  return isKnownTimeZone(zone) ? errors : [...errors, invalidValue(path, zone, `unknown time zone ${zone}`)]
}

function isKnownTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
