/** Which pods go first when there are too many (upstream's ActivePodsWithRanks). */
import { isPodActive, isPodReady } from '#api/core/pod/pod-life.ts'
import { parseTime, readySince, type StoredPod } from './pods.ts'

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/**
 * The `count` pods to delete. First those that are not assigned to a node, then by phase (Pending, Unknown, Running),
 * not ready, lower deletion cost, sharing a node with more of `related`, ready for less time, more restarts, younger.
 * Times are compared by the logarithm of their age, and within one step of it by uid, so that ages of the same order
 * are as good as equal.
 */
export function choosePodsToDelete(
  pods: readonly StoredPod[], related: readonly StoredPod[], count: number, now: number,
): readonly StoredPod[] {
  if (count >= pods.length) return pods
  const perNode = new Map<string, number>()
  for (const pod of related) {
    if (isPodActive(pod)) perNode.set(nodeOf(pod), (perNode.get(nodeOf(pod)) ?? 0) + 1)
  }
  const rankOf = (pod: StoredPod): number => perNode.get(nodeOf(pod)) ?? 0
  return pods.toSorted((a, b) => compareForDeletion(a, b, rankOf, now)).slice(0, count)
}

/** Negative when `a` is deleted before `b`. */
function compareForDeletion(a: StoredPod, b: StoredPod, rankOf: (pod: StoredPod) => number, now: number): number {
  return Number(nodeOf(a) !== '') - Number(nodeOf(b) !== '')
    || phaseRank(a) - phaseRank(b)
    || Number(isPodReady(a)) - Number(isPodReady(b))
    || costOf(a) - costOf(b)
    || rankOf(b) - rankOf(a)
    || (isPodReady(a) && isPodReady(b) ? compareAges(readySince(a), readySince(b), a, b, now) : 0)
    || restartsOf(b) - restartsOf(a)
    || compareAges(parseTime(a.metadata.creationTimestamp), parseTime(b.metadata.creationTimestamp), a, b, now)
}

function nodeOf({ spec }: StoredPod): string {
  return spec?.nodeName ?? ''
}

function phaseRank({ status }: StoredPod): number {
  return phaseOrder[status?.phase ?? 'Pending'] ?? 0
}

/** An invalid cost counts as none; validation refuses them anyway. */
function costOf({ metadata }: StoredPod): number {
  const text = metadata.annotations?.[deletionCost]
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : 0
}

function restartsOf({ status }: StoredPod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map((container) => container.restartCount ?? 0))
}

/** 0 only for equal times; otherwise by age on a logarithmic scale, and by uid within the same step. */
function compareAges(
  timeA: number | undefined,
  timeB: number | undefined,
  a: StoredPod,
  b: StoredPod,
  now: number,
): number {
  if (timeA === timeB) return 0
  const difference = logarithmicAge(timeA, now) - logarithmicAge(timeB, now)
  if (difference !== 0) return difference
  return a.metadata.uid < b.metadata.uid ? -1 : 1
}

function logarithmicAge(time: number | undefined, now: number): number {
  const ageNanoseconds = (now - (time ?? now)) * 1e6
  return ageNanoseconds > 0 ? Math.floor(Math.log2(ageNanoseconds)) : -1
}
