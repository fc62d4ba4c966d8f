/** One request on an HTTP/2 connection: its body as it comes, its answer as the client takes it. */
import { ApiError, badRequest, tooLarge } from '#machinery/errors/api-error.ts'
import type { ByteSource, HttpRequest, Peer } from '#world/http.ts'
import { bodyLate } from '../body.ts'
import { errorCode, frameType, numbersFrame } from './frames.ts'
import type { RequestHead } from './request-head.ts'

/** Reads a stream as it comes, instead of asking for its whole body. */
export interface StreamSink {
  /** A part of the body. The client may send more once `Stream.acknowledge` was called. */
  data(bytes: Uint8Array): void
  /** No more comes from the client. */
  end(): void
  /** The stream is over, whoever ended it. */
  closed(): void
}

/** What a stream needs of its connection's sending side. */
export interface StreamOut {
  send(bytes: Uint8Array): void
  /** Sends as much of the stream's pending answer as both windows allow. */
  pump(stream: Stream): void
  /** Makes the rest of the stream's answer from its source, whenever the client takes more and there is some. */
  beginPulling(stream: Stream): void
  /** The block of an answer's headers, and the end of the answer if nothing follows. */
  sendHead(stream: Stream, block: Buffer, isEnd: boolean): void
  /** A whole answer with trailers, `prefix` and `body` together its body: in one piece if both windows allow. */
  sendAnswer(stream: Stream, head: Buffer, prefix: Uint8Array, body: Uint8Array, trailers: Buffer): void
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly peer: Peer
  readonly bodyMs: number
  readonly stalledReaderMs: number
  readonly out: StreamOut
  closed(stream: Stream): void
}

/** Unread bytes of a body that the client may send ahead. */
export const streamWindow = 256 * 1024
/** So much of a streamed answer may wait for the client before its source is asked to wait. */
const sendAhead = 64 * 1024
/** So long a body may still arrive after its answer, unread. */
const lingerMs = 1000

export class Stream implements HttpRequest {
  readonly id: number
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: RequestHead['headers']
  readonly upgrade = undefined
  readonly owner: StreamOwner
  /** No more comes from the client. */
  isRequestEnded = false
  isClosed = false
  sendWindow: number
  /** What is still to be sent; `isLast` when nothing follows. */
  readonly pending: Uint8Array[] = []
  pendingBytes = 0
  isLast = false
  /** What the rest of the answer is made from, in place of `pending`. */
  source: ByteSource | undefined
  /** A block of headers that ends the answer, after all of `pending`. */
  trailers: Buffer | undefined
  isLingering = false
  sink: StreamSink | undefined
  #received: Uint8Array[] = []
  #receivedBytes = 0
  #unacknowledged = 0
  #reader:
    | { limit: number; resolve: (body: Uint8Array) => void; reject: (error: Error) => void; timer: NodeJS.Timeout }
    | undefined
  /** Wakes whoever takes the body as it comes. */
  #arrival: PromiseWithResolvers<void> | undefined
  #isBodyTaken = false
  #abort: AbortController | undefined
  /** All who wait for room wait for the same. */
  #drain: PromiseWithResolvers<boolean> | undefined
  #over: PromiseWithResolvers<void> | undefined
  #stalled: NodeJS.Timeout | undefined
  #stalledBytes = 0

  constructor(id: number, owner: StreamOwner, sendWindow: number, head: RequestHead) {
    this.id = id
    this.method = head.method
    this.path = head.path
    this.query = head.query
    this.headers = head.headers
    this.owner = owner
    this.sendWindow = sendWindow
  }

  get peer(): Peer {
    return this.owner.peer
  }

