/** Deletes what has lost its owners, over all kinds, custom resources included. */
import { apiService } from '#api/apiregistration/apiservice/apiservice.ts'
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import type { APIService } from '#api/gen/apiregistration-v1.ts'
import { aborted, withTaskGroup } from '#base/task-group.ts'
import type { Informer } from '#client/informer.ts'
import { WorkQueue } from '#client/workqueue.ts'
import { ApiError, isReason } from '#machinery/errors/api-error.ts'
import { foregroundFinalizer, orphanFinalizer } from '#machinery/meta/finalizers.ts'
import type { DeepReadonly, KubeObject, OwnerReference, Stored } from '#machinery/meta/object.ts'
import { defineLoop, type ControllerContext } from '../driver/define-controller.ts'
import { discoverAggregated, type AggregatedDiscovery } from '../workload/aggregated-resources.ts'
import { builtInResources, customResource, resourceKey, type ServedResource } from '../workload/resources.ts'
import {
  decide,
  dropOwnersPatch,
  removeFinalizerPatch,
  unblockPatch,
  type ClassifiedOwner,
  type OwnerState,
} from './decide.ts'
import { OwnerGraph, type GraphNode, type Work } from './graph.ts'

export const garbageCollector = defineLoop({
  name: 'garbage-collector',
  serviceAccount: 'generic-garbage-collector',
  run: async (context, signal) => await new GarbageCollector(context).run(signal),
})

const workers = 10
/** A kind that cannot be listed must not keep everything else from being collected. */
const syncTimeoutMs = 30_000
const absentOwnersMax = 500
/** Other API servers tell nobody when what they serve changes; those that do not answer are asked sooner again. */
const discoverAgainMs = 30_000
const discoverStaleAgainMs = 2_000

class GarbageCollector {
  readonly #context: ControllerContext
  readonly #graph: OwnerGraph
  readonly #toDelete: WorkQueue
  readonly #toOrphan: WorkQueue
  /** By kind and group: owner references name kinds, requests name resources. */
  readonly #resources = new Map<string, ServedResource>()
  readonly #informers = new Map<
    string,
    { readonly informer: Informer<KubeObject>; readonly end: () => void; readonly uids: Set<string> }
  >()
  /** Owners that were found to be gone, so that a thousand orphans of one owner ask once. */
  readonly #absent = new Set<string>()

