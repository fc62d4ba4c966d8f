/** Outgoing HTTP over node:http and node:https: connections are kept and reused, redirects are never followed. */
import http from 'node:http'
import https from 'node:https'
import type { HttpClient, IncomingResponse, OutgoingRequest, RawConnection } from '#world/http.ts'
import { Http2Pool } from './client-http2.ts'
import {
  asError,
  bodyMs,
  headersOf,
  headOf,
  ignoreLateError,
  incoming,
  sendBody,
  targetOf,
  tlsOptions,
  type Target,
} from './outgoing.ts'
import { rawConnection } from './raw-connection.ts'

export interface HttpClientOptions {
  /** For the connection with its TLS handshake, and then for the headers of the answer. Default 30 s. */
  readonly timeoutMs?: number
  /** Kept open without work for so long. Default 90 s, as Go. */
  readonly idleMs?: number
  /** Per origin. Default 256. */
  readonly connections?: number
  /**
   * HTTP/2 for all https requests that are no upgrades: many at once over one connection. Only for servers that speak
   * it.
   */
  readonly http2?: boolean
}

export interface ClosableHttpClient extends HttpClient, Disposable {}

/**
 * URLs are http, https, or `http+unix://%2Frun%2Fa.sock/path`. A request rejects when the signal aborts, when the
 * timeout is over
 * or when the connection fails; then the server may or may not have seen it.
 */
export function createHttpClient(options: HttpClientOptions = {}): ClosableHttpClient {
  const client = new Client(options)
  return {
    request: (request, signal) => client.request(request, signal),
    upgrade: (request, signal) => client.upgrade(request, signal),
    [Symbol.dispose]: () => client.close(),
  }
}

class Client {
  readonly #timeoutMs: number
  readonly #agents = new Map<string, http.Agent>()
  readonly #agentOptions: http.AgentOptions
  readonly #http2: Http2Pool | undefined

  constructor(options: HttpClientOptions) {
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#agentOptions = {
      keepAlive: true,
      maxSockets: options.connections ?? 256,
      maxFreeSockets: 64,
      timeout: options.idleMs ?? 90_000,
      scheduling: 'lifo',
    }
    this.#http2 = options.http2 ? new Http2Pool(this.#timeoutMs, options.idleMs ?? 90_000) : undefined
  }

  request(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingResponse> {
    if (this.#http2 && request.url.startsWith('https:')) return this.#http2.request(request, signal)
    return new Promise((resolve, reject) => {
      const outgoing = this.#open(request, signal, true, reject)
      outgoing.on('response', (message) => resolve(incoming(message, message.statusCode!, message.headers)))
      sendBody(outgoing, request.body)
    })
  }

  upgrade(request: OutgoingRequest, signal: AbortSignal): ReturnType<HttpClient['upgrade']> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#open(request, signal, false, reject)
      outgoing.on('response', (message) => {
        resolve({ type: 'refused', response: incoming(message, message.statusCode!, message.headers) })
      })
      outgoing.on('upgrade', (message, socket, head) => {
        const connection: RawConnection = rawConnection(socket, head, bodyMs)
        socket.on('error', ignoreLateError)
        if (signal.aborted) socket.destroy()
        const abort = (): void => { socket.destroy() }
        signal.addEventListener('abort', abort, { once: true })
        socket.once('close', () => signal.removeEventListener('abort', abort))
        resolve({ type: 'upgraded', head: headOf(message.statusCode!, message.headers), connection })
      })
      sendBody(outgoing, request.body)
    })
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#http2?.close()
  }

  #open(
    request: OutgoingRequest,
    signal: AbortSignal,
    reuse: boolean,
    reject: (error: Error) => void,
  ): http.ClientRequest {
    const target = targetOf(request.url)
    const { tls } = request
    const headers = headersOf(request)
    const outgoing = (target.secure ? https : http).request({
      ...target.address,
      method: request.method,
      path: target.path,
      headers,
      signal,
      agent: reuse ? this.#agent(target, request) : false,
      ...(tls && target.secure ? tlsOptions(tls, target.address.host ?? '') : {}),
    })
    const limitMs = request.answerMs ?? this.#timeoutMs
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer from ${target.label} within ${limitMs} ms`)),
      limitMs,
    )
    const settled = (): void => clearTimeout(timer)
    outgoing.once('response', settled).once('upgrade', settled).once('close', settled)
    outgoing.on('error', (error) => { reject(signal.aborted ? asError(signal.reason) : error) })
    return outgoing
  }

  /**
   * One agent for each set of TLS identities: a connection made with one certificate must not carry another's requests.
   */
  #agent(target: Target, { tls }: OutgoingRequest): http.Agent {
    const key = target.secure ? `https ${JSON.stringify(tls ?? {})}` : 'http'
    const known = this.#agents.get(key)
    if (known) {
      this.#agents.delete(key)
      this.#agents.set(key, known)
      return known
    }
    const agent = target.secure ? new https.Agent(this.#agentOptions) : new http.Agent(this.#agentOptions)
    this.#agents.set(key, agent)
    if (this.#agents.size > maxAgents) {
      const [oldest, idle] = this.#agents.entries().next().value!
      this.#agents.delete(oldest)
      idle.destroy()
    }
    return agent
  }
}

/** Webhooks have a CA each, so there are as many agents as webhooks; the least used go first. */
const maxAgents = 512
