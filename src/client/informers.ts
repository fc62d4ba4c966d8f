/** The informers of one process: one per kind, shared by everybody who asks. */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Kind } from '#machinery/schema/define-kind.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { createClient, resourceNameOf, type Client, type ResourceName } from './client.ts'
import { CollectionInformer, type Informer } from './informer.ts'
import type { Transport } from './transport.ts'

/** A part of a collection; asking for another part makes another informer. */
export interface Selection {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface Informers {
  /** Reads as the informers do, with their rights: to check what a cache shows. */
  readonly client: Client
  /** Starts on first use. */
  of<T extends KubeObject>(kind: Kind<T>, selection?: Selection): Informer<T>
  /** For custom resources and others that are known only by name. */
  resource<T extends KubeObject = KubeObject>(name: ResourceName, selection?: Selection): Informer<T>
  /** Stops and forgets the informer of a resource that is served no more. */
  forget(name: ResourceName, selection?: Selection): void
  /** All that were started so far have listed once. */
  synced(): Promise<void>
  /**
   * For who is about to subscribe to several: where that means to be told of very much, all who ask have their turns
   * one after the other, with whatever else the process has to do in between.
   */
  turn(): Promise<void>
  /** Everything has ended; only after the signal aborted. */
  readonly stopped: Promise<void>
}

export interface InformersOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
}

const manyObjects = 10_000

export function createInformers(options: InformersOptions): Informers {
  const client = createClient(options.transport)
  const log = options.log.named('informer')
  const running = new Map<string, { readonly informer: Informer<KubeObject>; readonly done: Promise<void> }>()
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  const onAbort = (): void => { void Promise.all([...running.values()].map(({ done }) => done)).then(() => stop()) }
  let turns = Promise.resolve()
  if (options.signal.aborted) onAbort()
  else options.signal.addEventListener('abort', onAbort, { once: true })

  function resource<T extends KubeObject>(name: ResourceName, selection: Selection = {}): Informer<T> {
    const id = idOf(name, selection)
    const existing = running.get(id)
    // The type parameter is the caller's statement about the resource; the map holds every kind.
    if (existing) return existing.informer as unknown as Informer<T>
    const informer = new CollectionInformer<T>({
      client: client.resource<T>(name, selection.namespace), resource: name,
      labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector,
      clock: options.clock, random: options.random, log,
    })
    running.set(id, { informer: informer as unknown as Informer<KubeObject>, done: informer.run(options.signal) })
    return informer
  }

  return {
    client,
    of: (kind, selection) => resource(resourceNameOf(kind), selection),
    resource,
    forget(name, selection = {}) {
      const id = idOf(name, selection)
      running.get(id)?.informer.stop()
      running.delete(id)
    },
    async synced() {
      await Promise.all([...running.values()].map(({ informer }) => informer.synced))
    },
    turn() {
      let objects = 0
      for (const { informer } of running.values()) objects += informer.size
      if (objects < manyObjects) return Promise.resolve()
      return turns = turns.then(() => options.clock.sleep(0))
    },
    stopped,
  }
}

function idOf(name: ResourceName, selection: Selection): string {
  const { namespace = '', labelSelector = '', fieldSelector = '' } = selection
  return [name.group, name.version, name.resource, namespace, labelSelector, fieldSelector].join('|')
}
