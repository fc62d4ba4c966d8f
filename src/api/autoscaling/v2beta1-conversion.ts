/** autoscaling/v2beta1 ⇄ v2: the first shape of custom metrics; `behavior` travels in an annotation. */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type * as v2 from '../gen/autoscaling-v2.ts'
import type * as old from '../gen/autoscaling-v2beta1.ts'

const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior'

export const autoscalingV2beta1Conversion: Conversion = { toStored, fromStored }

function toStored(object: KubeObject): KubeObject {
  const { metadata, spec, status, ...rest } = object as old.HorizontalPodAutoscaler
  const { [behaviorAnnotation]: carried, ...annotations } = metadata?.annotations ?? {}
  const behavior = parseBehavior(carried)
  return {
    ...rest,
    ...(metadata && { metadata: carried === undefined ? metadata : { ...metadata, annotations } }),
    ...(spec && {
      spec: { ...spec, ...(spec.metrics && { metrics: spec.metrics.map(metricToV2) }), ...(behavior && { behavior }) },
    }),
    ...(status && {
      status: { ...status, ...(status.currentMetrics && { currentMetrics: status.currentMetrics.map(statusToV2) }) },
    }),
  } as KubeObject
}

function fromStored(object: KubeObject): KubeObject {
  const { metadata, spec, status, ...rest } = object as v2.HorizontalPodAutoscaler
  const { behavior, ...others } = spec ?? {} as v2.HorizontalPodAutoscalerSpec
  const annotations = behavior && { ...metadata?.annotations, [behaviorAnnotation]: JSON.stringify(behavior) }
  return {
    ...rest,
    metadata: { ...metadata, ...(annotations && { annotations }) },
    ...(spec && { spec: { ...others, ...(spec.metrics && { metrics: spec.metrics.map(metricFromV2) }) } }),
    ...(status && {
      status: {
        ...status,
        currentReplicas: status.currentReplicas ?? 0,
        currentMetrics: (status.currentMetrics ?? []).map(statusFromV2),
        conditions: status.conditions ?? [],
      },
    }),
  } as KubeObject
}

/** What is not well formed is dropped, as upstream does. */
function parseBehavior(text: string | undefined): v2.HorizontalPodAutoscalerBehavior | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    // Somebody else's text under this name.
    return undefined
  }
}

function identifier(name: string, selector: v2.MetricIdentifier['selector']): v2.MetricIdentifier {
  return { name, ...(selector && { selector }) }
}

function targetOf(values: Omit<v2.MetricTarget, 'type'>, fallback: 'Value' | 'AverageValue'): v2.MetricTarget {
  const { averageUtilization, averageValue, value } = values
  const type = averageUtilization !== undefined ? 'Utilization' : fallback
  return {
    type, ...(value !== undefined && { value }), ...(averageValue !== undefined && { averageValue }),
    ...(averageUtilization !== undefined && { averageUtilization }),
  }
}

function resourceToV2({
  targetAverageUtilization,
  targetAverageValue,
  ...same
}: old.ResourceMetricSource): v2.ResourceMetricSource {
  const values = {
    ...(targetAverageUtilization !== undefined && { averageUtilization: targetAverageUtilization }),
    ...(targetAverageValue !== undefined && { averageValue: targetAverageValue }),
  }
  return { ...same, target: targetOf(values, 'AverageValue') }
}

function resourceFromV2({ target, ...same }: v2.ResourceMetricSource): old.ResourceMetricSource {
  return {
    ...same, ...(target.averageUtilization !== undefined && { targetAverageUtilization: target.averageUtilization }),
    ...(target.averageValue !== undefined && { targetAverageValue: target.averageValue }),
  }
}

function metricToV2({ type, object, pods, resource, containerResource, external }: old.MetricSpec): v2.MetricSpec {
  return {
    type,
    ...(object && {
      object: {
        describedObject: object.target, metric: identifier(object.metricName, object.selector),
        target: targetOf(
          {
            value: object.targetValue,
            ...(object.averageValue !== undefined && { averageValue: object.averageValue }),
          },
          object.averageValue === undefined ? 'Value' : 'AverageValue',
        ),
      },
    }),
    ...(pods && {
      pods: {
        metric: identifier(pods.metricName, pods.selector),
        target: targetOf({ averageValue: pods.targetAverageValue }, 'AverageValue'),
      },
    }),
    ...(resource && { resource: resourceToV2(resource) }),
    ...(containerResource && {
      containerResource: resourceToV2(containerResource) as v2.ContainerResourceMetricSource,
    }),
    ...(external && {
      external: {
        metric: identifier(external.metricName, external.metricSelector),
        target: targetOf(
          {
            ...(external.targetValue !== undefined && { value: external.targetValue }),
            ...(external.targetAverageValue !== undefined && { averageValue: external.targetAverageValue }),
          },
          external.targetValue === undefined ? 'AverageValue' : 'Value',
        ),
      },
    }),
  }
}