  constructor(context: ControllerContext) {
    this.#context = context
    this.#toDelete = new WorkQueue({ clock: context.clock })
    this.#toOrphan = new WorkQueue({ clock: context.clock })
    this.#graph = new OwnerGraph((owner) => {
      const resource = this.#resourceOf(owner)
      return resource && { resource: resource.name, namespaced: resource.namespaced }
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informers, clock } = this.#context
    const isEvents = ({ name }: ServedResource): boolean => name.resource === 'events'
    // All kinds are known before the first object is looked at, so that references resolve whatever comes first.
    const resources = builtInResources(['list', 'watch', 'delete']).filter((resource) => !isEvents(resource))
    for (const resource of resources) this.#resources.set(kindKey(resource.kind, resource.name.group), resource)
    for (const resource of resources) this.#monitor(resource)
    const definitions = informers.of(customResourceDefinition)
    const endDefinitions = definitions.subscribe({
      onAdd: (object) => this.#monitorDefinition(customResource(object)),
      onUpdate: (_, object) => this.#monitorDefinition(customResource(object)),
      onDelete: (object) => this.#forget(customResource(object)),
    })
    const synced = Promise.all([...this.#informers.values()].map(({ informer }) => informer.synced))
    await Promise.race([synced, clock.sleep(syncTimeoutMs, signal).catch(() => undefined), aborted(signal)])
    const close = (): void => {
      this.#toDelete.close()
      this.#toOrphan.close()
    }
    if (signal.aborted) close()
    else signal.addEventListener('abort', close, { once: true })
    try {
      await withTaskGroup(undefined, async (group) => {
        group.start(() => this.#followOthers(signal))
        for (let worker = 0; worker < workers; worker++) {
          group.start(() => this.#work(this.#toDelete, (uid) => this.#attemptToDelete(uid, signal), signal))
          group.start(() => this.#work(this.#toOrphan, (uid) => this.#attemptToOrphan(uid, signal), signal))
        }
        await group.settled()
      })
    } finally {
      endDefinitions()
      for (const { end } of this.#informers.values()) end()
    }
  }

  /** Keeps the resources of other API servers in the graph, until aborted. */
  async #followOthers(signal: AbortSignal): Promise<void> {
    const { informers, clock, client, log } = this.#context
    const services = informers.of(apiService)
    const isRemote = ({ spec }: DeepReadonly<APIService>): boolean => spec?.service !== undefined
    let changed = Promise.withResolvers<void>()
    const poke = (service: DeepReadonly<APIService>): void => {
      if (!isRemote(service)) return
      changed.resolve()
      changed = Promise.withResolvers()
    }
    const end = services.subscribe({ onAdd: poke, onUpdate: (_, service) => poke(service), onDelete: poke })
    const known = new Map<string, ServedResource>()
    try {
      while (!signal.aborted) {
        const change = changed.promise
        const remote = services.list().filter(isRemote)
        let waitMs = discoverAgainMs
        try {
          const found = await discoverAggregated(client, remote, signal)
          if (found.stale.length > 0) waitMs = discoverStaleAgainMs
          this.#replaceOthers(known, found)
        } catch (error) {
          if (!signal.aborted) log.warn('could not learn what other API servers serve', { error: String(error) })
        }
        const waiting = new AbortController()
        const pause = remote.length === 0 ? [] : [clock.sleep(waitMs, waiting.signal).catch(() => undefined)]
        await Promise.race([change, aborted(signal), ...pause])
        waiting.abort()
      }
    } finally {
      end()
    }
  }

  #replaceOthers(known: Map<string, ServedResource>, { resources, stale }: AggregatedDiscovery): void {
    const found = new Map(resources
      .filter(({ verbs }) => verbs.has('list') && verbs.has('watch') && verbs.has('delete'))
      .map((resource) => [resourceKey(resource.name), resource]))
    for (const [key, resource] of known) {
      // Of a server that does not answer nothing is known to be gone.
      if (found.has(key) || stale.includes(`${resource.name.group}/${resource.name.version}`)) continue
      known.delete(key)
      this.#forget(resource)
    }
    for (const [key, resource] of found) {
      if (known.has(key)) continue
      known.set(key, resource)
      this.#monitorDefinition(resource)
    }
  }

  #monitorDefinition(resource: ServedResource | undefined): void {
    if (!resource) return
    this.#resources.set(kindKey(resource.kind, resource.name.group), resource)
    this.#monitor(resource)
  }

  #monitor(resource: ServedResource): void {
    const key = resourceKey(resource.name)
    if (this.#informers.has(key)) return
    const informer = this.#context.informers.resource<KubeObject>(resource.name)
    const uids = new Set<string>()
    const entry = { informer, end: () => undefined as void, uids }
    this.#informers.set(key, entry)
    const observe = (object: Stored<KubeObject>): void => {
      uids.add(object.metadata.uid)
      this.#absent.delete(object.metadata.uid)
      this.#enqueue(this.#graph.observe(resource.name, object))
    }
    entry.end = informer.subscribe({
      onAdd: observe,
      onUpdate: (_, object) => observe(object),
      onDelete: ({ metadata }) => {
        uids.delete(metadata.uid)
        this.#rememberAbsent(metadata.uid)
        this.#enqueue(this.#graph.remove(metadata.uid))
      },
    })
  }

  #forget(resource: ServedResource | undefined): void {
    if (!resource) return
    const key = resourceKey(resource.name)
    const entry = this.#informers.get(key)
    this.#resources.delete(kindKey(resource.kind, resource.name.group))
    this.#informers.delete(key)
    entry?.end()
    this.#context.informers.forget(resource.name)
    for (const uid of entry?.uids ?? []) this.#enqueue(this.#graph.remove(uid))
  }

  #enqueue({ attemptToDelete, attemptToOrphan }: Work): void {
    for (const uid of attemptToDelete) this.#toDelete.add(uid)
    for (const uid of attemptToOrphan) this.#toOrphan.add(uid)
    this.#context.statistics.queueLength = this.#toDelete.length + this.#toOrphan.length
  }

