/** One request on its way through the filters: what each has found out, for those that follow. */
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { AuditTrail } from './audit/trail.ts'
import { anonymous, type UserInfo } from './authn/authenticator.ts'
import type { Classification } from './flowcontrol/flow-controller.ts'
import type { RequestInfo } from './request-info.ts'

export interface Exchange {
  readonly request: HttpRequest
  /** Wall-clock milliseconds at arrival. */
  readonly receivedAt: number
  info: RequestInfo
  user: UserInfo
  /** Whom the connection authenticated as, when `user` is an impersonated one. */
  impersonator: UserInfo | undefined
  /** As the client or we ourselves call the request in the audit log. */
  auditId: string
  /** Undefined: nobody audits the request. */
  audit: AuditTrail | undefined
  /** Under which priority the request falls. Set by the filter that has it wait its turn. */
  flow: Classification | undefined
  /** Milliseconds in which others were waited for: webhooks, or a turn. */
  waitedMs: number
  /** Gives a signal that is aborted when the request's time is over. Set by the filter that measures it. */
  deadline: (() => AbortSignal) | undefined
  /**
   * Aborted when the client goes away or the request's time is over. Made when first asked for: most requests never
   * wait.
   */
  readonly signal: AbortSignal
  /** Becomes the `Warning` header. */
  readonly warnings: string[]
}

export function createExchange(request: HttpRequest, info: RequestInfo, receivedAt: number): Exchange {
  return new OwnExchange(request, info, receivedAt)
}

/** A class, as a literal with an accessor costs more to make than all else in it together. */
class OwnExchange implements Exchange {
  readonly request: HttpRequest
  readonly receivedAt: number
  info: RequestInfo
  user: UserInfo = anonymous
  impersonator: UserInfo | undefined = undefined
  auditId = ''
  waitedMs = 0
  audit: AuditTrail | undefined = undefined
  flow: Classification | undefined = undefined
  deadline: (() => AbortSignal) | undefined = undefined
  readonly warnings: string[] = []
  #signal: AbortSignal | undefined = undefined

  constructor(request: HttpRequest, info: RequestInfo, receivedAt: number) {
    this.request = request
    this.info = info
    this.receivedAt = receivedAt
  }

  get signal(): AbortSignal {
    return this.#signal ??= this.deadline
      ? AbortSignal.any([this.request.signal, this.deadline()]) : this.request.signal
  }
}

export type Handler = (exchange: Exchange) => Promise<HttpResponse>

/**
 * A filter does its part and calls the rest of the chain, or answers itself. What it throws at once is worth as much as
 * what its promise rejects with: those that catch anything await the rest of the chain.
 */
export type Filter = (exchange: Exchange, next: Handler) => Promise<HttpResponse>

/** Watches, and everything that streams: no timeout, and other limits. */
export function isLongRunning(info: RequestInfo): boolean {
  if (info.type === 'path') return false
  if (info.verb === 'watch' || info.verb === 'proxy') return true
  switch (info.subresource) {
    case 'attach': case 'exec': case 'log': case 'portforward': case 'proxy': return true
    default: return false
  }
}

const warningLimit = 4 * 1024

/** `299 - "…"`, one value for each sentence; beyond 4 KiB together the rest is cut off, as upstream does. */
export function formatWarnings(warnings: readonly string[]): string {
  let text = ''
  for (const warning of new Set(warnings)) {
    const value = `299 - "${warning.replace(/[\p{Cc}]/gu, ' ').replace(/["\\]/g, '\\$&')}"`
    if (text.length + value.length > warningLimit) break
    text += text === '' ? value : `, ${value}`
  }
  return text
}
