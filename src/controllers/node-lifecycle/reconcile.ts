/** What one node's silence or trouble leads to: pure. */
import { node as nodeKind } from '#api/core/node/node.ts'
import { isPodReady } from '#api/core/pod/pod-life.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { Node, NodeCondition } from '#api/gen/core-v1.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { patch, recordEvent, updateStatus, type Action, type Plan } from '../driver/action.ts'
import type { StoredPod } from '../workload/pods.ts'
import { notReadyTaint, sameTaint, unreachableTaint, type AnyTaint } from '../workload/taints.ts'

export interface NodeHealth {
  readonly ready: number
  readonly notReady: number
}

/** `allDisrupted`: no node of the cluster is ready, so the fault is more likely ours: nobody is evicted. */
export type ZoneMode = 'normal' | 'partialDisruption' | 'stopped' | 'allDisrupted'

/** A node that was watched over and is gone. */
export interface RemovedNode {
  readonly type: 'removed'
  readonly about: Stored<Node>
}

export interface NodeState {
  readonly type: 'present'
  readonly node: Stored<Node>
  /** It is seen for the first time since this process began. */
  readonly isNew: boolean
  /** Silent from then on (wall clock, milliseconds) unless it gives a sign of life before. */
  readonly silentAt: number
  readonly now: number
  readonly mode: ZoneMode
  /** It is this node's turn to get an eviction taint; otherwise at `nextTaintAt`. */
  readonly mayTaintNow: boolean
  readonly nextTaintAt: number
  readonly pods: readonly StoredPod[]
}

const unhealthyShare = 0.55
const largeZone = 50
/** When to look again whether a disruption is over. */
const disruptionCheckMs = 5000

/**
 * Over 55 % (and more than two) of a zone's nodes unready is a disruption: evict slowly in large zones, not at
 * all in small ones.
 */
export function zoneModeOf(zones: ReadonlyMap<string, NodeHealth>, zone: string): ZoneMode {
  if ([...zones.values()].every(({ ready }) => ready === 0)) return 'allDisrupted'
  const { ready, notReady } = zones.get(zone) ?? { ready: 0, notReady: 0 }
  if (ready === 0) return 'normal'
  if (notReady <= 2 || notReady / (ready + notReady) < unhealthyShare) return 'normal'
  return ready + notReady > largeZone ? 'partialDisruption' : 'stopped'
}

type ReadyStatus = 'True' | 'False' | 'Unknown'

export function reconcile(state: NodeState | RemovedNode): Plan {
  if (state.type === 'removed') return { actions: [nodeEvent(state.about, 'RemovingNode', 'Removing', 'from')] }
  const plan = reconcilePresent(state)
  return state.isNew
    ? { ...plan, actions: [nodeEvent(state.node, 'RegisteredNode', 'Registered', 'in'), ...plan.actions] }
    : plan
}

/** In upstream's words, which name the node twice. */
function nodeEvent(about: Stored<Node>, reason: string, done: string, where: string): Action {
  const { name } = about.metadata
  return recordEvent(nodeKind, about, 'Normal', reason, `Node ${name} event: ${done} Node ${name} ${where} Controller`)
}

function reconcilePresent(state: NodeState): Plan {
  const { node, silentAt, now } = state
  const isSilent = now >= silentAt
  const wakeAt = isSilent ? undefined : silentAt
  if (isSilent) {
    const conditions = silenced(node, now)
    if (conditions) return { actions: declareUnknown(state, conditions) }
  }
  const taints = wantedTaints(state)
  const isWaiting =
    needsEvictionTaint(state) && !taints.some(({ effect, key }) => effect === 'NoExecute' && key === evictionKey(node))
  return {
    actions: [...taintPatch(node, taints), ...markPods(state)],
    wakeAt: isWaiting
      ? state.mode === 'normal' || state.mode === 'partialDisruption'
        ? state.nextTaintAt
        : now + disruptionCheckMs
      : wakeAt,
    ...(isWaiting && { because: `eviction of the node's pods waits (${state.mode})` }),
  }
}

function readyStatus({ status }: Stored<Node>): ReadyStatus {
  const ready = findCondition(status?.conditions, 'Ready')?.status
  return ready === 'True' || ready === 'False' ? ready : 'Unknown'
}

/**
 * What the kubelet would have told; the network's condition is not its own. undefined: all of it is Unknown already.
 */
