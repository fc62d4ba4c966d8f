/**
 * What leaves an HTTP/2 connection: the frames of one turn of the event loop in one write, as far as the client's
 * windows and its reading allow.
 */
import type { Socket } from 'node:net'
import type { Log } from '#world/log.ts'
import { errorCode, flag, frame, frameHeaderLength, frameType, maxFrameLength, writeFrameHeader } from './frames.ts'
import { claimBytesMax, OutBuffer } from './out-buffer.ts'
import type { Stream, StreamOut } from './stream.ts'
import { returnWriteBuffer, takeWriteBuffer, writeBufferBytes } from './write-buffers.ts'

export const initialWindow = 65_535
/** Handed to the socket at once: full TLS records, and an end to what waits in memory. */
const maxQueued = 256 * 1024
/** Fewer bytes are not worth a buffer that goes round. */
const minBuffered = 16 * 1024
/** With its header as long as a TLS record. */
const pulledFrameLength = maxFrameLength - frameHeaderLength
/**
 * So many frames are pulled for all connections together before the clients have taken some: many at once get one each,
 * so that what waits in TLS does not grow with their number; a single one gets as many as make a good write.
 */
const pulledFrames = { together: 32, each: 16 }
let pullingConnections = 0
/** Where frames of events are put together before it shows how much memory they need. */
const scratch = Buffer.allocUnsafeSlow(writeBufferBytes)

export class Outgoing implements StreamOut {
  /** What the client takes on all streams together. */
  window = initialWindow
  readonly #socket: Socket
  readonly #stalledReaderMs: number
  readonly #log: Log
  /** With chunks that wait for a window, in turn. */
  readonly #waiting = new Set<Stream>()
  /** Whose answers are made as they are sent. */
  readonly #pulled = new Set<Stream>()
  #isPulledWriteOut = false
  #stalled: NodeJS.Timeout | undefined
  readonly #out = new OutBuffer()
  #isFlushing = false

  constructor(socket: Socket, stalledReaderMs: number, log: Log) {
    this.#socket = socket
    this.#stalledReaderMs = stalledReaderMs
    this.#log = log
  }

  send(bytes: Uint8Array): void {
    this.#out.push(bytes)
    this.#flushSoon()
  }

