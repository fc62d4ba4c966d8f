/** Outgoing requests over HTTP/2: one connection per origin and identity, shared by everything in flight. */
import http2 from 'node:http2'
import type { IncomingResponse, OutgoingRequest } from '#world/http.ts'
import { asError, headersOf, incoming, sendBody, targetOf, tlsOptions } from './outgoing.ts'

export class Http2Pool {
  readonly #timeoutMs: number
  readonly #idleMs: number
  readonly #sessions = new Map<string, http2.ClientHttp2Session>()

  constructor(timeoutMs: number, idleMs: number) {
    this.#timeoutMs = timeoutMs
    this.#idleMs = idleMs
  }

  request(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingResponse> {
    if (signal.aborted) return Promise.reject(asError(signal.reason))
    const target = targetOf(request.url)
    const session = this.#session(request)
    const stream = session.request(
      { ':method': request.method, ':path': target.path, ...headersOf(request) },
      { endStream: !request.body },
    )
    return new Promise((resolve, reject) => {
      const abort = (): void => { stream.close(http2.constants.NGHTTP2_CANCEL); reject(asError(signal.reason)) }
      const limitMs = request.answerMs ?? this.#timeoutMs
      const timer = setTimeout(() => {
        stream.close(http2.constants.NGHTTP2_CANCEL)
        reject(new Error(`no answer from ${target.label} within ${limitMs} ms`))
      }, limitMs)
      signal.addEventListener('abort', abort, { once: true })
      stream.once('response', (headers) => {
        clearTimeout(timer)
        resolve(incoming(stream, headers[':status']!, headers))
      })
      stream.once('error', reject)
      stream.once('close', () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        reject(new Error(`connection to ${target.label} was closed before the answer came`))
      })
      if (request.body) sendBody(stream, request.body)
    })
  }

  close(): void {
    for (const session of this.#sessions.values()) session.destroy()
    this.#sessions.clear()
  }

  #session({ url, tls }: OutgoingRequest): http2.ClientHttp2Session {
    const target = targetOf(url)
    const key = `${target.label} ${JSON.stringify(tls ?? {})}`
    const known = this.#sessions.get(key)
    if (known && !known.closed && !known.destroyed) return known
    const session = http2.connect(`https://${target.label}`, {
      ...(tls && (tlsOptions(tls, target.address.host ?? '') as http2.SecureClientSessionOptions)),
      settings: { initialWindowSize: 4 << 20, enablePush: false },
      maxSessionMemory: 1000,
    })
    this.#sessions.set(key, session)
    const forget = (): void => { if (this.#sessions.get(key) === session) this.#sessions.delete(key) }
    // A lost connection fails each of its streams, and those tell their callers.
    session.on('error', forget).on('close', forget)
    session.on('goaway', forget)
    session.once('connect', () => session.setLocalWindowSize(64 << 20))
    session.setTimeout(this.#idleMs, () => session.close())
    return session
  }
}
