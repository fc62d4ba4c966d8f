/** The TARGETS column of autoscalers: `cpu: 40%/80%, 1k/2k + 1 more...`. */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../gen/autoscaling-v2.ts'
import { formatListWithMore } from '../../printing/columns.ts'

const maxShown = 2

export function formatMetrics(
  specs: readonly DeepReadonly<MetricSpec>[] | undefined, statuses: readonly DeepReadonly<MetricStatus>[] | undefined,
): string {
  if (!specs?.length) return '<none>'
  return formatListWithMore(specs.map((spec, index) => formatMetric(spec, statuses?.[index])), maxShown, ', ')
}

function formatMetric(spec: DeepReadonly<MetricSpec>, status: DeepReadonly<MetricStatus> | undefined): string {
  switch (spec.type) {
    case 'External':
      return formatValue(spec.external?.target, status?.external?.current)
    case 'Object':
      return formatValue(spec.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? '<unknown>'}/${spec.pods?.target.averageValue ?? ''}`
    case 'Resource':
      return `${spec.resource?.name}: ${formatResource(spec.resource?.target, status?.resource?.current)}`
    case 'ContainerResource':
      return `${spec.containerResource?.name}: ${formatResource(spec.containerResource?.target, status?.containerResource?.current)}`
    default:
      return '<unknown type>'
  }
}

function formatValue(
  target: DeepReadonly<MetricTarget> | undefined, current: DeepReadonly<MetricValueStatus> | undefined,
): string {
  return target?.averageValue !== undefined
    ? `${current?.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`
    : `${current?.value ?? '<unknown>'}/${target?.value ?? ''}`
}

function formatResource(
  target: DeepReadonly<MetricTarget> | undefined, current: DeepReadonly<MetricValueStatus> | undefined,
): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? '<unknown>'}/${target.averageValue}`
  const measured = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`
  return `${measured}/${target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`
}