  async #work(queue: WorkQueue, handle: (uid: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { statistics, log } = this.#context
    for (;;) {
      const uid = await queue.take(signal)
      if (uid === undefined) return
      try {
        statistics.reconciles++
        await handle(uid)
        queue.forget(uid)
      } catch (error) {
        if (signal.aborted) return
        const retryMs = queue.addRateLimited(uid)
        if (isReason(error, 'Conflict')) statistics.conflicts++
        else {
          statistics.failures++
          log.warn('could not collect', { uid, name: this.#graph.get(uid)?.name, error: String(error), retryMs })
        }
      } finally {
        queue.done(uid)
      }
    }
  }

  async #attemptToDelete(uid: string, signal: AbortSignal): Promise<void> {
    const node = this.#graph.get(uid)
    if (!node || (node.isBeingDeleted && !node.isDeletingDependents)) return
    const live = await this.#read(node, signal)
    if (!live) {
      // What the caches still show will tell by itself that it is gone; what they never showed, only this
      // look can tell.
      if (node.isVirtual) {
        this.#rememberAbsent(uid)
        this.#enqueue(this.#graph.remove(uid))
      }
      return
    }
    if (node.isDeletingDependents) {
      await this.#finishForeground(node, live, signal)
      return
    }
    const owners: ClassifiedOwner[] = []
    for (const reference of live.metadata.ownerReferences ?? []) {
      owners.push({ reference, state: await this.#classify(reference, live, signal) })
    }
    const dependents = this.#graph.dependentsOf(node)
    const decision = decide(live, owners, {
      count: dependents.length,
      someDeletingDependents: dependents.some(({ isDeletingDependents }) => isDeletingDependents),
    })
    const objects = this.#context.client.resource<KubeObject>(node.resource!, node.namespace)
    switch (decision.type) {
      case 'keep': return
      case 'dropOwners':
        await this.#patch(node, dropOwnersPatch(live, decision.uids), signal)
        return
      case 'delete':
        if (decision.unblockFirst) await this.#patch(node, unblockPatch(live), signal)
        this.#context.statistics.writes++
        await ignoring(['NotFound'], objects.delete(node.name, {
          propagationPolicy: decision.policy, signal,
          preconditions: { uid, ...(!decision.unblockFirst && { resourceVersion: live.metadata.resourceVersion }) },
        }))
    }
  }

  /** A foreground deletion ends when nothing blocks it any more; until then its dependents are looked at. */
  async #finishForeground(node: GraphNode, live: Stored<KubeObject>, signal: AbortSignal): Promise<void> {
    const blocking = this.#graph.dependentsOf(node)
      .filter(({ owners }) => owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion))
    if (blocking.length === 0) {
      if (!(live.metadata.finalizers ?? []).includes(foregroundFinalizer)) return
      await this.#patch(node, removeFinalizerPatch(live, foregroundFinalizer), signal)
      return
    }
    for (const dependent of blocking) if (!dependent.isDeletingDependents) this.#toDelete.add(dependent.uid)
  }