  /** Made on demand: most answers are written before anybody could ask. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.isClosed) this.#abort.abort()
    }
    return this.#abort.signal
  }

  readBody(limitBytes: number): Promise<Uint8Array> {
    if (this.#isBodyTaken) return Promise.resolve(new Uint8Array(0))
    this.#isBodyTaken = true
    const declared = this.headers['content-length']
    if (this.#receivedBytes > limitBytes || (declared !== undefined && Number(declared) > limitBytes)) {
      return Promise.reject(tooLong(limitBytes))
    }
    if (this.isRequestEnded) return Promise.resolve(this.#takeBody())
    if (this.isClosed) return Promise.reject(badRequest('unexpected EOF'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#failBody(bodyLate()), this.owner.bodyMs)
      this.#reader = { limit: limitBytes, resolve, reject, timer }
      this.acknowledge()
    })
  }

  async *streamBody(): AsyncGenerator<Uint8Array> {
    if (this.#isBodyTaken) return
    this.#isBodyTaken = true
    for (;;) {
      for (let chunk = this.#received.shift(); chunk; chunk = this.#received.shift()) yield chunk
      this.acknowledge()
      if (this.isRequestEnded) return
      if (this.isClosed) throw badRequest('unexpected EOF')
      const arrival = this.#arrival = Promise.withResolvers<void>()
      const timer = setTimeout(() => arrival.reject(bodyLate()), this.owner.bodyMs)
      try {
        await arrival.promise
      } finally {
        clearTimeout(timer)
        this.#arrival = undefined
      }
    }
  }

  receive(bytes: Uint8Array, wireLength: number): void {
    this.#unacknowledged += wireLength
    this.#receivedBytes += bytes.length
    if (this.isAnswered()) return
    if (this.sink) { this.sink.data(bytes); return }
    if (bytes.length > 0) this.#received.push(bytes)
    this.#arrival?.resolve()
    const reader = this.#reader
    if (!reader) return
    if (this.#receivedBytes > reader.limit) this.#failBody(tooLong(reader.limit))
    else this.acknowledge()
  }

  /** False when the body is not as long as the client said. */
  endRequest(): boolean {
    this.isRequestEnded = true
    const declared = this.headers['content-length']
    if (declared !== undefined && Number(declared) !== this.#receivedBytes) return false
    this.sink?.end()
    this.#arrival?.resolve()
    const reader = this.#reader
    if (reader) {
      this.#reader = undefined
      clearTimeout(reader.timer)
      reader.resolve(this.#takeBody())
    }
    return true
  }

  /** More unread bytes than the window allows. */
  isOverWindow(wireLength: number): boolean {
    return this.#unacknowledged + wireLength > streamWindow
  }

  isAnswered(): boolean {
    return this.isLast
  }

  /** Takes a chunk of a streamed answer. Resolves at once while the client keeps up; false when it is gone. */
  async write(chunk: Uint8Array): Promise<boolean> {
    if (this.isClosed) return false
    return this.offer(chunk) || (await this.drained())
  }

  /** Takes a chunk of a streamed answer at once. False: the client does not keep up; wait for `drained`. */
  offer(chunk: Uint8Array): boolean {
    this.pending.push(chunk)
    this.pendingBytes += chunk.length
    this.owner.out.pump(this)
    return this.pendingBytes <= sendAhead
  }

  /** Resolves when everything that waited has been sent; false when the stream is gone. */
  drained(): Promise<boolean> {
    if (this.isClosed || this.pendingBytes === 0) return Promise.resolve(!this.isClosed)
    this.#drain ??= Promise.withResolvers()
    return this.#drain.promise
  }

  /** Ends the answer with trailers once everything that waits has been sent. */
  finish(trailers: Buffer): void {
    if (this.isClosed || this.isLast) return
    this.isLast = true
    this.trailers = trailers
    this.owner.out.pump(this)
  }

  /** Sends what `source` makes, as the client takes it. Resolves when the stream is over. */
  pull(source: ByteSource): Promise<void> {
    this.source = source
    this.#over = Promise.withResolvers()
    if (source.begin) source.begin(() => { if (!this.isClosed) this.owner.out.beginPulling(this) })
    else this.owner.out.beginPulling(this)
    return this.#over.promise
  }

  /** Everything that waited has been sent. */
  sent(): void {
    this.progressed()
    this.#tellDrained()
  }

  /** The client takes what is sent. */
  progressed(): void {
    clearTimeout(this.#stalled)
    this.#stalled = undefined
  }

  /** The answer is out. A client that goes on sending is told to stop: nobody reads it. */
  finished(): void {
    if (this.isRequestEnded) this.close()
    else this.#linger()
  }

  /** The client takes no more for now. If it takes nothing at all for long, it is cut off. */
  stall(): void {
    if (this.#stalled && this.#stalledBytes === this.pendingBytes) return
    this.#stalledBytes = this.pendingBytes
    if (this.#stalled) this.#stalled.refresh()
    else this.#stalled = setTimeout(() => this.reset(errorCode.cancel), this.owner.stalledReaderMs)
  }

  /**
   * Waits a moment for the end of a request that is answered already. Its body is often on the way, and some clients
   * (curl 7) take even a reset without an error for a failure of the whole request.
   */
  #linger(): void {
    this.isLingering = true
    clearTimeout(this.#stalled)
    this.#stalled = setTimeout(() => this.reset(errorCode.none), lingerMs)
  }

  reset(code: number): void {
    if (this.isClosed) return
    this.owner.out.send(numbersFrame(frameType.resetStream, this.id, code))
    this.close()
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    clearTimeout(this.#stalled)
    if (this.pending.length > 0) this.pending.length = 0
    this.pendingBytes = 0
    if (this.#reader) this.#failBody(badRequest('unexpected EOF'))
    if (this.#received.length > 0) this.#received = []
    this.#arrival?.resolve()
    this.#tellDrained()
    this.source?.end?.()
    this.source = undefined
    this.#over?.resolve()
    this.#abort?.abort()
    this.sink?.closed()
    this.owner.closed(this)
  }

  #tellDrained(): void {
    const drain = this.#drain
    this.#drain = undefined
    drain?.resolve(!this.isClosed)
  }

  #takeBody(): Uint8Array {
    const chunks = this.#received
    this.#received = []
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  }

  #failBody(error: ApiError): void {
    const reader = this.#reader
    this.#reader = undefined
    this.#received = []
    if (!reader) return
    clearTimeout(reader.timer)
    reader.reject(error)
  }

  /** What has come so far is dealt with. Half the window at a time: few frames, and no pause for the client. */
  acknowledge(): void {
    if (this.#unacknowledged < streamWindow / 2 || this.isRequestEnded || this.isClosed) return
    this.owner.out.send(numbersFrame(frameType.windowUpdate, this.id, this.#unacknowledged))
    this.#unacknowledged = 0
  }
}

function tooLong(limitBytes: number): ApiError {
  return tooLarge(`Request entity too large: limit is ${limitBytes}`)
}
