/**
 * Counting each finished pod once. A pod keeps a finalizer until its end is written in the Job's status: first its uid
 * goes into `uncountedTerminatedPods`, then the finalizer goes, then the number goes up and the uid goes (KEP-2307).
 */
import type { Job } from '#api/gen/batch-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { StoredPod } from '../workload/pods.ts'
import { hasFailed, isTracked } from './ended-pods.ts'
import { judge } from './failure-policy.ts'
import { indexOf, parseIndexes } from './indexes.ts'
import { countsPerIndex, failedIndexesOf, findReplaced } from './per-index.ts'

export interface Count {
  readonly active: readonly StoredPod[]
  readonly terminating: readonly StoredPod[]
  /** All that have succeeded and failed, counted or about to be. */
  readonly succeeded: number
  readonly failed: number
  readonly completedIndexes: ReadonlySet<number>
  /** Numbers given up, where each has its own limit; undefined where it has not. */
  readonly failedIndexes: ReadonlySet<number> | undefined
  /** By number: the failed pod whose successor is still to be made. */
  readonly replaced: ReadonlyMap<number, StoredPod>
  /** What goes into the status. */
  readonly countedSucceeded: number
  readonly countedFailed: number
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] }
  /** Pods whose end is in the status now: their finalizers may go once that is written. */
  readonly release: readonly StoredPod[]
  /** A rule of the failure policy that ends the Job. */
  readonly failJob: string | undefined
}

export function isIndexed({ spec }: DeepReadonly<Job>): boolean {
  return spec?.completionMode === 'Indexed'
}

/** Pure: the same Job and pods give the same count, and counting again after it is written changes nothing. */
export function countPods(job: Stored<Job>, pods: readonly StoredPod[]): Count {
  const { status } = job
  const indexed = isIndexed(job)
  const held = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid))
  const old = { succeeded: [], failed: [], ...status?.uncountedTerminatedPods }
  const countedFailed = (status?.failed ?? 0) + old.failed.filter((uid) => !held.has(uid)).length
  const isRunning = (pod: StoredPod): boolean => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  const active = pods.filter((pod) => isRunning(pod) && !pod.metadata.deletionTimestamp)
  const completedIndexes = indexed ? completedIndexesOf(job, pods) : new Set<number>()
  const failedIndexes = countsPerIndex(job) ? failedIndexesOf(job, pods) : undefined
  const activeIndexes = new Set(active.map(indexOf))
  const isSettled = (index: number): boolean =>
    completedIndexes.has(index) || failedIndexes!.has(index) || activeIndexes.has(index)
  const replaced = failedIndexes && !isEnding(job) ? findReplaced(job, pods, isSettled) : new Map<number, StoredPod>()
  const known = new Set([...old.succeeded, ...old.failed])
  const finished = pods.filter((pod) => isTracked(pod) && (known.has(pod.metadata.uid) || hasEnded(job, pod))
    && replaced.get(indexOf(pod) ?? -1) !== pod)
  const ends = judgeEnds(job, finished.filter((pod) => !known.has(pod.metadata.uid)))
  const waiting = judgeEnds(job, [...replaced.values()])
  const uncounted = {
    succeeded: [...old.succeeded.filter((uid) => held.has(uid)), ...ends.succeeded],
    failed: [...old.failed.filter((uid) => held.has(uid)), ...ends.failed],
  }
  const countedSucceeded = indexed
    ? completedIndexes.size
    : (status?.succeeded ?? 0) + old.succeeded.filter((uid) => !held.has(uid)).length
  return {
    active,
    terminating: pods.filter((pod) => isRunning(pod) && pod.metadata.deletionTimestamp !== undefined),
    succeeded: countedSucceeded + uncounted.succeeded.length,
    // Those that still wait for a successor have failed as well, though the status does not tell of them yet.
    failed: countedFailed + uncounted.failed.length + waiting.failed.length,
    completedIndexes, failedIndexes, replaced, countedSucceeded, countedFailed, uncounted,
    release: finished,
    failJob: ends.failJob ?? waiting.failJob,
  }
}

function hasEnded(job: Stored<Job>, pod: StoredPod): boolean {
  return pod.status?.phase === 'Succeeded' || hasFailed(job, pod)
}

/** True once it is decided how the Job ends, though not all of its pods have. */
function isEnding({ status }: Stored<Job>): boolean {
  return (status?.conditions ?? []).some(({ type, status: value }) =>
    (type === 'SuccessCriteriaMet' || type === 'FailureTarget') && value === 'True')
}

function completedIndexesOf({ spec, status }: Stored<Job>, pods: readonly StoredPod[]): Set<number> {
  const completions = spec?.completions ?? 0
  const completed = parseIndexes(status?.completedIndexes, completions)
  for (const pod of pods) {
    const index = indexOf(pod)
    if (pod.status?.phase !== 'Succeeded' || !isTracked(pod)) continue
    if (index !== undefined && index < completions) completed.add(index)
  }
  return completed
}

interface Ends {
  /** Uids. Empty for an Indexed Job, whose numbers say it. */
  readonly succeeded: readonly string[]
  readonly failed: readonly string[]
  readonly failJob: string | undefined
}

function judgeEnds(job: Stored<Job>, ended: readonly StoredPod[]): Ends {
  const isWindingDown = job.spec?.suspend === true || (job.status?.conditions ?? []).some(
    ({ type, status }) => type === 'SuccessCriteriaMet' && status === 'True',
  )
  const succeeded: string[] = []
  const failed: string[] = []
  let failJob: string | undefined
  for (const pod of ended) {
    const { uid } = pod.metadata
    if (pod.status?.phase === 'Succeeded') {
      if (!isIndexed(job)) succeeded.push(uid)
      continue
    }
    // Pods that we end ourselves because nothing more is wanted of them have not failed.
    if (pod.status?.phase !== 'Failed' && isWindingDown) continue
    const verdict = judge(job.spec?.podFailurePolicy, pod)
    if (verdict.type === 'failJob') failJob ??= verdict.message
    if (verdict.type !== 'ignore') failed.push(uid)
  }
  return { succeeded, failed, failJob }
}
