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
} from './frames.ts'
import { Allowance } from './allowance.ts'
import { encodeHeaders, HpackDecoder, HpackError } from './hpack.ts'
import { initialWindow, Outgoing } from './outgoing.ts'
import { HeadReader } from './request-head.ts'
import { Stream, streamWindow, type StreamOwner } from './stream.ts'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
/** All streams of a connection together; given back as it comes, since each stream is bounded by itself. */
const connectionWindow = 4 * 1024 * 1024
/** Answers to such frames that a client does not take. */
const maxUnsent = 4 * 1024 * 1024

export class Http2Connection implements StreamOwner {
  readonly peer: Peer
  readonly bodyMs: number
  readonly stalledReaderMs: number
  readonly out: Outgoing
  readonly #socket: Socket
  readonly #service: Service
  readonly #streams = new Map<number, Stream>()
  readonly #decoder = new HpackDecoder()
  readonly #heads: HeadReader
  #rest: Buffer | undefined
  #isPrefaceRead = false
  #lastStream = 0
  #peerStreamWindow = initialWindow
  #consumed = 0
  /** A header block that is not whole yet, and the frame that began it. */
  #block: { readonly stream: number; readonly endsRequest: boolean; bytes: Buffer } | undefined
  #isGoingAway = false
  readonly #allowance: Allowance

  constructor(socket: Socket, peer: Peer, service: Service) {
    this.#socket = socket
    this.peer = peer
    this.#service = service
    this.#heads = new HeadReader(this.#decoder, service.limits.headerBytes)
    this.bodyMs = service.limits.bodyMs
    this.stalledReaderMs = service.limits.stalledReaderMs
    this.out = new Outgoing(socket, this.stalledReaderMs, service.log)
    this.#allowance = new Allowance(service.limits)
    this.out.send(
      settingsFrame([
        [settingId.maxConcurrentStreams, service.limits.streamsPerConnection],
        [settingId.initialWindowSize, streamWindow],
        [settingId.maxHeaderListSize, service.limits.headerBytes],
      ]),
    )
    this.out.send(numbersFrame(frameType.windowUpdate, 0, connectionWindow - initialWindow))
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('drain', () => this.out.proceed())
    socket.on('close', () => this.#lost())
    socket.setTimeout(service.limits.idleMs, () => { if (this.#streams.size === 0) this.close() })
  }

  /** GOAWAY: what is in flight ends as usual, the client takes a new connection for the rest. */
  close(): void {
    if (this.#isGoingAway) return
    this.#isGoingAway = true
    this.out.send(numbersFrame(frameType.goAway, 0, this.#lastStream, errorCode.none))
    this.#endWhenIdle()
  }

  closed(stream: Stream): void {
    this.#streams.delete(stream.id)
    this.out.closed(stream)
    if (this.#isGoingAway) this.#endWhenIdle()
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
    this.out.send(numbersFrame(frameType.goAway, 0, this.#lastStream, code))
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
      if (!open) { this.#allowance.chargeReset(); return }
      if (!endsRequest || open.isRequestEnded) return open.reset(errorCode.protocol)
      if (!open.endRequest()) open.reset(errorCode.protocol)
      return
    }
    this.#lastStream = id
    const head = this.#heads.read(bytes)
    const stream = new Stream(id, this, this.#peerStreamWindow, head)
    const { problem } = head
    if (this.#isGoingAway) return
    if (this.#streams.size >= this.#service.limits.streamsPerConnection) {
      this.#allowance.chargeReset()
      return this.out.send(numbersFrame(frameType.resetStream, id, errorCode.refusedStream))
    }
    this.#streams.set(id, stream)
    if (problem === 'malformed') return stream.reset(errorCode.protocol)
    const isTaken = problem === undefined && this.#service.takeOver?.(stream) === true
    if (endsRequest && !stream.endRequest()) return stream.reset(errorCode.protocol)
    if (isTaken) return
    if (problem === 'tooLarge') return void this.#answer(stream, plain(431, 'Request Header Fields Too Large\n'))
    void this.#serve(stream)
  }

  #onData(flags: number, id: number, payload: Buffer): void {
    if (id === 0) throw new ConnectionError(errorCode.protocol, 'data without a stream')
    this.#consumed += payload.length
    if (this.#consumed >= connectionWindow / 2) {
      this.out.send(numbersFrame(frameType.windowUpdate, 0, this.#consumed))
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
    this.out.send(frame(frameType.settings, flag.ack, 0, new Uint8Array()))
    this.out.proceed()
  }

  #onWindowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, 'window update of a wrong length')
    const increment = payload.readUInt32BE(0) & maxWindow
    if (id === 0) {
      if (increment === 0) throw new ConnectionError(errorCode.protocol, 'window update by nothing')
      this.out.window += increment
      if (this.out.window > maxWindow) throw new ConnectionError(errorCode.flowControl, 'window overflows')
      return this.out.proceed()
    }
    const stream = this.#streams.get(id)
    if (!stream) {
      if (id > this.#lastStream) throw new ConnectionError(errorCode.protocol, 'window update of an idle stream')
      return this.#charge()
    }
    stream.sendWindow += increment
    if (increment === 0) return stream.reset(errorCode.protocol)
    if (stream.sendWindow > maxWindow) return stream.reset(errorCode.flowControl)
    if (!this.out.isWaiting(stream)) this.#charge()
    else if (stream.source) this.out.proceed()
    else this.out.pump(stream)
  }

  #onReset(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, 'reset of a wrong length')
    if (id === 0 || id > this.#lastStream) throw new ConnectionError(errorCode.protocol, 'reset of an idle stream')
    this.#allowance.chargeReset()
    this.#streams.get(id)?.close()
  }

  #onPing(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError(errorCode.protocol, 'ping of a stream')
    if (payload.length !== 8) throw new ConnectionError(errorCode.frameSize, 'ping of a wrong length')
    this.#charge()
    if (!(flags & flag.ack)) this.out.send(frame(frameType.ping, flag.ack, 0, payload))
  }

  async #serve(stream: Stream): Promise<void> {
    const service = this.#service
    service.begin()
    try {
      let response: HttpResponse
      const { method } = stream
      if (method === 'CONNECT') response = plain(405, 'Method Not Allowed\n')
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
    if (isEmpty) this.out.sendHead(stream, block, true)
    else if (body.type === 'bytes') this.out.sendWhole(stream, block, body.chunks, length!)
    else {
      this.out.sendHead(stream, block, false)
      return body.source ? stream.pull(body.source) : this.#stream(stream, body.chunks)
    }
    return undefined
  }

  async #stream(stream: Stream, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) {
      if (chunk.length > 0 && !(await stream.write(chunk))) return
      if (stream.isClosed) return
    }
    stream.isLast = true
    if (stream.pendingBytes > 0) return this.out.pump(stream)
    this.out.send(frame(frameType.data, flag.endStream, stream.id, new Uint8Array()))
    stream.finished()
  }

  #charge(): void {
    this.#allowance.chargeFrame()
    if (this.#socket.writableLength > maxUnsent) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'answers are not taken')
    }
  }

  #endWhenIdle(): void {
    if (this.#streams.size > 0) return
    setImmediate(() => { if (this.#streams.size === 0) this.#socket.end() })
  }

  #lost(): void {
    this.out.lost()
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
