/** world/rpc over node:http2: one connection per channel, made when first used and again after a loss. */
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { AsyncQueue } from '#base/async-queue.ts'
import {
  rpcCode,
  RpcError,
  type RpcChannel,
  type RpcClient,
  type RpcCode,
  type RpcStream,
  type RpcTarget,
} from '#world/rpc.ts'
import { tlsOptions } from '../http/outgoing.ts'
import { frameMessage, MessageReader } from './messages.ts'

/** A stream's reader may be this many messages behind before no more are taken from the server. */
const queuedMessagesMax = 256
const windowBytes = 4 << 20
const connectionWindowBytes = 64 << 20
const connectMs = 5_000
/** A connection with calls on it on which nothing has come for so long is asked for a sign of life ... */
const quietMs = 10_000
/** ... and given up without one. Upstream's etcd client waits for 30 and 10 seconds. */
const answerMs = 5_000

export const rpcClient: RpcClient = { open: openRpcChannel }

/** Connects at the first call, and again at the first call after the connection was lost. */
function openRpcChannel(target: RpcTarget): RpcChannel {
  const authority = authorityOf(target)
  let session: ClientHttp2Session | undefined
  let underWay = 0
  let closed = false

  function current(): ClientHttp2Session {
    if (closed) throw new RpcError(rpcCode.cancelled, 'the channel was closed')
    if (session !== undefined && !session.closed && !session.destroyed) return session
    const opened = connect(target)
    const forget = (): void => { if (session === opened) session = undefined }
    opened.on('close', forget).on('goaway', forget)
    return session = opened
  }

  function call(method: string, signal: AbortSignal): Call {
    if (signal.aborted) throw abortedError(signal)
    const opened = current()
    const stream = opened.request({
      ':method': 'POST',
      ':path': method,
      ':scheme': target.url.startsWith('https:') ? 'https' : 'http',
      ':authority': authority,
      'content-type': 'application/grpc',
      'user-agent': 'skiff',
      te: 'trailers',
    })
    underWay++
    opened.ref()
    stream.once('close', () => {
      underWay--
      if (underWay === 0 && !opened.destroyed) opened.unref()
    })
    return new Call(stream, signal, target.messageBytesMax)
  }

  return {
    async unary(method, request, signal) {
      const started = call(method, signal)
      const answers: Uint8Array[] = []
      const ended = started.read((answer) => { answers.push(answer) })
      started.send(request).catch(ignoreHere)
      started.end()
      await ended
      if (answers.length !== 1) {
        throw new RpcError(rpcCode.internal, `got ${answers.length} messages in answer to ${method}`)
      }
      return answers[0]!
    },
    stream: (method, signal) => openStream(call(method, signal)),
    async [Symbol.asyncDispose]() {
      closed = true
      session?.destroy()
    },
  }
}

function openStream(started: Call): RpcStream {
  // What has come is taken; a reader that is behind holds up the server, by HTTP/2's own flow control.
  const queue = new AsyncQueue<Uint8Array>(Number.MAX_SAFE_INTEGER)
  started.read((message) => {
    queue.push(message)
    if (queue.size >= queuedMessagesMax) started.pause()
  }).then(() => queue.end(), (error: unknown) => queue.fail(error))
  return {
    send: (message) => started.send(message),
    end: () => started.end(),
    received: {
      async *[Symbol.asyncIterator]() {
        try {
          for await (const message of queue) {
            if (queue.size < queuedMessagesMax / 2) started.resume()
            yield message
          }
        } finally {
          started.cancel()
        }
      },
    },
  }
}

/** One call under way: an HTTP/2 stream, and how it ended in gRPC's words. */
class Call {
  readonly #stream: ClientHttp2Stream
  readonly #signal: AbortSignal
  readonly #bytesMax: number
  readonly #abort: () => void
  #outcome: RpcError | 'ok' | undefined

