/** What of a recommendation is followed now: what was recommended lately, and how fast scaling may go (KEP-853). */
import type { HorizontalPodAutoscalerSpec, HPAScalingRules } from '#api/gen/autoscaling-v2.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'

type Rules = DeepReadonly<HPAScalingRules>

/** What an autoscaler remembers between its rounds. */
export interface ScalingMemory {
  readonly recommendations: readonly { readonly at: number; readonly replicas: number }[]
  /** `change` is positive for a scale up. */
  readonly changes: readonly { readonly at: number; readonly change: number }[]
}

export const noMemory: ScalingMemory = { recommendations: [], changes: [] }

export interface ScalingQuestion {
  readonly spec: DeepReadonly<HorizontalPodAutoscalerSpec>
  readonly current: number
  readonly recommended: number
  readonly memory: ScalingMemory
  readonly now: number
}

export interface ScalingDecision {
  readonly replicas: number
  /** Conditions AbleToScale and ScalingLimited. */
  readonly stabilized: { readonly reason: string; readonly message: string }
  readonly limited: { readonly isLimited: boolean; readonly reason: string; readonly message: string }
}

/** Upstream's --horizontal-pod-autoscaler-downscale-stabilization. */
const downscaleStabilizationSeconds = 300
/** Longer than any window or period that validation lets in. */
const memoryMs = 3_600_000

export function decideScaling(question: ScalingQuestion): ScalingDecision {
  const { spec, recommended } = question
  const stable = stabilize(question)
  const limit = spec.behavior ? limitByRules(question, stable) : limitByDefault(question, stable)
  return {
    replicas: limit.replicas,
    stabilized: stable === recommended
      ? { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
      : stabilizedBy(question),
    limited: { isLimited: limit.replicas !== stable, reason: limit.reason, message: limit.message },
  }
}

/** With the recommendation of this round; what is too old to matter is forgotten. */
export function remember(memory: ScalingMemory, recommended: number, now: number): ScalingMemory {
  const isFresh = ({ at }: { readonly at: number }): boolean => at > now - memoryMs
  return {
    recommendations: [...memory.recommendations.filter(isFresh), { at: now, replicas: recommended }],
    changes: memory.changes.filter(isFresh),
  }
}

export function rememberChange(memory: ScalingMemory, change: number, now: number): ScalingMemory {
  return { ...memory, changes: [...memory.changes, { at: now, change }] }
}

/** Up only as far as everybody in the window said, down only as far as anybody in the window did. */
function stabilize({ spec, current, recommended, memory, now }: ScalingQuestion): number {
  const within = (rules: Rules | undefined, otherwise: number): readonly number[] => {
    const windowMs = (rules?.stabilizationWindowSeconds ?? otherwise) * 1000
    const recent = memory.recommendations.filter(({ at }) => at > now - windowMs)
    return [recommended, ...recent.map(({ replicas }) => replicas)]
  }
  const lowest = Math.min(...within(spec.behavior?.scaleUp, 0))
  const highest = Math.max(...within(spec.behavior?.scaleDown, downscaleStabilizationSeconds))
  return Math.min(Math.max(current, lowest), highest)
}

function stabilizedBy({ current, recommended }: ScalingQuestion): ScalingDecision['stabilized'] {
  return recommended > current
    ? {
      reason: 'ScaleUpStabilized',
      message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
    }
    : {
      reason: 'ScaleDownStabilized',
      message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
    }
}

interface Limit {
  readonly replicas: number
  readonly reason: string
  readonly message: string
}

const withinRange = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' }
const tooFew = {
  reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count',
}
const tooMany = {
  reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count',
}
const tooFast = {
  reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const tooFastDown = {
  reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate',
}

/** Without rules of its own: at most to the double at once, or to 4. */
function limitByDefault({ spec, current }: ScalingQuestion, wanted: number): Limit {
  const least = spec.minReplicas ?? 1
  const rate = Math.max(current * 2, 4)
  if (wanted < least) return { replicas: least, ...tooFew }
  if (wanted > spec.maxReplicas && spec.maxReplicas <= rate) return { replicas: spec.maxReplicas, ...tooMany }
  if (wanted > rate) return { replicas: rate, ...tooFast }
  return { replicas: wanted, ...withinRange }
}

function limitByRules(question: ScalingQuestion, wanted: number): Limit {
  const { spec, current } = question
  if (wanted > current) {
    const rate = Math.max(current, fastest(question, spec.behavior?.scaleUp, 1))
    if (wanted > Math.min(rate, spec.maxReplicas)) {
      return rate < spec.maxReplicas ? { replicas: rate, ...tooFast } : { replicas: spec.maxReplicas, ...tooMany }
    }
  } else if (wanted < current) {
    const least = spec.minReplicas ?? 1
    const rate = Math.min(current, fastest(question, spec.behavior?.scaleDown, -1))
    if (wanted < Math.max(rate, least)) {
      return rate > least ? { replicas: rate, ...tooFastDown } : { replicas: least, ...tooFew }
    }
  }
  return { replicas: wanted, ...withinRange }
}

/** How far the policies let it go, counted from what there was at the beginning of each one's period. */
function fastest({ current, memory, now }: ScalingQuestion, rules: Rules | undefined, direction: 1 | -1): number {
  if (rules?.selectPolicy === 'Disabled') return current
  const reached = (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
    const changed = memory.changes
      .filter(({ at }) => at > now - periodSeconds * 1000)
      .reduce((total, { change }) => total + change, 0)
    const begin = current - changed
    if (type === 'Pods') return begin + direction * value
    const goal = begin * (1 + direction * value / 100)
    return direction > 0 ? Math.ceil(goal) : Math.trunc(goal)
  })
  const isGenerous = rules?.selectPolicy !== 'Min'
  return isGenerous === direction > 0 ? Math.max(...reached) : Math.min(...reached)
}
