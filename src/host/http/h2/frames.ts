/** HTTP/2 frames (RFC 9113): numbers of types, flags and errors, and the bytes of what we send. */

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const

export const errorCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const

export const settingId = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

export const frameHeaderLength = 9
/** Both sides' default and least (RFC 9113 §4.2). We never allow more, and never send more. */
export const maxFrameLength = 16_384
export const maxWindow = 2 ** 31 - 1

/** Ends the connection with GOAWAY. */
export class ConnectionError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export function writeFrameHeader(
  target: Buffer, offset: number, length: number, type: number, flags: number, stream: number,
): void {
  target[offset] = length >> 16
  target[offset + 1] = (length >> 8) & 0xff
  target[offset + 2] = length & 0xff
  target[offset + 3] = type
  target[offset + 4] = flags
  target.writeUInt32BE(stream, offset + 5)
}

/** A whole frame with a short payload. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderLength + payload.length)
  writeFrameHeader(bytes, 0, payload.length, type, flags, stream)
  bytes.set(payload, frameHeaderLength)
  return bytes
}

export function numbersFrame(type: number, stream: number, ...numbers: readonly number[]): Buffer {
  const payload = Buffer.allocUnsafe(4 * numbers.length)
  for (const [index, number] of numbers.entries()) payload.writeUInt32BE(number, 4 * index)
  return frame(type, 0, stream, payload)
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.allocUnsafe(6 * settings.length)
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * index)
    payload.writeUInt32BE(value, 6 * index + 2)
  }
  return frame(frameType.settings, 0, 0, payload)
}
