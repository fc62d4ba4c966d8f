/** One step of a CronJob: start what is due, forget what has ended, keep the history short. */
import { cronJob as kind } from '#api/batch/cronjob/cronjob.ts'
import { finishedConditionOf } from '#api/batch/job/job-life.ts'
import { job as jobKind } from '#api/batch/job/job.ts'
import type { CronJob, CronJobStatus, Job } from '#api/gen/batch-v1.ts'
import type { ObjectReference } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import { formatTime, timeToMilliseconds } from '#machinery/time.ts'
import {
  create,
  nothing,
  recordEvent,
  remove,
  updateStatus,
  type Action,
  type Outcome,
  type Plan,
} from '../driver/action.ts'
import { parseSchedule, type Schedule } from './schedule.ts'

export interface CronState {
  readonly cronJob: Stored<CronJob>
  /** Those that it controls. */
  readonly jobs: readonly Stored<Job>[]
  readonly now: number
}

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
/** Upstream looks a little later than the exact time. */
const lateMs = 100
const missedMax = 100

export function reconcile({ cronJob, jobs, now }: CronState): Plan {
  if (cronJob.metadata.deletionTimestamp) return nothing
  const unfinished = jobs.filter((job) => finishedConditionOf(job) === undefined)
  const foreign = unfinished.filter((job) => isForeign(cronJob, job))
  const active = unfinished.filter((job) => !foreign.includes(job))
  const cleanup = historyActions(cronJob, jobs)
  const seen = sightings(cronJob, jobs, foreign)
  const schedule = parseSchedule(cronJob.spec?.schedule ?? '', cronJob.spec?.timeZone)
  if (!schedule) {
    return {
      actions: [...seen, ...cleanup, ...statusActions(cronJob, jobs, active, undefined)],
      because: `unparseable schedule: ${JSON.stringify(cronJob.spec?.schedule)}`,
    }
  }
  const due = schedule.next(now)
  const start = cronJob.spec?.suspend ? nothingDue
    : due === undefined ? neverDue(cronJob) : findStart(cronJob, schedule, active, now)
  return {
    actions: [...seen, ...cleanup, ...start.actions],
    afterwards: ({ error }: Outcome) =>
      statusActions(cronJob, jobs, active, error ? undefined : start.time, start.removed),
    wakeAt: cronJob.spec?.suspend || due === undefined ? undefined : due + lateMs,
    ...(start.because !== undefined && { because: start.because }),
  }
}

interface Start {
  readonly actions: readonly Action[]
  readonly removed: ReadonlySet<string>
  /** What becomes `lastScheduleTime`. */
  readonly time: number | undefined
  readonly because?: string
}
const nothingDue: Start = { actions: [], removed: new Set(), time: undefined }

/** A well-formed schedule without any moment, as the 31st of February; told in upstream's words. */
function neverDue(cronJob: Stored<CronJob>): Start {
  const message = `invalid schedule: ${cronJob.spec?.schedule} : time difference between two schedules is less than 1 second`
  return { ...nothingDue, actions: [recordEvent(kind, cronJob, 'Warning', 'InvalidSchedule', message)], because: message }
}

function findStart(cronJob: Stored<CronJob>, schedule: Schedule, active: readonly Stored<Job>[], now: number): Start {
  const { spec, status, metadata } = cronJob
  const since = timeToMilliseconds(status?.lastScheduleTime ?? metadata.creationTimestamp)
  const deadlineMs = spec?.startingDeadlineSeconds === undefined ? Infinity : spec.startingDeadlineSeconds * 1000
  const after = Math.max(since, now - deadlineMs)
  const time = schedule.latest(after, now)
  if (time === undefined) return nothingDue
  const events: Action[] = []
  if (missedMoreThan(schedule, after, now)) {
    events.push(recordEvent(kind, cronJob, 'Warning', 'TooManyMissedTimes',
      'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'))
  }
  if (String(spec?.concurrencyPolicy) === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    return { ...nothingDue, actions: [recordEvent(kind, cronJob, 'Normal', 'JobAlreadyActive', message)], because: message }
  }
  const replaced = String(spec?.concurrencyPolicy) === 'Replace' ? active : []
  const name = `${metadata.name}-${Math.floor(time / 60_000)}`
  return {
    actions: [...events, ...replaced.map((job) => deletion(cronJob, job)), creation(cronJob, name, time)],
    removed: new Set(replaced.map(({ metadata: { uid } }) => uid)), time,
  }
}

function missedMoreThan(schedule: Schedule, after: number, until: number): boolean {
  let time: number | undefined = after
  for (let count = 0; count <= missedMax; count++) {
    time = schedule.next(time)
    if (time === undefined || time > until) return false
  }
  return true
}

