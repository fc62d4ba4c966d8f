/** HTTP/2 requests over node:http2's stream API, which spares the compatibility layer's objects. */
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { HttpRequest, HttpResponse, Peer } from '#world/http.ts'
import { collect, drained, pump } from './body.ts'
import { failureResponse, plain } from './failure.ts'
import { type Service, totalLength } from './service.ts'

const empty = new Uint8Array(0)

class Http2Request implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly peer: Peer
  readonly upgrade = undefined
  readonly #stream: ServerHttp2Stream
  readonly #bodyMs: number
  #abort: AbortController | undefined
  #bodyTaken = false

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, target: string, peer: Peer, bodyMs: number) {
    const question = target.indexOf('?')
    this.method = headers[':method'] as string
    this.path = question < 0 ? target : target.slice(0, question)
    this.query = question < 0 ? '' : target.slice(question + 1)
    this.headers = headers as Record<string, string | undefined>
    this.peer = peer
    this.#stream = stream
    this.#bodyMs = bodyMs
  }

  /** Made on demand: most answers are written before anybody could ask. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      const abort = this.#abort = new AbortController()
      if (this.#stream.destroyed || this.#stream.aborted) abort.abort()
      else this.#stream.once('close', () => abort.abort())
    }
    return this.#abort.signal
  }

  readBody(limitBytes: number): Promise<Uint8Array> {
    if (this.#stream.endAfterHeaders || this.#bodyTaken) return Promise.resolve(empty)
    this.#bodyTaken = true
    return collect(this.#stream, this.headers['content-length'], limitBytes, this.#bodyMs)
  }
}

/** Answers one stream. Never throws: what goes wrong ends this stream and no other. */
export async function serveStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, peer: Peer, service: Service): Promise<void> {
  stream.on('error', service.onStreamError)
  const target = headers[':path']
  const method = headers[':method']
  if (target === undefined || method === undefined || !target.startsWith('/') || method === 'CONNECT' || method === 'TRACE') {
    return void writeResponse(stream, method ?? '', plain(method === 'CONNECT' || method === 'TRACE' ? 405 : 400, 'Bad Request\n'), service)
  }
  if (headers[':authority'] !== undefined) headers.host = headers[':authority']
  const request = new Http2Request(stream, headers, target, peer, service.limits.bodyMs)
  service.begin()
  try {
    let response: HttpResponse
    try {
      response = await service.handle(request)
    } catch (error) {
      response = failureResponse(error, service.log)
    }
    await writeResponse(stream, method, response, service)
  } catch (error) {
    service.log.warn('answer broke off', { path: request.path, error })
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  } finally {
    service.end()
  }
}

function writeResponse(stream: ServerHttp2Stream, method: string, response: HttpResponse, service: Service): Promise<void> | undefined {
  if (stream.destroyed || stream.closed) return undefined
  const closing = response.headers['connection'] === 'close'
  const headers: OutgoingHttpHeaders = closing ? withoutConnection(response.headers) : { ...response.headers }
  headers[':status'] = response.status
  const done = writeBody(stream, method, response, headers, service)
  if (closing) closeSession(stream.session as ServerHttp2Session | undefined)
  return done
}

function writeBody(
  stream: ServerHttp2Stream, method: string, response: HttpResponse, headers: OutgoingHttpHeaders, service: Service,
): Promise<void> | undefined {
  const { body } = response
  if (body.type === 'bytes') {
    const length = totalLength(body.chunks)
    if (response.status !== 304) headers['content-length'] = length
    if (method === 'HEAD' || length === 0) stream.respond(headers, { endStream: true })
    else {
      stream.respond(headers)
      if (body.chunks.length !== 1) return writeChunks(stream, body.chunks, service)
      stream.end(body.chunks[0])
    }
  } else if (body.type === 'stream' && method !== 'HEAD') {
    stream.respond(headers)
    return pump(body.chunks, stream, service.limits.stalledReaderMs).then(() => { stream.end(); discardRest(stream) })
  } else {
    stream.respond(headers, { endStream: true })
  }
  discardRest(stream)
  return undefined
}

async function writeChunks(stream: ServerHttp2Stream, chunks: readonly Uint8Array[], service: Service): Promise<void> {
  stream.cork()
  let pending = 0
  for (const chunk of chunks) {
    stream.write(chunk)
    pending += chunk.length
    if (pending < corkedBytes) continue
    stream.uncork()
    pending = 0
    if (stream.writableNeedDrain && !(await drained(stream, service.limits.stalledReaderMs))) return
    stream.cork()
  }
  stream.uncork()
  stream.end()
  discardRest(stream)
}

/** So much is handed to the HTTP/2 layer at once: enough for full TLS records, little enough to stay bounded. */
const corkedBytes = 256 * 1024

/** A body that the handler did not want must not keep the stream half open. */
function discardRest(stream: ServerHttp2Stream): void {
  if (!stream.endAfterHeaders && !stream.readableEnded) stream.resume()
}

/** GOAWAY: streams in flight end as usual, new ones need a new connection. */
function closeSession(session: ServerHttp2Session | undefined): void {
  if (session && !session.destroyed && !session.closed) session.close()
}


/** Headers of one connection mean nothing in HTTP/2, and node refuses to send them. */
function withoutConnection(headers: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  const { connection: _, ...rest } = headers
  return rest
}
