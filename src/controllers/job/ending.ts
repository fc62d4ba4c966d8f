/** Whether a Job has come to its end: as it should, or by a limit. */
import type { Job } from '#api/gen/batch-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import type { StoredPod } from '../workload/pods.ts'
import type { Count } from './count.ts'
import { matchSuccessPolicy } from './success-policy.ts'

/** What one step of a Job sees. */
export interface JobState {
  readonly job: Stored<Job>
  readonly pods: readonly StoredPod[]
  readonly now: number
}

export interface Ending { readonly type: 'Complete' | 'Failed'; readonly reason: string; readonly message: string }

const defaultBackoffLimit = 6

/** Once decided, it stays decided. */
export function findEnding(state: JobState, count: Count, startTime: string | undefined): Ending | undefined {
  const { job, now } = state
  const { spec, status } = job
  const interim = status?.conditions?.find(
    ({ type, status: value }) => (type === 'FailureTarget' || type === 'SuccessCriteriaMet') && value === 'True',
  )
  if (interim) {
    return {
      type: interim.type === 'FailureTarget' ? 'Failed' : 'Complete',
      reason: interim.reason ?? '',
      message: interim.message ?? '',
    }
  }
  if (count.failJob !== undefined) return { type: 'Failed', reason: 'PodFailurePolicy', message: count.failJob }
  const limit = spec?.backoffLimit ?? defaultBackoffLimit
  if (count.failed > limit || exceedsRestarts(job, count.active, limit)) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  if (startTime !== undefined && spec?.activeDeadlineSeconds !== undefined
    && now >= timeToMilliseconds(startTime) + spec.activeDeadlineSeconds * 1000) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  }
  const failure = findIndexFailure(job, count)
  if (failure) return failure
  const matched = matchSuccessPolicy(spec?.successPolicy, spec?.completions ?? 0, count.completedIndexes)
  if (matched !== undefined) return { type: 'Complete', reason: 'SuccessPolicy', message: matched }
  if (spec?.suspend) return undefined
  const isEnough =
    spec?.completions === undefined
      ? count.succeeded > 0 && count.active.length === 0
      : count.succeeded >= spec.completions
  return isEnough
    ? { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined
}

/** Where each number may fail so often: too many have, or all that is left of the numbers has. */
function findIndexFailure(
  { spec }: Stored<Job>, { failedIndexes, completedIndexes }: Count,
): Ending | undefined {
  if (!failedIndexes || failedIndexes.size === 0) return undefined
  if (spec?.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes) {
    return {
      type: 'Failed', reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    }
  }
  return failedIndexes.size + completedIndexes.size >= (spec?.completions ?? 0)
    ? { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' }
    : undefined
}

/** With restartPolicy OnFailure the same pod fails again and again; its restarts count. */
function exceedsRestarts({ spec }: Stored<Job>, active: readonly StoredPod[], limit: number): boolean {
  if (String(spec?.template?.spec?.restartPolicy) !== 'OnFailure') return false
  const restarts = active
    .flatMap(({ status }) => [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])])
    .reduce((total, { restartCount }) => total + (restartCount ?? 0), 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}
