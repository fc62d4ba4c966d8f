/** Frames of websockets and of SPDY, however they are cut into chunks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInflate } from 'node:zlib'
import { concatBytes, utf8Decode, utf8Encode } from '#base/bytes.ts'
import { dataFrame, pingFrame, SpdyFault, SpdyOpener, SpdyReader, type SpdyEvent } from './spdy-frames.ts'
import { WebSocketFault, WebSocketReader } from './websocket-frames.ts'
import { maskedFrame } from './testing.ts'

function messagesOf(chunks: Iterable<Uint8Array>): string[] {
  const reader = new WebSocketReader()
  const messages: string[] = []
  let message = ''
  for (const chunk of chunks) {
    for (const piece of reader.read(chunk)) {
      if (piece.type !== 'data') { messages.push(piece.type); continue }
      if (piece.begins) message = ''
      message += utf8Decode(piece.bytes)
      if (piece.ends) messages.push(message)
    }
  }
  return messages
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('messages come whole, whatever the chunks, with control frames between their fragments', () => {
  const long = 'x'.repeat(70_000)
  const bytes = concatBytes([
    maskedFrame(2, utf8Encode('hello')), maskedFrame(2, new Uint8Array(0)), maskedFrame(1, utf8Encode('y'.repeat(200))),
    maskedFrame(2, utf8Encode('first '), false), maskedFrame(9, utf8Encode('p')), maskedFrame(0, utf8Encode('second')),
    maskedFrame(10, new Uint8Array(0)), maskedFrame(2, utf8Encode(long)), maskedFrame(8, Uint8Array.of(3, 232)),
  ])
  for (const size of [1, 2, 7, 1000, bytes.length]) {
    assert.deepEqual(
      messagesOf(cut(bytes, size)), ['hello', '', 'y'.repeat(200), 'ping', 'first second', long, 'close'], String(size),
    )
  }
})

for (const [name, bytes] of [
  ['not masked', Uint8Array.of(0x82, 0x01, 0x41)],
  ['a long control frame', maskedFrame(9, new Uint8Array(126))],
  ['a control frame in fragments', maskedFrame(9, new Uint8Array(1), false)],
  ['a continuation of nothing', maskedFrame(0, new Uint8Array(1))],
] as const) {
  test(`a websocket frame is refused: ${name}`, () => {
    assert.throws(() => messagesOf([bytes]), WebSocketFault)
  })
}

test('streams are opened with headers that an inflater reads, one compressed stream for all', async () => {
  const opener = new SpdyOpener()
  const inflate = createInflate()
  const inflated: Buffer[] = []
  inflate.on('data', (bytes: Buffer) => inflated.push(bytes))
  for (const [index, streamtype] of ['error', 'stdin'].entries()) {
    const { stream, frame } = opener.open({ streamtype })
    assert.equal(stream, 2 * index + 1)
    assert.deepEqual([...frame.subarray(0, 12)], [0x80, 3, 0, 1, 0, 0, 0, frame.length - 8, 0, 0, 0, stream])
    await new Promise((resolve) => inflate.write(frame.subarray(18), resolve))
    const block = Buffer.concat(inflated.splice(0))
    assert.equal(block.toString('latin1'), `\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05${streamtype}`)
  }
})

test('data, resets, pings and the end are read; everything else is passed over', () => {
  const bytes = concatBytes([
    // A SYN_REPLY, whose headers nobody reads.
    Uint8Array.of(0x80, 3, 0, 2, 0, 0, 0, 6, 0, 0, 0, 1, 9, 9),
    dataFrame(3, utf8Encode('abc'), false), dataFrame(3, new Uint8Array(0), true), pingFrame(2),
    Uint8Array.of(0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, 5, 0, 0, 0, 1),
    Uint8Array.of(0x80, 3, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0),
  ])
  for (const size of [1, 5, bytes.length]) {
    const reader = new SpdyReader()
    const events: SpdyEvent[] = []
    for (const chunk of cut(bytes, size)) events.push(...reader.read(chunk))
    const text = events.flatMap((event) => event.type === 'data' ? [utf8Decode(event.bytes)] : []).join('')
    assert.equal(text, 'abc')
    const types = events.filter((event) => event.type !== 'data' || event.ends).map(({ type }) => type)
    assert.deepEqual(types, ['data', 'ping', 'reset', 'goAway'])
  }
})

test('what is not SPDY/3, or too long, is refused', () => {
  const read = (...bytes: readonly number[]): SpdyEvent[] => [...new SpdyReader().read(Uint8Array.from(bytes))]
  assert.throws(() => read(0x80, 2, 0, 1, 0, 0, 0, 0), SpdyFault)
  assert.throws(() => read(0x80, 3, 0, 2, 0, 0xff, 0, 0), SpdyFault)
})
