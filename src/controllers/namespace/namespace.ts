/** Namespaces on their way out: first their pods, then everything else, then the finalizer that kept them. */
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import { apiService } from '#api/apiregistration/apiservice/apiservice.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { pod } from '#api/core/pod/pod.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { defineController, wakeFrom, type ObserveContext } from '../driver/define-controller.ts'
import { discoverAggregated, discoveryFailure } from '../workload/aggregated-resources.ts'
import { builtInResources, customResources, type ServedResource } from '../workload/resources.ts'
import { reconcile, type NamespaceState, type Remaining } from './reconcile.ts'

const isPods = ({ name }: ServedResource): boolean => name.group === '' && name.resource === 'pods'

export const namespaceController = defineController({
  name: 'namespace',
  for: namespace,
  watches: [wakeFrom(pod, ({ metadata }, cache) => {
    const owner = cache.of(namespace).get(metadata.namespace ?? '')
    return owner?.metadata.deletionTimestamp ? [owner.metadata.name] : []
  }), wakeFrom(
    // Namespaces wait for servers that do not answer.
    apiService,
    (_, cache) => cache.of(namespace).list().filter(({ metadata }) => metadata.deletionTimestamp)
      .map(({ metadata }) => metadata.name),
    ({ status: old }, { status, spec }) => spec?.service !== undefined && !semanticEqual(old, status),
  )],
  reads: [customResourceDefinition],
  workers: 10,
  // Its own words in the status wake nobody: a failure would be told, heard and tried again without a pause.
  changed: (old, { metadata, spec }) =>
    old.metadata.deletionTimestamp !== metadata.deletionTimestamp || !semanticEqual(old.spec, spec),
  async observe(object, cache, context): Promise<NamespaceState | undefined> {
    if (!object.metadata.deletionTimestamp || (object.spec?.finalizers ?? []).length === 0) return undefined
    const aggregated = await discoverAggregated(context.client, cache.of(apiService).list(), context.signal)
    const resources = [
      ...builtInResources(['list', 'deletecollection']).filter(({ namespaced }) => namespaced),
      ...customResources(cache.of(customResourceDefinition).list()).filter(({ namespaced }) => namespaced),
      ...aggregated.resources.filter(
        ({ namespaced, verbs }) => namespaced && verbs.has('list') && verbs.has('delete'),
      ),
    ]
    const failures: string[] = []
    const remaining: Remaining[] = []
    // Pods go first: what else is in the namespace may be what they need to end well (KEP-5080).
    for (const resource of resources.filter(isPods)) {
      await look(resource, object.metadata.name, context, remaining, failures)
    }
    if (remaining.length === 0 && failures.length === 0) {
      for (const resource of resources) {
        if (!isPods(resource)) await look(resource, object.metadata.name, context, remaining, failures)
      }
    }
    return { namespace: object, remaining, failures, undiscovered: discoveryFailure(aggregated), now: context.now }
  },
  reconcile,
})

/** What is left of one resource; one that is not served (any more) has nothing. */
async function look(
  resource: ServedResource,
  name: string,
  { client, signal }: ObserveContext,
  remaining: Remaining[],
  failures: string[],
): Promise<void> {
  try {
    const page = await client.resource<KubeObject>(resource.name, name).list({ limit: 500, signal })
    if (page.items.length > 0) remaining.push(summarize(resource, page.items, page.metadata.remainingItemCount ?? 0))
  } catch (error) {
    if (error instanceof ApiError && (error.code === 404 || error.code === 405)) return
    if (signal.aborted) throw error
    failures.push(error instanceof Error ? error.message : String(error))
  }
}

function summarize(resource: ServedResource, items: readonly Stored<KubeObject>[], more: number): Remaining {
  const finalizers = new Map<string, number>()
  for (const { metadata } of items) {
    for (const finalizer of metadata.finalizers ?? []) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1)
  }
  return {
    resource: resource.name,
    count: items.length + more,
    isUntouched: more > 0 || items.some(({ metadata }) => !metadata.deletionTimestamp),
    graceSeconds: Math.max(0, ...items.map(({ metadata }) => metadata.deletionGracePeriodSeconds ?? 0)),
    finalizers,
  }
}
