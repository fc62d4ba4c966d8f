/**
 * Counting each finished pod once. A pod keeps a finalizer until its end is written in the Job's status: first its uid
 * goes into `uncountedTerminatedPods`, then the finalizer goes, then the number goes up and the uid goes (KEP-2307).
 */
import type { Job } from '#api/gen/batch-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { StoredPod } from '../workload/pods.ts'
import { judge } from './failure-policy.ts'
import { formatIndexes, indexOf, parseIndexes } from './indexes.ts'

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'

export interface Count {
  readonly active: readonly StoredPod[]
  readonly terminating: readonly StoredPod[]
  /** All that have succeeded and failed, counted or about to be. */
  readonly succeeded: number
  readonly failed: number
  readonly completedIndexes: ReadonlySet<number>
  /** What goes into the status. */
  readonly countedSucceeded: number
  readonly countedFailed: number
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] }
  /** Pods whose end is in the status now: their finalizers may go once that is written. */
  readonly release: readonly StoredPod[]
  /** A rule of the failure policy that ends the Job. */
  readonly failJob: string | undefined
}

export function isTracked({ metadata }: StoredPod): boolean {
  return (metadata.finalizers ?? []).includes(trackingFinalizer)
}

/** A pod that is being deleted counts as failed at once, unless the Job replaces only what has really failed. */
export function hasFailed(job: Stored<Job>, { metadata, status }: StoredPod): boolean {
  if (status?.phase === 'Failed') return true
  const onlyFailed = job.spec?.podReplacementPolicy === 'Failed' || job.spec?.podFailurePolicy !== undefined
  return !onlyFailed && metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded'
}

export function isIndexed({ spec }: DeepReadonly<Job>): boolean {
  return spec?.completionMode === 'Indexed'
}

/** Pure: the same Job and pods give the same count, and counting again after it is written changes nothing. */
export function countPods(job: Stored<Job>, pods: readonly StoredPod[]): Count {
  const { status, spec } = job
  const indexed = isIndexed(job)
  const completions = spec?.completions ?? 0
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]))
  const isHeld = (uid: string): boolean => { const pod = byUid.get(uid); return pod !== undefined && isTracked(pod) }
  const old = status?.uncountedTerminatedPods
  const doneSucceeded = (old?.succeeded ?? []).filter((uid) => !isHeld(uid))
  const doneFailed = (old?.failed ?? []).filter((uid) => !isHeld(uid))
  const uncounted = {
    succeeded: (old?.succeeded ?? []).filter(isHeld),
    failed: (old?.failed ?? []).filter(isHeld),
  }
  const known = new Set([...(old?.succeeded ?? []), ...(old?.failed ?? [])])
  const completedIndexes = parseIndexes(status?.completedIndexes, completions)
  const isWindingDown = spec?.suspend === true
    || (status?.conditions ?? []).some(({ type, status: value }) => type === 'SuccessCriteriaMet' && value === 'True')
  const release: StoredPod[] = []
  let failJob: string | undefined
  for (const pod of pods) {
    if (!isTracked(pod)) continue
    const { uid } = pod.metadata
    if (known.has(uid)) {
      release.push(pod)
      continue
    }
    const succeeded = pod.status?.phase === 'Succeeded'
    if (!succeeded && !hasFailed(job, pod)) continue
    release.push(pod)
    // Pods that we end ourselves because nothing more is wanted of them have not failed.
    if (!succeeded && pod.status?.phase !== 'Failed' && isWindingDown) continue
    if (succeeded && indexed) {
      const index = indexOf(pod)
      if (index !== undefined && index < completions) completedIndexes.add(index)
    } else if (succeeded) uncounted.succeeded.push(uid)
    else {
      const verdict = judge(spec?.podFailurePolicy, pod)
      if (verdict.type === 'failJob') failJob ??= verdict.message
      if (verdict.type !== 'ignore') uncounted.failed.push(uid)
    }
  }
  const countedSucceeded = indexed ? completedIndexes.size : (status?.succeeded ?? 0) + doneSucceeded.length
  const countedFailed = (status?.failed ?? 0) + doneFailed.length
  const isRunning = (pod: StoredPod): boolean => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  return {
    active: pods.filter((pod) => isRunning(pod) && !pod.metadata.deletionTimestamp),
    terminating: pods.filter((pod) => isRunning(pod) && pod.metadata.deletionTimestamp !== undefined),
    succeeded: countedSucceeded + (indexed ? 0 : uncounted.succeeded.length),
    failed: countedFailed + uncounted.failed.length,
    completedIndexes, countedSucceeded, countedFailed, uncounted, release, failJob,
  }
}

export function formatCompleted(count: Count): string {
  return formatIndexes(count.completedIndexes)
}