function creation(cronJob: Stored<CronJob>, name: string, time: number): Action {
  const { namespace } = cronJob.metadata
  const template = cronJob.spec!.jobTemplate
  const object: DeepReadonly<Job> = {
    apiVersion: 'batch/v1', kind: 'Job',
    metadata: {
      name, ...(namespace !== undefined && { namespace }),
      labels: template.metadata?.labels ?? {},
      annotations: { ...template.metadata?.annotations, [scheduledAnnotation]: formatTime(time) },
      ownerReferences: [controllerReferenceTo(kind, cronJob)],
    },
    ...(template.spec && { spec: template.spec }),
  }
  return create(jobKind, object, {
    ifExists: 'ignore',
    announce: {
      kind,
      about: cronJob,
      success: { reason: 'SuccessfulCreate', message: 'Created job {name}' },
      failure: { reason: 'FailedCreate', message: 'Error creating job: {error}' },
    },
  })
}

function deletion(cronJob: Stored<CronJob>, job: Stored<Job>): Action {
  return remove(jobKind, job, {
    propagationPolicy: 'Background',
    announce: {
      kind,
      about: cronJob,
      success: { reason: 'SuccessfulDelete', message: 'Deleted job {name}' },
      failure: { reason: 'FailedDelete', message: 'Deleted job: {error}' },
    },
  })
}

function historyActions(cronJob: Stored<CronJob>, jobs: readonly Stored<Job>[]): Action[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec ?? {}
  const started = ({ status, metadata }: Stored<Job>): string => status?.startTime ?? metadata.creationTimestamp
  const beyond = (type: 'Complete' | 'Failed', limit: number): readonly Stored<Job>[] => {
    const finished = jobs
      .filter((job) => finishedConditionOf(job)?.type === type && !job.metadata.deletionTimestamp)
      .toSorted((a, b) =>
        started(a) < started(b) ? -1 : started(a) > started(b) ? 1 : a.metadata.name < b.metadata.name ? -1 : 1,
      )
    return finished.slice(0, Math.max(0, finished.length - limit))
  }
  return [...beyond('Complete', successfulJobsHistoryLimit), ...beyond('Failed', failedJobsHistoryLimit)].map((job) =>
    deletion(cronJob, job),
  )
}

/** Somebody else's under this CronJob, as `kubectl create job --from` makes: in nobody's way. */
function isForeign({ status }: Stored<CronJob>, { metadata }: Stored<Job>): boolean {
  return metadata.annotations?.[scheduledAnnotation] === undefined
    && !status?.active?.some(({ uid }) => uid === metadata.uid)
}

/** Each end and each loss is told once: while the Job still stands in `status.active`. */
function sightings(cronJob: Stored<CronJob>, jobs: readonly Stored<Job>[], foreign: readonly Stored<Job>[]): Action[] {
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string): Action =>
    recordEvent(kind, cronJob, type, reason, message)
  const listed = cronJob.status?.active ?? []
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]))
  return [
    ...foreign.map(({ metadata: { name } }) =>
      tell('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`)),
    ...listed.flatMap(({ uid, name }) => {
      const job = uid === undefined ? undefined : byUid.get(uid)
      if (!job) return [tell('Normal', 'MissingJob', `Active job went missing: ${name}`)]
      const condition = finishedConditionOf(job)?.type
      return condition === undefined ? []
        : [tell('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${condition}`)]
    }),
  ]
}

/** A Job that was just created is listed when it is seen: its uid is not known before. */
function statusActions(
  cronJob: Stored<CronJob>, jobs: readonly Stored<Job>[], active: readonly Stored<Job>[],
  started: number | undefined, removed: ReadonlySet<string> = new Set(),
): Action[] {
  const { lastSuccessfulTime, lastScheduleTime } = cronJob.status ?? {}
  const completions = jobs
    .filter((job) => finishedConditionOf(job)?.type === 'Complete')
    .map(({ status }) => status?.completionTime)
  const success = [...completions, lastSuccessfulTime].filter((time) => time !== undefined).toSorted().at(-1)
  const schedule = started === undefined ? lastScheduleTime : formatTime(started)
  const references = jobs
    .filter(({ metadata }) => active.some((job) => job.metadata.uid === metadata.uid) && !removed.has(metadata.uid))
    .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
    .map(({ metadata }): DeepReadonly<ObjectReference> => {
      const old = cronJob.status?.active?.find(({ uid }) => uid === metadata.uid)
      return (
        old ?? {
          kind: 'Job',
          apiVersion: 'batch/v1',
          name: metadata.name,
          namespace: metadata.namespace ?? '',
          uid: metadata.uid,
          resourceVersion: metadata.resourceVersion,
        }
      )
    })
  const status: DeepReadonly<CronJobStatus> = {
    ...(references.length > 0 && { active: references }), ...(schedule !== undefined && { lastScheduleTime: schedule }),
    ...(success !== undefined && { lastSuccessfulTime: success }),
  }
  return semanticEqual(cronJob.status, status) ? [] : [updateStatus(kind, { ...cronJob, status })]
}
