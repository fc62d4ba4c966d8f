/** `metrics.k8s.io/v1beta1`: what nodes and pods use, for `kubectl top` and autoscalers (as metrics-server answers). */
import { node as nodeKind } from '#api/core/node/node.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { Node, Pod } from '#api/gen/core-v1.ts'
import type { ClusterRole } from '#api/gen/rbac-v1.ts'
import { nodeMetrics, podMetrics } from '#api/metrics/metrics.ts'
import { millisecondsToDuration } from '#machinery/duration.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { formatQuantity, quantityOf } from '#machinery/quantity.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { formatTime } from '#machinery/time.ts'
import type { Entry } from '#storage/store.ts'
import type { HttpResponse } from '#world/http.ts'
import type { RestContext } from '../rest/context.ts'
import { objectNotFound } from '../rest/create.ts'
import { renderOptions } from '../rest/handlers.ts'
import { objectKeyInStore } from '../rest/keys.ts'
import { methodNotServed } from '../rest/refuse.ts'
import { renderEntry, renderList } from '../rest/respond.ts'
import { parseSelection } from '../rest/selection.ts'
import { decodeLean, encodeStored } from '../rest/stored-form.ts'
import type { ConnectRequest, Subresource, SubresourceTable } from '../subresources/kinds-of-subresource.ts'
import { usageBetween, type Usage } from './reading.ts'
import type { Readings, UsageSource } from './usage-source.ts'

const kubeletsAtOnce = 16

export const metricsKinds: readonly AnyKind[] = [nodeMetrics, podMetrics]

/** Lets who may see a namespace's pods see what they use, as metrics-server's own role does. */
export function metricsReaderRole(): ClusterRole {
  const labels = Object.fromEntries(
    ['admin', 'edit', 'view'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']),
  )
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole',
    metadata: { name: 'system:aggregated-metrics-reader', labels },
    rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
  }
}

/** Handlers of both kinds. */
export function resourceMetrics(source: UsageSource): SubresourceTable {
  const serve = (kind: AnyKind, collect: Collect): Subresource => ({
    type: 'connect', connect: (connection) => answer(connection, kind, collect),
  })
  return new Map([
    ['metrics.k8s.io/nodes/', serve(nodeMetrics, (context, selected) => collectNodes(source, context, selected))],
    ['metrics.k8s.io/pods/', serve(podMetrics, (context, selected) => collectPods(source, context, selected))],
  ])
}

interface Selected {
  readonly namespace: string
  readonly name: string
  readonly labelSelector: string
  readonly fieldSelector: string
}

/** What of the selected could be measured. */
type Collect = (context: RestContext, selected: Selected) => Promise<readonly KubeObject[]>

async function answer(
  { context, scope, info, request }: ConnectRequest, kind: AnyKind, collect: Collect,
): Promise<HttpResponse> {
  const options = renderOptions(context, request)
  if (info.verb !== 'get' && info.verb !== 'list') throw methodNotServed()
  const query = new URLSearchParams(request.query)
  const isList = info.verb === 'list'
  const selected = {
    namespace: info.namespace, name: info.name,
    labelSelector: isList ? query.get('labelSelector') ?? '' : '',
    fieldSelector: isList ? query.get('fieldSelector') ?? '' : '',
  }
  // Of the fields only names may be selected by.
  parseSelection(kind, info.namespace, info.name, selected.labelSelector, selected.fieldSelector)
  const entries = (await collect(context, selected)).map((object) => entryOf(kind, object))
  if (isList) {
    return renderList(
      { revision: context.store.revision, entries, continue: '', remainingItemCount: undefined }, scope, options,
    )
  }
  if (!entries[0]) throw objectNotFound(scope)
  return renderEntry(entries[0], 200, scope, options)
}

function entryOf(kind: AnyKind, object: KubeObject): Entry {
  const { namespace = '', name = '' } = object.metadata ?? {}
  return {
    key: objectKeyInStore(kind, namespace, name), value: encodeStored(object), createRevision: 0, modRevision: 0,
    memo: undefined,
  }
}

