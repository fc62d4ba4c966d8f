/** The gRPC server: through our client where that will do, and over raw HTTP/2 where clients misbehave. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import http2, { type ClientHttp2Session } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createAuthority, issueKey, loadAuthority } from '#base/x509/authority.ts'
import type { ExtendedKeyUsage } from '#base/x509/extensions.ts'
import { silentLog } from '#world/log.ts'
import { rpcCode, RpcError, type RpcCall, type RpcChannel, type RpcHandler } from '#world/rpc.ts'
import { nodeCrypto } from '../crypto/node-crypto.ts'
import { rpcClient } from './client.ts'
import { frameMessage } from './messages.ts'
import { listenRpc, type RpcListenOptions, type RpcServer } from './server.ts'

const never = new AbortController().signal
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const aborted: string[] = []
let piecesMade = 0

function* pieces(count: number): Generator<Uint8Array> {
  for (let at = 0; at < count; at++) {
    piecesMade++
    yield new Uint8Array(100_000).fill(at)
  }
}

const handler: RpcHandler = {
  unary: (path) => ({
    '/t.T/Echo': async (request: Uint8Array) => request,
    '/t.T/Refuse': async () => { throw new RpcError(rpcCode.notFound, 'nicht über 100%\n') },
    '/t.T/Break': async () => { throw new TypeError('a secret') },
    '/t.T/Long': async () => ({ length: 30_000_000, chunks: pieces(300) }),
    '/t.T/TooLong': async () => ({ length: 3_000_000_000, chunks: [] }),
    '/t.T/Wait': (_request: Uint8Array, call: { readonly signal: AbortSignal }) => new Promise<Uint8Array>((resolve) => {
      call.signal.addEventListener('abort', () => { aborted.push('wait'); resolve(new Uint8Array(0)) })
    }),
  })[path],
  streaming: (path) => ({
    '/t.T/Chat': async (call: RpcCall) => {
      for await (const message of call.received) await call.send(message)
    },
    '/t.T/Flood': async (call: RpcCall) => {
      // Many who send at once all wait for the same room.
      await Promise.all(Array.from({ length: 2_000 }, () => call.send(new Uint8Array(1_000))))
    },
  })[path],
}

const start = (more: Partial<RpcListenOptions> = {}): Promise<RpcServer> => listenRpc({
  address: { type: 'port', host: '127.0.0.1', port: 0 },
  handler,
  handleHttp: () => ({ status: 200, headers: {}, body: { type: 'bytes', chunks: [bytes('plain')] } }),
  log: silentLog,
  messageBytesMax: 100_000,
  ...more,
})

const isRefused = (code: number, words: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof RpcError, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, words)
  return true
}

describe('gRPC server', () => {
  let server: RpcServer
  let channel: RpcChannel
  let raw: ClientHttp2Session
  before(async () => {
    server = await start()
    const url = `http://127.0.0.1:${server.port}`
    channel = rpcClient.open({ url, messageBytesMax: 2 ** 26 })
    raw = http2.connect(url)
  })
  after(async () => {
    raw.destroy()
    await channel[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  /** The status that a body ends with, of headers alone or of trailers. */
  function callRaw(path: string, body: Uint8Array, headers: http2.OutgoingHttpHeaders = {}): Promise<string> {
    const stream = raw.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...headers })
    return new Promise((resolve, reject) => {
      const settle = (fields: http2.IncomingHttpHeaders): void => {
        if (fields['grpc-status'] !== undefined) resolve(`${fields['grpc-status']} ${fields['grpc-message'] ?? ''}`)
      }
      stream.on('response', settle).on('trailers', settle).on('error', reject).resume()
      stream.end(body)
    })
  }

  test('answers a call, and refuses in words that survive the way', async () => {
    const message = randomBytes(90_000)
    assert.deepEqual(Buffer.from(await channel.unary('/t.T/Echo', message, never)), message)
    assert.equal((await channel.unary('/t.T/Echo', new Uint8Array(0), never)).length, 0)
    await assert.rejects(channel.unary('/t.T/Refuse', bytes(''), never), isRefused(rpcCode.notFound, /^nicht über 100%\n$/))
    await assert.rejects(channel.unary('/t.T/Break', bytes(''), never), isRefused(rpcCode.unknown, /^(?!.*secret)/))
  })

  test('says what it does not know in grpc-go\'s words', async () => {
    await assert.rejects(
      channel.unary('/t.T/None', bytes(''), never), isRefused(rpcCode.unimplemented, /^unknown method None for service t\.T$/),
    )
    assert.equal(await callRaw('/none', frameMessage(bytes(''))), '12 malformed method name: "/none"')
  })

  test('takes no message that is too long, compressed, doubled or cut off', async () => {
    const long = Uint8Array.of(0, 0x7f, 0xff, 0xff, 0xff)
    assert.equal(await callRaw('/t.T/Echo', long), '8 grpc: received message larger than max (2147483647 vs. 100000)')
    const packed = Uint8Array.of(1, 0, 0, 0, 1, 0)
    assert.equal(
      await callRaw('/t.T/Echo', packed, { 'grpc-encoding': 'gzip' }),
      '12 grpc: Decompressor is not installed for grpc-encoding "gzip"',
    )
    assert.match(await callRaw('/t.T/Echo', packed), /^13 grpc: compressed flag set/)
    assert.equal(await callRaw('/t.T/Echo', Uint8Array.of(0, 0, 0, 0, 9, 1)), '13 unexpected EOF')
    assert.equal(await callRaw('/t.T/Echo', new Uint8Array(0)), '13 EOF')
  })

  test('gives up a call at its deadline, and when its client goes', async () => {
    assert.equal(await callRaw('/t.T/Wait', frameMessage(bytes('')), { 'grpc-timeout': '50m' }), '4 context deadline exceeded')
    assert.match(await callRaw('/t.T/Echo', frameMessage(bytes('')), { 'grpc-timeout': '5x' }), /^13 malformed grpc-timeout/)
    const leaving = AbortSignal.timeout(50)
    await assert.rejects(channel.unary('/t.T/Wait', bytes(''), leaving))
    await channel.unary('/t.T/Echo', bytes(''), never)
    assert.deepEqual(aborted, ['wait', 'wait'])
  })

  test('makes a long answer while it is taken', async () => {
    const stream = raw.request({ ':method': 'POST', ':path': '/t.T/Long', 'content-type': 'application/grpc' })
    stream.end(frameMessage(bytes('')))
    await new Promise((resolve) => { stream.once('response', resolve) })
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    assert.ok(piecesMade < 20, `${piecesMade} pieces of an answer that nobody reads`)
    let length = 0
    for await (const chunk of stream) length += (chunk as Buffer).length
    assert.equal(length, 30_000_005)
    assert.equal(piecesMade, 300)
    await assert.rejects(channel.unary('/t.T/TooLong', bytes(''), never), isRefused(rpcCode.resourceExhausted, /larger than max/))
  })

  test('streams both ways, and all who send find room in the end', async () => {
    const chat = channel.stream('/t.T/Chat', never)
    const received: string[] = []
    for (const word of ['one', 'two', 'three']) await chat.send(bytes(word))
    chat.end()
    for await (const message of chat.received) received.push(new TextDecoder().decode(message))
    assert.deepEqual(received, ['one', 'two', 'three'])
    const flood = channel.stream('/t.T/Flood', never)
    flood.end()
    let count = 0
    for await (const message of flood.received) count += message.length
    assert.equal(count, 2_000_000)
  })

  test('answers plain HTTP on the same port, of both versions', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/health`)
    assert.equal(await answer.text(), 'plain')
    const stream = raw.request({ ':path': '/health' }).setEncoding('utf8')
    let text = ''
    for await (const part of stream) text += part as string
    assert.equal(text, 'plain')
  })

  test('stops without waiting for calls that last for ever', async () => {
    const stopping = await start()
    await using opened = rpcClient.open({ url: `http://127.0.0.1:${stopping.port}`, messageBytesMax: 2 ** 20 })
    const chat = opened.stream('/t.T/Chat', never)
    await chat.send(bytes('x'))
    const received = chat.received[Symbol.asyncIterator]()
    await received.next()
    const began = performance.now()
    await Promise.all([
      stopping[Symbol.asyncDispose](),
      assert.rejects(received.next(), isRefused(rpcCode.unavailable, /the server is stopping/)),
    ])
    assert.ok(performance.now() - began < 3_000)
  })

  test('cuts off who says nothing', async () => {
    await using hasty = await start({ limits: { handshakeMs: 50 } })
    const socket = connect(hasty.port, '127.0.0.1')
    await new Promise((resolve) => { socket.once('close', resolve).once('error', () => undefined).resume() })
  })

  test('is there for its own user alone on a unix socket', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rpc-server-'))
    const path = join(directory, 'socket')
    {
      await using _local = await start({ address: { type: 'socket', path } })
      assert.equal(statSync(path).mode & 0o777, 0o600)
      await using local = rpcClient.open({ url: `unix://${path}`, messageBytesMax: 2 ** 20 })
      assert.equal((await local.unary('/t.T/Echo', bytes('x'), never)).length, 1)
    }
    rmSync(directory, { recursive: true })
  })

  test('lets in only clients with a certificate of its authority', async () => {
    const tools = { crypto: nodeCrypto, random: { bytes: (length: number) => randomBytes(length) } }
    const validity = { notBefore: Date.now() - 1e6, notAfter: Date.now() + 1e6 }
    const [ca, other] = [createAuthority(tools, 'etcd-ca', validity), createAuthority(tools, 'other', validity)]
    const issue = (authority: typeof ca, usage: ExtendedKeyUsage): ReturnType<typeof issueKey> =>
      issueKey(tools, loadAuthority(tools, authority), {
        ...validity, subject: { commonName: 'x', organizations: [] }, extendedKeyUsages: [usage],
        dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'],
      })
    const serving = issue(ca, 'server auth')
    await using secure = await start({ tls: { ...serving, clientCa: ca.certificate } })
    const tryWith = async (client: ReturnType<typeof issue> | undefined): Promise<string> => {
      await using opened = rpcClient.open({
        url: `https://127.0.0.1:${secure.port}`, messageBytesMax: 2 ** 20, tls: { ca: ca.certificate, ...client },
      })
      return new TextDecoder().decode(await opened.unary('/t.T/Echo', bytes('in'), AbortSignal.timeout(5_000)))
    }
    assert.equal(await tryWith(issue(ca, 'client auth')), 'in')
    await assert.rejects(tryWith(undefined))
    await assert.rejects(tryWith(issue(other, 'client auth')))
    await assert.rejects(tryWith(issue(ca, 'server auth')))
  })
})
