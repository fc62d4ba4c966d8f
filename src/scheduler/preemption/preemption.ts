/** Preemption: which less important pods must go so that a pod fits, and on which node that hurts least. */
import type { PodDisruptionBudget } from '#api/gen/policy-v1.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { formatReasons, judgeWhatIf, type Rejection } from '../decide.ts'
import type { Profile, Verdict } from '../plugin.ts'
import { addPod, removePod, withOwnPods, type NodeInfo } from '../snapshot/node-info.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

export type Preemption =
  | { readonly type: 'preempt'; readonly node: string; readonly victims: readonly PodInfo[] }
  /** `why` goes into the pod's condition, in upstream's words. */
  | {
      readonly type: 'none'
      readonly why: string
      /** Whether a node that was promised earlier is promised no more. */
      readonly isHopeless: boolean
    }

interface Candidate {
  readonly node: NodeInfo
  /** The most important first. */
  readonly victims: readonly PodInfo[]
  readonly violations: number
}

/**
 * Nodes beyond this are not tried once there are this many candidates: a tenth, at least a hundred (upstream's
 * defaults).
 */
const candidatesMin = 100
const candidatesShare = 0.1

export function decidePreemption(
  snapshot: Snapshot, pod: PodInfo, profile: Profile, rejection: Rejection,
  budgets: readonly DeepReadonly<PodDisruptionBudget>[],
): Preemption {
  const refusal = ineligible(snapshot, pod, rejection)
  if (refusal !== undefined) return { type: 'none', why: refusal, isHopeless: false }
  const enough = Math.max(candidatesMin, Math.floor(snapshot.nodes.length * candidatesShare))
  const candidates: Candidate[] = []
  const whatIf = judgeWhatIf(snapshot, pod, profile)
  const reasons: string[] = []
  for (const node of snapshot.nodes) {
    const verdict = rejection.verdicts.get(node.name)
    if (rejection.beforehand !== undefined || verdict === undefined || verdict.isFinal) {
      reasons.push('Preemption is not helpful for scheduling')
      continue
    }
    if (candidates.length >= enough) break
    const candidate = selectVictims(pod, node, whatIf, budgets)
    if ('victims' in candidate) candidates.push(candidate)
    else reasons.push(...candidate)
  }
  const best = pickCandidate(candidates)
  if (best === undefined) {
    return {
      type: 'none', why: `0/${snapshot.nodes.length} nodes are available: ${formatReasons(reasons)}.`, isHopeless: true,
    }
  }
  return { type: 'preempt', node: best.node.name, victims: best.victims }
}

function ineligible(snapshot: Snapshot, pod: PodInfo, rejection: Rejection): string | undefined {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominatedName = pod.pod.status?.nominatedNodeName
  if (!nominatedName || rejection.verdicts.get(nominatedName)?.isFinal === true) return undefined
  for (const other of snapshot.node(nominatedName)?.pods.values() ?? []) {
    if (other.priority < pod.priority && isBeingPreempted(other)) {
      return 'not eligible due to a terminating pod on the nominated node.'
    }
  }
  return undefined
}

function isBeingPreempted({ pod }: PodInfo): boolean {
  return pod.metadata.deletionTimestamp !== undefined
    && pod.status?.conditions?.some((
      { type, status, reason },
    ) => type === 'DisruptionTarget' && status === 'True' && reason === 'PreemptionByScheduler') === true
}

/**
 * Takes all less important pods away, then gives back as many as fit, those protected by a budget first, the important
 * ones first.
 */
function selectVictims(
  pod: PodInfo, node: NodeInfo, whatIf: (changed: NodeInfo) =>
    Verdict, budgets: readonly DeepReadonly<PodDisruptionBudget>[],
): Candidate | readonly string[] {
  const lower = [...node.pods.values()].filter((other) => other.priority < pod.priority)
  if (lower.length === 0) return ['No preemption victims found for incoming pod']
  // One copy of the node's pods serves all the questions about it.
  let left = lower.reduce((info, { uid }) => removePod(info, uid), withOwnPods(node))
  const emptied = whatIf(left)
  if (emptied.type === 'rejected') return emptied.reasons
  const { violating, others } = splitByBudget(lower.toSorted(compareImportance), budgets)
  const victims: PodInfo[] = []
  let violations = 0
  const reprieve = (other: PodInfo): boolean => {
    left = addPod(left, other)
    if (whatIf(left).type === 'fits') return true
    left = removePod(left, other.uid)
    victims.push(other)
    return false
  }
  for (const other of violating) if (!reprieve(other)) violations++
  for (const other of others) reprieve(other)
  return { node, victims: victims.toSorted(compareImportance), violations }
}

/** The more important first, then the one that has run longer. */
function compareImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || a.startedAt - b.startedAt
}

/** Pods whose eviction their budgets do not allow, counting those before them in the list. */
function splitByBudget(pods: readonly PodInfo[], budgets: readonly DeepReadonly<PodDisruptionBudget>[]) {
  const left = budgets.map((budget) => ({
    budget, namespace: budget.metadata?.namespace, allowed: budget.status?.disruptionsAllowed
      ?? 0, selector: labelSelectorMatcher(budget.spec?.selector),
  }))
  const [violating, others]: [PodInfo[], PodInfo[]] = [[], []]
  for (const pod of pods) {
    let violates = false
    for (const each of left) {
      if (each.namespace !== pod.namespace || Object.keys(pod.labels).length === 0
        || !each.selector.matches(pod.labels)) continue
      // Already disrupted: it does not count again.
      if (each.budget.status?.disruptedPods?.[pod.pod.metadata.name] !== undefined) continue
      each.allowed--
      if (each.allowed < 0) violates = true
    }
    (violates ? violating : others).push(pod)
  }
  return { violating, others }
}

/**
 * Upstream's order: fewest violated budgets, lowest highest victim, lowest sum of priorities, fewest victims, latest
 * start.
 */
function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  const measures: readonly ((candidate: Candidate) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => victims[0]?.priority ?? -Infinity,
    ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => -earliestStart(victims),
  ]
  let left = candidates
  for (const measure of measures) {
    if (left.length <= 1) break
    const least = left.reduce((a, candidate) => Math.min(a, measure(candidate)), Infinity)
    left = left.filter((candidate) => measure(candidate) === least)
  }
  return left[0]
}

/** Of the most important victims. */
function earliestStart(victims: readonly PodInfo[]): number {
  const highest = victims[0]?.priority
  return victims
    .filter(({ priority }) => priority === highest)
    .reduce((earliest, victim) => Math.min(earliest, victim.startedAt), Infinity)
}
