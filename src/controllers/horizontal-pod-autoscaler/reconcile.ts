/** One round of an autoscaler: from what is recommended to a scale, conditions and events. */
import { horizontalPodAutoscaler as kind } from '#api/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts'
import type { Scale } from '#api/gen/autoscaling-v1.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
} from '#api/gen/autoscaling-v2.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { ResourceName } from '#client/client.ts'
import { withCondition } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { recordEvent, updateStatus, type Action, type Outcome, type Plan } from '../driver/action.ts'
import type { Recommendation } from './recommend.ts'
import { decideScaling, type ScalingMemory } from './scaling-rules.ts'

export type Target =
  | { readonly type: 'found'; readonly resource: ResourceName; readonly scale: DeepReadonly<Scale> }
  | { readonly type: 'absent'; readonly why: string }

export interface AutoscalerState {
  readonly object: Stored<HorizontalPodAutoscaler>
  readonly target: Target
  /** Undefined: nothing was to be asked. */
  readonly recommendation: Recommendation | undefined
  readonly memory: ScalingMemory
  readonly now: number
  /** Told of a change that was made: it counts against the speed of later ones. */
  readonly onScaled: (change: number) => void
}

/** Upstream's --horizontal-pod-autoscaler-sync-period. */
const periodMs = 15_000

type Conditions = readonly DeepReadonly<HorizontalPodAutoscalerCondition>[]
type Verdict = readonly [type: string, status: 'True' | 'False', reason: string, message: string]

/** How many there should be, and what is said of it. */
interface Wish {
  readonly replicas: number
  readonly why: string
  readonly verdicts: readonly Verdict[]
  readonly events: readonly Action[]
  readonly status?: Partial<HorizontalPodAutoscalerStatus>
}

export function reconcile(state: AutoscalerState): Plan {
  const { object, target, now } = state
  const wakeAt = now + periodMs
  if (target.type === 'absent') {
    const message = `the HPA controller was unable to get the target's current scale: ${target.why}`
    const verdict: Verdict = ['AbleToScale', 'False', 'FailedGetScale', message]
    return {
      wakeAt,
      actions: [recordEvent(kind, object, 'Warning', 'FailedGetScale', target.why), ...statusOf(state, [verdict], {})],
    }
  }
  const found: Verdict = [
    'AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale",
  ]
  const current = target.scale.spec?.replicas ?? 0
  const wish = wishOf(state, current)
  const counts = { currentReplicas: current, desiredReplicas: wish?.replicas ?? object.status?.desiredReplicas ?? 0 }
  if (wish === undefined) {
    const { verdicts, events } = failureOf(state)
    return { wakeAt, actions: [...events, ...statusOf(state, [found, ...verdicts], { ...counts })] }
  }
  const verdicts = [found, ...wish.verdicts]
  if (wish.replicas === current) {
    return { wakeAt, actions: [...wish.events, ...statusOf(state, verdicts, { ...counts, ...wish.status })] }
  }
  return {
    wakeAt,
    actions: [...wish.events, rescale(state, target, wish)],
    afterwards: (outcome) => afterRescale(state, wish, verdicts, current, outcome),
  }
}

function wishOf(state: AutoscalerState, current: number): Wish | undefined {
  const { spec } = state.object
  const { minReplicas = 1, maxReplicas } = spec
  if (current === 0 && minReplicas !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero'
    return { replicas: 0, why: '', verdicts: [['ScalingActive', 'False', 'ScalingDisabled', message]], events: [] }
  }
  if (current > maxReplicas) return plain(maxReplicas, 'Current number of replicas above Spec.MaxReplicas')
  if (current < minReplicas) return plain(minReplicas, 'Current number of replicas below Spec.MinReplicas')
  const { recommendation, memory, now } = state
  if (recommendation?.type !== 'replicas') return undefined
  const { replicas: recommended, metric, statuses } = recommendation
  const { replicas, stabilized, limited } = decideScaling({ spec, current, recommended, memory, now })
  return {
    replicas,
    why: replicas > current ? `${metric} above target` : 'All metrics below target',
    events: failureEvents(state),
    verdicts: [
      ['ScalingActive', 'True', 'ValidMetricFound',
        `the HPA was able to successfully calculate a replica count from ${metric}`],
      ['AbleToScale', 'True', stabilized.reason, stabilized.message],
      ['ScalingLimited', limited.isLimited ? 'True' : 'False', limited.reason, limited.message],
    ],
    status: { currentMetrics: [...statuses] },
  }
}

