/** Validation of CronJobs. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { CronJob, CronJobSpec } from '../../gen/batch-v1.ts'
import { validateNonNegative, validateRequiredChoice } from '../../numbers.validation.ts'
import { validateJobTemplate } from '../job/job-spec.validation.ts'
import { scheduleProblem } from './schedule-problem.ts'

const maxNameLength = 52

/** A CronJob's name becomes a prefix of its Jobs' names. */
export function validateNewCronJob(object: CronJob): FieldError[] {
  const name = object.metadata?.name ?? ''
  const errors = validateSpec(object, undefined)
  if (name.length > maxNameLength) {
    errors.push(invalidValue('metadata.name', name, `must be no more than ${maxNameLength} characters`))
  }
  return errors
}

/** Long names, zones in schedules and unknown zones are of the past: objects that have them keep them. */
export function validateCronJobUpdate(object: CronJob, old: Stored<CronJob>): FieldError[] {
  return validateSpec(object, (old.spec ?? {}) as CronJobSpec)
}

function validateSpec({ spec = {} as CronJobSpec }: CronJob, old: CronJobSpec | undefined): FieldError[] {
  return [
    ...validateSchedule(spec, old?.schedule?.includes('TZ') ?? false, 'spec.schedule'),
    ...validateNonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...(old && old.timeZone === spec.timeZone ? [] : validateTimeZone(spec.timeZone, 'spec.timeZone')),
    ...validateRequiredChoice(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy'),
    ...validateJobTemplate(spec.jobTemplate?.spec ?? ({} as never), 'spec.jobTemplate.spec',
      old?.jobTemplate?.spec?.template),
    ...validateNonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...validateNonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
  ]
}

function validateSchedule({ schedule, timeZone }: CronJobSpec, mayNameZone: boolean, path: string): FieldError[] {
  if (!schedule) return [required(path)]
  const problem = scheduleProblem(schedule)
  const errors = problem === undefined ? [] : [invalidValue(path, schedule, problem)]
  if (!schedule.includes('TZ')) return errors
  if (!mayNameZone) {
    errors.push(invalidValue(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  } else if (timeZone !== undefined) {
    errors.push(invalidValue(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
  }
  return errors
}

const zonePart = /^[A-Za-z.\-_0-9+]{1,14}$/

/** The name of one of the server's own time zone files. */
function validateTimeZone(zone: string | undefined, path: string): FieldError[] {
  if (zone === undefined) return []
  if (zone === '') return [invalidValue(path, zone, 'timeZone must be nil or non-empty string')]
  const unknown = invalidValue.bind(undefined, path, zone, `unknown time zone ${zone}`)
  const wellFormed = zone.split('/').every((part) =>
    part !== '.' && part !== '..' && !part.startsWith('-') && zonePart.test(part))
  if (!wellFormed) return [unknown()]
  if (zone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    // "Local" itself is a name that always loads.
    return [invalidValue(path, zone, detail), ...(zone === 'Local' ? [] : [unknown()])]
  }
  return isKnownTimeZone(zone) ? [] : [unknown()]
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
