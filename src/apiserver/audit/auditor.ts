/** Auditing of one server: decides which requests are audited, and gives each its trail. */
import { internalError } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { RequestInfo } from '../request-info.ts'
import { AuditMetrics } from './audit-metrics.ts'
import type { AuditBackend } from './backend.ts'
import { compilePolicy, type AuditDecision, type AuditPolicy } from './policy.ts'
import { AuditTrail } from './trail.ts'

export interface AuditorOptions {
  readonly policy: AuditPolicy
  readonly backend: AuditBackend
  readonly metrics: AuditMetrics
  readonly clock: Clock
}

/** A request as it comes in, whoever carried it here. */
export interface AuditedRequest {
  readonly info: RequestInfo
  /** Undefined: nobody could be told. */
  readonly user: UserInfo | undefined
  readonly auditId: string
  /** With the query. */
  readonly uri: string
  readonly sourceIps: readonly string[]
  readonly userAgent: string
  /** Wall-clock milliseconds. */
  readonly receivedAt: number
}

const maxUserAgentLength = 1024
const nobody: UserInfo = { name: '', groups: [] }

export class Auditor {
  readonly #decide: (info: RequestInfo, user: UserInfo) => AuditDecision
  readonly #options: AuditorOptions

  constructor(options: AuditorOptions) {
    this.#options = options
    this.#decide = compilePolicy(options.policy)
  }

  /** The first stage. Throws 500 when its event cannot be stored: what leaves no trace is not done. */
  async receive(trail: AuditTrail): Promise<void> {
    if (await trail.reach('RequestReceived')) return
    this.metrics.rejected()
    throw internalError('failed to store audit event')
  }

  get metrics(): AuditMetrics { return this.#options.metrics }

  /** Undefined: the policy does not want to know of the request. */
  begin({ info, user, auditId, uri, sourceIps, userAgent, receivedAt }: AuditedRequest): AuditTrail | undefined {
    const { metrics, clock, backend } = this.#options
    const decision = this.#decide(info, user ?? nobody)
    metrics.decided(decision.level)
    if (decision.level === 'None') return undefined
    return new AuditTrail({
      auditId, verb: info.verb, user, sourceIps, requestUri: uri, requestReceivedAt: receivedAt,
      userAgent: userAgent.length > maxUserAgentLength
        ? `${userAgent.slice(0, maxUserAgentLength)}...TRUNCATED` : userAgent,
      objectRef: info.type === 'path' ? undefined : {
        resource: info.resource, namespace: info.namespace, name: info.name, apiGroup: info.group,
        apiVersion: info.version, subresource: info.subresource,
      },
    }, decision, clock, (event) => {
      metrics.made()
      return backend.process([event])
    })
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#options.backend.run?.(signal) ?? Promise.resolve()
  }
}
