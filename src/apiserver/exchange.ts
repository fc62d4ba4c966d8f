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
  let combined: AbortSignal | undefined
  return {
    request, info, receivedAt, user: anonymous, impersonator: undefined, flow: undefined, deadline: undefined,
    auditId: '', audit: undefined, warnings: [],
    get signal() {
      return combined ??= this.deadline ? AbortSignal.any([request.signal, this.deadline()]) : request.signal
    },
  }
}

export type Handler = (exchange: Exchange) => Promise<HttpResponse>

/** A filter does its part and calls the rest of the chain, or answers itself. */
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
