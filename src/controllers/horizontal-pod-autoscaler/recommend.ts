/** What all metrics of an autoscaler together recommend: the most that one of them asks for. */
import type {
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from '#api/gen/autoscaling-v2.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { approximateQuantity, canonicalQuantity, parseQuantity, quantityMilliValue } from '#machinery/quantity.ts'
import type { ObserveContext } from '../driver/define-controller.ts'
import { fetchUsage, requestsOf, type MetricOfPods } from './metrics.ts'
import { NoProposal, proposeReplicas, type Proposal, type Target, type Tolerance } from './usage-ratio.ts'

export interface MetricFailure {
  /** `FailedGetResourceMetric`. */
  readonly reason: string
  readonly message: string
}

export type Recommendation =
  | {
      readonly type: 'replicas'
      readonly replicas: number
      /** Of the metric that asks for the most: `cpu resource utilization (percentage of request)`. */
      readonly metric: string
      readonly statuses: readonly MetricStatus[]
      readonly failures: readonly MetricFailure[]
    }
  | { readonly type: 'failed'; readonly failures: readonly MetricFailure[]; readonly summary: string }
  | { readonly type: 'noSelector' }

export interface MetricsQuestion {
  readonly object: Stored<HorizontalPodAutoscaler>
  readonly metrics: readonly DeepReadonly<MetricSpec>[]
  readonly pods: readonly Stored<Pod>[]
  readonly labelSelector: string
  readonly current: number
}

interface Asked extends Proposal {
  readonly metric: string
  readonly status: MetricStatus
}

/** A metric that fails counts for nothing, except that nothing is scaled down while one does. */
export async function proposeForMetrics(question: MetricsQuestion, context: ObserveContext): Promise<Recommendation> {
  const asked: Asked[] = []
  const failures: MetricFailure[] = []
  for (const spec of question.metrics) {
    try {
      asked.push(await proposeForMetric(spec, question, context))
    } catch (error) {
      if (!(error instanceof NoProposal)) throw error
      failures.push({ reason: failureReasons[spec.type] ?? 'InvalidMetricSourceType', message: error.message })
    }
  }
  const most = asked.toSorted((a, b) => b.replicas - a.replicas)[0]
  if (!most || (failures.length > 0 && most.replicas < question.current)) {
    const summary = `invalid metrics (${failures.length} invalid out of ${question.metrics.length}), first error is: `
      + failures[0]!.message
    return { type: 'failed', failures, summary }
  }
  const { replicas, metric } = most
  return { type: 'replicas', replicas, metric, statuses: asked.map(({ status }) => status), failures }
}

const failureReasons: Readonly<Record<string, string>> = {
  Resource: 'FailedGetResourceMetric', ContainerResource: 'FailedGetContainerResourceMetric',
  Pods: 'FailedGetPodsMetric', Object: 'FailedGetObjectMetric', External: 'FailedGetExternalMetric',
}

async function proposeForMetric(
  spec: DeepReadonly<MetricSpec>, question: MetricsQuestion, context: ObserveContext,
): Promise<Asked> {
  const { resource, containerResource } = spec
  if (spec.type === 'Resource' && resource) {
    const proposal = await propose({ resource: resource.name }, resource.target, question, context)
    return {
      ...proposal, metric: describe(resource.name, resource.target),
      status: { type: spec.type, resource: { name: resource.name, current: currentOf(resource.name, proposal) } },
    }
  }
  if (spec.type === 'ContainerResource' && containerResource) {
    const { name, container, target } = containerResource
    const proposal = await propose({ resource: name, container }, target, question, context)
    return {
      ...proposal, metric: describe(name, target),
      status: { type: spec.type, containerResource: { name, container, current: currentOf(name, proposal) } },
    }
  }
  const name = spec.pods?.metric.name ?? spec.object?.metric.name ?? spec.external?.metric.name ?? ''
  const api = spec.type === 'External' ? 'external' : 'custom'
  throw new NoProposal(`unable to get metric ${name}: unable to fetch metrics from ${api} metrics API: `
    + 'no known available metric versions found')
}

async function propose(
  metric: MetricOfPods, target: DeepReadonly<MetricTarget>, question: MetricsQuestion, context: ObserveContext,
): Promise<Proposal> {
  const { object, pods, labelSelector, current } = question
  const namespace = object.metadata.namespace ?? ''
  try {
    const usage = await fetchUsage(context.client, namespace, labelSelector, metric, context.signal)
    return proposeReplicas({
      pods, usage, isCpu: metric.resource === 'cpu', currentReplicas: current,
      tolerance: toleranceOf(object), now: context.now,
    }, targetOf(metric, target, pods))
  } catch (error) {
    if (!(error instanceof NoProposal) || target.averageUtilization === undefined) throw error
    throw new NoProposal(`failed to get ${metric.resource} utilization: ${error.message}`, { cause: error })
  }
}

function targetOf(metric: MetricOfPods, target: DeepReadonly<MetricTarget>, pods: readonly Stored<Pod>[]): Target {
  if (target.averageValue !== undefined) {
    return { type: 'averageValue', milliValue: quantityMilliValue(parseQuantity(target.averageValue)) }
  }
  return { type: 'utilization', percent: target.averageUtilization ?? 0, requests: requestsOf(pods, metric) }
}

/** Upstream's --horizontal-pod-autoscaler-tolerance. */
const defaultTolerance = 0.1

function toleranceOf({ spec: { behavior } }: Stored<HorizontalPodAutoscaler>): Tolerance {
  const of = (rules: DeepReadonly<HPAScalingRules> | undefined): number =>
    rules?.tolerance === undefined ? defaultTolerance : approximateQuantity(parseQuantity(rules.tolerance))
  return { down: of(behavior?.scaleDown), up: of(behavior?.scaleUp) }
}

function describe(name: string, { averageValue }: DeepReadonly<MetricTarget>): string {
  return averageValue === undefined ? `${name} resource utilization (percentage of request)` : `${name} resource`
}

function currentOf(
  name: string, { averageMilliValue, utilization }: Proposal,
): { readonly averageValue: string; readonly averageUtilization?: number } {
  const thousandths = Math.trunc(averageMilliValue)
  const averageValue = name === 'cpu' || thousandths % 1000 !== 0 ? `${thousandths}m` : String(thousandths / 1000)
  return {
    averageValue: canonicalQuantity(averageValue),
    ...(utilization !== undefined && { averageUtilization: utilization }),
  }
}
