/** Passes a request on to another server: plain ones with their streams, upgrades as raw bytes both ways. */
import { utf8Encode } from '#base/bytes.ts'
import { ApiError, badRequest, serviceUnavailable } from '#machinery/errors/api-error.ts'
import type {
  HttpClient,
  HttpRequest,
  HttpResponse,
  IncomingHead,
  IncomingResponse,
  OutgoingRequest,
  RawConnection,
} from '#world/http.ts'
import { dialFailure } from '../dial-failure.ts'

export interface Destination {
  readonly http: HttpClient
  readonly url: string
  readonly tls: OutgoingRequest['tls']
  /** Who asks, for servers that take this one's word for it; the client's own headers of these names never pass. */
  readonly identity?: OutgoingRequest['headers'] | undefined
  /** How long it may take until it begins to answer. Default: the client's own limit. */
  readonly answerMs?: number | undefined
}

/** Headers that belong to one connection, or that are for this server's eyes only. */
const notForwarded: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
])

/** Both bodies pass as they come: whoever is slow makes the other wait, and neither is held. */
export async function forward(request: HttpRequest, to: Destination, signal: AbortSignal): Promise<HttpResponse> {
  if (request.upgrade) return await forwardUpgrade(request, to, signal)
  const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : await bodyOf(request)
  const length = request.headers['content-length']
  const outgoing: OutgoingRequest = {
    method: request.method,
    url: to.url,
    headers: { ...forwardedHeaders(request, to), ...(body && length !== undefined && { 'content-length': length }) },
    ...(body && { body }),
    ...(to.tls && { tls: to.tls }),
    ...(to.answerMs !== undefined && { answerMs: to.answerMs }),
  }
  return relay(await reach(() => to.http.request(outgoing, signal)))
}

/** Undefined when there is none: some servers refuse a body where they expect none, even an empty one. */
async function bodyOf(request: HttpRequest): Promise<AsyncIterable<Uint8Array> | undefined> {
  const chunks = request.streamBody()[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done) return undefined
  return (async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => chunks }
  })()
}

/** Requires an upgrade: exec and its kin make no sense otherwise. */
export async function forwardUpgrade(
  request: HttpRequest, to: Destination, signal: AbortSignal,
): Promise<HttpResponse> {
  const { upgrade } = request
  if (!upgrade) throw badRequest('Upgrade request required')
  const outgoing: OutgoingRequest = {
    method: request.method, url: to.url, ...(to.tls && { tls: to.tls }),
    headers: { ...forwardedHeaders(request, to), connection: 'Upgrade', upgrade: upgrade.protocol },
  }
  const result = await reach(() => to.http.upgrade(outgoing, signal))
  // A client that is refused one protocol tries another, if it sees the status as the other side gave it.
  if (result.type === 'refused') return relay(result.response)
  const client = upgrade.accept()
  await client.write(switchingProtocols(result.head))
  await joinConnections(client, result.connection)
  return { status: 101, headers: {}, body: { type: 'upgraded' } }
}

/** Rejects with ApiError 503, in the words that clients know, when there is nobody to answer. */
export async function reach<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    // Of the client's own body, not of the connection.
    if (error instanceof ApiError) throw error
    throw serviceUnavailable(`error trying to reach service: ${dialFailure(error)}`)
  }
}

/** Resolves when both directions have ended, or one has failed. */
async function joinConnections(a: RawConnection, b: RawConnection): Promise<void> {
  const pump = async (from: RawConnection, to: RawConnection): Promise<void> => {
    try {
      for await (const chunk of from.received) await to.write(chunk)
      to.end()
    } catch (error) {
      // Either side may cut the connection at any time; the other then learns it in the same way.
      if (!(error instanceof Error)) throw error
      from.destroy()
      to.destroy()
    }
  }
  await Promise.all([pump(a, b), pump(b, a)])
  a.destroy()
  b.destroy()
}

function switchingProtocols({ headers }: IncomingHead): Uint8Array {
  let text = 'HTTP/1.1 101 Switching Protocols\r\n'
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !/[\r\n]/.test(value)) text += `${name}: ${value}\r\n`
  }
  return utf8Encode(`${text}\r\n`)
}

/** Without what belongs to the client's own connection. */
export function forwardedHeaders(
  request: HttpRequest, { identity }: Destination,
): Record<string, string | readonly string[]> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (
      value === undefined
      || notForwarded.has(name)
      || name.startsWith('impersonate-')
      || name.startsWith('x-remote-')
      || name.startsWith(':')
    ) {
      continue
    }
    headers[name] = value
  }
  const before = headers['x-forwarded-for']
  headers['x-forwarded-for'] = before ? `${before}, ${request.peer.address}` : request.peer.address
  headers['x-forwarded-uri'] = request.path
  const { host } = request.headers
  if (host) headers['x-forwarded-host'] = host
  return { ...headers, ...identity }
}

/** The other server's answer as ours; its body passes as it comes. */
export function relay(response: IncomingResponse): HttpResponse {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !notForwarded.has(name)) headers[name] = value
  }
  return { status: response.status, headers, body: { type: 'stream', chunks: response.chunks } }
}
