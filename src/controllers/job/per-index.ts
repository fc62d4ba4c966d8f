/**
 * Failures that are counted for each number of an Indexed Job by itself (KEP-3850). How often a number has failed
 * stands in an annotation of its newest pod, so a failed pod is kept until its successor, which counts one more, is
 * there.
 */
import type { Job } from '#api/gen/batch-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { StoredPod } from '../workload/pods.ts'
import { backoffAfter, finishedAt, hasFailed, isTracked } from './ended-pods.ts'
import { judge } from './failure-policy.ts'
import { indexOf, parseIndexes } from './indexes.ts'

const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count'
const ignoredCountAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count'

export function countsPerIndex({ spec }: Stored<Job>): boolean {
  return spec?.completionMode === 'Indexed' && spec.backoffLimitPerIndex !== undefined
}

/** The numbers that will not be tried again: those of the status, and those of pods that are not counted yet. */
export function failedIndexesOf(job: Stored<Job>, pods: readonly StoredPod[]): ReadonlySet<number> {
  const completions = job.spec?.completions ?? 0
  const failed = parseIndexes(job.status?.failedIndexes, completions)
  for (const pod of pods) {
    const index = indexOf(pod)
    if (index !== undefined && index < completions && isTracked(pod) && endsItsIndex(job, pod)) failed.add(index)
  }
  return failed
}

function endsItsIndex(job: Stored<Job>, pod: StoredPod): boolean {
  if (!hasFailed(job, pod)) return false
  const { type } = judge(job.spec?.podFailurePolicy, pod)
  if (type === 'failIndex') return true
  return type !== 'ignore' && countOf(pod, failureCountAnnotation) >= (job.spec?.backoffLimitPerIndex ?? 0)
}

/** By number: the failed pod that waits for its successor. `isSettled` says which numbers need none. */
export function findReplaced(
  job: Stored<Job>, pods: readonly StoredPod[], isSettled: (index: number) => boolean,
): ReadonlyMap<number, StoredPod> {
  const newest = new Map<number, StoredPod>()
  for (const pod of pods) {
    const index = indexOf(pod)
    if (index === undefined || index >= (job.spec?.completions ?? 0) || isSettled(index)) continue
    if (!isTracked(pod) || !hasFailed(job, pod)) continue
    const other = newest.get(index)
    if (!other || (attemptsOf(other) <= attemptsOf(pod) && finishedAt(other) <= finishedAt(pod))) newest.set(index, pod)
  }
  return newest
}

/** What the successor of a failed pod (undefined: the first of its number) tells of the failures before it. */
export function failureAnnotations(
  job: Stored<Job>, replaced: StoredPod | undefined,
): Readonly<Record<string, string>> {
  if (!replaced) return { [failureCountAnnotation]: '0' }
  const isIgnored = judge(job.spec?.podFailurePolicy, replaced).type === 'ignore'
  const counted = countOf(replaced, failureCountAnnotation) + (isIgnored ? 0 : 1)
  const ignored = countOf(replaced, ignoredCountAnnotation) + (isIgnored ? 1 : 0)
  return {
    [failureCountAnnotation]: String(counted),
    ...(ignored > 0 && { [ignoredCountAnnotation]: String(ignored) }),
  }
}

/** When the successor of a failed pod may be made. Wall clock, milliseconds. */
export function replacementAt(replaced: StoredPod | undefined): number {
  return replaced ? finishedAt(replaced) + backoffAfter(attemptsOf(replaced) + 1) : -Infinity
}

function attemptsOf(pod: StoredPod): number {
  return countOf(pod, failureCountAnnotation) + countOf(pod, ignoredCountAnnotation)
}

/** Anyone may write annotations: what is not a count is none. */
function countOf({ metadata }: StoredPod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? ''
  return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : 0
}
