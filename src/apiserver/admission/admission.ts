/** The last word on a write, after authorization and decoding, before validation and storage. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Random } from '#world/random.ts'
import type { UserInfo } from '../authn/authenticator.ts'

export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly kind: AnyKind
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  /** Empty while generateName is not yet resolved. */
  readonly name: string
  /** The object to be written: a `mutate` plugin changes it in place. Undefined for DELETE. */
  readonly object: KubeObject | undefined
  readonly old: Stored<KubeObject> | undefined
  readonly user: UserInfo
  readonly dryRun: boolean
  /** Adds a sentence to the response's `Warning` headers. */
  warn(message: string): void
}

/** What a plugin may look at. Reads come from the store's newest view, so they are never stale. */
export interface AdmissionContext {
  /** The decoded object, shared and frozen. */
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

/** Throws ApiError (usually 403) to refuse. */
export interface AdmissionPlugin {
  readonly name: string
  mutate?(attributes: AdmissionAttributes, context: AdmissionContext): void | Promise<void>
  validate?(attributes: AdmissionAttributes, context: AdmissionContext): void | Promise<void>
}
