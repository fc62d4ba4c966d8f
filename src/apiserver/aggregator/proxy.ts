/** Passes requests on to the servers behind APIServices, as the users who made them. */
import { ApiError } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpBody, HttpClient, HttpResponse, IncomingHead, OutgoingRequest } from '#world/http.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import { isLongRunning, type Exchange } from '../exchange.ts'
import { notFoundPage, textResponse } from '../paths.ts'
import { NoServiceEndpoint, resolveService, type ServiceReader } from '../services/service-endpoint.ts'
import { forward, type Destination } from '../subresources/forward.ts'
import type { RemoteVersion } from './api-services.ts'
import { identityHeaders } from './identity-headers.ts'

/** PEM: how this server shows others that it may speak for its users. */
export interface FrontProxyCertificate {
  readonly certificate: string
  readonly key: string
}

export interface ProxyTools {
  readonly http: HttpClient
  readonly services: ServiceReader
  readonly clock: Clock
  /** Asked for each request: certificates are renewed. Undefined: other servers will take nobody's word. */
  readonly certificate: () => FrontProxyCertificate | undefined
  /** How long a whole answer may take, unless the request is long-running. */
  readonly requestTimeoutMs: number
}

/** Answers with the other server's answer, or with upstream's plain texts when there is none. */
export async function proxyRequest(
  tools: ProxyTools, remote: RemoteVersion, exchange: Exchange,
): Promise<HttpResponse> {
  if (!remote.available) return textResponse(503, 'service unavailable\n')
  const { request, info } = exchange
  // A URL loses such segments on its way: what arrives would not be what was authorized.
  if (hasDotSegments(request.path)) return notFoundPage
  const stop = new AbortController()
  const endless = isLongRunning(info) || request.upgrade !== undefined
  const timer = endless ? undefined : tools.clock.schedule(tools.requestTimeoutMs, () => stop.abort())
  try {
    const to = destinationOf(tools, remote, `${request.path}${request.query === '' ? '' : `?${request.query}`}`, {
      ...identityHeaders(exchange.user), 'audit-id': exchange.auditId,
    })
    const response = await forward(request, to, AbortSignal.any([exchange.signal, stop.signal]))
    return { ...response, body: withEnd(response.body, request.signal, () => timer?.cancel()) }
  } catch (error) {
    timer?.cancel()
    return refusalOf(error)
  }
}

function refusalOf(error: unknown): HttpResponse {
  if (error instanceof NoServiceEndpoint) return textResponse(503, 'service unavailable\n')
  if (error instanceof ApiError && error.code === 503) return textResponse(503, `${error.message}\n`)
  throw error
}

/** Calls `end` when the body is over, however it ends. A client that has gone misses nothing of it. */
function withEnd(body: HttpBody, client: AbortSignal, end: () => void): HttpBody {
  if (body.type !== 'stream') {
    end()
    return body
  }
  const { chunks } = body
  return {
    type: 'stream',
    chunks: (async function* () {
      try {
        yield* chunks
      } catch (error) {
        if (!client.aborted) throw error
      } finally {
        end()
      }
    })(),
  }
}

function hasDotSegments(path: string): boolean {
  return path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))
}

function destinationOf(
  { http, services, certificate, requestTimeoutMs }: ProxyTools, remote: RemoteVersion, target: string,
  identity: OutgoingRequest['headers'],
): Destination {
  const { host, port, serverName } = resolveService(services, remote.service)
  return {
    http, identity, answerMs: requestTimeoutMs, url: `https://${authorityOf(host, port)}${target}`,
    tls: {
      ...certificate(), serverName, insecure: remote.insecure,
      ...(remote.authority !== undefined && { ca: remote.authority }),
    },
  }
}

/** `10.0.0.7:443`, `[fd00::7]:443`. */
export function authorityOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** What this server asks for itself: documents of discovery and OpenAPI. */
export interface OwnRequest {
  readonly path: string
  readonly user: UserInfo
  readonly headers: Readonly<Record<string, string>>
  /** For all of the answer. */
  readonly timeoutMs: number
  readonly limitBytes: number
}

export interface OwnAnswer extends IncomingHead {
  readonly body: Uint8Array
}

/** Rejects when nobody answers in time, or with more than the limit. */
export async function askRemote(
  tools: ProxyTools, remote: RemoteVersion, { path, user, headers, timeoutMs, limitBytes }: OwnRequest,
  signal: AbortSignal,
): Promise<OwnAnswer> {
  return await withinTime(tools.clock, timeoutMs, signal, async (either) => {
    const { http, url, tls, identity } = destinationOf(tools, remote, path, identityHeaders(user))
    const request = { method: 'GET', url, headers: { ...headers, ...identity }, ...(tls && { tls }) }
    const answer = await http.request(request, either)
    return { status: answer.status, headers: answer.headers, body: await answer.readBody(limitBytes) }
  })
}

/** Work that took too long. The message is Go's. */
export class DeadlineExceeded extends Error {
  constructor() {
    super('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')
  }
}

/** Rejects with DeadlineExceeded when the time is over, having aborted the signal that `work` was given. */
export async function withinTime<T>(
  clock: Clock, ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController()
  const late = Promise.withResolvers<never>()
  const timer = clock.schedule(ms, () => {
    limit.abort()
    late.reject(new DeadlineExceeded())
  })
  try {
    return await Promise.race([work(AbortSignal.any([signal, limit.signal])), late.promise])
  } finally {
    timer.cancel()
  }
}
