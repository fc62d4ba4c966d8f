/** HTTP/1.1 requests, and the hand-over of a connection to another protocol (websocket, SPDY). */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HttpRequest, HttpResponse, Peer, RawConnection, UpgradeRequest } from '#world/http.ts'
import { chunksOf, collect, drained, noChunks, pump } from './body.ts'
import { failureResponse, plain } from './failure.ts'
import { rawConnection } from './raw-connection.ts'
import { totalLength, type Service } from './service.ts'

class Http1Request implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly peer: Peer
  readonly upgrade: UpgradeRequest | undefined
  readonly #message: IncomingMessage
  readonly #closing: Duplex | ServerResponse
  readonly #bodyMs: number
  #abort: AbortController | undefined
  #bodyTaken = false

  constructor(
    message: IncomingMessage,
    closing: Duplex | ServerResponse,
    peer: Peer,
    bodyMs: number,
    upgrade?: UpgradeRequest,
  ) {
    const target = message.url!
    const question = target.indexOf('?')
    this.method = message.method!
    this.path = question < 0 ? target : target.slice(0, question)
    this.query = question < 0 ? '' : target.slice(question + 1)
    this.headers = message.headers as Record<string, string | undefined>
    this.peer = peer
    this.upgrade = upgrade
    this.#message = message
    this.#closing = closing
    this.#bodyMs = bodyMs
  }

  /** A response closes when it is written or when its connection is lost, whichever comes first. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      const abort = this.#abort = new AbortController()
      if (this.#closing.destroyed || (this.#message.destroyed && !this.#message.complete)) abort.abort()
      else this.#closing.once('close', () => abort.abort())
    }
    return this.#abort.signal
  }

  readBody(limitBytes: number): Promise<Uint8Array> {
    if (!this.#takeBody()) return Promise.resolve(new Uint8Array(0))
    return collect(this.#message, this.headers['content-length'], limitBytes, this.#bodyMs)
  }

  streamBody(): AsyncIterable<Uint8Array> {
    return this.#takeBody() ? chunksOf(this.#message, this.#bodyMs) : noChunks()
  }

  /** False: there is none, or it was taken before. */
  #takeBody(): boolean {
    const length = this.headers['content-length']
    const absent = (length === undefined || length === '0') && this.headers['transfer-encoding'] === undefined
    if (absent || this.#bodyTaken || this.upgrade) return false
    this.#bodyTaken = true
    return true
  }
}

/** Answers one request. Never throws. */
export async function serveRequest(
  message: IncomingMessage, reply: ServerResponse, peer: Peer, service: Service,
): Promise<void> {
  reply.on('error', service.onStreamError)
  const refusal = refusalOf(message)
  if (refusal) return void writeHead(reply, refusal).end(bytesOf(refusal))
  const request = new Http1Request(message, reply, peer, service.limits.bodyMs)
  service.begin()
  try {
    let response: HttpResponse
    try {
      response = await service.handle(request)
    } catch (error) {
      response = failureResponse(error, service.log)
    }
    if (reply.destroyed) return
    // What was not read of a body would be taken for the next request, or be read for nothing.
    if (!message.complete || service.closing) reply.shouldKeepAlive = false
    await writeResponse(reply, response, service)
  } catch (error) {
    service.log.warn('answer broke off', { path: request.path, error })
    reply.destroy()
  } finally {
    service.end()
  }
}

/** Only origin-form targets: this is no proxy. */
function refusalOf(message: IncomingMessage): HttpResponse | undefined {
  if (message.method === 'CONNECT') return plain(405, 'Method Not Allowed\n')
  if (!message.url!.startsWith('/')) return plain(400, 'Bad Request\n')
  return undefined
}

function writeHead(reply: ServerResponse, response: HttpResponse): ServerResponse {
  if (response.headers['connection'] === 'close') reply.shouldKeepAlive = false
  return reply.writeHead(response.status, response.headers)
}

function bytesOf(response: HttpResponse): Uint8Array | undefined {
  return response.body.type === 'bytes' ? response.body.chunks[0] : undefined
}

async function writeResponse(reply: ServerResponse, response: HttpResponse, service: Service): Promise<void> {
  const { body } = response
  if (body.type === 'bytes') {
    if (response.status !== 304) reply.setHeader('content-length', totalLength(body.chunks))
    writeHead(reply, response)
    if (body.chunks.length === 1) return void reply.end(body.chunks[0])
    for (const chunk of body.chunks) {
      if (!reply.write(chunk) && !(await drained(reply, service.limits.stalledReaderMs))) return
    }
    reply.end()
  } else if (body.type === 'stream') {
    writeHead(reply, response).flushHeaders()
    await pump(body.chunks, reply, service.limits.stalledReaderMs)
    reply.end()
  } else {
    if (response.status !== 204 && response.status !== 304 && response.status >= 200) {
      reply.setHeader('content-length', 0)
    }
    writeHead(reply, response).end()
  }
}

/**
 * A request with `Connection: Upgrade`: the handler may take the connection, or answer as usual, after which it is
 * closed.
 */
export async function serveUpgrade(
  message: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer, service: Service,
): Promise<void> {
  socket.on('error', service.onStreamError)
  let accepted = false
  const upgrade: UpgradeRequest = {
    protocol: message.headers.upgrade ?? '',
    accept(): RawConnection {
      accepted = true
      return rawConnection(socket, head, service.limits.stalledReaderMs)
    },
  }
  service.begin()
  try {
    let response: HttpResponse
    const refusal = refusalOf(message)
    try {
      response =
        refusal ?? (await service.handle(new Http1Request(message, socket, peer, service.limits.bodyMs, upgrade)))
    } catch (error) {
      response = failureResponse(error, service.log)
    }
    if (accepted || response.body.type === 'upgraded') return
    await writeRaw(socket, response, service)
  } catch (error) {
    service.log.warn('upgrade broke off', { path: message.url, error })
    socket.destroy()
  } finally {
    service.end()
  }
}

/**
 * Node gives no response object for an upgrade, so a refusal is written by hand; the end of the connection ends the
 * body.
 */
async function writeRaw(socket: Duplex, response: HttpResponse, service: Service): Promise<void> {
  const { body } = response
  let head = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? 'Unknown'}\r\n`
  for (const [name, value] of Object.entries(response.headers)) {
    if (name !== 'connection' && !/[\r\n]/.test(value)) head += `${name}: ${value}\r\n`
  }
  if (body.type !== 'stream') head += `content-length: ${body.type === 'bytes' ? totalLength(body.chunks) : 0}\r\n`
  socket.write(`${head}connection: close\r\ndate: ${new Date().toUTCString()}\r\n\r\n`)
  if (body.type === 'bytes' || body.type === 'stream') await pump(body.chunks, socket, service.limits.stalledReaderMs)
  socket.end()
}
