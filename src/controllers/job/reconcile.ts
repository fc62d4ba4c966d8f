/** One step of a Job: run pods until enough have succeeded, or too many have failed. */
import { finishedConditionOf } from '#api/batch/job/job-life.ts'
import { job as kind } from '#api/batch/job/job.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { Job } from '#api/gen/batch-v1.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { formatTime, timeToMilliseconds } from '#machinery/time.ts'
import { create, earliest, nothing, patch, remove, updateStatus, type Action, type Plan } from '../driver/action.ts'
import { planClaims } from '../workload/adoption.ts'
import { choosePodsToDelete } from '../workload/deletion-order.ts'
import { podFromTemplate, type StoredPod } from '../workload/pods.ts'
import { countPods, isIndexed, type Count } from './count.ts'
import { backoffAfter, finishedAt, hasFailed, isTracked, replacesOnlyFailed, trackingFinalizer } from './ended-pods.ts'
import { findEnding, type JobState } from './ending.ts'
import { indexAnnotation, indexOf } from './indexes.ts'
import { countsPerIndex, failureAnnotations, replacementAt } from './per-index.ts'
import { computeStatus, equalStatus } from './status.ts'

const maxPodsPerStep = 500
/** What the server makes of a longer `generateName` would lose the number. */
const generatedNameMax = 58
const because = 'a pod failed; the next one waits'

export function reconcile(state: JobState): Plan {
  const { job, now } = state
  const { metadata, spec, status } = job
  if (spec?.managedBy !== undefined && spec.managedBy !== 'kubernetes.io/job-controller') return nothing
  const { claimed, actions: claims } = planClaims(
    { kind, owner: job, selector: labelSelectorMatcher(spec?.selector) },
    podKind,
    state.pods,
  )
  const isOver = finishedConditionOf(job) !== undefined
  if (metadata.deletionTimestamp || isOver) return { actions: claimed.filter(isTracked).map(letGo) }
  const count = countPods(job, claimed)
  const isSuspended = spec?.suspend === true
  const startTime = isSuspended ? undefined : status?.startTime ?? formatTime(now)
  const ending = findEnding(state, count, startTime)
  const work = ending || isSuspended ? endPods(state, count) : runPods(state, claimed, count)
  const deadline = startTime !== undefined && spec?.activeDeadlineSeconds !== undefined
    ? timeToMilliseconds(startTime) + spec.activeDeadlineSeconds * 1000 : undefined
  const next = computeStatus(state, count, startTime, ending, work.actions.some(({ type }) => type === 'delete'))
  const isSame = equalStatus(status, next.status)
  return {
    // The status comes before the finalizers go: whoever crashes in between counts nothing twice and forgets nothing.
    actions: [
      ...claims,
      ...(isSame ? [] : [updateStatus(kind, { ...job, status: next.status }), ...next.events]),
      ...count.release.map(letGo),
      ...work.actions,
    ],
    wakeAt: earliest(work.wakeAt, ending ? undefined : deadline),
    ...(work.because !== undefined && { because: work.because }),
  }
}

/** The Job's pods, without what kept them until they were counted. */
export function letGo(pod: StoredPod): Action {
  const { resourceVersion, finalizers = [] } = pod.metadata
  const rest = finalizers.filter((name) => name !== trackingFinalizer)
  return patch(
    podKind,
    pod,
    { metadata: { resourceVersion, finalizers: rest } },
    { patchType: 'merge', ifGone: 'ignore' },
  )
}

interface Work {
  readonly actions: readonly Action[]
  readonly wakeAt?: number | undefined
  readonly because?: string
}

function endPods({ job }: JobState, { active }: Count): Work {
  return { actions: active.map((pod) => deletion(job, pod)) }
}

function deletion(job: Stored<Job>, pod: StoredPod): Action {
  return remove(podKind, pod, {
    announce: {
      kind,
      about: job,
      success: { reason: 'SuccessfulDelete', message: 'Deleted pod: {name}' },
      failure: { reason: 'FailedDelete', message: 'Error deleting: {error}' },
    },
  })
}

