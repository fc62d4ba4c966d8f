/** What a client asks of an API server, as a value; who carries it is another matter (in process, or HTTPS). */
import type { GroupVersion } from '#machinery/meta/group-version.ts'
import type { KubeObject } from '#machinery/meta/object.ts'

/** Names a collection, an object in it, or a subresource of that. */
export interface ResourcePath extends GroupVersion {
  /** Plural, lower case: `pods`. */
  readonly resource: string
  /** Absent for cluster-scoped resources, and for a list over all namespaces. */
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

export interface WriteOptions {
  readonly dryRun?: boolean | undefined
  readonly fieldManager?: string | undefined
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore' | undefined
}

export interface ListOptions {
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined
  readonly limit?: number | undefined
  readonly continue?: string | undefined
  /** A server in this process may leave managedFields out: they take much memory, and hardly anybody reads them. */
  readonly withoutManagedFields?: boolean | undefined
}

export interface WatchOptions extends ListOptions {
  readonly allowWatchBookmarks?: boolean | undefined
  readonly sendInitialEvents?: boolean | undefined
  readonly timeoutSeconds?: number | undefined
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined
  readonly preconditions?:
    { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined
  readonly dryRun?: boolean | undefined
}

export type ApiCall =
  | { readonly verb: 'get'; readonly path: ResourcePath; readonly resourceVersion?: string | undefined }
  | { readonly verb: 'list'; readonly path: ResourcePath; readonly options: ListOptions }
  | {
      readonly verb: 'create'
      readonly path: ResourcePath
      readonly object: KubeObject
      readonly options: WriteOptions
    }
  | {
      readonly verb: 'update'
      readonly path: ResourcePath
      readonly object: KubeObject
      readonly options: WriteOptions
    }
  | {
      readonly verb: 'patch'
      readonly path: ResourcePath
      readonly patchType: PatchType
      readonly patch: unknown
      readonly options: WriteOptions & { readonly force?: boolean | undefined }
    }
  | { readonly verb: 'delete'; readonly path: ResourcePath; readonly options: DeleteOptions }
  | { readonly verb: 'deletecollection'; readonly path: ResourcePath; readonly options: DeleteOptions & ListOptions }

export interface ObjectList<T> {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly T[]
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  /** A promise that everything up to the object's resourceVersion has been sent. */
  | { readonly type: 'BOOKMARK'; readonly object: KubeObject }

/**
 * Carries calls as one authenticated user. Objects that come back are shared and frozen; whoever wants to change one
 * copies it. Failures are thrown as ApiError, with the server's own Status.
 */
export interface Transport {
  call(
    call: ApiCall,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<KubeObject | ObjectList<KubeObject>>
  /**
   * Ends (returns) when the server's timeout is over or the signal aborts; throws ApiError 410 when the
   * version is too old.
   */
  watch(
    path: ResourcePath,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<readonly WatchEvent<KubeObject>[]>
  /** A JSON document that is no object, by its path: discovery (`/apis`). `accept`: default `application/json`. */
  document(
    path: string,
    options?: { readonly accept?: string | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<unknown>
}
