/** The arithmetic of a disruption budget: pure. */
import { isPodReady } from '#api/core/pod/pod-life.ts'
import type { Condition } from '#api/gen/meta-v1.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#api/gen/policy-v1.ts'
import { podDisruptionBudget } from '#api/policy/poddisruptionbudget/poddisruptionbudget.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { scaledIntOrPercent } from '#machinery/int-or-string.ts'
import { withCondition } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { formatTime, timeToMilliseconds } from '#machinery/time.ts'
import { recordEvent, updateStatus, type Plan } from '../driver/action.ts'
import type { StoredPod } from '../workload/pods.ts'

export interface OwnerScale {
  /** undefined: a pod that nobody manages. */
  readonly uid: string | undefined
  readonly replicas: number
  readonly podName?: string
}

export interface BudgetState {
  readonly budget: Stored<PodDisruptionBudget>
  readonly pods: readonly StoredPod[]
  readonly owners: readonly OwnerScale[]
  readonly now: number
}

/** An eviction that was granted counts as a pod gone for so long, even if the pod is still there. */
const disruptionTimeoutMs = 120_000

export function reconcile(state: BudgetState): Plan {
  const { budget, pods, now } = state
  const disruptedPods = stillDisrupted(budget, pods, now)
  const expectation = computeExpectation(state)
  if (typeof expectation === 'string') return failSafe(state, expectation)
  const { expected, desired } = expectation
  const healthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && !(pod.metadata.name in disruptedPods) && isPodReady(pod),
  ).length
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired)
  const status: DeepReadonly<PodDisruptionBudgetStatus> = {
    ...budget.status, observedGeneration: budget.metadata.generation ?? 0, disruptedPods, disruptionsAllowed: allowed,
    currentHealthy: healthy, desiredHealthy: desired, expectedPods: expected,
    conditions: conditionsWith(
      budget,
      allowed > 0 ? 'True' : 'False',
      allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      '',
      now,
    ),
  }
  const expiries = Object.values(disruptedPods).map((time) => timeToMilliseconds(time) + disruptionTimeoutMs)
  const isSame = semanticEqual(withZeros(budget.status), withZeros(status))
  return {
    actions: isSame ? [] : [
      ...(pods.length === 0 && budget.status?.observedGeneration !== budget.metadata.generation
        ? [recordEvent(podDisruptionBudget, budget, 'Normal', 'NoPods', 'No matching pods found')] : []),
      updateStatus(podDisruptionBudget, { ...budget, status }),
    ],
    wakeAt: expiries.length === 0 ? undefined : Math.max(now + 1000, Math.min(...expiries)),
  }
}

/** How many pods there should be, and how many must be healthy; a sentence when that cannot be known. */
function computeExpectation({
  budget,
  pods,
  owners,
}: BudgetState): { readonly expected: number; readonly desired: number } | string {
  const { minAvailable, maxUnavailable } = budget.spec ?? {}
  if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable }
  const unmanaged = owners.find(({ uid }) => uid === undefined)
  if (unmanaged) return `found no controller ref for pod "${unmanaged.podName}"`
  const expected = owners.reduce((total, { replicas }) => total + replicas, 0)
  if (maxUnavailable !== undefined) {
    return { expected, desired: Math.max(0, expected - (scaledIntOrPercent(maxUnavailable, expected, 'up') ?? 0)) }
  }
  return { expected, desired: minAvailable === undefined ? 0 : scaledIntOrPercent(minAvailable, expected, 'up') ?? 0 }
}

/** What cannot be computed allows nothing. */
function failSafe({ budget, now }: BudgetState, message: string): Plan {
  const status = {
    ...budget.status, disruptionsAllowed: 0, observedGeneration: budget.metadata.generation ?? 0,
    conditions: conditionsWith(budget, 'False', 'SyncFailed', message, now),
  }
  if (semanticEqual(withZeros(budget.status), withZeros(status))) return { actions: [] }
  return {
    actions: [
      recordEvent(podDisruptionBudget, budget, 'Warning', 'CalculateExpectedPodCountFailed',
        `Failed to calculate the number of expected pods: ${message}`),
      updateStatus(podDisruptionBudget, { ...budget, status }),
    ],
  }
}

/** Entries of the eviction API for pods that are still there, not yet being deleted, for two minutes. */
function stillDisrupted(
  { status }: Stored<PodDisruptionBudget>,
  pods: readonly StoredPod[],
  now: number,
): Readonly<Record<string, string>> {
  const entries = Object.entries(status?.disruptedPods ?? {}).filter(([name, time]) => {
    const pod = pods.find(({ metadata }) => metadata.name === name)
    return pod && !pod.metadata.deletionTimestamp && timeToMilliseconds(time) + disruptionTimeoutMs > now
  })
  return Object.fromEntries(entries)
}

function conditionsWith(
  { status, metadata }: Stored<PodDisruptionBudget>,
  value: 'True' | 'False',
  reason: string,
  message: string,
  now: number,
): readonly DeepReadonly<Condition>[] {
  const condition = {
    type: 'DisruptionAllowed',
    status: value,
    reason,
    message,
    observedGeneration: metadata.generation ?? 0,
  }
  return withCondition(
    status?.conditions as never,
    condition,
    formatTime(now),
  ) as unknown as readonly DeepReadonly<Condition>[]
}

function withZeros(status: DeepReadonly<PodDisruptionBudgetStatus> | undefined): object {
  return {
    ...status,
    disruptionsAllowed: status?.disruptionsAllowed ?? 0,
    currentHealthy: status?.currentHealthy ?? 0,
    desiredHealthy: status?.desiredHealthy ?? 0,
    expectedPods: status?.expectedPods ?? 0,
    observedGeneration: status?.observedGeneration ?? 0,
  }
}
