/** One HTTP/2 connection, server side (RFC 9113): frames in, frames out, as few writes as possible. */
import type { Socket } from 'node:net'
import type { HttpResponse, Peer } from '#world/http.ts'
import { failureResponse, plain } from '../failure.ts'
import { totalLength, type Service } from '../service.ts'
import {
  ConnectionError,
  errorCode,
  flag,
  frame,
  frameHeaderLength,
  frameType,
  maxFrameLength,
  maxWindow,
  numbersFrame,
  settingId,
  settingsFrame,
  writeFrameHeader,
} from './frames.ts'
import { encodeHeaders, HpackDecoder, HpackError } from './hpack.ts'
import { Stream, streamWindow, type StreamOwner } from './stream.ts'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
/** All streams of a connection together; given back as it comes, since each stream is bounded by itself. */
const connectionWindow = 4 * 1024 * 1024
const initialWindow = 65_535
/** Handed to the socket at once: full TLS records, and an end to what waits in memory. */
const maxQueued = 256 * 1024
/** Answers to such frames that a client does not take. */
const maxUnsent = 4 * 1024 * 1024

/**
 * Buffers of long writes go round: of fresh ones, each as good as unused, the collector would have a full round
 * every few lists.
 */
const joinedBytes = maxQueued + 64 * 1024
const joinedBuffersMax = 8
const joinedBuffers: Buffer[] = []

export class Http2Connection implements StreamOwner {
  readonly peer: Peer
  readonly bodyMs: number
  readonly stalledReaderMs: number
  readonly #socket: Socket
  readonly #service: Service
  readonly #streams = new Map<number, Stream>()
  readonly #waiting = new Set<Stream>()
  readonly #decoder = new HpackDecoder()
  #rest: Buffer | undefined
  #isPrefaceRead = false
  #lastStream = 0
  #sendWindow = initialWindow
  #peerStreamWindow = initialWindow
  #consumed = 0
  /** A header block that is not whole yet, and the frame that began it. */
  #block: { readonly stream: number; readonly endsRequest: boolean; bytes: Buffer } | undefined
  #stalled: NodeJS.Timeout | undefined
  #out: Buffer[] = []
  #outBytes = 0
  #isFlushing = false
  #isGoingAway = false
  #allowance: number
  #resetAllowance: number
  #refilledAt = performance.now()

