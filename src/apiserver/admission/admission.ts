/** The last word on a write, after authorization and decoding, before validation and storage. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { Random } from '#world/random.ts'
import type { AuditTrail } from '../audit/trail.ts'
import type { UserInfo } from '../authn/authenticator.ts'

export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly kind: AnyKind
  /** The version that the request names; `object` and `old` are in the stored one. */
  readonly version: KindVersion
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  /** Empty while generateName is not yet resolved. */
  readonly name: string
  /**
   * The object to be written: a `mutate` plugin changes it in place. Undefined for DELETE; for CONNECT the options of
   * the connection (PodExecOptions).
   */
  readonly object: KubeObject | undefined
  readonly old: Stored<KubeObject> | undefined
  readonly user: UserInfo
  readonly dryRun: boolean
  /** CreateOptions, UpdateOptions or DeleteOptions; absent for CONNECT. */
  readonly options?: KubeObject | undefined
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
  /** Takes notes for the audit log; undefined: nobody audits the request. */
  readonly audit?: AuditTrail | undefined
  /** Told for how many milliseconds the request has waited for webhooks. */
  waited?(ms: number): void
  /** Adds a sentence to the response's `Warning` headers. */
  warn(message: string): void
}

/** What a plugin may look at. Reads come from the store's newest view, so they are never stale. */
export interface AdmissionContext {
  /** The decoded object without its managedFields, shared and frozen. */
  get<T extends KubeObject>(
    kind: { readonly group: string; readonly plural: string },
    namespace: string,
    name: string,
  ): Stored<T> | undefined
  list<T extends KubeObject>(
    kind: { readonly group: string; readonly plural: string },
    namespace: string,
  ): readonly Stored<T>[]
  readonly now: number
  readonly random: Random
  /** The object as clients of that version see it. Parts of it may be shared: it is not to be changed. */
  convert(kind: AnyKind, version: KindVersion, object: KubeObject): KubeObject
  /** From what a client of that version might send to the stored version: typed and defaulted. Throws BodyError. */
  shape(kind: AnyKind, version: KindVersion, object: KubeObject): KubeObject
  /**
   * For the few things that another part of the server is about to make: the default service account of a new
   * namespace.
   */
  sleep(ms: number): Promise<void>
  /**
   * Replaces an object as it was read; false when somebody else was faster. Neither admission nor validation sees it:
   * only for what
   * belongs to the server itself, as the usage in a ResourceQuota's status.
   */
  replace(
    kind: { readonly group: string; readonly plural: string },
    read: Stored<KubeObject>,
    replacement: KubeObject,
  ): Promise<boolean>
}

/**
 * A plugin's second turn: what it does after the other plugins have had theirs again. `hasChanged` tells whether one of
 * them has changed the object.
 */
export type Continuation = (
  attributes: AdmissionAttributes, context: AdmissionContext, hasChanged: boolean,
) => void | Promise<void>

type Mutation = Continuation | undefined | void

/** Throws ApiError (usually 403) to refuse. */
export interface AdmissionPlugin {
  readonly name: string
  /**
   * Gives a continuation when it has let somebody change the object whom the other plugins do not know: they then look
   * at it once more.
   */
  mutate?(attributes: AdmissionAttributes, context: AdmissionContext): Mutation | Promise<Mutation>
  validate?(attributes: AdmissionAttributes, context: AdmissionContext): void | Promise<void>
}
