/** One gRPC call on an HTTP/2 stream, as its server serves it. */
import { AsyncQueue } from '#base/async-queue.ts'
import type { Log } from '#world/log.ts'
import { rpcCode, RpcError, type RpcAnswer, type RpcCall, type RpcCode, type RpcHandler } from '#world/rpc.ts'
import { encodeHeaders, encodeTrailers } from '../http/h2/hpack.ts'
import type { Stream, StreamSink } from '../http/h2/stream.ts'
import { frameMessage, messageBytesMax, messageHead, MessageReader, wholeMessage, type MessageRefusals } from './messages.ts'
import { percentEncode, timeoutMs } from './metadata.ts'

/** What calls share. */
export interface CallService {
  readonly handler: RpcHandler
  readonly log: Log
  /** A longer message is refused. */
  readonly messageBytesMax: number
  /** What the messages that are not whole yet take, of all calls together. */
  readonly held: { bytes: number; readonly max: number }
  /** Calls with streams, which may last for ever. */
  readonly lasting: Set<LastingCall>
  begin(): void
  end(): void
}

export interface LastingCall {
  /** Ends the call because the server stops. */
  stop(): void
}

const head = encodeHeaders(200, { 'content-type': 'application/grpc' }, undefined)
const okTrailers = encodeTrailers({ 'grpc-status': '0' })
/** Messages that a call has not read yet; beyond, the client is asked to wait. */
const unreadBytesMax = 256 * 1024
const unreadMessagesMax = 100_000
/** What a message counts for beyond its length while it is not read. */
const messageOverhead = 64

/** Reads a stream that the HTTP/2 connection has handed over, and answers it. */
export function serveCall(stream: Stream, service: CallService): void {
  const call = new ServerCall(stream, service)
  stream.sink = call
  call.begin()
}

class ServerCall implements StreamSink, RpcCall, MessageRefusals, LastingCall {
  readonly #stream: Stream
  readonly #service: CallService
  /** Made for the first message that does not come alone and whole. */
  #reader: MessageReader | undefined
  #held = 0
  #unary: ReturnType<RpcHandler['unary']>
  /** Of a call with a stream of requests. */
  #requests: AsyncQueue<Uint8Array> | undefined
  #unreadBytes = 0
  #isHeadSent = false
  #isStarted = false
  #isOver = false
  #abort: AbortController | undefined
  #deadline: NodeJS.Timeout | undefined

  constructor(stream: Stream, service: CallService) {
    this.#stream = stream
    this.#service = service
  }

  get method(): string {
    return this.#stream.path
  }