  constructor(socket: Socket, peer: Peer, service: Service) {
    this.#socket = socket
    this.peer = peer
    this.#service = service
    this.bodyMs = service.limits.bodyMs
    this.stalledReaderMs = service.limits.stalledReaderMs
    this.#allowance = service.limits.idleFramesPerSecond
    this.#resetAllowance = service.limits.resetBurst
    this.send(
      settingsFrame([
        [settingId.maxConcurrentStreams, service.limits.streamsPerConnection],
        [settingId.initialWindowSize, streamWindow],
        [settingId.maxHeaderListSize, service.limits.headerBytes],
      ]),
    )
    this.send(numbersFrame(frameType.windowUpdate, 0, connectionWindow - initialWindow))
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('drain', () => this.#pumpWaiting())
    socket.on('close', () => this.#lost())
    socket.setTimeout(service.limits.idleMs, () => { if (this.#streams.size === 0) this.close() })
  }

  /** GOAWAY: what is in flight ends as usual, the client takes a new connection for the rest. */
  close(): void {
    if (this.#isGoingAway) return
    this.#isGoingAway = true
    this.send(numbersFrame(frameType.goAway, 0, this.#lastStream, errorCode.none))
    this.#endWhenIdle()
  }

  send(bytes: Buffer): void {
    this.#out.push(bytes)
    this.#outBytes += bytes.length
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(() => this.#flush())
  }

  closed(stream: Stream): void {
    this.#streams.delete(stream.id)
    this.#waiting.delete(stream)
    if (this.#isGoingAway) this.#endWhenIdle()
  }

  pump(stream: Stream): void {
    while (stream.pending.length > 0) {
      const chunk = stream.pending[0]!
      const length = Math.min(chunk.length, maxFrameLength, this.#sendWindow, stream.sendWindow)
      if (length <= 0 || this.#outBytes >= maxQueued || this.#socket.writableNeedDrain) {
        // To the end of the line, so that streams take turns.
        this.#waiting.delete(stream)
        this.#waiting.add(stream)
        if (stream.sendWindow <= 0) stream.stall()
        else this.#stall()
        return
      }
      const isEnd = stream.isLast && length === stream.pendingBytes && stream.trailers === undefined
      const header = Buffer.allocUnsafe(frameHeaderLength)
      writeFrameHeader(header, 0, length, frameType.data, isEnd ? flag.endStream : 0, stream.id)
      this.send(header)
      this.send(Buffer.from(chunk.buffer, chunk.byteOffset, length))
      this.#sendWindow -= length
      stream.sendWindow -= length
      stream.pendingBytes -= length
      if (length === chunk.length) stream.pending.shift()
      else stream.pending[0] = chunk.subarray(length)
      if (isEnd) { this.#finish(stream); return }
    }
    this.#waiting.delete(stream)
    if (stream.isLast && stream.trailers) this.sendHead(stream, stream.trailers, true)
    else stream.sent()
  }

  sendHead(stream: Stream, block: Buffer, isEnd: boolean): void {
    this.#sendHeaders(stream.id, block, isEnd)
    if (!isEnd) return
    stream.isLast = true
    this.#finish(stream)
  }

  sendAnswer(stream: Stream, head: Buffer, body: Uint8Array, trailers: Buffer): void {
    if (!this.#fits(stream, head.length, body.length)) {
      this.#sendHeaders(stream.id, head, false)
      stream.pending.push(body)
      stream.pendingBytes += body.length
      stream.finish(trailers)
      return
    }
    const bytes = Buffer.allocUnsafe(3 * frameHeaderLength + head.length + body.length + trailers.length)
    writeFrameHeader(bytes, 0, head.length, frameType.headers, flag.endHeaders, stream.id)
    bytes.set(head, frameHeaderLength)
    let at = frameHeaderLength + head.length
    writeFrameHeader(bytes, at, body.length, frameType.data, 0, stream.id)
    bytes.set(body, at + frameHeaderLength)
    at += frameHeaderLength + body.length
    writeFrameHeader(bytes, at, trailers.length, frameType.headers, flag.endHeaders | flag.endStream, stream.id)
    bytes.set(trailers, at + frameHeaderLength)
    this.#sendWindow -= body.length
    stream.sendWindow -= body.length
    stream.isLast = true
    this.send(bytes)
    this.#finish(stream)
  }

  #flush(): void {
    this.#isFlushing = false
    const out = this.#out
    this.#out = []
    const length = this.#outBytes
    this.#outBytes = 0
    if (this.#socket.destroyed) return
    if (this.#writeJoined(out, length)) this.#pumpWaiting()
  }

  /** Copying makes few TLS records and one system call of many small frames. False: the socket asks to wait. */
  #writeJoined(out: readonly Buffer[], length: number): boolean {
    if (out.length === 1) return this.#socket.write(out[0]!)
    if (length < joinedBytes / 8 || length > joinedBytes) return this.#socket.write(Buffer.concat(out, length))
    const joined = joinedBuffers.pop() ?? Buffer.allocUnsafeSlow(joinedBytes)
    let at = 0
    for (const bytes of out) {
      joined.set(bytes, at)
      at += bytes.length
    }
    return this.#socket.write(joined.subarray(0, length), (error) => {
      if (!error && joinedBuffers.length < joinedBuffersMax) joinedBuffers.push(joined)
    })
  }

  #receive(bytes: Buffer): void {
    let input = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes
    this.#rest = undefined
    try {
      if (!this.#isPrefaceRead) {
        if (input.length < preface.length) {
          if (!preface.subarray(0, input.length).equals(input)) {
            throw new ConnectionError(errorCode.protocol, 'no HTTP/2 preface')
          }
          this.#rest = input
          return
        }
        if (!preface.equals(input.subarray(0, preface.length))) {
          throw new ConnectionError(errorCode.protocol, 'no HTTP/2 preface')
        }
        this.#isPrefaceRead = true
        input = input.subarray(preface.length)
      }
      let at = 0
      while (at + frameHeaderLength <= input.length) {
        const length = input.readUIntBE(at, 3)
        if (length > maxFrameLength) throw new ConnectionError(errorCode.frameSize, 'frame is too long')
        const end = at + frameHeaderLength + length
        if (end > input.length) break
        this.#onFrame(
          input[at + 3]!,
          input[at + 4]!,
          input.readUInt32BE(at + 5) & maxWindow,
          input.subarray(at + frameHeaderLength, end),
        )
        at = end
      }
      if (at < input.length) this.#rest = at === 0 ? input : input.subarray(at)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof ConnectionError) && !(error instanceof HpackError)) {
      this.#service.log.error('HTTP/2 connection failed', { error })
    }
    const code =
      error instanceof ConnectionError
        ? error.code
        : error instanceof HpackError
          ? errorCode.compression
          : errorCode.internal
    this.#service.onStreamError(error as Error)
    this.#isGoingAway = true
    this.send(numbersFrame(frameType.goAway, 0, this.#lastStream, code))
    this.#socket.removeAllListeners('data')
    this.#socket.resume()
    setImmediate(() => this.#socket.destroySoon())
  }

  #onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#block && (type !== frameType.continuation || id !== this.#block.stream)) {
      throw new ConnectionError(errorCode.protocol, 'another frame within a header block')
    }
    switch (type) {
      case frameType.data: return this.#onData(flags, id, payload)
      case frameType.headers: return this.#onHeaders(flags, id, payload)
      case frameType.continuation: return this.#onContinuation(flags, payload)
      case frameType.settings: return this.#onSettings(flags, id, payload)
      case frameType.windowUpdate: return this.#onWindowUpdate(id, payload)
      case frameType.resetStream: return this.#onReset(id, payload)
      case frameType.ping: return this.#onPing(flags, id, payload)
      case frameType.pushPromise: throw new ConnectionError(errorCode.protocol, 'clients do not push')
      case frameType.goAway: this.#isGoingAway = true; return this.#endWhenIdle()
      // Priorities, and types that are not known, are to be ignored.
      default: return this.#charge()
    }
  }

  #onHeaders(flags: number, id: number, payload: Buffer): void {
    if (id % 2 === 0) throw new ConnectionError(errorCode.protocol, 'even stream')
    let body = unpad(flags, payload)
    if (flags & flag.priority) {
      if (body.length < 5) throw new ConnectionError(errorCode.frameSize, 'priority is too short')
      if ((body.readUInt32BE(0) & maxWindow) === id) {
        throw new ConnectionError(errorCode.protocol, 'stream depends on itself')
      }
      body = body.subarray(5)
    }
    const block = { stream: id, endsRequest: (flags & flag.endStream) !== 0, bytes: body }
    if (flags & flag.endHeaders) this.#onBlock(block.stream, block.endsRequest, body)
    else this.#block = block
  }

  #onContinuation(flags: number, payload: Buffer): void {
    const block = this.#block
    if (!block) throw new ConnectionError(errorCode.protocol, 'continuation of nothing')
    this.#charge()
    block.bytes = Buffer.concat([block.bytes, payload])
    if (block.bytes.length > this.#service.limits.headerBytes) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'headers are too long')
    }
    if (!(flags & flag.endHeaders)) return
    this.#block = undefined
    this.#onBlock(block.stream, block.endsRequest, block.bytes)
  }

  #onBlock(id: number, endsRequest: boolean, bytes: Buffer): void {
    const open = this.#streams.get(id)
    if (open || id <= this.#lastStream) {
      // Trailers; nobody here reads them, but the table must follow.
      this.#decoder.decode(bytes, ignoreField)
      if (!open) { this.#chargeReset(); return }
      if (!endsRequest || open.isRequestEnded) return open.reset(errorCode.protocol)
      if (!open.endRequest()) open.reset(errorCode.protocol)
      return
    }
    this.#lastStream = id
    const stream = new Stream(id, this, this.#peerStreamWindow)
    const problem = this.#readHeaders(stream, bytes)
    if (this.#isGoingAway) return
    if (this.#streams.size >= this.#service.limits.streamsPerConnection) {
      this.#chargeReset()
      return this.send(numbersFrame(frameType.resetStream, id, errorCode.refusedStream))
    }
    this.#streams.set(id, stream)
    if (problem === 'malformed') return stream.reset(errorCode.protocol)
    const isTaken = problem === undefined && this.#service.takeOver?.(stream) === true
    if (endsRequest && !stream.endRequest()) return stream.reset(errorCode.protocol)
    if (isTaken) return
    if (problem === 'tooLarge') return void this.#answer(stream, plain(431, 'Request Header Fields Too Large\n'))
    void this.#serve(stream)
  }

  #readHeaders(stream: Stream, bytes: Buffer): 'malformed' | 'tooLarge' | undefined {
    const { headers } = stream
    const limit = this.#service.limits.headerBytes
    let size = 0
    let isMalformed = false
    let hasPlain = false
    let target: string | undefined
    let scheme: string | undefined
    this.#decoder.decode(bytes, (name, value) => {
      size += name.length + value.length + 32
      if (size > limit) return
      if (name.charCodeAt(0) === 0x3a) {
        if (hasPlain) isMalformed = true
        else if (name === ':method' && stream.method === '') stream.method = value
        else if (name === ':path' && target === undefined) target = value
        else if (name === ':scheme' && scheme === undefined) scheme = value
        else if (name === ':authority' && headers['host'] === undefined) headers['host'] = value
        else isMalformed = true
        return
      }
      hasPlain = true
      if (isForbidden(name, value)) { isMalformed = true; return }
      const before = headers[name]
      if (before === undefined) headers[name] = value
      else if (name === 'content-length') isMalformed = true
      else if (name !== 'host') headers[name] = name === 'cookie' ? `${before}; ${value}` : `${before}, ${value}`
    })
    if (size > limit) return 'tooLarge'
    if (isMalformed || stream.method === '') return 'malformed'
    if (stream.method !== 'CONNECT' && (!target || scheme === undefined)) return 'malformed'
    const length = headers['content-length']
    if (length !== undefined && !/^\d+$/.test(length)) return 'malformed'
    const question = target?.indexOf('?') ?? -1
    stream.path = question < 0 ? target ?? '' : target!.slice(0, question)
    stream.query = question < 0 ? '' : target!.slice(question + 1)
    return undefined
  }

  #onData(flags: number, id: number, payload: Buffer): void {
    if (id === 0) throw new ConnectionError(errorCode.protocol, 'data without a stream')
    this.#consumed += payload.length
    if (this.#consumed >= connectionWindow / 2) {
      this.send(numbersFrame(frameType.windowUpdate, 0, this.#consumed))
      this.#consumed = 0
    }
    const body = unpad(flags, payload)
    const isEnd = (flags & flag.endStream) !== 0
    if (body.length === 0 && !isEnd) this.#charge()
    const stream = this.#streams.get(id)
    if (!stream) {
      if (id > this.#lastStream) throw new ConnectionError(errorCode.protocol, 'data on an idle stream')
      return
    }
    if (stream.isRequestEnded) return stream.reset(errorCode.streamClosed)
    if (stream.isOverWindow(payload.length)) return stream.reset(errorCode.flowControl)
    stream.receive(body, payload.length)
    if (!isEnd) return
    if (!stream.endRequest()) stream.reset(errorCode.protocol)
    else if (stream.isLingering) stream.close()
  }

  #onSettings(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError(errorCode.protocol, 'settings of a stream')
    if (flags & flag.ack) {
      if (payload.length > 0) throw new ConnectionError(errorCode.frameSize, 'settings acknowledged with settings')
      return
    }
    if (payload.length % 6 !== 0) throw new ConnectionError(errorCode.frameSize, 'settings are cut off')
    this.#charge()
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2)
      if (payload.readUInt16BE(at) !== settingId.initialWindowSize) continue
      if (value > maxWindow) throw new ConnectionError(errorCode.flowControl, 'window is too large')
      for (const stream of this.#streams.values()) stream.sendWindow += value - this.#peerStreamWindow
      this.#peerStreamWindow = value
    }
    this.send(frame(frameType.settings, flag.ack, 0, new Uint8Array()))
    this.#pumpWaiting()
  }

  #onWindowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, 'window update of a wrong length')
    const increment = payload.readUInt32BE(0) & maxWindow
    if (id === 0) {
      if (increment === 0) throw new ConnectionError(errorCode.protocol, 'window update by nothing')
      this.#sendWindow += increment
      if (this.#sendWindow > maxWindow) throw new ConnectionError(errorCode.flowControl, 'window overflows')
      return this.#pumpWaiting()
    }
    const stream = this.#streams.get(id)
    if (!stream) {
      if (id > this.#lastStream) throw new ConnectionError(errorCode.protocol, 'window update of an idle stream')
      return this.#charge()
    }
    stream.sendWindow += increment
    if (increment === 0) return stream.reset(errorCode.protocol)
    if (stream.sendWindow > maxWindow) return stream.reset(errorCode.flowControl)
    if (this.#waiting.has(stream)) this.pump(stream)
    else this.#charge()
  }

  #onReset(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, 'reset of a wrong length')
    if (id === 0 || id > this.#lastStream) throw new ConnectionError(errorCode.protocol, 'reset of an idle stream')
    this.#chargeReset()
    this.#streams.get(id)?.close()
  }

  #onPing(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError(errorCode.protocol, 'ping of a stream')
    if (payload.length !== 8) throw new ConnectionError(errorCode.frameSize, 'ping of a wrong length')
    this.#charge()
    if (!(flags & flag.ack)) this.send(frame(frameType.ping, flag.ack, 0, payload))
  }

  async #serve(stream: Stream): Promise<void> {
    const service = this.#service
    service.begin()
    try {
      let response: HttpResponse
      const { method } = stream
      if (method === 'CONNECT' || method === 'TRACE') response = plain(405, 'Method Not Allowed\n')
      else if (!stream.path.startsWith('/')) response = plain(400, 'Bad Request\n')
      else {
        try {
          response = await service.handle(stream)
        } catch (error) {
          response = failureResponse(error, service.log)
        }
      }
      await this.#answer(stream, response)
    } catch (error) {
      service.log.warn('answer broke off', { path: stream.path, error })
      stream.reset(errorCode.internal)
    } finally {
      service.end()
    }
  }

  /** Undefined: all is handed over. */
  #answer(stream: Stream, { status, headers, body }: HttpResponse): Promise<void> | undefined {
    if (stream.isClosed) return undefined
    const isHead = stream.method === 'HEAD'
    const length = body.type === 'bytes' ? totalLength(body.chunks) : undefined
    const isEmpty = isHead || length === 0 || body.type === 'none' || body.type === 'upgraded'
    const block = encodeHeaders(status, headers, status === 304 ? undefined : length)
    // Before the answer, so that the client does not send its next request here once it has it.
    if (headers['connection'] === 'close') this.close()
    if (body.type === 'bytes' && !isEmpty && this.#fits(stream, block.length, length!)) {
      this.#sendWhole(stream, block, body.chunks, length!)
      return undefined
    }
    this.#sendHeaders(stream.id, block, isEmpty)
    if (body.type === 'stream' && !isHead) return this.#stream(stream, body.chunks)
    stream.isLast = true
    if (isEmpty) this.#finish(stream)
    else if (body.type === 'bytes') {
      stream.pending.push(...body.chunks)
      stream.pendingBytes = length!
      this.pump(stream)
    }
    return undefined
  }

  /** Whether an answer can go out at once, as one frame of headers and one of data. */
  #fits(stream: Stream, blockLength: number, length: number): boolean {
    return (
      length <= maxFrameLength
      && blockLength <= maxFrameLength
      && length <= stream.sendWindow
      && length <= this.#sendWindow
      && this.#waiting.size === 0
      && this.#outBytes < maxQueued
      && !this.#socket.writableNeedDrain
    )
  }

  #sendWhole(stream: Stream, block: Buffer, chunks: readonly Uint8Array[], length: number): void {
    const bytes = Buffer.allocUnsafe(2 * frameHeaderLength + block.length + length)
    writeFrameHeader(bytes, 0, block.length, frameType.headers, flag.endHeaders, stream.id)
    bytes.set(block, frameHeaderLength)
    let at = frameHeaderLength + block.length
    writeFrameHeader(bytes, at, length, frameType.data, flag.endStream, stream.id)
    at += frameHeaderLength
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    this.#sendWindow -= length
    stream.sendWindow -= length
    stream.isLast = true
    this.send(bytes)
    this.#finish(stream)
  }

  async #stream(stream: Stream, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) {
      if (chunk.length > 0 && !(await stream.write(chunk))) return
      if (stream.isClosed) return
    }
    stream.isLast = true
    if (stream.pendingBytes > 0) return this.pump(stream)
    this.send(frame(frameType.data, flag.endStream, stream.id, new Uint8Array()))
    this.#finish(stream)
  }

  #sendHeaders(id: number, block: Buffer, isEnd: boolean): void {
    const endFlag = isEnd ? flag.endStream : 0
    if (block.length <= maxFrameLength) return this.send(frame(frameType.headers, flag.endHeaders | endFlag, id, block))
    this.send(frame(frameType.headers, endFlag, id, block.subarray(0, maxFrameLength)))
    for (let at = maxFrameLength; at < block.length; at += maxFrameLength) {
      const isLast = at + maxFrameLength >= block.length
      this.send(
        frame(frameType.continuation, isLast ? flag.endHeaders : 0, id, block.subarray(at, at + maxFrameLength)),
      )
    }
  }

