/** A local copy of one collection, kept up by a watch: what every loop reads instead of asking the server. */
import { ApiError } from '#machinery/errors/api-error.ts'
import { objectKey, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import { compareResourceVersions, newerResourceVersion } from '#machinery/resource-version.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { createBackoff, reflectorBackoff } from './backoff.ts'
import type { KindClient, ResourceName } from './client.ts'
import { ObjectCache, type IndexFunction, type Lister } from './object-cache.ts'
import type { WatchEvent } from './transport.ts'

/**
 * Calls come one after the other, in the order of the server's history, with gaps where a relist skipped some of it.
 */
export interface InformerHandler<T extends KubeObject> {
  /** `initial`: part of the first list, or known before this handler subscribed. */
  onAdd?(object: Stored<T>, initial: boolean): void
  /** The same object (uid) before and after. */
  onUpdate?(old: Stored<T>, object: Stored<T>): void
  /** The last state that is known; after a relist that is not the final one. */
  onDelete?(object: Stored<T>): void
  /** The cache, and this handler, have seen everything up to that version. */
  onAdvance?(resourceVersion: string): void
}

export interface Informer<T extends KubeObject> extends Lister<T> {
  readonly resource: ResourceName
  /**
   * Resolves after the first complete list; never rejects: failing to list is retried until the informer is stopped.
   * Then it resolves as well, so that nobody waits for ever, and `hasSynced` tells the difference.
   */
  readonly synced: Promise<void>
  readonly hasSynced: boolean
  /** Everything up to this version has been seen; empty before the first list. */
  readonly resourceVersion: string
  hasReached(resourceVersion: string): boolean
  addIndex(name: string, valuesOf: IndexFunction<T>): void
  /** Known objects are delivered at once as `onAdd(object, true)`. Returns how to end it. */
  subscribe(handler: InformerHandler<T>): () => void
  readonly statistics: InformerStatistics
  /** Ends the watch and frees nothing else: the cache stays readable as it is. */
  stop(): void
}

export interface InformerStatistics {
  readonly lists: number
  readonly watches: number
  readonly events: number
  /** Handlers that threw. Each is logged; the informer goes on, as one broken reader must not blind the others. */
  readonly handlerErrors: number
}

export interface InformerOptions<T extends KubeObject> {
  readonly client: KindClient<T>
  readonly resource: ResourceName
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * A list older than what was seen comes from a server that lags; after so many of them, time really went back (a
 * restored backup).
 */
const staleListsMax = 5
/** client-go's reflector asks for a watch of 5 to 10 minutes. */
const watchSecondsMin = 300
/** A watch without an event that ends sooner than this counts as a failure, so that it is not opened in a hot loop. */
const shortWatchMs = 10_000

/** After so long in one go, whatever else the process has to do goes first. */
const turnMs = 5

class StaleList extends Error {}
class ShortWatch extends Error {}

/** Copies one collection. `run` once; it returns when the signal aborts. */
export class CollectionInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: ResourceName
  readonly synced: Promise<void>
  readonly #options: InformerOptions<T>
  readonly #cache = new ObjectCache<T>()
  readonly #handlers = new Set<InformerHandler<T>>()
  readonly #stop = new AbortController()
  readonly #counts = { lists: 0, watches: 0, events: 0, handlerErrors: 0 }
  readonly #resolveSynced: () => void
  #resourceVersion = ''
  /** Where the next watch starts; undefined: list first. Falls back while `#resourceVersion` never does. */
  #resumeFrom: string | undefined
  #hasSynced = false
  #watchListRefused = false
  #staleLists = 0

  constructor(options: InformerOptions<T>) {
    this.#options = options
    this.resource = options.resource
    const { promise, resolve } = Promise.withResolvers<void>()
    this.synced = promise
    this.#resolveSynced = resolve
  }

  get hasSynced(): boolean { return this.#hasSynced }
  get resourceVersion(): string { return this.#resourceVersion }
  get statistics(): InformerStatistics { return this.#counts }
  get size(): number { return this.#cache.size }
  get(name: string, namespace?: string): Stored<T> | undefined { return this.#cache.get(name, namespace) }
  byKey(key: string): Stored<T> | undefined { return this.#cache.byKey(key) }
  list(namespace?: string): readonly Stored<T>[] { return this.#cache.list(namespace) }
  byIndex(index: string, value: string): readonly Stored<T>[] { return this.#cache.byIndex(index, value) }
  countByIndex(index: string, value: string): number { return this.#cache.countByIndex(index, value) }
  controlledBy(uid: string): readonly Stored<T>[] { return this.#cache.controlledBy(uid) }
  addIndex(name: string, valuesOf: IndexFunction<T>): void { this.#cache.addIndex(name, valuesOf) }
  stop(): void { this.#stop.abort() }

  hasReached(resourceVersion: string): boolean {
    return this.#hasSynced && compareResourceVersions(this.#resourceVersion, resourceVersion) >= 0
  }

  subscribe(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.#cache.list()) this.#guard(() => handler.onAdd?.(object, true))
    if (this.#hasSynced) this.#guard(() => handler.onAdvance?.(this.#resourceVersion))
    return () => { this.#handlers.delete(handler) }
  }

  async run(parent: AbortSignal): Promise<void> {
    try {
      await this.#follow(AbortSignal.any([parent, this.#stop.signal]))
    } finally {
      this.#resolveSynced()
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, random, log, resource } = this.#options
    const backoff = createBackoff(reflectorBackoff, clock, random)
    while (!signal.aborted) {
      try {
        if (this.#resumeFrom === undefined && this.#watchListRefused) await this.#listAndReplace(signal)
        await this.#watchOnce(signal)
      } catch (error) {
        if (signal.aborted) return
        const waitMs = Math.max(backoff.nextMs(), this.#react(error))
        if (waitMs > 0) {
          log.warn('lost the watch', { resource: resource.resource, error: String(error), retryMs: Math.round(waitMs) })
        }
        await clock.sleep(waitMs, signal).catch((reason: unknown) => { if (!signal.aborted) throw reason })
      }
    }
  }

  /** Decides where to go on after a failure; gives the least time to wait, in milliseconds. */
  #react(error: unknown): number {
    if (!(error instanceof ApiError)) return 0
    if (error.code === 410) this.#resumeFrom = undefined
    // Servers without WatchList say 422 (the option is forbidden) or 400 (unknown).
    if (this.#resumeFrom === undefined && (error.code === 422 || error.code === 400)) this.#watchListRefused = true
    return (error.status.details?.retryAfterSeconds ?? 0) * 1000
  }

  async #listAndReplace(signal: AbortSignal): Promise<void> {
    const { client, labelSelector, fieldSelector } = this.#options
    this.#counts.lists++
    const objects = new Map<string, Stored<T>>()
    const options = { labelSelector, fieldSelector, withoutManagedFields: true, limit: 500, signal }
    let page = await client.list(options)
    for (;;) {
      for (const object of page.items) objects.set(objectKey(object), object)
      if (!page.metadata.continue) break
      page = await client.list({ ...options, continue: page.metadata.continue })
    }
    await this.#replace(objects, page.metadata.resourceVersion ?? '', signal)
  }

  /**
   * Watches until the server ends it. Without a version to resume from, the stream starts with the whole collection.
   */
  async #watchOnce(signal: AbortSignal): Promise<void> {
    const { client, labelSelector, fieldSelector, clock, random } = this.#options
    const startedAt = clock.monotonic()
    let initial = this.#resumeFrom === undefined ? new Map<string, Stored<T>>() : undefined
    let events = 0
    this.#counts.watches++
    const stream = client.watch(
      {
        labelSelector,
        fieldSelector,
        withoutManagedFields: true,
        allowWatchBookmarks: true,
        ...(initial
          ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' as const }
          : { resourceVersion: this.#resumeFrom }),
        timeoutSeconds: Math.round(watchSecondsMin * (1 + random.next())),
      },
      signal,
    )
    for await (const batch of stream) {
      events += batch.length
      for (const event of batch) {
        if (initial === undefined) this.#accept(event)
        else if (event.type !== 'BOOKMARK') collect(initial, event)
        else if (event.object.metadata?.annotations?.['k8s.io/initial-events-end'] === 'true') {
          this.#counts.lists++
          await this.#replace(initial, event.object.metadata.resourceVersion ?? '', signal)
          initial = undefined
        }
      }
      if (initial === undefined) this.#advance()
    }
    if (initial && !signal.aborted) throw new ShortWatch('the watch ended before the initial events did')
    if (events === 0 && clock.monotonic() - startedAt < shortWatchMs && !signal.aborted) {
      throw new ShortWatch('the watch ended at once')
    }
  }

  #accept(event: WatchEvent<Stored<T>>): void {
    this.#counts.events++
    const version = event.object.metadata?.resourceVersion ?? ''
    if (event.type === 'DELETED') this.#remove(event.object)
    else if (event.type !== 'BOOKMARK' && !this.#isKnown(event.object)) this.#put(event.object, false)
    this.#resumeFrom = version
    this.#resourceVersion = newerResourceVersion(this.#resourceVersion, version)
  }

  #put(object: Stored<T>, initial: boolean): void {
    const old = this.#cache.byKey(objectKey(object))
    if (old && old.metadata.uid !== object.metadata.uid) {
      // Deleted and created again, and we missed it: two objects, not one that changed.
      this.#remove(old)
      this.#put(object, initial)
      return
    }
    if (old?.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#cache.set(object)
    // Without a closure for each: there are dozens of handlers of the kinds that change most.
    for (const handler of this.#handlers) {
      try {
        if (old) handler.onUpdate?.(old, object)
        else handler.onAdd?.(object, initial)
      } catch (error) {
        this.#note(error)
      }
    }
  }

  /** The same state or an older one: a watch that resumed a little before where it stopped. */
  #isKnown(object: Stored<T>): boolean {
    const { uid, resourceVersion } = this.#cache.byKey(objectKey(object))?.metadata ?? {}
    return (
      uid === object.metadata.uid
      && compareResourceVersions(object.metadata.resourceVersion, resourceVersion ?? '') <= 0
    )
  }

  #remove(object: Stored<T>): void {
    const key = objectKey(object)
    const old = this.#cache.byKey(key)
    if (!old || old.metadata.uid !== object.metadata.uid) return
    this.#cache.delete(key)
    for (const handler of this.#handlers) this.#guard(() => handler.onDelete?.(object))
  }

  /**
   * Makes the cache equal to a list, telling handlers only the difference. In several turns, if there is much of it:
   * nothing else changes the cache meanwhile, and only at the end is it said to have reached the list's version.
   */
  async #replace(objects: ReadonlyMap<string, Stored<T>>, version: string, signal: AbortSignal): Promise<void> {
    if (compareResourceVersions(version, this.#resourceVersion) < 0 && this.#staleLists < staleListsMax) {
      this.#staleLists++
      throw new StaleList(`a list at ${version} is older than ${this.#resourceVersion}, which was seen before`)
    }
    if (this.#staleLists >= staleListsMax) this.#resourceVersion = version
    this.#staleLists = 0
    for (const key of [...this.#cache.keys()]) {
      if (!objects.has(key)) this.#remove(this.#cache.byKey(key)!)
    }
    const initial = !this.#hasSynced
    const { clock } = this.#options
    let turnBegan = clock.monotonic()
    for (const object of objects.values()) {
      this.#put(object, initial)
      if (clock.monotonic() - turnBegan <= turnMs) continue
      await clock.sleep(0, signal)
      turnBegan = clock.monotonic()
    }
    this.#resumeFrom = version
    this.#resourceVersion = newerResourceVersion(this.#resourceVersion, version)
    this.#hasSynced = true
    this.#resolveSynced()
    this.#advance()
  }

  #advance(): void {
    for (const handler of this.#handlers) {
      try {
        handler.onAdvance?.(this.#resourceVersion)
      } catch (error) {
        this.#note(error)
      }
    }
  }

  #guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#note(error)
    }
  }

  #note(error: unknown): void {
    this.#counts.handlerErrors++
    this.#options.log.error('an informer handler failed', {
      resource: this.resource.resource, error: error instanceof Error ? error.stack ?? error.message : String(error),
    })
  }
}

function collect<T extends KubeObject>(objects: Map<string, Stored<T>>, event: WatchEvent<Stored<T>>): void {
  if (event.type === 'DELETED') objects.delete(objectKey(event.object))
  else if (event.type !== 'BOOKMARK') objects.set(objectKey(event.object), event.object)
}