function runPods({ job, now }: JobState, pods: readonly StoredPod[], count: Count): Work {
  const { spec } = job
  const parallelism = spec?.parallelism ?? 1
  const occupied = count.active.length + (replacesOnlyFailed(job) ? count.terminating.length : 0)
  const wanted = spec?.completions === undefined
    ? count.succeeded > 0 ? Math.min(parallelism, count.active.length) : parallelism
    : Math.min(parallelism, spec.completions - count.succeeded)
  const surplus = isIndexed(job) ? indexSurplus(job, count) : []
  if (surplus.length > 0 || count.active.length > wanted) {
    const extra = choosePodsToDelete(count.active, count.active, Math.max(0, count.active.length - wanted), now)
    return { actions: [...new Set([...surplus, ...extra])].map((pod) => deletion(job, pod)) }
  }
  const missing = Math.min(wanted - occupied, maxPodsPerStep)
  if (missing <= 0) return { actions: [] }
  if (countsPerIndex(job)) return runIndexes(job, count, freeIndexes(job, count, missing), now)
  const at = retryAt(job, pods)
  if (at > now) return { actions: [], wakeAt: at, because }
  const indexes = isIndexed(job)
    ? freeIndexes(job, count, missing)
    : Array.from({ length: missing }, () => undefined)
  return { actions: indexes.map((index) => creation(job, index)) }
}

/** Each number waits for its own failures only. */
function runIndexes(job: Stored<Job>, { replaced }: Count, indexes: readonly number[], now: number): Work {
  const isDue = (index: number): boolean => replacementAt(replaced.get(index)) <= now
  const waiting = indexes.filter((index) => !isDue(index))
  return {
    actions: indexes.filter(isDue)
      .map((index) => creation(job, index, failureAnnotations(job, replaced.get(index)))),
    ...(waiting.length > 0 && {
      wakeAt: earliest(...waiting.map((index) => replacementAt(replaced.get(index)))), because,
    }),
  }
}

/** Two pods of one number, or a number that is done or not wanted. */
function indexSurplus({ spec }: Stored<Job>, { active, completedIndexes }: Count): readonly StoredPod[] {
  const seen = new Set<number>()
  return active.filter((pod) => {
    const index = indexOf(pod)
    const isSurplus =
      index === undefined || index >= (spec?.completions ?? 0) || completedIndexes.has(index) || seen.has(index)
    if (index !== undefined) seen.add(index)
    return isSurplus
  })
}

function freeIndexes(
  job: Stored<Job>, { active, terminating, completedIndexes, failedIndexes }: Count, missing: number,
): readonly number[] {
  const used = new Set([...active, ...(replacesOnlyFailed(job) ? terminating : [])].map(indexOf))
  const free: number[] = []
  for (let index = 0; index < (job.spec?.completions ?? 0) && free.length < missing; index++) {
    if (!used.has(index) && !completedIndexes.has(index) && !failedIndexes?.has(index)) free.push(index)
  }
  return free
}

/** A success starts the row of failures anew. */
function retryAt(job: Stored<Job>, pods: readonly StoredPod[]): number {
  const lastSuccess = Math.max(-Infinity, ...pods.filter(({ status }) => status?.phase === 'Succeeded').map(finishedAt))
  const failures = pods
    .filter((pod) => hasFailed(job, pod) && pod.status?.phase === 'Failed')
    .map(finishedAt)
    .filter((at) => at > lastSuccess)
  if (failures.length === 0) return -Infinity
  return Math.max(...failures) + backoffAfter(failures.length)
}

function creation(
  job: Stored<Job>, index: number | undefined, annotations: Readonly<Record<string, string>> = {},
): Action {
  const base = podFromTemplate(job.spec!.template, kind, job)
  const object: DeepReadonly<Pod> = {
    ...base, metadata: { ...base.metadata, finalizers: [...(base.metadata?.finalizers ?? []), trackingFinalizer] },
  }
  return create(podKind, index === undefined ? object : indexed(job, object, index, annotations), {
    announce: {
      kind,
      about: job,
      success: { reason: 'SuccessfulCreate', message: 'Created pod: {name}' },
      failure: { reason: 'FailedCreate', message: 'Error creating: {error}' },
    },
  })
}

/** The number is told to the containers, and makes the host name. */
function indexed(
  { metadata }: Stored<Job>, pod: DeepReadonly<Pod>, index: number, annotations: Readonly<Record<string, string>>,
): DeepReadonly<Pod> {
  const variable = {
    name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } },
  }
  const withVariable = <C extends { readonly env?: readonly { readonly name: string }[] }>(container: C): C =>
    container.env?.some(({ name }) => name === variable.name)
      ? container
      : { ...container, env: [...(container.env ?? []), variable] }
  const text = String(index)
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${metadata.name.slice(0, generatedNameMax - text.length - 2)}-${index}-`,
      labels: { ...pod.metadata?.labels, [indexAnnotation]: text },
      annotations: { ...pod.metadata?.annotations, [indexAnnotation]: text, ...annotations },
    },
    spec: {
      ...pod.spec!, hostname: `${metadata.name}-${index}`,
      containers: (pod.spec?.containers ?? []).map(withVariable),
      ...(pod.spec?.initContainers && { initContainers: pod.spec.initContainers.map(withVariable) }),
    },
  }
}