  /** The answer is out. A client that goes on sending is told to stop: nobody reads it. */
  #finish(stream: Stream): void {
    if (stream.isRequestEnded) stream.close()
    else stream.linger()
  }

  /** The client takes nothing from any stream: not for long. */
  #stall(): void {
    this.#stalled ??= setTimeout(() => this.#socket.destroy(), this.stalledReaderMs)
  }

  /** After the client has taken something. */
  #pumpWaiting(): void {
    clearTimeout(this.#stalled)
    this.#stalled = undefined
    if (this.#waiting.size === 0) return
    const turn = [...this.#waiting]
    for (const stream of turn) {
      if (this.#sendWindow <= 0 || this.#outBytes >= maxQueued || this.#socket.writableNeedDrain) return
      this.pump(stream)
    }
  }

  #charge(): void {
    this.#refill()
    if (--this.#allowance < 0) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'too many frames that carry nothing')
    }
    if (this.#socket.writableLength > maxUnsent) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'answers are not taken')
    }
  }

  #chargeReset(): void {
    this.#refill()
    if (--this.#resetAllowance < 0) throw new ConnectionError(errorCode.enhanceYourCalm, 'too many resets')
  }

  #refill(): void {
    const now = performance.now()
    const seconds = (now - this.#refilledAt) / 1000
    if (seconds < 0.05) return
    this.#refilledAt = now
    const { idleFramesPerSecond } = this.#service.limits
    this.#allowance = Math.min(this.#allowance + seconds * idleFramesPerSecond, 2 * idleFramesPerSecond)
    this.#resetAllowance = Math.min(
      this.#resetAllowance + seconds * this.#service.limits.resetRate,
      this.#service.limits.resetBurst,
    )
  }

  #endWhenIdle(): void {
    if (this.#streams.size > 0) return
    setImmediate(() => { if (this.#streams.size === 0) this.#socket.end() })
  }

  #lost(): void {
    clearTimeout(this.#stalled)
    const open = [...this.#streams.values()]
    for (const stream of open) stream.close()
  }
}

function ignoreField(): void {}

function unpad(flags: number, payload: Buffer): Buffer {
  if (!(flags & flag.padded)) return payload
  const padding = payload[0]
  if (padding === undefined || padding >= payload.length) {
    throw new ConnectionError(errorCode.protocol, 'more padding than frame')
  }
  return payload.subarray(1, payload.length - padding)
}

/** Names are in lower case, and nothing about the connection itself is said in a header (RFC 9113 §8.2). */
function isForbidden(name: string, value: string): boolean {
  switch (name) {
    case 'connection': case 'keep-alive': case 'proxy-connection': case 'transfer-encoding': case 'upgrade': return true
    case 'te': return value !== 'trailers'
    default: return !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || /[\0\r\n]/.test(value)
  }
}