  get metadata(): Readonly<Record<string, string | undefined>> {
    return this.#stream.headers
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.#isOver) this.#abort.abort()
    }
    return this.#abort.signal
  }

  get received(): AsyncIterable<Uint8Array> {
    return this.#read()
  }

  begin(): void {
    const { handler } = this.#service
    this.#service.begin()
    const timeout = this.metadata['grpc-timeout']
    if (timeout !== undefined) this.#startDeadline(timeout)
    if (this.#isOver) return
    this.#unary = handler.unary(this.method)
    if (this.#unary) return
    const streaming = handler.streaming(this.method)
    if (!streaming) { this.#refuse(unknownMethod(this.method)); return }
    this.#requests = new AsyncQueue(unreadMessagesMax)
    this.#service.lasting.add(this)
    streaming(this).then(() => this.#finish(), (error: unknown) => this.#refuse(error))
  }

  data(bytes: Uint8Array): void {
    if (this.#isOver) return
    try {
      const { messageBytesMax: bytesMax } = this.#service
      const whole = this.#reader === undefined ? wholeMessage(bytes, bytesMax) : undefined
      if (whole !== undefined) this.#onMessage(whole)
      else {
        const reader = this.#reader ??= new MessageReader(bytesMax, this)
        for (const message of reader.read(bytes)) this.#onMessage(message)
        if (reader.heldBytes !== this.#held) this.#hold(reader.heldBytes)
      }
    } catch (error) {
      this.#refuse(error)
      return
    }
    if (this.#unreadBytes <= unreadBytesMax) this.#stream.acknowledge()
  }

  end(): void {
    if (this.#isOver) return
    if (this.#requests) {
      if (this.#held > 0) this.#refuse(new RpcError(rpcCode.internal, 'unexpected EOF'))
      else this.#requests.end()
    } else if (!this.#isStarted) {
      this.#refuse(new RpcError(rpcCode.internal, this.#held > 0 ? 'unexpected EOF' : 'EOF'))
    }
  }

  closed(): void {
    this.#over()
  }

  stop(): void {
    this.#refuse(new RpcError(rpcCode.unavailable, 'the server is stopping'))
  }

  send(message: Uint8Array): Promise<void> {
    if (this.#isOver) return Promise.reject(new RpcError(rpcCode.cancelled, 'context canceled'))
    this.#sendHead()
    if (this.#stream.offer(frameMessage(message))) return sent
    return this.#stream.drained().then((isThere) => {
      if (!isThere) throw new RpcError(rpcCode.cancelled, 'context canceled')
    })
  }

  /** In grpc-go's words. No compression is offered to clients, so none may use it. */
  compressed(first: number): RpcError {
    const encoding = this.metadata['grpc-encoding']
    if (first !== 1) return new RpcError(rpcCode.internal, `grpc: received unexpected payload format ${first}`)
    if (encoding === undefined || encoding === 'identity') {
      return new RpcError(rpcCode.internal, 'grpc: compressed flag set with identity or empty encoding')
    }
    return new RpcError(
      rpcCode.unimplemented, `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`,
    )
  }

  tooLarge(length: number, bytesMax: number): RpcError {
    return new RpcError(
      rpcCode.resourceExhausted, `grpc: received message larger than max (${length} vs. ${bytesMax})`,
    )
  }

  #onMessage(message: Uint8Array): void {
    if (this.#requests) {
      this.#unreadBytes += message.length + messageOverhead
      this.#requests.push(message)
      return
    }
    if (this.#isStarted) throw new RpcError(rpcCode.internal, 'received more than one message for a unary call')
    this.#isStarted = true
    this.#unary!(message, this).then(
      (answer) => this.#answer(answer),
      (error: unknown) => this.#refuse(error),
    )
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for await (const message of this.#requests!) {
      const wasFull = this.#unreadBytes > unreadBytesMax
      this.#unreadBytes -= message.length + messageOverhead
      if (wasFull && this.#unreadBytes <= unreadBytesMax) this.#stream.acknowledge()
      yield message
    }
  }

  #hold(bytes: number): void {
    const { held } = this.#service
    held.bytes += bytes - this.#held
    this.#held = bytes
    if (held.bytes > held.max) throw new RpcError(rpcCode.resourceExhausted, 'too many requests have come in part')
  }

  #startDeadline(timeout: string): void {
    const ms = timeoutMs(timeout)
    if (ms === undefined) {
      this.#refuse(new RpcError(rpcCode.internal, `malformed grpc-timeout: ${timeout}`))
      return
    }
    this.#deadline = setTimeout(() => {
      this.#refuse(new RpcError(rpcCode.deadlineExceeded, 'context deadline exceeded'))
    }, ms)
  }

  #answer(answer: RpcAnswer): void {
    if (this.#isOver) return
    if (answer instanceof Uint8Array) {
      this.#over()
      this.#stream.owner.out.sendAnswer(this.#stream, head, messageHead(answer.length), answer, okTrailers)
    } else {
      this.#sendChunks(answer.length, answer.chunks).catch((error: unknown) => this.#refuse(error))
    }
  }

  /** A long answer is made while it is taken. */
  async #sendChunks(length: number, chunks: Iterable<Uint8Array>): Promise<void> {
    if (length > messageBytesMax) {
      throw new RpcError(
        rpcCode.resourceExhausted, `grpc: trying to send message larger than max (${length} vs. ${messageBytesMax})`,
      )
    }
    this.#sendHead()
    this.#stream.offer(messageHead(length).slice())
    for (const chunk of chunks) {
      if (!this.#stream.offer(chunk) && !(await this.#stream.drained())) return
      if (this.#isOver) return
    }
    this.#finish()
  }

  #sendHead(): void {
    if (this.#isHeadSent) return
    this.#isHeadSent = true
    this.#stream.owner.out.sendHead(this.#stream, head, false)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#sendHead()
    this.#over()
    this.#stream.finish(okTrailers)
  }

  /** Ends the call with an error; without a message before it, it is all in one block of headers. */
  #refuse(error: unknown): void {
    if (this.#isOver) return
    this.#over()
    const status = statusOf(error)
    if (!(error instanceof RpcError)) this.#service.log.error('call failed', { method: this.method, error })
    const fields = { 'grpc-status': String(status.code), 'grpc-message': percentEncode(status.message) }
    if (this.#isHeadSent) this.#stream.finish(encodeTrailers(fields))
    else {
      const block = encodeHeaders(200, { 'content-type': 'application/grpc', ...fields }, undefined)
      this.#stream.owner.out.sendHead(this.#stream, block, true)
    }
  }

  /** Nothing is read any more, and whoever serves the call is told to stop. */
  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#deadline)
    this.#service.held.bytes -= this.#held
    this.#held = 0
    this.#requests?.end()
    this.#service.lasting.delete(this)
    this.#abort?.abort()
    this.#service.end()
  }
}

const sent = Promise.resolve()

function statusOf(error: unknown): { readonly code: RpcCode; readonly message: string } {
  if (error instanceof RpcError) return error
  return { code: rpcCode.unknown, message: 'the call failed inside the server' }
}

/** In grpc-go's words. */
function unknownMethod(path: string): RpcError {
  const slash = path.lastIndexOf('/')
  if (slash <= 0) return new RpcError(rpcCode.unimplemented, `malformed method name: ${JSON.stringify(path)}`)
  const service = path.slice(1, slash)
  return new RpcError(rpcCode.unimplemented, `unknown method ${path.slice(slash + 1)} for service ${service}`)
}
