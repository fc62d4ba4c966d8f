/** What is known of one audited request, as it grows: the events of its stages are made of it. */
import type { KubeObject } from '#machinery/meta/object.ts'
import { millisecondsToDuration } from '#machinery/duration.ts'
import type { Clock } from '#world/clock.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { AuditEvent, ObjectRef, RawJson, ResponseStatus } from './event.ts'
import type { AuditDecision, AuditLevel, AuditStage } from './policy.ts'

/** Takes events; false: they could not be stored, and the request must not go on. */
export type EmitEvent = (event: AuditEvent) => boolean | Promise<boolean>

/** What a request is from the start. */
export type TrailStart = Pick<
  AuditEvent, 'auditId' | 'requestUri' | 'verb' | 'user' | 'sourceIps' | 'userAgent' | 'objectRef' | 'requestReceivedAt'
>

/** Requests that took longer tell how long they took. */
const slowMs = 500
const levelRank: Readonly<Record<AuditLevel, number>> = { None: 0, Metadata: 1, Request: 2, RequestResponse: 3 }

/** What a request may have waited for, by upstream's names. */
export type Layer = 'apf-queue-wait' | 'authorization' | 'mutating-webhook' | 'validating-webhook'

export class AuditTrail {
  readonly #start: TrailStart
  readonly #decision: AuditDecision
  readonly #clock: Clock
  readonly #emit: EmitEvent
  readonly #waited = new Map<Layer, number>()
  #annotations: Record<string, string> | undefined
  #impersonatedUser: UserInfo | undefined
  #impersonationConstraint = ''
  #objectRef: ObjectRef | undefined
  #status: ResponseStatus | undefined
  #request: RawJson | undefined
  #response: RawJson | undefined

  constructor(start: TrailStart, decision: AuditDecision, clock: Clock, emit: EmitEvent) {
    this.#start = start
    this.#decision = decision
    this.#clock = clock
    this.#emit = emit
    this.#objectRef = start.objectRef
  }

  /** Whether events have what belongs to `level`. */
  tells(level: AuditLevel): boolean {
    return levelRank[this.#decision.level] >= levelRank[level]
  }

  /** A key that has a value keeps it. */
  annotate(key: string, value: string): void {
    this.#annotations ??= {}
    if (!Object.hasOwn(this.#annotations, key)) this.#annotations[key] = value
  }

  /** Counts how long the request waits for the layer. */
  async timed<T>(layer: Layer, work: Promise<T>): Promise<T> {
    const begun = this.#clock.monotonic()
    try {
      return await work
    } finally {
      this.#waited.set(layer, (this.#waited.get(layer) ?? 0) + this.#clock.monotonic() - begun)
    }
  }

  /** `constraint`: the verb of the constrained mode that allowed it, or empty. */
  impersonated(user: UserInfo, constraint: string): void {
    this.#impersonatedUser = user
    this.#impersonationConstraint = constraint
  }

  /** The object that the client sent; `render` gives it as JSON and is called only when that is wanted. */
  requestObject({ metadata = {} }: KubeObject, render: () => string): void {
    const before = this.#objectRef ?? {}
    this.#objectRef = {
      ...before,
      namespace: before.namespace || (metadata.namespace ?? ''),
      name: before.name || (metadata.name ?? ''),
      uid: before.uid || (metadata.uid ?? ''),
      resourceVersion: before.resourceVersion || (metadata.resourceVersion ?? ''),
    }
    if (this.tells('Request')) this.#request = this.#asPolicyWants(render())
  }

  /** What the client sent that is not an object of its own: a patch, options. */
  requestBody(value: unknown): void {
    if (this.tells('Request')) this.#request = { json: JSON.stringify(value) }
  }

  responseObject(json: string): void {
    this.#response = this.#asPolicyWants(json)
  }

  responseStatus(status: ResponseStatus): void {
    this.#status = status
  }

  /** The code alone is known, unless a status has told more. */
  responseCode(code: number): void {
    this.#status = { ...this.#status, code }
  }

  /** False when a strict backend could not store the event. */
  reach(stage: AuditStage): boolean | Promise<boolean> {
    if (this.#decision.omitStages.has(stage)) return true
    const { requestReceivedAt, verb } = this.#start
    const now = this.#clock.now()
    if (stage === 'ResponseComplete' && verb !== 'watch' && now - requestReceivedAt > slowMs) {
      for (const [layer, ms] of [...this.#waited, ['total', now - requestReceivedAt] as const]) {
        if (ms > 0) this.annotate(`apiserver.latency.k8s.io/${layer}`, millisecondsToDuration(ms))
      }
    }
    return this.#emit({
      ...this.#start,
      level: this.#decision.level,
      stage,
      impersonatedUser: this.#impersonatedUser,
      impersonationConstraint: this.#impersonationConstraint,
      objectRef: this.#objectRef,
      responseStatus: this.#status,
      requestObject: this.#request,
      responseObject: this.#response,
      stageAt: stage === 'RequestReceived' ? requestReceivedAt : now,
      annotations: this.#annotations && { ...this.#annotations },
    })
  }

  #asPolicyWants(json: string): RawJson {
    return { json: this.#decision.omitManagedFields ? withoutManagedFields(json) : json }
  }
}

/** Those of the object, or of the items or rows of a list. */
function withoutManagedFields(json: string): string {
  if (!json.includes('"managedFields"')) return json
  const object = JSON.parse(json) as Listed
  for (const each of [object, ...(object.items ?? []), ...(object.rows ?? []).map((row) => row.object)]) {
    delete each?.metadata?.managedFields
  }
  return JSON.stringify(object)
}

interface Described {
  readonly metadata?: { managedFields?: unknown }
}

interface Listed extends Described {
  readonly items?: readonly Described[]
  readonly rows?: readonly { readonly object?: Described }[]
}
