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
      return formatValue(spec.external?.target, status?.external)
    case 'Object':
      return formatValue(spec.object?.target, status?.object)
    case 'Pods':
      return `${averageOf(status?.pods)}/${spec.pods?.target.averageValue ?? nil}`
    case 'Resource':
      return `${spec.resource?.name}: ${formatResource(spec.resource?.target, status?.resource)}`
    case 'ContainerResource':
      return `${spec.containerResource?.name}: ${formatResource(spec.containerResource?.target, status?.containerResource)}`
    default:
      return '<unknown type>'
  }
}

/** What upstream shows where a measurement is there and has no such value. */
const nil = '<nil>'

type Measured = { readonly current: DeepReadonly<MetricValueStatus> } | undefined

function averageOf(measured: Measured): string {
  return measured ? measured.current?.averageValue ?? nil : '<unknown>'
}

function formatValue(target: DeepReadonly<MetricTarget> | undefined, measured: Measured): string {
  if (target?.averageValue !== undefined) {
    return `${measured?.current?.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`
  }
  return `${measured ? measured.current?.value ?? nil : '<unknown>'}/${target?.value ?? nil}`
}

function formatResource(target: DeepReadonly<MetricTarget> | undefined, measured: Measured): string {
  if (target?.averageValue !== undefined) return `${averageOf(measured)}/${target.averageValue}`
  const used = measured?.current?.averageUtilization
  const wanted = target?.averageUtilization
  return `${used === undefined ? '<unknown>' : `${used}%`}/${wanted === undefined ? '<auto>' : `${wanted}%`}`
}