function plain(replicas: number, why: string): Wish {
  return { replicas, why, verdicts: [], events: [] }
}

/** No metric could be had, or too few to scale down by. */
function failureOf(
  state: AutoscalerState,
): { readonly verdicts: readonly Verdict[]; readonly events: readonly Action[] } {
  const { object, recommendation } = state
  if (recommendation?.type === 'noSelector') {
    const message = "the HPA target's scale is missing a selector"
    return {
      verdicts: [['ScalingActive', 'False', 'InvalidSelector', message]],
      events: [recordEvent(kind, object, 'Warning', 'SelectorRequired', 'selector is required')],
    }
  }
  if (recommendation?.type !== 'failed') return { verdicts: [], events: [] }
  const first = recommendation.failures[0]!
  const message = `the HPA was unable to compute the replica count: ${first.message}`
  return {
    verdicts: [['ScalingActive', 'False', first.reason, message]],
    events: [
      ...failureEvents(state),
      recordEvent(kind, object, 'Warning', 'FailedComputeMetricsReplicas', recommendation.summary),
    ],
  }
}

function failureEvents({ object, recommendation }: AutoscalerState): readonly Action[] {
  if (!recommendation || recommendation.type === 'noSelector') return []
  return recommendation.failures.map(({ reason, message }) => recordEvent(kind, object, 'Warning', reason, message))
}

function rescale(
  { object }: AutoscalerState, { resource, scale }: Extract<Target, { readonly type: 'found' }>,
  { replicas, why }: Wish,
): Action {
  return {
    type: 'updateScale', resource, object: { ...scale, spec: { ...scale.spec, replicas } },
    announce: {
      kind, about: object,
      success: { reason: 'SuccessfulRescale', message: `New size: ${replicas}; reason: ${why}` },
      failure: { reason: 'FailedRescale', message: `New size: ${replicas}; reason: ${why}; error: {error}` },
    },
  }
}

function afterRescale(
  state: AutoscalerState, { replicas, status }: Wish, verdicts: readonly Verdict[], current: number, { error }: Outcome,
): readonly Action[] {
  if (error) {
    const message = `the HPA controller was unable to update the target scale: ${error.message}`
    const verdict: Verdict = ['AbleToScale', 'False', 'FailedUpdateScale', message]
    return statusOf(state, [...verdicts, verdict], { ...status, currentReplicas: current, desiredReplicas: current })
  }
  if (state.object.spec.behavior) state.onScaled(replicas - current)
  const message = `the HPA controller was able to update the target scale to ${replicas}`
  return statusOf(state, [...verdicts, ['AbleToScale', 'True', 'SucceededRescale', message]], {
    ...status, currentReplicas: current, desiredReplicas: replicas, lastScaleTime: formatTime(state.now),
  })
}

/** Later verdicts of the same type replace earlier ones. */
function statusOf(
  { object, now }: AutoscalerState, verdicts: readonly Verdict[], fields: Partial<HorizontalPodAutoscalerStatus>,
): readonly Action[] {
  let conditions: Conditions = object.status?.conditions ?? []
  const last = new Map(verdicts.map((verdict) => [verdict[0], verdict]))
  for (const [type, value, reason, message] of last.values()) {
    conditions = withCondition<DeepReadonly<HorizontalPodAutoscalerCondition>>(
      conditions, { type, status: value, reason, message }, formatTime(now),
    )
  }
  const status = {
    desiredReplicas: 0, ...object.status, ...fields, conditions,
    ...(object.metadata.generation !== undefined && { observedGeneration: object.metadata.generation }),
  } as DeepReadonly<HorizontalPodAutoscalerStatus>
  return semanticEqual(object.status, status) ? [] : [updateStatus(kind, { ...object, status })]
}
