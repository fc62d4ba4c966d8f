/** What every REST operation works with, and what it is asked to do. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import type { Entry, Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'
import type { AuditTrail } from '../audit/trail.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import type { KindRegistry } from '../kind-registry.ts'
import type { WatchMeter } from '../metrics.ts'
import type { RequestMetrics } from '../request-metrics.ts'
import type { ObjectCodec } from './object-codec.ts'
import type { GiveWay, Pace } from './pace.ts'
import type { WireCodec } from './wire-codec.ts'

/** The server's parts that operations need; the same for every request. */
export interface RestContext {
  readonly store: Store
  readonly kinds: KindRegistry
  readonly schemas: SchemaTable
  readonly codec: ObjectCodec
  readonly wire: WireCodec
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly authorizer: Authorizer
  readonly admission: readonly AdmissionPlugin[]
  /**
   * Rules of single kinds that reach beyond the object itself (IP allocation, namespace finalization); by
   * `group/plural`.
   */
  readonly hooks: ReadonlyMap<string, KindHooks>
  readonly locks: KeyLocks
  readonly giveWay?: GiveWay
  /** Tells that a watch is being served now; undefined where nobody counts. */
  readonly meterWatch?: (scope: RequestScope) => WatchMeter
  /** Counts how long admission takes; absent where nobody does. */
  readonly meterAdmission?: Pick<RequestMetrics, 'admitted'>
}

/** One request, whoever carried it here. */
export interface RequestScope {
  readonly kind: AnyKind
  /** The version that the request names; answers are in it. */
  readonly version: KindVersion
  readonly apiVersion: string
  readonly namespace: string
  readonly name: string
  /** Empty for the object itself. */
  readonly subresource: string
  /** Other versions in which a body may come, with the same fields. */
  readonly alsoAccepts?: readonly string[] | undefined
  /** As authorization knows it: an apply is a `patch`. */
  readonly verb: string
  readonly user: UserInfo
  /** For field managers without a name. */
  readonly userAgent: string
  readonly signal: AbortSignal
  readonly pace: Pace
  /** Undefined: nobody audits the request. */
  readonly audit?: AuditTrail | undefined
  /** Others were waited for so long. Absent where nobody counts. */
  waited?(ms: number): void
  /** Adds a sentence to the `Warning` headers. */
  warn(message: string): void
}

export interface WriteParameters {
  readonly dryRun: boolean
  /** Empty: derived from the user agent. */
  readonly fieldManager: string
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore'
  /** The object comes from an apply, which has settled the ownership of its fields. */
  readonly applied?: boolean
}

/**
 * What a write gave: an entry of the store, an object that is not (or not so) in it: a dry run, a subresource, a
 * status,
 * or bytes that need no encoding.
 */
export type Outcome =
  | { readonly type: 'entry'; readonly status: number; readonly entry: Entry }
  | { readonly type: 'object'; readonly status: number; readonly object: KubeObject }

/** Undoes or confirms what a hook reserved before the write. */
export interface Reservation {
  commit(): void | Promise<void>
  rollback(): void | Promise<void>
}

export interface KindHooks {
  /** After prepareForCreate and before validation; may change the object. */
  beforeCreate?(
    object: KubeObject, scope: RequestScope, dryRun: boolean,
  ): Reservation | undefined | Promise<Reservation | undefined>
  beforeUpdate?(object: KubeObject, old: Stored<KubeObject>, scope: RequestScope, dryRun: boolean):
    Reservation | undefined | Promise<Reservation | undefined>
  afterDelete?(old: Stored<KubeObject>): void | Promise<void>
  /** Refuses to let an update that emptied the finalizers delete the object (upstream: ShouldDeleteDuringUpdate). */
  mayDeleteDuringUpdate?(object: KubeObject): boolean
}

/** Serializes writers that found out that they compete for one key, so that each of them gets its turn. */
export class KeyLocks {
  readonly #tails = new Map<string, Promise<void>>()

  async run<T>(key: string, body: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tails.set(key, promise)
    if (before) await before
    try {
      return await body()
    } finally {
      if (this.#tails.get(key) === promise) this.#tails.delete(key)
      resolve()
    }
  }
}

/** The subject of an error in a resource's words: `deployments.apps`. */
export function resourceSubject(kind: AnyKind): { readonly group: string; readonly resource: string } {
  return { group: kind.group, resource: kind.plural }
}

/** The subject of an error in a kind's words: `Deployment.apps`. */
export function kindSubject(kind: AnyKind): { readonly group: string; readonly resource: string } {
  return { group: kind.group, resource: kind.kind }
}
