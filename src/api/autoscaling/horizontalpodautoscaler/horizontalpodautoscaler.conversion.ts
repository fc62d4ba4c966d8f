/** autoscaling/v1 ⇄ v2: v1 knows one metric, CPU utilization; everything else travels in annotations. */
import type { KubeObject, ObjectMeta } from '#machinery/meta/object.ts'
import type * as v1 from '../../gen/autoscaling-v1.ts'
import type * as v2 from '../../gen/autoscaling-v2.ts'

const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const

/** v2, as stored, to v1. */
export function toV1(object: KubeObject): v1.HorizontalPodAutoscaler {
  const { metadata, spec, status } = object as v2.HorizontalPodAutoscaler
  const converted: Partial<v1.HorizontalPodAutoscaler> = {
    apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler',
  }
  const carried: Record<string, string> = {}
  if (metadata) converted.metadata = metadata
  if (spec) {
    const { metrics = [], behavior, ...same } = spec
    const cpu = metrics.find(
      ({ resource }) => resource?.name === 'cpu' && resource.target.averageUtilization !== undefined,
    )
    const target = cpu?.resource?.target.averageUtilization
    converted.spec = { ...same, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) }
    const others = metrics.filter((metric) => metric !== cpu)
    if (others.length > 0) carried[annotations.metrics] = JSON.stringify(others)
    if (behavior) carried[annotations.behavior] = JSON.stringify(behavior)
  }
  if (status) {
    const { currentMetrics = [], conditions = [], currentReplicas = 0, ...same } = status
    const cpu = currentMetrics.find(({ resource }) => resource?.name === 'cpu')?.resource?.current.averageUtilization
    converted.status = {
      ...same, currentReplicas, ...(cpu === undefined ? {} : { currentCPUUtilizationPercentage: cpu }),
    }
    if (currentMetrics.length > 0) carried[annotations.currentMetrics] = JSON.stringify(currentMetrics)
    if (conditions.length > 0) carried[annotations.conditions] = JSON.stringify(conditions)
  }
  if (Object.keys(carried).length > 0) {
    converted.metadata = { ...metadata, annotations: { ...metadata?.annotations, ...carried } }
  }
  return converted as v1.HorizontalPodAutoscaler
}

/** v1 to v2, as stored. Malformed annotations are left out, as upstream does. */
export function fromV1(object: KubeObject): v2.HorizontalPodAutoscaler {
  const { metadata, spec, status } = object as v1.HorizontalPodAutoscaler
  const converted: Partial<v2.HorizontalPodAutoscaler> = {
    apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler',
  }
  const carried = metadata?.annotations ?? {}
  if (metadata) converted.metadata = withoutCarried(metadata)
  if (spec) {
    const { targetCPUUtilizationPercentage: target, ...same } = spec
    const metrics = [
      ...(target === undefined ? [] : [utilizationOf(target)]),
      ...parseList<v2.MetricSpec>(carried[annotations.metrics]),
    ]
    const behavior = parse(carried[annotations.behavior])
    converted.spec = { ...same, ...(metrics.length > 0 ? { metrics } : {}) }
    if (behavior) converted.spec.behavior = behavior as v2.HorizontalPodAutoscalerBehavior
  }
  if (status) {
    const { currentCPUUtilizationPercentage: cpu, ...same } = status
    converted.status = same
    const measured = parseList<v2.MetricStatus>(carried[annotations.currentMetrics])
    if (measured.length > 0) converted.status.currentMetrics = measured
    else if (cpu !== undefined) {
      converted.status.currentMetrics = [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } },
      ]
    }
    const conditions = parseList<v2.HorizontalPodAutoscalerCondition>(carried[annotations.conditions])
    if (conditions.length > 0) converted.status.conditions = conditions
  }
  return converted as v2.HorizontalPodAutoscaler
}

function utilizationOf(averageUtilization: number): v2.MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }
}

function withoutCarried(metadata: ObjectMeta): ObjectMeta {
  const names: readonly string[] = Object.values(annotations)
  const kept = Object.entries(metadata.annotations ?? {}).filter(([name]) => !names.includes(name))
  const { annotations: _, ...rest } = metadata
  return kept.length > 0 ? { ...rest, annotations: Object.fromEntries(kept) } : rest
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseList<T>(text: string | undefined): T[] {
  const value = parse(text)
  return Array.isArray(value) ? value : []
}
