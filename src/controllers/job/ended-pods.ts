/** What a Job asks of each of its pods: whether it has failed, when it ended, and how long the next one waits. */
import type { Job } from '#api/gen/batch-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import type { StoredPod } from '../workload/pods.ts'

/** Keeps a pod until its end is written in the Job's status. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'

const backoffMs = 10_000
const backoffMsMax = 600_000

export function isTracked({ metadata }: StoredPod): boolean {
  return (metadata.finalizers ?? []).includes(trackingFinalizer)
}

/** A pod that is being deleted counts as failed at once, unless the Job replaces only what has really failed. */
export function hasFailed(job: Stored<Job>, { metadata, status }: StoredPod): boolean {
  if (status?.phase === 'Failed') return true
  return !replacesOnlyFailed(job) && metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded'
}

export function replacesOnlyFailed({ spec }: Stored<Job>): boolean {
  return spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined
}

/** Wall clock, milliseconds. */
export function finishedAt({ status, metadata }: StoredPod): number {
  const ends = (status?.containerStatuses ?? [])
    .map(({ state }) => timeToMilliseconds(state?.terminated?.finishedAt ?? ''))
    .filter((at) => !Number.isNaN(at))
  return ends.length > 0
    ? Math.max(...ends)
    : timeToMilliseconds(metadata.deletionTimestamp ?? metadata.creationTimestamp)
}

/** 10 s after the first failure in a row, doubling, at most 10 minutes. */
export function backoffAfter(failures: number): number {
  return failures === 0 ? 0 : Math.min(backoffMsMax, backoffMs * 2 ** Math.min(failures - 1, 20))
}
