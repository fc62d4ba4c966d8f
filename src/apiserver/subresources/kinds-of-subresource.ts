/** What a subresource (or a kind that is never stored) can be. */
import type { ApiError } from '#machinery/errors/api-error.ts'
import type { KubeObject, ManagedFieldsEntry, Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { ResourceRequest } from '../request-info.ts'
import type { Outcome, RequestScope, RestContext, WriteParameters } from '../rest/context.ts'
import type { Update } from '../rest/update.ts'

export type Subresource =
  /** The object itself, under other rules. */
  | { readonly type: 'rules'; readonly mayGet: boolean; readonly variation: (
    context: RestContext, scope: RequestScope,
  ) => Partial<Update> }
  /** Part of the object, dressed as another kind. */
  | Projection
  /** An order: an object of another kind comes in, something is done. */
  | Creation
  /** Bytes, streams: nothing that could be called an object. */
  | { readonly type: 'connect'; readonly connect: (connection: ConnectRequest) => Promise<HttpResponse> }

export interface Projection {
  readonly type: 'projection'
  readonly kind: AnyKind
  readonly project: (object: Stored<KubeObject>, scope: RequestScope) => KubeObject
  /** Writes the projected object back into `object`, which is the caller's own. Throws ApiError for what may not be. */
  readonly inject: (object: KubeObject, projected: KubeObject, scope: RequestScope) => void
  readonly owners: FieldOwners
  /** Why this object is not shown so, though it can be written so. */
  readonly refuseRead?: (object: Stored<KubeObject>) => ApiError | undefined
}

/** The owners of an object's fields as owners of the projected one's, and back. */
export interface FieldOwners {
  readonly toProjection: (entries: readonly ManagedFieldsEntry[] | undefined) =>
    readonly ManagedFieldsEntry[] | undefined
  /** `apiVersion`: that of the object, in which new owners name its fields. */
  readonly toParent: (
    entries: readonly ManagedFieldsEntry[] | undefined,
    projected: readonly ManagedFieldsEntry[] | undefined,
    apiVersion: string,
  ) => readonly ManagedFieldsEntry[] | undefined
}

export interface Creation {
  readonly type: 'creation'
  readonly kind: AnyKind
  /** Other versions in which the body may come, with the same fields. */
  readonly alsoAccepts?: readonly string[]
  readonly create: (
    context: RestContext, scope: RequestScope, object: KubeObject, parameters: WriteParameters,
  ) => Outcome | Promise<Outcome>
}

export interface ConnectRequest {
  readonly context: RestContext
  readonly scope: RequestScope
  readonly info: ResourceRequest
  readonly request: HttpRequest
  readonly user: UserInfo
}

/**
 * Every subresource with a handler of its own, by `group/plural/subresource`; a kind that is never stored by
 * `group/plural/`.
 */
export type SubresourceTable = ReadonlyMap<string, Subresource>

/** What upstream answers to an order that has no answer of its own. */
export const successStatus = {
  kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201,
} as KubeObject
