/**
 * How many replicas a metric of pods asks for: the ratio of what is to what should be, with doubts resolved cautiously.
 */
import type { Pod } from '#api/gen/core-v1.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { timeToMilliseconds } from '#machinery/time.ts'

type StoredPod = Stored<Pod>

/** What one pod uses; processors in thousandths, everything else in its own unit times 1000. */
export interface PodUsage {
  readonly milliValue: number
  /** Milliseconds since the epoch, and how long it was measured. */
  readonly at: number
  readonly windowMs: number
}

export interface UsageQuestion {
  readonly pods: readonly StoredPod[]
  /** By the pod's name. */
  readonly usage: ReadonlyMap<string, PodUsage>
  readonly isCpu: boolean
  readonly currentReplicas: number
  readonly tolerance: Tolerance
  readonly now: number
}

/** How far the ratio may be from 1 without anything being done: `0.1` is a tenth. */
export interface Tolerance {
  readonly down: number
  readonly up: number
}

/** How usage becomes a ratio: against what pods request, or against one amount for each. */
export type Target =
  | { readonly type: 'utilization'; readonly percent: number; readonly requests: ReadonlyMap<string, number> }
  | { readonly type: 'averageValue'; readonly milliValue: number }

export interface Proposal {
  readonly replicas: number
  /** Percent of the requests; absent for an average value. */
  readonly utilization?: number
  /** Of the pods that were measured, in thousandths. */
  readonly averageMilliValue: number
}

/** The message is upstream's. */
export class NoProposal extends Error {}

/** A processor is busy with starting for so long: what a pod that is not ready uses then, is no load. */
const cpuInitializationMs = 5 * 60_000
const initialReadinessMs = 30_000

/** Throws NoProposal. */
export function proposeReplicas(question: UsageQuestion, target: Target): Proposal {
  const { pods, usage, currentReplicas, tolerance } = question
  if (pods.length === 0) throw new NoProposal('no pods returned by selector while calculating replica count')
  const groups = groupPods(question)
  const measured = new Map(
    groups.ready.map(({ metadata }) => [metadata.name, usage.get(metadata.name)!.milliValue] as const),
  )
  if (measured.size === 0) {
    throw new NoProposal('did not receive metrics for targeted pods (pods might be unready)')
  }
  const first = ratioOf(measured, target)
  const average = sum(measured.values()) / measured.size
  const { utilization } = first
  const told = { averageMilliValue: average, ...(utilization !== undefined && { utilization }) }
  const stay: Proposal = { replicas: currentReplicas, ...told }
  const includesUnready = groups.unready.length > 0 && first.ratio > 1
  if (!includesUnready && groups.missing.length === 0) {
    if (isWithin(first.ratio, tolerance)) return stay
    return { replicas: ceil(first.ratio * groups.ready.length), ...told }
  }
  // Who is not measured counts against whatever is about to be done.
  for (const { metadata } of groups.missing) {
    if (first.ratio < 1) measured.set(metadata.name, asMuchAsWanted(target, metadata.name))
    else if (first.ratio > 1) measured.set(metadata.name, 0)
  }
  if (includesUnready) for (const { metadata } of groups.unready) measured.set(metadata.name, 0)
  const { ratio } = ratioOf(measured, target)
  const hasTurned = (first.ratio < 1 && ratio > 1) || (first.ratio > 1 && ratio < 1)
  if (isWithin(ratio, tolerance) || hasTurned) return stay
  const replicas = ceil(ratio * measured.size)
  const isWrongWay = (ratio < 1 && replicas > currentReplicas) || (ratio > 1 && replicas < currentReplicas)
  return isWrongWay ? stay : { replicas, ...told }
}

interface Groups {
  readonly ready: readonly StoredPod[]
  readonly unready: readonly StoredPod[]
  readonly missing: readonly StoredPod[]
}

function groupPods(question: UsageQuestion): Groups {
  const groups = { ready: [] as StoredPod[], unready: [] as StoredPod[], missing: [] as StoredPod[] }
  for (const pod of question.pods) {
    const { status, metadata } = pod
    if (metadata.deletionTimestamp || status?.phase === 'Failed') continue
    const usage = question.usage.get(metadata.name)
    if (status?.phase === 'Pending') groups.unready.push(pod)
    else if (!usage) groups.missing.push(pod)
    else if (question.isCpu && isStillStarting(pod, usage, question.now)) groups.unready.push(pod)
    else groups.ready.push(pod)
  }
  return groups
}

function isStillStarting({ status }: StoredPod, usage: PodUsage, now: number): boolean {
  const ready = findCondition(status?.conditions, 'Ready')
  const startedAt = timeToMilliseconds(status?.startTime ?? '')
  if (!ready || Number.isNaN(startedAt)) return true
  const changedAt = timeToMilliseconds(ready.lastTransitionTime ?? '')
  // Within the time of starting: unless it was measured as a whole since it became ready.
  if (startedAt + cpuInitializationMs > now) return ready.status === 'False' || usage.at < changedAt + usage.windowMs
  // Later: if it has never been ready.
  return ready.status === 'False' && startedAt + initialReadinessMs > changedAt
}

function ratioOf(
  measured: ReadonlyMap<string, number>, target: Target,
): { readonly ratio: number; readonly utilization?: number } {
  if (target.type === 'averageValue') return { ratio: sum(measured.values()) / measured.size / target.milliValue }
  const requested = sum([...measured.keys()].map((name) => target.requests.get(name) ?? 0))
  if (requested === 0) throw new NoProposal('no metrics returned matched known pods')
  const utilization = Math.trunc(sum(measured.values()) * 100 / requested)
  return { ratio: utilization / target.percent, utilization }
}

function asMuchAsWanted(target: Target, podName: string): number {
  if (target.type === 'averageValue') return target.milliValue
  return (target.requests.get(podName) ?? 0) * Math.max(100, target.percent) / 100
}

function isWithin(ratio: number, { down, up }: Tolerance): boolean {
  return ratio >= 1 - down && ratio <= 1 + up
}

/** A ratio that is a whole number but for the last bits of a division is that number. */
function ceil(value: number): number {
  return Math.ceil(Math.round(value * 1e9) / 1e9)
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