function metricFromV2({ type, object, pods, resource, containerResource, external }: v2.MetricSpec): old.MetricSpec {
  return {
    type,
    ...(object && {
      object: {
        target: object.describedObject, metricName: object.metric.name, targetValue: object.target.value ?? '0',
        ...(object.metric.selector && { selector: object.metric.selector }),
        ...(object.target.averageValue !== undefined && { averageValue: object.target.averageValue }),
      },
    }),
    ...(pods && {
      pods: {
        metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? '0',
        ...(pods.metric.selector && { selector: pods.metric.selector }),
      },
    }),
    ...(resource && { resource: resourceFromV2(resource) }),
    ...(containerResource && {
      containerResource: resourceFromV2(containerResource) as old.ContainerResourceMetricSource,
    }),
    ...(external && {
      external: {
        metricName: external.metric.name, ...(external.metric.selector && { metricSelector: external.metric.selector }),
        ...(external.target.value !== undefined && { targetValue: external.target.value }),
        ...(external.target.averageValue !== undefined && { targetAverageValue: external.target.averageValue }),
      },
    }),
  }
}

function currentToV2({
  currentAverageUtilization,
  currentAverageValue,
  ...same
}: old.ResourceMetricStatus): v2.ResourceMetricStatus {
  return {
    ...same,
    current: {
      averageValue: currentAverageValue,
      ...(currentAverageUtilization !== undefined && { averageUtilization: currentAverageUtilization }),
    },
  }
}

function currentFromV2({ current, ...same }: v2.ResourceMetricStatus): old.ResourceMetricStatus {
  return {
    ...same, currentAverageValue: current.averageValue ?? '0',
    ...(current.averageUtilization !== undefined && { currentAverageUtilization: current.averageUtilization }),
  }
}

function statusToV2({ type, object, pods, resource, containerResource, external }: old.MetricStatus): v2.MetricStatus {
  return {
    type,
    ...(object && {
      object: {
        describedObject: object.target, metric: identifier(object.metricName, object.selector),
        current: {
          value: object.currentValue,
          ...(object.averageValue !== undefined && { averageValue: object.averageValue }),
        },
      },
    }),
    ...(pods && {
      pods: { metric: identifier(pods.metricName, pods.selector), current: { averageValue: pods.currentAverageValue } },
    }),
    ...(resource && { resource: currentToV2(resource) }),
    ...(containerResource && { containerResource: currentToV2(containerResource) as v2.ContainerResourceMetricStatus }),
    ...(external && {
      external: {
        metric: identifier(external.metricName, external.metricSelector),
        current: {
          value: external.currentValue,
          ...(external.currentAverageValue !== undefined && { averageValue: external.currentAverageValue }),
        },
      },
    }),
  }
}

function statusFromV2({
  type,
  object,
  pods,
  resource,
  containerResource,
  external,
}: v2.MetricStatus): old.MetricStatus {
  return {
    type,
    ...(object && {
      object: {
        target: object.describedObject, metricName: object.metric.name, currentValue: object.current.value ?? '0',
        ...(object.metric.selector && { selector: object.metric.selector }),
        ...(object.current.averageValue !== undefined && { averageValue: object.current.averageValue }),
      },
    }),
    ...(pods && {
      pods: {
        metricName: pods.metric.name, currentAverageValue: pods.current.averageValue ?? '0',
        ...(pods.metric.selector && { selector: pods.metric.selector }),
      },
    }),
    ...(resource && { resource: currentFromV2(resource) }),
    ...(containerResource && {
      containerResource: currentFromV2(containerResource) as old.ContainerResourceMetricStatus,
    }),
    ...(external && {
      external: {
        metricName: external.metric.name, currentValue: external.current.value ?? '0',
        ...(external.metric.selector && { metricSelector: external.metric.selector }),
        ...(external.current.averageValue !== undefined && { currentAverageValue: external.current.averageValue }),
      },
    }),
  }
}
