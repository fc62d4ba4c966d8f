/**
 * NodeMetrics and PodMetrics: what nodes and pods use, measured when somebody asks. Not among the kinds that every
 * server has: one serves them when it can reach kubelets, and another server may take them over (metrics-server).
 */
import type { Stored } from '#machinery/meta/object.ts'
import { addQuantities, formatQuantity, parseQuantity } from '#machinery/quantity.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { NodeMetrics, PodMetrics } from '../gen/metrics-v1beta1.ts'
import { nameColumn, text } from '../printing/columns.ts'

const measured = { group: 'metrics.k8s.io', verbs: ['get', 'list'] } as const
const version = { version: 'v1beta1', served: true, stored: true } as const
const schemas = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.'

export const nodeMetrics = defineKind<NodeMetrics>({
  ...measured, kind: 'NodeMetrics', plural: 'nodes', singular: '', scope: 'Cluster',
  versions: [{ ...version, schema: `${schemas}NodeMetrics` }],
  columns: [
    nameColumn(),
    text('cpu', 'How many processors the node uses.', ({ usage }) => usage?.['cpu'] ?? '0'),
    text('memory', 'How much memory the node uses.', ({ usage }) => usage?.['memory'] ?? '0'),
    text('Window', 'Over which time it was measured.', ({ window }) => window),
  ],
})

export const podMetrics = defineKind<PodMetrics>({
  ...measured, kind: 'PodMetrics', plural: 'pods', singular: '', scope: 'Namespaced',
  versions: [{ ...version, schema: `${schemas}PodMetrics` }],
  columns: [
    nameColumn(),
    text('cpu', 'How many processors the pod uses.', (pod) => totalOf(pod, 'cpu')),
    text('memory', 'How much memory the pod uses.', (pod) => totalOf(pod, 'memory')),
    text('Window', 'Over which time it was measured.', ({ window }) => window),
  ],
})

function totalOf({ containers }: Stored<PodMetrics>, resource: 'cpu' | 'memory'): string {
  const amounts = containers.map(({ usage }) => parseQuantity(usage[resource] ?? '0'))
  return amounts.length === 0 ? '0' : formatQuantity(amounts.reduce(addQuantities))
}