function select<T extends KubeObject>(
  { store }: RestContext, kind: AnyKind, { namespace, name, labelSelector, fieldSelector }: Selected,
): readonly Stored<T>[] {
  const { range, matches } = parseSelection(kind, namespace, name, labelSelector, fieldSelector)
  return [...store.current().list(range)].map((entry) => decodeLean<T>(entry))
    .filter((object) => matches?.(object) ?? true)
}

async function collectNodes(
  source: UsageSource, context: RestContext, selected: Selected,
): Promise<readonly KubeObject[]> {
  const nodes = select<Node>(context, nodeKind, selected)
  const measured = await measureAll(source, nodes, context)
  return nodes.flatMap((node) => {
    const readings = measured.get(node.metadata.name)
    const { node: after } = readings?.after ?? {}
    const usage = after && usageBetween(readings?.before.node, after)
    return usage ? [{ ...describe('NodeMetrics', node, usage, context), usage: amounts(usage) }] : []
  })
}

async function collectPods(
  source: UsageSource, context: RestContext, selected: Selected,
): Promise<readonly KubeObject[]> {
  const pods = select<Pod>(context, podKind, selected).filter(({ status }) => status?.phase === 'Running')
  const hosts = new Set(pods.map(({ spec }) => spec?.nodeName))
  const all = select<Node>(context, nodeKind, { namespace: '', name: '', labelSelector: '', fieldSelector: '' })
  const measured = await measureAll(source, all.filter(({ metadata }) => hosts.has(metadata.name)), context)
  return pods.flatMap((pod) => {
    const readings = measured.get(pod.spec?.nodeName ?? '')
    const usages = readings && usagesOf(`${pod.metadata.namespace}/${pod.metadata.name}`, readings)
    if (!usages) return []
    const newest = usages.reduce((a, b) => (b[1].windowMs < a[1].windowMs ? b : a))[1]
    const containers = usages.map(([name, usage]) => ({ name, usage: amounts(usage) }))
    return [{ ...describe('PodMetrics', pod, newest, context), containers }]
  })
}

/** Undefined unless each of its containers was measured. */
function usagesOf(pod: string, { before, after }: Readings): readonly (readonly [string, Usage])[] | undefined {
  const usages: (readonly [string, Usage])[] = []
  for (const [name, sample] of after.pods.get(pod) ?? []) {
    const usage = usageBetween(before.pods.get(pod)?.get(name), sample)
    if (!usage) return undefined
    usages.push([name, usage])
  }
  return usages.length === 0 ? undefined : usages
}

/** By the node's name; those that do not answer are left out. */
async function measureAll(
  source: UsageSource, nodes: readonly Stored<Node>[], { log }: RestContext,
): Promise<ReadonlyMap<string, Readings>> {
  const measured = new Map<string, Readings>()
  const queue = [...nodes]
  const work = async (): Promise<void> => {
    for (let node = queue.shift(); node; node = queue.shift()) {
      const { name } = node.metadata
      try {
        measured.set(name, await source.measure(node))
      } catch (error) {
        log.debug('could not measure a node', { name, error: String(error) })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(kubeletsAtOnce, nodes.length) }, work))
  return measured
}

function describe(
  kind: string, { metadata: { name, namespace, labels } }: Stored<KubeObject>, { at, windowMs }: Usage,
  { clock }: RestContext,
): KubeObject {
  return {
    kind, apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: {
      name, ...(namespace !== undefined && { namespace }), creationTimestamp: formatTime(clock.now()),
      ...(labels && { labels: { ...labels } }),
    },
    timestamp: formatTime(at), window: millisecondsToDuration(windowMs),
  } as KubeObject
}

function amounts({ nanoCores, memoryBytes }: Usage): Readonly<Record<string, string>> {
  return {
    cpu: formatQuantity({ unscaled: BigInt(nanoCores), scale: -9, format: 'DecimalSI' }),
    memory: formatQuantity(quantityOf(Math.round(memoryBytes), 'BinarySI')),
  }
}
