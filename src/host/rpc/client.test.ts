/** The gRPC client against a server of raw HTTP/2 that answers in every way that a server can. */
import assert from 'node:assert/strict'
import http2, { type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { rpcCode, RpcError, type RpcChannel, type RpcCode } from '#world/rpc.ts'
import { rpcClient } from './client.ts'
import { frameMessage, MessageReader } from './messages.ts'

const never = new AbortController().signal
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array): string => new TextDecoder().decode(value)

type Answer = (stream: ServerHttp2Stream) => void

function trailers(stream: ServerHttp2Stream, status: number, message = ''): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status), 'grpc-message': message }))
}

const answers: Readonly<Record<string, Answer>> = {
  '/echo': (stream: ServerHttp2Stream) => {
    trailers(stream, 0)
    const reader = new MessageReader(1 << 24)
    stream.on('data', (part: Uint8Array) => {
      for (const message of reader.read(part)) stream.write(frameMessage(message))
    })
    stream.on('end', () => stream.end())
  },
  '/refuse': (stream) => stream.respond({
    ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '9', 'grpc-message': 'not %C3%BCber',
  }, { endStream: true }),
  '/empty': (stream) => { trailers(stream, 0); stream.end() },
  '/page': (stream) => stream.respond({ ':status': 503 }, { endStream: true }),
  '/cut': (stream) => { trailers(stream, 0); stream.write(frameMessage(bytes('half'))); stream.session?.destroy() },
  '/reset': (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
  '/silent': () => {},
  '/slowly': (stream) => {
    trailers(stream, 0)
    for (const byte of frameMessage(bytes('in pieces'))) stream.write(Uint8Array.of(byte))
    stream.end()
  },
  '/forever': (stream) => {
    trailers(stream, 0)
    const more = (): void => { while (!stream.destroyed && stream.write(frameMessage(new Uint8Array(10_000)))); }
    stream.on('drain', more)
    more()
  },
}

describe('gRPC client', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rpc-'))
  const url = `unix://${directory}/socket`
  const sessions = new Set<ServerHttp2Session>()
  let server: Http2Server
  let channel: RpcChannel

  before(async () => {
    server = http2.createServer()
    server.on('session', (session) => sessions.add(session))
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {})
      answers[headers[':path']!]!(stream)
    })
    await new Promise<void>((resolve) => server.listen(`${directory}/socket`, resolve))
    channel = rpcClient.open({ url, messageBytesMax: 1 << 22 })
  })
  after(async () => {
    await channel[Symbol.asyncDispose]()
    for (const session of sessions) session.destroy()
    server.close()
    rmSync(directory, { recursive: true })
  })

  const refused = (method: string, code: RpcCode, message: RegExp): Promise<void> =>
    assert.rejects(channel.unary(method, bytes('x'), AbortSignal.timeout(2_000)), (error) =>
      error instanceof RpcError && error.code === code && message.test(error.message))

  test('carries messages of any size, many at once', async () => {
    const sizes = [0, 1, 5, 16_384, 3_000_000]
    const got = await Promise.all(sizes.map((size) => channel.unary('/echo', new Uint8Array(size).fill(7), never)))
    assert.deepEqual(got.map((message) => message.length), sizes)
    assert.ok(got.every((message) => message.every((byte) => byte === 7)))
    assert.equal(text(await channel.unary('/slowly', bytes(''), never)), 'in pieces')
  })

  test('tells in gRPC\'s codes how a call ended', async () => {
    await refused('/refuse', rpcCode.failedPrecondition, /^not über$/)
    await refused('/empty', rpcCode.internal, /got 0 messages/)
    await refused('/page', rpcCode.unavailable, /HTTP status 503/)
    await refused('/reset', rpcCode.unavailable, /INTERNAL_ERROR/)
    await refused('/cut', rpcCode.unavailable, /./)
  })

  test('a larger message than allowed is refused', async () => {
    await assert.rejects(channel.unary('/echo', new Uint8Array(1 << 23), never), { code: rpcCode.resourceExhausted })
  })

  test('connects again after the connection was lost', async () => {
    for (const session of sessions) session.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(text(await channel.unary('/echo', bytes('again'), never)), 'again')
  })

  test('a call that takes too long ends as such, a cancelled one as cancelled', async () => {
    const late = new AbortController()
    const cancelled = new AbortController()
    const calls = [late, cancelled].map(({ signal }) => channel.unary('/silent', bytes('x'), signal))
    late.abort(new RpcError(rpcCode.deadlineExceeded, 'context deadline exceeded'))
    cancelled.abort()
    await assert.rejects(calls[0]!, { code: rpcCode.deadlineExceeded })
    await assert.rejects(calls[1]!, { code: rpcCode.cancelled })
    await assert.rejects(channel.unary('/echo', bytes('x'), cancelled.signal), { code: rpcCode.cancelled })
  })

  test('a server that is not there is unavailable', async () => {
    await using nobody = rpcClient.open({ url: 'http://127.0.0.1:1', messageBytesMax: 1_000 })
    await assert.rejects(nobody.unary('/echo', bytes('x'), never), {
      code: rpcCode.unavailable, message: 'connect ECONNREFUSED 127.0.0.1:1',
    })
  })

  test('a stream sends and receives until both have ended', async () => {
    const stream = channel.stream('/echo', never)
    const received = stream.received[Symbol.asyncIterator]()
    for (const word of ['one', 'two']) {
      await stream.send(bytes(word))
      assert.equal(text((await received.next()).value!), word)
    }
    stream.end()
    assert.equal((await received.next()).done, true)
    await assert.rejects(stream.send(bytes('late')), RpcError)
  })

  test('a reader that is slow holds the server up, and may leave', async () => {
    const stream = channel.stream('/forever', never)
    let read = 0
    for await (const message of stream.received) {
      assert.equal(message.length, 10_000)
      if (read === 0) await new Promise((resolve) => setTimeout(resolve, 50))
      if (++read === 1_000) break
    }
    assert.equal(read, 1_000)
  })
})