  async #attemptToOrphan(uid: string, signal: AbortSignal): Promise<void> {
    const node = this.#graph.get(uid)
    if (!node?.isOrphaning) return
    for (const dependent of this.#graph.dependentsOf(node)) {
      const live = await this.#read(dependent, signal)
      if (live?.metadata.ownerReferences?.some((owner) => owner.uid === uid)) {
        await this.#patch(dependent, dropOwnersPatch(live, [uid]), signal)
      }
    }
    const live = await this.#read(node, signal)
    if (live?.metadata.finalizers?.includes(orphanFinalizer)) {
      await this.#patch(node, removeFinalizerPatch(live, orphanFinalizer), signal)
    }
  }

  async #classify(
    reference: DeepReadonly<OwnerReference>,
    dependent: Stored<KubeObject>,
    signal: AbortSignal,
  ): Promise<OwnerState> {
    if (this.#absent.has(reference.uid)) return 'dangling'
    const resource = this.#resourceOf(reference)
    if (!resource) return 'unresolvable'
    const { namespace } = dependent.metadata
    if (resource.namespaced && namespace === undefined) {
      this.#warnOfNamespace(reference, dependent)
      return 'unresolvable'
    }
    const owner = await this.#readBy(resource.name, resource.namespaced ? namespace : undefined, reference.name, signal)
    if (!owner || owner.metadata.uid !== reference.uid) {
      this.#rememberAbsent(reference.uid)
      return 'dangling'
    }
    const { deletionTimestamp, finalizers = [] } = owner.metadata
    return deletionTimestamp && finalizers.includes(foregroundFinalizer) ? 'waiting' : 'solid'
  }

  /** A cluster-scoped object cannot have a namespaced owner: there is no telling which namespace is meant. */
  #warnOfNamespace({ kind, apiVersion, name, uid }: DeepReadonly<OwnerReference>, dependent: Stored<KubeObject>): void {
    const node = this.#graph.get(dependent.metadata.uid)
    const resource = [...this.#resources.values()].find(
      (candidate) => node?.resource && resourceKey(candidate.name) === resourceKey(node.resource),
    )
    if (!resource) return
    const { group, version } = resource.name
    this.#context.events.record(
      {
        apiVersion: group === '' ? version : `${group}/${version}`,
        kind: resource.kind,
        name: dependent.metadata.name,
        namespace: dependent.metadata.namespace,
        uid: dependent.metadata.uid,
      },
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef [${apiVersion}/${kind}, namespace: , name: ${name}, uid: ${uid}] does not exist in namespace "${dependent.metadata.namespace ?? ''}"`,
    )
  }

  #resourceOf({ kind, apiVersion }: DeepReadonly<OwnerReference>): ServedResource | undefined {
    return this.#resources.get(
      kindKey(kind, apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''),
    )
  }

  /** The object itself, from the server; undefined when it, or the one with its uid, is gone. */
  async #read(node: GraphNode, signal: AbortSignal): Promise<Stored<KubeObject> | undefined> {
    if (!node.resource) throw new Error(`the kind of owner ${node.name} (${node.uid}) is not known`)
    const live = await this.#readBy(node.resource, node.namespace, node.name, signal)
    return live?.metadata.uid === node.uid ? live : undefined
  }

  async #readBy(
    resource: GraphNode['resource'] & {},
    namespace: string | undefined,
    name: string,
    signal: AbortSignal,
  ): Promise<Stored<KubeObject> | undefined> {
    return await ignoring(
      ['NotFound'],
      this.#context.client.resource<KubeObject>(resource, namespace).get(name, { signal }),
    )
  }

  async #patch(node: GraphNode, patch: object, signal: AbortSignal): Promise<void> {
    this.#context.statistics.writes++
    const objects = this.#context.client.resource<KubeObject>(node.resource!, node.namespace)
    await ignoring(['NotFound'], objects.patch(node.name, 'merge', patch, { signal }))
  }

  #rememberAbsent(uid: string): void {
    this.#absent.add(uid)
    if (this.#absent.size <= absentOwnersMax) return
    const oldest = this.#absent.values().next()
    if (!oldest.done) this.#absent.delete(oldest.value)
  }
}

function kindKey(kind: string, group: string): string {
  return `${kind}.${group}`
}

async function ignoring<T>(reasons: readonly string[], promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof ApiError && reasons.includes(error.reason)) return undefined
    throw error
  }
}
