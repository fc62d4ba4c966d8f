/** A typed client for any declared kind: one generic value instead of generated code per kind. */
import type { GroupVersion } from '#machinery/meta/group-version.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Kind } from '#machinery/schema/define-kind.ts'
import type {
  ApiCall,
  DeleteOptions,
  ListOptions,
  ObjectList,
  PatchType,
  ResourcePath,
  Transport,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './transport.ts'

/** What a path needs to know of a kind; custom resources that were found by discovery have nothing more. */
export interface ResourceName extends GroupVersion {
  readonly resource: string
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export type PatchOptions = WriteOptions & CallOptions & {
  readonly force?: boolean | undefined
  readonly subresource?: string | undefined
}

/** The operations on one collection. Failures are thrown as ApiError. */
export interface KindClient<T extends KubeObject> {
  get(name: string, options?: CallOptions & { readonly resourceVersion?: string | undefined }): Promise<Stored<T>>
  list(options?: ListOptions & CallOptions): Promise<ObjectList<Stored<T>>>
  /** Every page of a list, `limit` (default 500) objects at a time. */
  listAll(options?: ListOptions & CallOptions): Promise<readonly Stored<T>[]>
  create(object: DeepReadonly<T>, options?: WriteOptions & CallOptions): Promise<Stored<T>>
  update(object: DeepReadonly<T>, options?: WriteOptions & CallOptions): Promise<Stored<T>>
  updateStatus(object: DeepReadonly<T>, options?: WriteOptions & CallOptions): Promise<Stored<T>>
  patch(name: string, type: Exclude<PatchType, 'apply'>, patch: unknown, options?: PatchOptions): Promise<Stored<T>>
  /** Server-side apply; `fieldManager` is who owns the fields of `object`. */
  apply(object: DeepReadonly<T>, options: PatchOptions & { readonly fieldManager: string }): Promise<Stored<T>>
  /** Resolves with the object if it still waits for finalizers or its grace period, else with a Status. */
  delete(name: string, options?: DeleteOptions & CallOptions): Promise<Stored<T> | KubeObject>
  deleteCollection(options?: DeleteOptions & ListOptions & CallOptions): Promise<void>
  watch(options: WatchOptions, signal: AbortSignal): AsyncIterable<readonly WatchEvent<Stored<T>>[]>
  /** Calls on `name/<subresource>`, whose objects may be of another kind (Scale, Eviction, Binding, TokenRequest). */
  subresource<S extends KubeObject = KubeObject>(name: string, subresource: string): SubresourceClient<S>
}

export interface SubresourceClient<S extends KubeObject> {
  get(options?: CallOptions): Promise<DeepReadonly<S>>
  create(object: DeepReadonly<S>, options?: WriteOptions & CallOptions): Promise<DeepReadonly<S>>
  update(object: DeepReadonly<S>, options?: WriteOptions & CallOptions): Promise<DeepReadonly<S>>
}

export interface Client {
  readonly transport: Transport
  /** Without a namespace: cluster-scoped kinds, or lists and watches over all namespaces. */
  of<T extends KubeObject>(kind: Kind<T>, namespace?: string): KindClient<T>
  /** For what is known only by name at run time. */
  resource<T extends KubeObject = KubeObject>(name: ResourceName, namespace?: string): KindClient<T>
}

export function createClient(transport: Transport): Client {
  return {
    transport,
    of: (kind, namespace) => createKindClient(transport, resourceNameOf(kind), namespace),
    resource: (name, namespace) => createKindClient(transport, name, namespace),
  }
}

/** The resource that a kind's objects are asked for by: its preferred version. */
export function resourceNameOf(kind: Pick<Kind<never>, 'group' | 'plural' | 'preferredVersion'>): ResourceName {
  return { group: kind.group, version: kind.preferredVersion.version, resource: kind.plural }
}

function createKindClient<T extends KubeObject>(
  transport: Transport,
  resource: ResourceName,
  namespace: string | undefined,
): KindClient<T> {
  const collection: ResourcePath = { ...resource, namespace }
  const at = (name: string, subresource?: string): ResourcePath => ({ ...collection, name, subresource })
  const named = (object: DeepReadonly<T>): string => object.metadata?.name ?? ''
  // The one place where the wire's untyped objects get the type that the caller asked for by naming the kind.
  const one = async (call: ApiCall, options?: CallOptions) =>
    (await transport.call(call, { signal: options?.signal })) as unknown as Stored<T>
  const list = async (options: ListOptions & CallOptions = {}) =>
    (await transport.call(
      { verb: 'list', path: collection, options },
      { signal: options.signal },
    )) as unknown as ObjectList<Stored<T>>
  return {
    get: (name, options) => one({ verb: 'get', path: at(name), resourceVersion: options?.resourceVersion }, options),
    list,
    listAll: async (options = {}) => await allPages(list, options),
    create: (object, options = {}) =>
      one({ verb: 'create', path: collection, object: object as KubeObject, options }, options),
    update: (object, options = {}) =>
      one({ verb: 'update', path: at(named(object)), object: object as KubeObject, options }, options),
    updateStatus: (object, options = {}) =>
      one({ verb: 'update', path: at(named(object), 'status'), object: object as KubeObject, options }, options),
    patch: (name, patchType, patch, options = {}) =>
      one({ verb: 'patch', path: at(name, options.subresource), patchType, patch, options }, options),
    apply: (object, options) =>
      one(
        { verb: 'patch', path: at(named(object), options.subresource), patchType: 'apply', patch: object, options },
        options,
      ),
    delete: (name, options = {}) => one({ verb: 'delete', path: at(name), options }, options),
    deleteCollection: async (options = {}) => {
      await transport.call({ verb: 'deletecollection', path: collection, options }, { signal: options.signal })
    },
    watch: (options, signal) =>
      transport.watch(collection, options, signal) as AsyncIterable<readonly WatchEvent<Stored<T>>[]>,
    subresource: (name, subresource) => createSubresourceClient(transport, at(name, subresource)),
  }
}

function createSubresourceClient<S extends KubeObject>(transport: Transport, path: ResourcePath): SubresourceClient<S> {
  const one = async (call: ApiCall, options?: CallOptions) =>
    (await transport.call(call, { signal: options?.signal })) as DeepReadonly<S>
  return {
    get: (options) => one({ verb: 'get', path }, options),
    create: (object, options = {}) => one({ verb: 'create', path, object: object as KubeObject, options }, options),
    update: (object, options = {}) => one({ verb: 'update', path, object: object as KubeObject, options }, options),
  }
}

async function allPages<T>(
  list: (options: ListOptions & CallOptions) => Promise<ObjectList<T>>, options: ListOptions & CallOptions,
): Promise<readonly T[]> {
  const limit = options.limit ?? 500
  let page = await list({ ...options, limit })
  const items = [...page.items]
  while (page.metadata.continue) {
    page = await list({ ...options, limit, continue: page.metadata.continue })
    items.push(...page.items)
  }
  return items
}