function silenced({ metadata, status }: Stored<Node>, now: number): readonly DeepReadonly<NodeCondition>[] | undefined {
  const old = status?.conditions ?? []
  const time = formatTime(now)
  const next = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type): DeepReadonly<NodeCondition> => {
    const condition = findCondition(old, type)
    if (condition?.status === 'Unknown') return condition
    if (!condition) {
      return {
        type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.',
        lastHeartbeatTime: metadata.creationTimestamp, lastTransitionTime: time,
      }
    }
    return {
      ...condition,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: time,
    }
  })
  if (next.every((condition) => findCondition(old, condition.type) === condition)) return undefined
  return [...old.filter(({ type }) => !next.some((condition) => condition.type === type)), ...next]
}

function declareUnknown({ node }: NodeState, conditions: readonly DeepReadonly<NodeCondition>[]): Action[] {
  const wasReady = readyStatus(node) === 'True'
  return [
    updateStatus(nodeKind, { ...node, status: { ...node.status, conditions } }),
    ...(wasReady
      ? [
          recordEvent(
            nodeKind,
            node,
            'Normal',
            'NodeNotReady',
            `Node ${node.metadata.name} status is now: NodeNotReady`,
          ),
        ]
      : []),
  ]
}

/** Nobody on the node can tell any more whether its pods are ready. */
function markPods({ node, pods, now }: NodeState): Action[] {
  if (!findCondition(node.status?.conditions, 'Ready') || readyStatus(node) !== 'Unknown') return []
  return pods.filter(isPodReady).flatMap((pod) => {
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: formatTime(now) } : condition)
    const object = { ...pod, status: { ...pod.status, conditions } }
    return [
      recordEvent(podKind, pod, 'Warning', 'NodeNotReady', 'Node is not ready'),
      updateStatus(podKind, object, { ifGone: 'ignore' }),
    ]
  })
}

function evictionKey(node: Stored<Node>): string | undefined {
  const status = readyStatus(node)
  return status === 'True' ? undefined : status === 'False' ? notReadyTaint : unreachableTaint
}

/** True while a node that is not ready lacks the taint that drives its pods away. */
export function needsEvictionTaint({ node }: Pick<NodeState, 'node'>): boolean {
  const key = evictionKey(node)
  return (
    key !== undefined && !(node.spec?.taints ?? []).some((taint) => taint.key === key && taint.effect === 'NoExecute')
  )
}

const conditionTaints: readonly (readonly [type: string, status: string, key: string])[] = [
  ['Ready', 'False', notReadyTaint],
  ['Ready', 'Unknown', unreachableTaint],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
]
const unschedulableTaint = 'node.kubernetes.io/unschedulable'

/** All taints that the node should have: others' as they are, ours as its conditions say. */
function wantedTaints(state: NodeState): readonly AnyTaint[] {
  const { node, now, mode, mayTaintNow } = state
  const old = node.spec?.taints ?? []
  const ours = new Set([...conditionTaints.map(([, , key]) => `${key} NoSchedule`), `${unschedulableTaint} NoSchedule`,
    `${notReadyTaint} NoExecute`, `${unreachableTaint} NoExecute`])
  const timeAdded = formatTime(now)
  const wanted: AnyTaint[] = []
  for (const [type, status, key] of conditionTaints) {
    if (findCondition(node.status?.conditions, type)?.status === status) {
      wanted.push({ key, effect: 'NoSchedule', timeAdded })
    }
  }
  if (node.spec?.unschedulable) wanted.push({ key: unschedulableTaint, effect: 'NoSchedule', timeAdded })
  const key = findCondition(node.status?.conditions, 'Ready') && evictionKey(node)
  if (key && mode !== 'allDisrupted') {
    const has = old.some((taint) => taint.key === key && taint.effect === 'NoExecute')
    if (has || (mayTaintNow && mode !== 'stopped')) wanted.push({ key, effect: 'NoExecute', timeAdded })
  }
  const kept = old.filter(
    (taint) => !ours.has(`${taint.key} ${taint.effect}`) || wanted.some((other) => sameTaint(other, taint)),
  )
  return [...kept, ...wanted.filter((taint) => !kept.some((other) => sameTaint(other, taint)))]
}

function taintPatch(node: Stored<Node>, taints: readonly AnyTaint[]): Action[] {
  const old = node.spec?.taints ?? []
  if (old.length === taints.length && old.every((taint, i) => sameTaint(taint, taints[i]!))) return []
  const { resourceVersion } = node.metadata
  return [
    patch(
      nodeKind,
      node,
      { metadata: { resourceVersion }, spec: { taints } },
      { patchType: 'merge', ifGone: 'ignore' },
    ),
  ]
}