  constructor(stream: ClientHttp2Stream, signal: AbortSignal, bytesMax: number) {
    this.#stream = stream
    this.#signal = signal
    this.#bytesMax = bytesMax
    this.#abort = () => this.#giveUp(abortedError(signal))
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  send(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stream.destroyed || this.#stream.writableEnded) return reject(this.#failure())
      this.#stream.write(frameMessage(message), (error) => {
        if (error) reject(this.#failure(error))
        else resolve()
      })
    })
  }

  end(): void {
    this.#stream.end()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    if (this.#stream.isPaused()) this.#stream.resume()
  }

  cancel(): void {
    if (!this.#stream.closed) this.#giveUp(new RpcError(rpcCode.cancelled, 'context canceled'))
  }

  /** Resolves when the call has ended well; rejects with RpcError otherwise. */
  read(take: (message: Uint8Array) => void): Promise<void> {
    const stream = this.#stream
    const reader = new MessageReader(this.#bytesMax)
    return new Promise((resolve, reject) => {
      stream.on('response', (headers) => {
        this.#readStatus(headers)
        const status = headers[':status']
        if (status !== 200) this.#outcome ??= new RpcError(codeOfHttpStatus(status), `unexpected HTTP status ${status}`)
      })
      stream.on('trailers', (headers) => this.#readStatus(headers))
      stream.on('data', (part: Uint8Array) => {
        if (this.#outcome !== undefined) return
        try {
          for (const message of reader.read(part)) take(message)
        } catch (error) {
          this.#giveUp(error as RpcError)
        }
      })
      stream.on('error', (error) => { this.#outcome ??= this.#failure(error) })
      stream.on('close', () => {
        this.#signal.removeEventListener('abort', this.#abort)
        if (this.#outcome === 'ok') resolve()
        else reject(this.#failure())
      })
    })
  }

  #readStatus(headers: Readonly<Record<string, unknown>>): void {
    const status = headers['grpc-status']
    if (status === undefined || this.#outcome !== undefined) return
    const code = Number(status)
    this.#outcome = code === rpcCode.ok
      ? 'ok'
      : new RpcError(isCode(code) ? code : rpcCode.unknown, decodeStatusMessage(String(headers['grpc-message'] ?? '')))
  }

  #giveUp(error: RpcError): void {
    this.#outcome ??= error
    this.#stream.close(http2.constants.NGHTTP2_CANCEL)
  }

  #failure(cause?: Error): RpcError {
    if (this.#outcome instanceof RpcError) return this.#outcome
    // A connection that never came about says so only to those who look for the reason.
    const reason = cause?.cause instanceof Error ? cause.cause : cause
    return new RpcError(rpcCode.unavailable, reason?.message ?? 'the connection was lost', { cause })
  }
}

function connect({ url, tls }: RpcTarget): ClientHttp2Session {
  const settings = { initialWindowSize: windowBytes, enablePush: false }
  const unix = unixPath(url)
  const session = unix !== undefined
    ? http2.connect('http://localhost', { settings, createConnection: () => connectSocket(unix) })
    : http2.connect(url, {
        settings, maxSessionMemory: 1000,
        ...(tls && (tlsOptions(tls, new URL(url).hostname) as http2.SecureClientSessionOptions)),
      })
  // Each call on the connection tells its caller what happened to it.
  session.on('error', ignoreHere)
  session.once('connect', () => session.setLocalWindowSize(connectionWindowBytes))
  watchOver(session)
  // A connection that nobody uses must not keep the process alive.
  session.unref()
  return session
}

/** Ends connections that never come about, and those whose other side has gone without a word. */
function watchOver(session: ClientHttp2Session): void {
  const giveUp = (why: string): void => session.destroy(new RpcError(rpcCode.unavailable, why))
  let timer = setTimeout(() => giveUp(`no connection within ${connectMs} ms`), connectMs).unref()
  session.once('connect', () => clearTimeout(timer))
  session.once('close', () => clearTimeout(timer))
  session.setTimeout(quietMs, () => {
    if (session.destroyed || session.connecting) return
    clearTimeout(timer)
    timer = setTimeout(() => giveUp(`no sign of life within ${quietMs + answerMs} ms`), answerMs).unref()
    session.ping(() => clearTimeout(timer))
  })
}

function unixPath(url: string): string | undefined {
  return url.startsWith('unix:') ? url.replace(/^unix:(\/\/)?/, '') : undefined
}

function authorityOf({ url }: RpcTarget): string {
  return unixPath(url) === undefined ? new URL(url).host : 'localhost'
}

function abortedError(signal: AbortSignal): RpcError {
  const { reason } = signal
  if (reason instanceof RpcError) return reason
  return isTimeout(reason)
    ? new RpcError(rpcCode.deadlineExceeded, 'context deadline exceeded', { cause: reason })
    : new RpcError(rpcCode.cancelled, 'context canceled', { cause: reason })
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** What gRPC makes of an answer that is not gRPC's (doc/http-grpc-status-mapping.md of grpc). */
function codeOfHttpStatus(status: number | undefined): RpcCode {
  switch (status) {
    case 400: return rpcCode.internal
    case 401: return rpcCode.unauthenticated
    case 403: return rpcCode.permissionDenied
    case 404: return rpcCode.unimplemented
    case 429: case 502: case 503: case 504: return rpcCode.unavailable
    default: return rpcCode.unknown
  }
}

function isCode(code: number): code is RpcCode {
  return Number.isInteger(code) && code >= 0 && code <= 16
}

/** gRPC percent-encodes what is not printable ASCII. */
function decodeStatusMessage(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}

/** What failed is told by the call itself; this listener only keeps the failure from ending the process. */
function ignoreHere(): void {}