  sendHeaders(id: number, block: Buffer, isEnd: boolean): void {
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

  sendHead(stream: Stream, block: Buffer, isEnd: boolean): void {
    this.sendHeaders(stream.id, block, isEnd)
    if (!isEnd) return
    stream.isLast = true
    stream.finished()
  }

  sendAnswer(stream: Stream, head: Buffer, prefix: Uint8Array, body: Uint8Array, trailers: Buffer): void {
    const length = prefix.length + body.length
    if (!this.#fits(stream, head.length, length)) {
      this.sendHeaders(stream.id, head, false)
      stream.pending.push(Buffer.concat([prefix, body]))
      stream.pendingBytes += length
      stream.finish(trailers)
      return
    }
    const { target, at: start } = this.#room(3 * frameHeaderLength + head.length + length + trailers.length)
    let at = writeFrame(target, start, frameType.headers, flag.endHeaders, stream.id, head)
    writeFrameHeader(target, at, length, frameType.data, 0, stream.id)
    at += frameHeaderLength
    target.set(prefix, at)
    target.set(body, at + prefix.length)
    writeFrame(target, at + length, frameType.headers, flag.endHeaders | flag.endStream, stream.id, trailers)
    this.#sentWhole(stream, length)
  }

  /** A whole answer without trailers. */
  sendWhole(stream: Stream, block: Buffer, chunks: readonly Uint8Array[], length: number): void {
    if (!this.#fits(stream, block.length, length)) {
      this.sendHeaders(stream.id, block, false)
      stream.isLast = true
      stream.pending.push(...chunks)
      stream.pendingBytes = length
      return this.pump(stream)
    }
    const { target, at: start } = this.#room(2 * frameHeaderLength + block.length + length)
    let at = writeFrame(target, start, frameType.headers, flag.endHeaders, stream.id, block)
    writeFrameHeader(target, at, length, frameType.data, flag.endStream, stream.id)
    at += frameHeaderLength
    for (const chunk of chunks) {
      target.set(chunk, at)
      at += chunk.length
    }
    this.#sentWhole(stream, length)
  }

  pump(stream: Stream): void {
    while (stream.pending.length > 0) {
      const chunk = stream.pending[0]!
      const length = Math.min(chunk.length, maxFrameLength, this.window, stream.sendWindow)
      if (length <= 0 || this.#isFull()) {
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
      this.send(length === chunk.length ? chunk : chunk.subarray(0, length))
      this.#count(stream, length)
      stream.pendingBytes -= length
      if (length === chunk.length) stream.pending.shift()
      else stream.pending[0] = chunk.subarray(length)
      if (isEnd) return stream.finished()
    }
    this.#waiting.delete(stream)
    if (stream.isLast && stream.trailers) this.sendHead(stream, stream.trailers, true)
    else stream.sent()
  }

  beginPulling(stream: Stream): void {
    if (this.#pulled.size === 0) pullingConnections++
    this.#pulled.add(stream)
    this.#flushSoon()
  }

  /** Whether the stream waits for the client to take more. */
  isWaiting(stream: Stream): boolean {
    return this.#waiting.has(stream) || this.#pulled.has(stream)
  }

  closed(stream: Stream): void {
    this.#waiting.delete(stream)
    if (this.#pulled.delete(stream) && this.#pulled.size === 0) pullingConnections--
  }

  /** After the client has taken something, or lets more be sent. */
  proceed(): void {
    clearTimeout(this.#stalled)
    this.#stalled = undefined
    if (this.#isPulledWriteOut) this.#stall()
    else if (this.#canPull()) this.#flushSoon()
    if (this.#waiting.size === 0) return
    const turn = [...this.#waiting]
    for (const stream of turn) {
      if (this.window <= 0 || this.#isFull()) return
      this.pump(stream)
    }
  }

  /** The connection is gone. */
  lost(): void {
    clearTimeout(this.#stalled)
  }

  /** Whether an answer can go out at once, as one frame of headers and one of data. */
  #fits(stream: Stream, blockLength: number, length: number): boolean {
    return (
      length <= maxFrameLength
      && blockLength <= maxFrameLength
      && length <= stream.sendWindow
      && length <= this.window
      && this.#waiting.size === 0
      && !this.#isFull()
    )
  }

  #isFull(): boolean {
    return this.#out.length >= maxQueued || this.#socket.writableNeedDrain
  }

  #count(stream: Stream, length: number): void {
    this.window -= length
    stream.sendWindow -= length
  }

  /** The client takes nothing from any stream: not for long. */
  #stall(): void {
    this.#stalled ??= setTimeout(() => this.#socket.destroy(), this.#stalledReaderMs)
  }

  /** Memory for a part of what goes out next. */
  #room(length: number): { readonly target: Buffer; readonly at: number } {
    if (length <= claimBytesMax) return this.#out.claim(length)
    const target = Buffer.allocUnsafe(length)
    this.#out.push(target)
    return { target, at: 0 }
  }

  #sentWhole(stream: Stream, length: number): void {
    this.#count(stream, length)
    stream.isLast = true
    stream.finished()
    this.#flushSoon()
  }

  /**
   * At the end of the turn, for all connections one after the other: an answer that leaves as soon as it is made wakes
   * its reader each time, which costs several times what the write does.
   */
  #flushSoon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(() => {
      this.#isFlushing = false
      this.#flush()
    })
  }

  #flush(): void {
    const { length } = this.#out
    const out = this.#out.take()
    if (this.#socket.destroyed) return
    const takesMore = this.#canPull() ? this.#writePulled(out, length) : this.#writeJoined(out, length)
    if (takesMore) this.proceed()
  }

  /** Copying makes few TLS records and one system call of many small frames. False: the socket asks to wait. */
  #writeJoined(out: readonly Uint8Array[], length: number): boolean {
    if (out.length === 0) return !this.#socket.writableNeedDrain
    if (out.length === 1) return this.#socket.write(out[0]!)
    const buffer = length < minBuffered ? undefined : takeWriteBuffer(length)
    if (!buffer) return this.#socket.write(Buffer.concat(out, length))
    join(out, buffer)
    return this.#socket.write(buffer.subarray(0, length), (error) => {
      if (!error) returnWriteBuffer(buffer)
    })
  }

  #canPull(): boolean {
    if (this.#pulled.size === 0 || this.#isPulledWriteOut || this.window <= 0 || this.#isFull()) return false
    for (const stream of this.#pulled) if (stream.sendWindow > 0) return true
    return false
  }

  /** Frames that wait and new ones behind them. One such write at a time: the next when the client has taken this. */
  #writePulled(out: readonly Uint8Array[], length: number): boolean {
    const frames = Math.floor(pulledFrames.together / pullingConnections)
    const room = Math.max(1, Math.min(frames, pulledFrames.each)) * maxFrameLength
    if (length + maxFrameLength > writeBufferBytes) return this.#writeJoined(out, length)
    const whole = Math.min(length + room, writeBufferBytes)
    const buffer = this.#hasOnlyEvents() ? scratch : takeWriteBuffer(whole)!
    join(out, buffer)
    const end = this.#pull(buffer.subarray(0, whole), length)
    if (end === 0) {
      returnWriteBuffer(buffer)
      return true
    }
    if (buffer === scratch) {
      const part = Buffer.allocUnsafe(end)
      scratch.copy(part, 0, 0, end)
      return this.#writePart(part, undefined)
    }
    return this.#writePart(buffer.subarray(0, end), buffer)
  }

  #writePart(part: Buffer, buffer: Buffer | undefined): boolean {
    this.#isPulledWriteOut = true
    this.#stall()
    return this.#socket.write(part, (error) => {
      this.#isPulledWriteOut = false
      if (error) return
      if (buffer) returnWriteBuffer(buffer)
      this.proceed()
    })
  }

  /** Events are short and come on many connections at once: buffers for each would be nearly all unused. */
  #hasOnlyEvents(): boolean {
    for (const { source } of this.#pulled) if (!source?.begin) return false
    return true
  }

  /** Fills `target` from `at` on with frames of the streams in turn; gives where they end. */
  #pull(target: Buffer, at: number): number {
    for (let hasMore = true; hasMore;) {
      hasMore = false
      for (const stream of this.#pulled) {
        if (target.length - at < maxFrameLength) return at
        const length = Math.min(pulledFrameLength, this.window, stream.sendWindow)
        if (length <= 0) {
          if (stream.sendWindow <= 0) stream.stall()
          continue
        }
        const start = at + frameHeaderLength
        const read = this.#readSource(stream, target.subarray(start, start + length))
        if (read === undefined) {
          // It tells when it has more; or it failed, and is gone.
          this.closed(stream)
          stream.progressed()
          continue
        }
        writeFrameHeader(target, at, read, frameType.data, read === 0 ? flag.endStream : 0, stream.id)
        at = start + read
        this.#count(stream, read)
        hasMore = true
        if (read > 0) stream.progressed()
        else {
          this.closed(stream)
          stream.isLast = true
          stream.finished()
        }
      }
    }
    return at
  }

  /** Undefined: there is nothing for now; or it failed, and the stream with it. */
  #readSource(stream: Stream, target: Buffer): number | undefined {
    try {
      return stream.source!.read(target)
    } catch (error) {
      this.#log.warn('answer broke off', { path: stream.path, error })
      stream.reset(errorCode.internal)
      return undefined
    }
  }
}

function join(frames: readonly Uint8Array[], target: Buffer): void {
  let at = 0
  for (const bytes of frames) {
    target.set(bytes, at)
    at += bytes.length
  }
}

/** Gives where the frame ends. */
function writeFrame(
  target: Buffer, at: number, type: number, flags: number, id: number, payload: Uint8Array,
): number {
  writeFrameHeader(target, at, payload.length, type, flags, id)
  target.set(payload, at + frameHeaderLength)
  return at + frameHeaderLength + payload.length
}
