/**
 * The server's side of websockets (RFC 6455): handshake and frames, and all that a watch needs, which sends and listens
 * for the close. What clients say at length is read by `streams/websocket-frames.ts`.
 */
import { base64Encode, utf8Encode } from '#base/bytes.ts'
import { sha1 } from '#base/sha1.ts'
import { badRequest } from '#machinery/errors/api-error.ts'
import type { HttpRequest, RawConnection } from '#world/http.ts'

export interface WebSocket {
  send(message: Uint8Array, binary: boolean): Promise<void>
  close(code: number): Promise<void>
  destroy(): void
  /** Resolves when the peer closes or goes away. */
  readonly closed: Promise<void>
}

/** What a frame is (RFC 6455, section 5.2). */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** The code of a close when all has been said (section 7.4.1). */
export const normalClosure = 1000

const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** A watcher has nothing to say; whoever sends more than this in one frame is cut off. */
const maxReceivedFrame = 64 * 1024

function websocketAccept(key: string): string {
  return base64Encode(sha1(utf8Encode(key + acceptSuffix)))
}

/** The subprotocols that a client of a websocket offers; none for a request that is no such upgrade. */
export function offeredProtocols(request: HttpRequest): readonly string[] {
  if (request.upgrade?.protocol.toLowerCase() !== 'websocket') return []
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
}

/** Answers the handshake; an empty protocol is none. Throws ApiError 400 for one that is malformed. */
export async function acceptHandshake(request: HttpRequest, protocol: string): Promise<RawConnection> {
  const key = request.headers['sec-websocket-key']
  if (!request.upgrade || !key || request.headers['sec-websocket-version'] !== '13') {
    throw badRequest('malformed websocket handshake')
  }
  const connection = request.upgrade.accept()
  await connection.write(
    utf8Encode(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        + `Sec-WebSocket-Accept: ${websocketAccept(key)}\r\n${protocol === '' ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\n`,
    ),
  )
  return connection
}

/** For a watch. Throws ApiError 400 for a handshake that is malformed. */
export async function acceptWebSocket(request: HttpRequest): Promise<WebSocket> {
  const known = ['binary.k8s.io', 'base64.binary.k8s.io']
  const protocol = offeredProtocols(request).find((name) => known.includes(name)) ?? ''
  const connection = await acceptHandshake(request, protocol)
  return {
    send: (message, binary) => connection.write(frame(binary ? opcodes.binary : opcodes.text, message)),
    async close(code) {
      await connection.write(closeFrame(code))
      connection.end()
    },
    destroy: () => connection.destroy(),
    closed: listen(connection),
  }
}

/** A whole message, or a control frame; servers do not mask. */
export function frame(opcode: number, payload: Uint8Array): Uint8Array {
  const extended = payload.length < 126 ? 0 : payload.length < 0x1_0000 ? 2 : 8
  const bytes = new Uint8Array(2 + extended + payload.length)
  bytes[0] = 0x80 | opcode
  if (extended === 0) bytes[1] = payload.length
  else {
    bytes[1] = extended === 2 ? 126 : 127
    let rest = payload.length
    for (let i = 1 + extended; i > 1; i--) {
      bytes[i] = rest & 0xff
      rest = Math.floor(rest / 0x100)
    }
  }
  bytes.set(payload, 2 + extended)
  return bytes
}

/** `code`: why the connection ends. */
export function closeFrame(code: number): Uint8Array {
  return frame(opcodes.close, Uint8Array.of(code >> 8, code & 0xff))
}

/** Reads frames until a close frame, an end or a fault; answers pings. */
async function listen(connection: RawConnection): Promise<void> {
  let buffer: Uint8Array = new Uint8Array(0)
  try {
    for await (const chunk of connection.received) {
      const joined = new Uint8Array(buffer.length + chunk.length)
      joined.set(buffer)
      joined.set(chunk, buffer.length)
      buffer = joined
      for (;;) {
        const parsed = parseFrame(buffer)
        if (parsed === 'more') break
        if (parsed === 'fault' || parsed.opcode === opcodes.close) return
        if (parsed.opcode === opcodes.ping) await connection.write(frame(opcodes.pong, parsed.payload))
        buffer = buffer.subarray(parsed.length)
      }
    }
  } catch (error) {
    // A connection that breaks is a watcher that has gone away, which is all that the caller wants to know.
    if (!(error instanceof Error)) throw error
  }
}

function parseFrame(bytes: Uint8Array): {
  readonly opcode: number; readonly payload: Uint8Array; readonly length: number,
} | 'more' | 'fault' {
  if (bytes.length < 2) return 'more'
  const size = bytes[1]! & 0x7f
  const extended = size < 126 ? 0 : size === 126 ? 2 : 8
  const start = 2 + extended + 4
  // A client must mask; one that does not is not a websocket client.
  if ((bytes[1]! & 0x80) === 0) return 'fault'
  if (bytes.length < start) return 'more'
  let length = extended === 0 ? size : 0
  for (let i = 2; i < 2 + extended; i++) length = length * 0x100 + bytes[i]!
  if (length > maxReceivedFrame) return 'fault'
  if (bytes.length < start + length) return 'more'
  const payload = bytes.slice(start, start + length)
  for (let i = 0; i < payload.length; i++) payload[i]! ^= bytes[start - 4 + (i & 3)]!
  return { opcode: bytes[0]! & 0x0f, payload, length: start + length }
}
