/** What a Job's status says: the counts, and the conditions of its life. */
import { job as kind } from '#api/batch/job/job.ts'
import { isPodReady } from '#api/core/pod/pod-life.ts'
import type { Job, JobCondition, JobStatus } from '#api/gen/batch-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { recordEvent, type Action } from '../driver/action.ts'
import { isIndexed, type Count } from './count.ts'
import type { Ending, JobState } from './ending.ts'
import { formatIndexes } from './indexes.ts'

type Conditions = readonly DeepReadonly<JobCondition>[]

export function computeStatus(
  state: JobState, count: Count, startTime: string | undefined, ending: Ending | undefined, isEndingPods: boolean,
): { readonly status: DeepReadonly<JobStatus>; readonly events: readonly Action[] } {
  const { job, now } = state
  const { startTime: _, ...old } = job.status ?? {}
  const events: Action[] = []
  let conditions: Conditions = suspendConditions(job, old.conditions ?? [], events, now)
  let completionTime = old.completionTime
  if (ending) {
    const interim = ending.type === 'Failed' ? 'FailureTarget' : 'SuccessCriteriaMet'
    if (!findCondition(conditions, interim)) {
      conditions = [...conditions, conditionOf({ ...ending, type: interim }, now)]
    }
    const isQuiet = !isEndingPods && count.active.length === 0 && count.terminating.length === 0
      && count.uncounted.succeeded.length + count.uncounted.failed.length + count.replaced.size === 0
    if (isQuiet) {
      conditions = [...conditions, conditionOf(ending, now)]
      if (ending.type === 'Complete') completionTime = formatTime(now)
      events.push(ending.type === 'Complete' ? recordEvent(kind, job, 'Normal', 'Completed', 'Job completed')
        : recordEvent(kind, job, 'Warning', ending.reason, ending.message))
    }
  }
  const { succeeded, failed } = count.uncounted
  return {
    status: {
      ...old,
      ...(startTime !== undefined && { startTime }),
      ...(completionTime !== undefined && { completionTime }),
      conditions,
      active: count.active.length,
      ready: count.active.filter(isPodReady).length,
      terminating: count.terminating.length,
      succeeded: count.countedSucceeded,
      failed: count.countedFailed,
      uncountedTerminatedPods: { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) },
      ...(isIndexed(job) && { completedIndexes: formatIndexes(count.completedIndexes) }),
      ...(count.failedIndexes && { failedIndexes: formatIndexes(count.failedIndexes) }),
    },
    events,
  }
}

function conditionOf(
  { type, reason, message }: { readonly type: string; readonly reason: string; readonly message: string },
  now: number,
): DeepReadonly<JobCondition> {
  const time = formatTime(now)
  return {
    type,
    status: 'True',
    lastProbeTime: time,
    lastTransitionTime: time,
    reason,
    message,
  }
}

function suspendConditions(job: Stored<Job>, conditions: Conditions, events: Action[], now: number): Conditions {
  const isSuspended = job.spec?.suspend === true
  const old = findCondition(conditions, 'Suspended')
  if ((old?.status === 'True') === isSuspended) return conditions
  const reason = isSuspended ? 'JobSuspended' : 'JobResumed'
  const message = isSuspended ? 'Job suspended' : 'Job resumed'
  events.push(recordEvent(kind, job, 'Normal', isSuspended ? 'Suspended' : 'Resumed', message))
  const condition = {
    ...conditionOf({ type: 'Suspended', reason, message }, now),
    status: isSuspended ? 'True' : 'False',
  }
  return old ? conditions.map((candidate) => candidate === old ? condition : candidate) : [...conditions, condition]
}

/** Counts that are absent and counts that are zero say the same. */
export function equalStatus(a: DeepReadonly<JobStatus> | undefined, b: DeepReadonly<JobStatus> | undefined): boolean {
  return semanticEqual(withZeros(a), withZeros(b))
}

function withZeros(status: DeepReadonly<JobStatus> | undefined): object {
  return {
    ...status,
    active: status?.active ?? 0,
    ready: status?.ready ?? 0,
    terminating: status?.terminating ?? 0,
    succeeded: status?.succeeded ?? 0,
    failed: status?.failed ?? 0,
    completedIndexes: status?.completedIndexes ?? '',
  }
}
