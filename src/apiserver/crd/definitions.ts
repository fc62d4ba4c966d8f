/** Serves what CustomResourceDefinitions define: kinds come and go with them. */
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import type { CustomResourceDefinition } from '#api/gen/apiextensions-v1.ts'
import { withTaskGroup } from '#base/task-group.ts'
import { createClient, type KindClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import { WorkQueue } from '#client/workqueue.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { formatTime } from '#machinery/time.ts'
import type { Entry, Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpClient } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import type { KindRegistry } from '../kind-registry.ts'
import { collectionRange } from '../rest/keys.ts'
import { readerOf } from '../rest/newest-objects.ts'
import { decodeStored } from '../rest/stored-form.ts'
import { StoreFollower } from '../store-follower.ts'
import { removeInstances } from './cleanup.ts'
import type { ConversionTools } from './conversion/webhook-converter.ts'
import { customKinds } from './custom-kind.ts'
import { cleanupFinalizer, isServed, planStatus, withTerminating } from './definition-status.ts'
import type { Definition } from './version-form.ts'

export interface DefinitionsOptions {
  readonly store: Store
  /** The server's own; what it holds already is never replaced by a definition. */
  readonly kinds: KindRegistry
  readonly schemas: SchemaTable
  /** Of the server itself: statuses are written, and instances deleted, through it. */
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  /** Reaches conversion webhooks. */
  readonly http: HttpClient
  readonly log: Log
}

export interface Definitions {
  /** Follows the definitions until aborted; accepts names, and clears away what terminating definitions leave. */
  run(signal: AbortSignal): Promise<void>
}

const cleanupWorkers = 5
/** Upstream's controllers of definitions are part of the server, and write as it. */
const asServer = { fieldManager: 'kube-apiserver' }

/** What is established in the store is served when this returns: before the server says that it is ready. */
export function createDefinitions(options: DefinitionsOptions): Definitions {
  return new DefinitionsLoop(options)
}

interface Serving {
  readonly key: string
  readonly replaced: AbortController
}

class DefinitionsLoop implements Definitions {
  readonly #options: DefinitionsOptions
  readonly #client: KindClient<CustomResourceDefinition>
  readonly #known = new Map<string, Definition>()
  readonly #serving = new Map<string, Serving>()
  readonly #toAccept: WorkQueue
  readonly #toClear: WorkQueue
  readonly #follower: StoreFollower
  readonly #tools: ConversionTools

  constructor(options: DefinitionsOptions) {
    this.#options = options
    const { store, kinds, http, clock, random } = options
    this.#tools = { http, clock, random, reader: { ...readerOf({ store, kinds }), random } }
    this.#client = createClient(options.transport).of(customResourceDefinition)
    this.#toAccept = new WorkQueue({ clock: options.clock })
    this.#toClear = new WorkQueue({ clock: options.clock })
    this.#follower = new StoreFollower(options.store, [{
      range: collectionRange(customResourceDefinition, ''),
      clear: () => { for (const name of [...this.#known.keys()]) this.#forget(name) },
      put: (entry) => this.#observe(decodeStored<CustomResourceDefinition>(entry)),
      delete: (entry: Entry) => this.#forget(decodeStored(entry).metadata.name),
    }])
  }

  async run(signal: AbortSignal): Promise<void> {
    const close = (): void => {
      this.#toAccept.close()
      this.#toClear.close()
    }
    signal.addEventListener('abort', close, { once: true })
    await withTaskGroup(signal, async (group) => {
      group.start((inner) => this.#follower.run(inner))
      // One at a time: who comes first gets the names.
      group.start((inner) => this.#settle(this.#toAccept, (name) => this.#accept(name), inner))
      for (let worker = 0; worker < cleanupWorkers; worker++) {
        group.start((inner) => this.#settle(this.#toClear, (name) => this.#clear(name, inner), inner))
      }
      await group.settled()
    })
  }

  #settle(queue: WorkQueue, handle: (name: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    return queue.each(signal, async (name) => {
      try {
        await handle(name)
        queue.forget(name)
      } catch (error) {
        if (signal.aborted) return
        // Changed or deleted meanwhile: the watch tells, and it is looked at again.
        if (isReason(error, 'Conflict') || isReason(error, 'NotFound')) return queue.forget(name)
        const retryMs = queue.addRateLimited(name)
        this.#options.log.warn('could not settle a custom resource definition', { name, error: String(error), retryMs })
      }
    })
  }

  #observe(definition: Definition): void {
    const { name } = definition.metadata
    const before = this.#known.get(name)
    // Our own writes are known before the watch tells of them.
    if (before && Number(before.metadata.resourceVersion) > Number(definition.metadata.resourceVersion)) return
    this.#known.set(name, definition)
    this.#serve(definition)
    this.#toAccept.add(name)
    if (needsCleanup(definition) && !differsInTermination(before, definition)) this.#toClear.add(name)
    if (before && JSON.stringify(before.status?.acceptedNames) !== JSON.stringify(definition.status?.acceptedNames)) {
      this.#reconsider(definition)
    }
  }

  #forget(name: string): void {
    const definition = this.#known.get(name)
    if (!definition) return
    this.#known.delete(name)
    this.#stop(name, definition)
    this.#reconsider(definition)
  }

  /** Names may have come free for the others of the group. */
  #reconsider({ metadata, spec }: Definition): void {
    for (const [name, other] of this.#known) {
      if (name !== metadata.name && other.spec?.group === spec?.group) this.#toAccept.add(name)
    }
  }

  #serve(definition: Definition): void {
    const { name, uid, generation, deletionTimestamp } = definition.metadata
    if (!isServed(definition)) return this.#stop(name, definition)
    const key = JSON.stringify([uid, generation, definition.status?.acceptedNames, deletionTimestamp !== undefined])
    const serving = this.#serving.get(name)
    if (serving?.key === key) return
    const { group, names: { plural } } = definition.spec!
    // What the server has by itself is not to be taken over.
    if (!serving && this.#options.kinds.findStored(group, plural)) return
    const replaced = new AbortController()
    this.#serving.set(name, { key, replaced })
    const objectMeta = this.#options.schemas.struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
    const kinds = customKinds({ definition, objectMeta, ended: replaced.signal, tools: this.#tools })
    this.#options.kinds.set(group, plural, kinds)
    serving?.replaced.abort()
  }

  #stop(name: string, { spec }: Definition): void {
    const serving = this.#serving.get(name)
    if (!serving) return
    this.#serving.delete(name)
    this.#options.kinds.delete(spec!.group, spec!.names.plural)
    serving.replaced.abort()
  }

  async #accept(name: string): Promise<void> {
    const definition = this.#known.get(name)
    if (!definition) return
    const status = planStatus(definition, [...this.#known.values()], this.#now())
    if (!status) return
    const accepted = { ...definition, status } as Definition
    // Whoever reads that it is established may use it at once.
    if (isServed(accepted)) this.#serve(accepted)
    this.#observe(await this.#client.updateStatus(accepted, asServer))
  }

  /** Deletes a terminating definition's instances, then lets it go. */
  async #clear(name: string, signal: AbortSignal): Promise<void> {
    const definition = this.#known.get(name)
    if (!definition || !needsCleanup(definition)) return
    const { spec } = definition
    if (!isServed(definition)) {
      return await this.#release(definition, 'NeverEstablished', 'resource was never established')
    }
    const tell = async (current: Definition, reason: string, message: string): Promise<Definition> =>
      await this.#client.updateStatus(withTerminating(current, 'True', reason, message, this.#now()), asServer)
    const current = await tell(definition, 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
    if (this.#serving.has(name)) {
      const { store, transport, clock } = this.#options
      const kind = this.#options.kinds.findStored(spec!.group, spec!.names.plural)!.kind
      // Instances of the storage version go without asking a webhook, which may be gone already.
      const served = spec!.versions.filter((version) => version.served)
      const version = (served.find(({ storage }) => storage) ?? served[0])?.name
      const failure = await removeInstances({ store, transport, clock, kind, version }, signal)
      if (failure) {
        await tell(current, failure.reason, failure.message)
        throw new Error(failure.message)
      }
    }
    await this.#release(current, 'InstanceDeletionCompleted', 'removed all instances')
  }

  async #release(definition: Definition, reason: string, message: string): Promise<void> {
    const { metadata, ...rest } = withTerminating(definition, 'False', reason, message, this.#now())
    const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer)
    await this.#client.updateStatus({ ...rest, metadata: { ...metadata, finalizers } } as Definition, asServer)
  }

  #now(): string {
    return formatTime(this.#options.clock.now())
  }
}

/** What the clearing itself has told is no reason to clear anew: what failed waits for its turn. */
function differsInTermination(before: Definition | undefined, { metadata, spec, status }: Definition): boolean {
  if (!before || !needsCleanup(before)) return false
  const own = (from: Definition['metadata'], conditions: NonNullable<Definition['status']>['conditions']): string =>
    JSON.stringify([from.finalizers, from.labels, conditions?.filter(({ type }) => type !== 'Terminating')])
  return JSON.stringify(before.spec) === JSON.stringify(spec)
    && own(before.metadata, before.status?.conditions) === own(metadata, status?.conditions)
}

function needsCleanup({ metadata }: Definition): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(cleanupFinalizer)
}
