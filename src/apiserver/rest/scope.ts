/**
 * What a request is about, in the two ways that it comes to be. Classes, as a literal with an accessor costs more to
 * make than all else in it together.
 */
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { AuditTrail } from '../audit/trail.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { Exchange } from '../exchange.ts'
import type { ServedResource } from '../kind-registry.ts'
import type { ResourceRequest } from '../request-info.ts'
import type { RequestScope } from './context.ts'
import type { Pace } from './pace.ts'

/** Of a request over HTTP. */
export function scopeOf(exchange: Exchange, info: ResourceRequest, resource: ServedResource, pace: Pace): RequestScope {
  return new ExchangeScope(exchange, info, resource, pace)
}

/** The same request, about something else. To spread a scope would make its signal, and lose it. */
export function scopeWith(scope: RequestScope, changes: Partial<RequestScope>): RequestScope {
  return new ChangedScope(scope, changes)
}

class ExchangeScope implements RequestScope {
  readonly kind: AnyKind
  readonly version: KindVersion
  readonly apiVersion: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly verb: string
  readonly user: UserInfo
  readonly userAgent: string
  readonly pace: Pace
  readonly audit: AuditTrail | undefined
  readonly #exchange: Exchange

  constructor(exchange: Exchange, info: ResourceRequest, { kind, version, apiVersion }: ServedResource, pace: Pace) {
    this.kind = kind
    this.version = version
    this.apiVersion = apiVersion
    this.namespace = info.namespace
    this.name = info.name
    this.subresource = info.subresource
    this.verb = info.verb
    this.user = exchange.user
    this.userAgent = exchange.request.headers['user-agent'] ?? ''
    this.pace = pace
    this.audit = exchange.audit
    this.#exchange = exchange
  }

  /** Read when it is used: the timeout filter has set it by then. */
  get signal(): AbortSignal {
    return this.#exchange.signal
  }

  waited(ms: number): void {
    this.#exchange.waitedMs += ms
  }

  warn(message: string): void {
    this.#exchange.warnings.push(message)
  }
}

class ChangedScope implements RequestScope {
  readonly kind: AnyKind
  readonly version: KindVersion
  readonly apiVersion: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly alsoAccepts: readonly string[] | undefined
  readonly verb: string
  readonly user: UserInfo
  readonly userAgent: string
  readonly pace: Pace
  readonly audit: AuditTrail | undefined
  readonly #original: RequestScope
  readonly #signal: AbortSignal | undefined

  constructor(original: RequestScope, changes: Partial<RequestScope>) {
    this.kind = changes.kind ?? original.kind
    this.version = changes.version ?? original.version
    this.apiVersion = changes.apiVersion ?? original.apiVersion
    this.namespace = changes.namespace ?? original.namespace
    this.name = changes.name ?? original.name
    this.subresource = changes.subresource ?? original.subresource
    this.alsoAccepts = changes.alsoAccepts
    this.verb = changes.verb ?? original.verb
    this.user = changes.user ?? original.user
    this.userAgent = changes.userAgent ?? original.userAgent
    this.pace = changes.pace ?? original.pace
    this.audit = changes.audit ?? original.audit
    this.#original = original
    this.#signal = changes.signal
  }

  get signal(): AbortSignal {
    return this.#signal ?? this.#original.signal
  }

  waited(ms: number): void {
    this.#original.waited?.(ms)
  }

  warn(message: string): void {
    this.#original.warn(message)
  }
}
