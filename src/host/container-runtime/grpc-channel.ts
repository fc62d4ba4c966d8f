/** gRPC over one HTTP/2 connection to a unix socket: unary calls and server streams of already encoded messages. */
import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { AsyncQueue } from '#base/async-queue.ts'
import { RuntimeError, type RuntimeErrorCode } from '#world/container-runtime.ts'

export interface GrpcChannel extends AsyncDisposable {
  /** Throws RuntimeError. `timeoutMs` 0: no limit. */
  unary(path: string, message: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  /**
   * Yields messages until the server ends the stream or the signal aborts. `onOpen` is called when the call has been
   * sent.
   */
  stream(path: string, message: Uint8Array, signal: AbortSignal, onOpen: () => void): AsyncIterable<Uint8Array>
}

/** By number. */
const codes: readonly (RuntimeErrorCode | 'OK')[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]
/** An answer longer than this is a mistake: a node's list of containers takes a kilobyte each. */
const messageLimitBytes = 64 * 1024 * 1024
const queuedMessagesMax = 10_000

/** Connects at the first call, and again at the first call after the connection was lost. */
export function openGrpcChannel(socketPath: string): GrpcChannel {
  let session: ClientHttp2Session | undefined

  function current(): ClientHttp2Session {
    if (session && !session.closed && !session.destroyed) return session
    const opened = connectHttp2('http://localhost', {
      createConnection: () => connectSocket(socketPath),
      settings: { initialWindowSize: 4 * 1024 * 1024, enablePush: false },
    })
    opened.on('error', () => { if (session === opened) session = undefined })
    opened.on('close', () => { if (session === opened) session = undefined })
    opened.on('goaway', () => { if (session === opened) session = undefined })
    // A connection that nobody uses must not keep the process alive.
    opened.unref()
    return session = opened
  }

  function open(path: string, message: Uint8Array, timeoutMs: number): ClientHttp2Stream {
    const opened = current()
    const stream = opened.request({
      ':method': 'POST',
      ':path': path,
      ':scheme': 'http',
      ':authority': 'localhost',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(timeoutMs > 0 && { 'grpc-timeout': `${Math.ceil(timeoutMs)}m` }),
    })
    opened.ref()
    stream.once('close', () => { if (!opened.destroyed) opened.unref() })
    stream.end(frame(message))
    return stream
  }

  return {
    unary: (path, message, timeoutMs) => new Promise((resolve, reject) => {
      const stream = open(path, message, timeoutMs)
      const answers: Uint8Array[] = []
      const result = readMessages(stream, (answer) => answers.push(answer))
      // The server keeps the deadline too; this one is for a server that has stopped altogether.
      const timer = timeoutMs > 0 ? setTimeout(() => {
        stream.close(constants.NGHTTP2_CANCEL)
        reject(new RuntimeError('DeadlineExceeded', 'context deadline exceeded'))
      }, timeoutMs + 1000) : undefined
      result.then(() => {
        if (answers.length === 1) resolve(answers[0]!)
        else reject(new RuntimeError('Internal', `got ${answers.length} messages in answer to ${path}`))
      }, reject).finally(() => clearTimeout(timer))
    }),
    async *stream(path, message, signal, onOpen) {
      if (signal.aborted) return
      const stream = open(path, message, 0)
      const queue = new AsyncQueue<Uint8Array>(queuedMessagesMax)
      const cancel = (): void => {
        stream.close(constants.NGHTTP2_CANCEL)
        queue.end()
      }
      signal.addEventListener('abort', cancel, { once: true })
      // A stream on a connection that stands already is open before anybody could listen for it.
      if (stream.pending) stream.once('ready', onOpen)
      else onOpen()
      readMessages(stream, (answer) => queue.push(answer)).then(
        () => queue.end(),
        (error: unknown) => queue.fail(error),
      )
      try {
        yield* queue
      } finally {
        signal.removeEventListener('abort', cancel)
        if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL)
      }
    },
    async [Symbol.asyncDispose]() {
      session?.destroy()
    },
  }
}

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length)
  framed[0] = 0
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, 5)
  return framed
}

/** Resolves when the call has ended well; rejects with a RuntimeError otherwise. */
function readMessages(stream: ClientHttp2Stream, take: (message: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending: Buffer = Buffer.alloc(0)
    let status: RuntimeError | 'OK' | undefined
    const readStatus = (headers: Readonly<Record<string, unknown>>): void => {
      const code = headers['grpc-status']
      if (code === undefined) return
      const name = codes[Number(code)] ?? 'Unknown'
      status = name === 'OK' ? 'OK' : new RuntimeError(name, decodeMessage(String(headers['grpc-message'] ?? '')))
    }
    stream.on('response', (headers) => {
      readStatus(headers)
      const http = headers[':status']
      if (status === undefined && http !== 200) status = new RuntimeError('Unavailable', `HTTP status ${http}`)
    })
    stream.on('trailers', readStatus)
    stream.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      while (pending.length >= 5) {
        const length = pending.readUInt32BE(1)
        if (length > messageLimitBytes || pending[0] !== 0) {
          status = new RuntimeError('ResourceExhausted', `got a message of ${length} bytes`)
          stream.close(constants.NGHTTP2_CANCEL)
          return
        }
        if (pending.length < 5 + length) return
        take(pending.subarray(5, 5 + length))
        pending = pending.subarray(5 + length)
      }
    })
    stream.on('error', (error) => { status ??= new RuntimeError('Unavailable', error.message, { cause: error }) })
    stream.on('close', () => {
      if (status === 'OK') resolve()
      else reject(status ?? new RuntimeError('Unavailable', 'the connection to the container runtime was lost'))
    })
  })
}

/** gRPC percent-encodes what is not printable ASCII. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
