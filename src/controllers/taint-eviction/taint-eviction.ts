/** Pods leave nodes whose NoExecute taints they do not tolerate, at once or when their toleration has run out. */
import { node } from '#api/core/node/node.ts'
import { isPodFinished } from '#api/core/pod/pod-life.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { PodCondition } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { withCondition } from '#machinery/meta/conditions.ts'
import { formatTime, timeToMilliseconds } from '#machinery/time.ts'
import { nothing, recordEvent, remove, updateStatus, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import type { StoredPod } from '../workload/pods.ts'
import { tolerates, type AnyTaint } from '../workload/taints.ts'

export interface EvictionState {
  readonly pod: StoredPod
  /** The node's NoExecute taints. */
  readonly taints: readonly AnyTaint[]
  readonly now: number
}

export const taintEvictionController = defineController({
  name: 'taint-eviction',
  serviceAccount: 'node-controller',
  eventSource: 'taint-eviction-controller',
  for: pod,
  watches: [
    wakeFrom(
      node,
      ({ metadata, spec }, cache) =>
        (spec?.taints ?? []).some(({ effect }) => effect === 'NoExecute')
          ? cache
              .of(pod)
              .byIndex('nodeName', metadata.name)
              .map((object) => `${object.metadata.namespace}/${object.metadata.name}`)
          : [],
      (old, object) => !semanticEqual(old.spec?.taints, object.spec?.taints),
    ),
  ],
  changed: (old, object) =>
    old.spec?.nodeName !== object.spec?.nodeName || !semanticEqual(old.spec?.tolerations, object.spec?.tolerations),
  observe(object, cache, { now }): EvictionState | undefined {
    const taints = (object.spec?.nodeName ? cache.of(node).get(object.spec.nodeName)?.spec?.taints ?? [] : [])
      .filter(({ effect }) => effect === 'NoExecute')
    return taints.length === 0 ? undefined : { pod: object, taints, now }
  },
  reconcile,
})

export function reconcile({ pod: object, taints, now }: EvictionState): Plan {
  if (object.metadata.deletionTimestamp || isPodFinished(object)) return nothing
  const deadline = Math.min(...taints.map((taint) => endOfTolerance(object, taint, now)))
  if (deadline === Infinity) return nothing
  if (deadline > now) {
    return {
      actions: [],
      wakeAt: deadline,
      because: `tolerates ${taints.map(({ key }) => key).join(', ')} for a while`,
    }
  }
  return { actions: evict(object, now) }
}

/**
 * Milliseconds; -Infinity for a taint that is not tolerated, Infinity for one that is for ever. Counted from when the
 * taint was added.
 */
function endOfTolerance({ spec }: StoredPod, taint: AnyTaint, now: number): number {
  const matching = (spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint))
  if (matching.length === 0) return -Infinity
  const limits = matching.map(({ tolerationSeconds }) => tolerationSeconds).filter((seconds) => seconds !== undefined)
  if (limits.length === 0) return Infinity
  const since = timeToMilliseconds(taint.timeAdded ?? '')
  return (Number.isNaN(since) ? now : since) + Math.max(0, Math.min(...limits)) * 1000
}

function evict(object: StoredPod, now: number) {
  const { generation } = object.metadata
  const condition: PodCondition = {
    type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    ...(generation !== undefined && { observedGeneration: generation }),
  }
  const conditions = withCondition(object.status?.conditions, condition, formatTime(now))
  return [
    updateStatus(pod, { ...object, status: { ...object.status, conditions } }, { ifGone: 'ignore' }),
    recordEvent(
      pod,
      object,
      'Normal',
      'TaintManagerEviction',
      `Marking for deletion Pod ${object.metadata.namespace}/${object.metadata.name}`,
    ),
    remove(pod, object),
  ]
}
