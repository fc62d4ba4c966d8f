import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import http2 from 'node:http2'
import { after, before, describe, test } from 'node:test'
import tls from 'node:tls'
import { createAuthority, issueKey, loadAuthority } from '#base/x509/authority.ts'
import type { ByteSource, HttpRequest, HttpResponse } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { nodeCrypto } from '../../crypto/node-crypto.ts'
import { listen, type Server } from '../listen.ts'
import { frame, frameType, numbersFrame, settingsFrame } from './frames.ts'
import { encodeHeaders, HpackDecoder } from './hpack.ts'
import { decodeHuffman } from './huffman.ts'

const tools = { crypto: nodeCrypto, random: { bytes: (length: number) => randomBytes(length) } }
const validity = { notBefore: Date.now() - 1e6, notAfter: Date.now() + 1e6 }
const ca = createAuthority(tools, 'kubernetes', validity)
const serving = issueKey(tools, loadAuthority(tools, ca), {
  ...validity,
  subject: { commonName: 'x', organizations: [] },
  extendedKeyUsages: ['server auth'],
  dnsNames: ['localhost'],
  ipAddresses: ['127.0.0.1'],
})
const big = Buffer.alloc(3_000_000, 'abcdefgh')

async function handle(request: HttpRequest): Promise<HttpResponse> {
  const bytes = (body: Uint8Array, headers = {}): HttpResponse => ({
    status: 200,
    headers,
    body: { type: 'bytes', chunks: [body] },
  })
  switch (request.path) {
    case '/headers': return bytes(Buffer.from(JSON.stringify(request.headers)))
    case '/big': return bytes(big)
    case '/endless': return { status: 200, headers: {}, body: { type: 'stream', chunks: endless() } }
    case '/pulled': return pulled(sourceOf(big))
    case '/breaks': return pulled({ read: () => { throw new Error('cannot be read') } })
    case '/counted': return pulled({ read: (target) => { pulledBytes += target.length; return target.length } })
    case '/long-header': return bytes(Buffer.from('x'), { 'x-long': 'v'.repeat(50_000) })
    case '/echo': return bytes(await request.readBody(2_000_000))
    case '/wait': {
      await new Promise((resolve) => { setTimeout(resolve, 200) })
      return bytes(Buffer.from('late'))
    }
    case '/unread': return bytes(Buffer.from('no thanks'))
    default: return bytes(Buffer.from('ok'))
  }
}
function pulled(source: ByteSource): HttpResponse {
  return { status: 200, headers: {}, body: { type: 'stream', chunks: [], source } }
}

/** In pieces that seldom fill what there is room for. */
function sourceOf(bytes: Buffer): ByteSource {
  let at = 0
  return {
    read(target) {
      const length = Math.min(target.length, 1 + (at % 20_000), bytes.length - at)
      target.set(bytes.subarray(at, at + length))
      at += length
      return length
    },
  }
}
let pulledBytes = 0
let produced = 0
async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    produced++
    yield Buffer.alloc(10_000)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}

let server: Server
let url: string
before(async () => {
  server = await listen({
    port: 0,
    host: '127.0.0.1',
    certificates: serving,
    handle,
    log: silentLog,
    limits: { drainMs: 100, stalledReaderMs: 300, bodyMs: 500 },
  })
  url = `https://127.0.0.1:${server.port}`
})
after(() => server.close())

/** A block of headers without any compression. */
const block = (fields: readonly (readonly [string, string])[]): Buffer => Buffer.concat(fields.map(([name, value]) =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])))

function get(
  session: http2.ClientHttp2Session,
  path: string,
  headers: http2.OutgoingHttpHeaders = {},
  body?: Buffer,
): Promise<{ status: number; body: Buffer; headers: http2.IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ...headers }, { endStream: !body })
    const chunks: Buffer[] = []
    let head: http2.IncomingHttpHeaders = {}
    stream.on('response', (received) => { head = received })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => resolve({ status: Number(head[':status']), body: Buffer.concat(chunks), headers: head }))
    stream.on('error', reject)
    if (body) stream.end(body)
  })
}
const connect = (options: http2.SecureClientSessionOptions = {}): http2.ClientHttp2Session =>
  http2.connect(url, { ca: ca.certificate, ...options }).on('error', () => undefined)

describe('with node’s client', () => {
  test('headers arrive as they were sent, also from the dynamic table', async () => {
    const session = connect()
    for (let i = 0; i < 5; i++) {
      const { body } = await get(session, '/headers', {
        'x-many': ['a', 'b'],
        cookie: ['c=1', 'd=2'],
        authorization: 'Bearer ü~',
        'x-n': String(i),
      })
      const headers = JSON.parse(body.toString()) as Record<string, string>
      assert.deepEqual(
        [headers['x-many'], headers['cookie'], headers['authorization'], headers['x-n'], headers['host']],
        ['a, b', 'c=1; d=2', 'Bearer ü~', String(i), `127.0.0.1:${server.port}`],
      )
    }
    session.close()
  })
  test('many large answers at once keep to small windows', async () => {
    const session = connect({ settings: { initialWindowSize: 1000 } })
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(session, '/big')))
    for (const { body } of answers) assert.ok(body.equals(big))
    session.close()
  })
  test('answers that are made as they are sent keep to small windows and to the order of their bytes', async () => {
    for (const settings of [{ initialWindowSize: 1000 }, {}, { initialWindowSize: 10_000_000 }]) {
      const session = connect({ settings })
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, at) => get(session, at % 3 === 0 ? '/big' : '/pulled')),
      )
      for (const { body } of answers) assert.ok(body.equals(big))
      session.close()
    }
  })
  test('an answer that is made as it is sent ends after a request that ends late', async () => {
    const session = connect()
    const { body } = await get(session, '/pulled', { ':method': 'POST' }, Buffer.alloc(100_000))
    assert.ok(body.equals(big))
    session.close()
  })
  test('a source that fails ends its stream, and no other', async () => {
    const session = connect()
    const [failed, other] = await Promise.allSettled([get(session, '/breaks'), get(session, '/pulled')])
    assert.equal(failed.status, 'rejected')
    assert.ok(other.status === 'fulfilled' && other.value.body.equals(big))
    session.close()
  })
  test('of an answer that nobody reads no more is made than was taken, and its client is cut off', async () => {
    const socket = tls.connect({ port: server.port, host: '127.0.0.1', ca: ca.certificate, ALPNProtocols: ['h2'] })
    socket.on('error', () => undefined)
    const cut = new Promise<void>((resolve) => { socket.on('close', () => resolve()) })
    const wide = 2 ** 30
    const head = block([[':method', 'GET'], [':path', '/counted'], [':scheme', 'https'], [':authority', 'a']])
    socket.write(Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settingsFrame([[4, wide]]),
      numbersFrame(frameType.windowUpdate, 0, wide), frame(frameType.headers, 5, 1, head),
    ]))
    // Read at first and then no more: what both sides' kernels hold is all that is made.
    await new Promise((resolve) => { socket.once('data', resolve) })
    socket.pause()
    const quiet = async (): Promise<number> => {
      for (let before = -1; before !== pulledBytes;) {
        before = pulledBytes
        await new Promise((resolve) => { setTimeout(resolve, 60) })
      }
      return pulledBytes
    }
    assert.ok(await quiet() < 64 * 2 ** 20)
    await new Promise((resolve) => { setTimeout(resolve, 400) })
    const atEnd = pulledBytes
    socket.resume()
    await cut
    assert.equal(pulledBytes, atEnd)
  })
  test('large bodies come through', async () => {
    const session = connect()
    const body = randomBytes(1_500_000)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => get(session, '/echo', { ':method': 'POST' }, body)),
    )
    for (const answer of answers) assert.ok(answer.body.equals(body))
    session.close()
  })
  test('an answer may come before the body is read', async () => {
    const session = connect()
    for (let i = 0; i < 3; i++) {
      assert.equal(
        (await get(session, '/unread', { ':method': 'POST' }, Buffer.alloc(100_000))).body.toString(),
        'no thanks',
      )
    }
    session.close()
  })
  test('headers that do not fit one frame are continued', async () => {
    const session = connect({ settings: { maxHeaderListSize: 100_000 } })
    assert.equal((await get(session, '/long-header')).headers['x-long']?.length, 50_000)
    session.close()
  })
  test('a thousand requests over one connection', async () => {
    const session = connect()
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => get(session, '/')))
      assert.ok(answers.every(({ status, body }) => status === 200 && body.toString() === 'ok'))
    }
    session.close()
  })
  test('a reader that stalls stops the source, and is cut off', async () => {
    const session = connect({ settings: { initialWindowSize: 20_000 } })
    const stream = session.request({ ':path': '/endless' })
    stream.on('error', () => undefined)
    stream.pause()
    const closed = new Promise<number>((resolve) => { stream.on('close', () => resolve(stream.rstCode)) })
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    const producedBefore = produced
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    assert.equal(produced, producedBefore, 'nothing is made while nothing is taken')
    stream.resume()
    session.setTimeout(0)
    stream.close()
    await closed
    session.destroy()
  })
})

describe('with hostile frames', () => {
  /**
   * Sends frames after the preface; gives the code of the GOAWAY, or of the reset of stream 1, or what else ended it.
   */
  function attack(...frames: readonly Uint8Array[]): Promise<string> {
    return new Promise((resolve) => {
      const socket = tls.connect(
        { port: server.port, host: '127.0.0.1', ca: ca.certificate, ALPNProtocols: ['h2'] },
        () => {
          socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settingsFrame([]), ...frames]))
        },
      )
      let input = Buffer.alloc(0)
      const done = (result: string): void => { resolve(result); socket.destroy() }
      socket.on('data', (bytes: Buffer) => {
        input = Buffer.concat([input, bytes])
        while (input.length >= 9 && input.length >= 9 + input.readUIntBE(0, 3)) {
          const length = input.readUIntBE(0, 3)
          const type = input[3]
          const payload = input.subarray(9, 9 + length)
          if (type === frameType.goAway) return done(`goaway ${payload.readUInt32BE(4)}`)
          if (type === frameType.resetStream) return done(`reset ${payload.readUInt32BE(0)}`)
          if (type === frameType.headers) return done(`answer ${[...decodeStatus(payload)].join()}`)
          input = input.subarray(9 + length)
        }
      })
      socket.on('error', () => done('error'))
      socket.on('close', () => done('closed'))
      setTimeout(() => done('nothing'), 2000).unref()
    })
  }
  function decodeStatus(block: Uint8Array): string[] {
    const found: string[] = []
    new HpackDecoder().decode(block, (name, value) => { if (name === ':status') found.push(value) })
    return found
  }
  const request = (...more: (readonly [string, string])[]): Buffer =>
    block([[':method', 'GET'], [':path', '/'], [':scheme', 'https'], [':authority', 'a'], ...more])
  const headers = (bytes: Uint8Array, flags = 5, stream = 1): Buffer => frame(frameType.headers, flags, stream, bytes)
  const repeat = (bytes: Buffer, count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes))
  const cases: readonly (readonly [string, readonly Uint8Array[], string])[] = [
    ['a plain request is answered', [headers(request())], 'answer 200'],
    ['a name in capitals', [headers(request(['X-Bad', '1']))], 'reset 1'],
    ['a header about the connection', [headers(request(['connection', 'close']))], 'reset 1'],
    ['transfer-encoding', [headers(request(['transfer-encoding', 'chunked']))], 'reset 1'],
    ['a line break in a value', [headers(request(['x', 'a\r\nb: c']))], 'reset 1'],
    [
      'a pseudo-header after a header',
      [
        headers(
          block([
            [':method', 'GET'],
            ['x', '1'],
            [':path', '/'],
            [':scheme', 'https'],
          ]),
        ),
      ],
      'reset 1',
    ],
    ['two paths', [headers(request([':path', '/x']))], 'reset 1'],
    ['an unknown pseudo-header', [headers(request([':what', 'x']))], 'reset 1'],
    ['no path', [headers(block([[':method', 'GET'], [':scheme', 'https']]))], 'reset 1'],
    ['two content-lengths', [headers(request(['content-length', '1'], ['content-length', '2']))], 'reset 1'],
    [
      'a length that is not the body’s',
      [headers(request(['content-length', '5']), 4), frame(frameType.data, 1, 1, Buffer.from('abc'))],
      'reset 1',
    ],
    [
      'an absolute path elsewhere',
      [
        headers(
          block([
            [':method', 'GET'],
            [':path', 'http://evil/'],
            [':scheme', 'https'],
          ]),
        ),
      ],
      'answer 400',
    ],
    ['CONNECT', [headers(block([[':method', 'CONNECT'], [':authority', 'evil:443']]))], 'answer 405'],
    ['an even stream', [headers(request(), 5, 2)], 'goaway 1'],
    [
      'a stream that depends on itself',
      [headers(Buffer.concat([Buffer.from([0, 0, 0, 1, 5]), request()]), 0x25)],
      'goaway 1',
    ],
    ['more padding than frame', [headers(Buffer.from([200, 1, 2]), 0x0d)], 'goaway 1'],
    ['a frame that is too long', [Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1])], 'goaway 6'],
    ['data without a stream', [frame(frameType.data, 0, 0, Buffer.from('x'))], 'goaway 1'],
    ['data on a stream that is not open yet', [frame(frameType.data, 0, 7, Buffer.from('x'))], 'goaway 1'],
    [
      'another frame within a header block',
      [headers(request(), 1), frame(frameType.ping, 0, 0, Buffer.alloc(8))],
      'goaway 1',
    ],
    [
      'continuations without end',
      [headers(request(), 1), repeat(frame(frameType.continuation, 0, 1, Buffer.alloc(16_000)), 10)],
      'goaway 11',
    ],
    [
      'empty continuations without end',
      [headers(request(), 1), repeat(frame(frameType.continuation, 0, 1, Buffer.alloc(0)), 10_000)],
      'goaway 11',
    ],
    ['a table entry that is not there', [headers(Buffer.from([0xff, 0x80, 0x01]))], 'goaway 9'],
    ['an integer without end', [headers(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))], 'goaway 9'],
    ['a text that is cut off', [headers(Buffer.from([0, 50, 65]))], 'goaway 9'],
    ['a table larger than we allow', [headers(Buffer.from([0x3f, 0xe1, 0xff, 0x03]))], 'goaway 9'],
    ['a push', [frame(frameType.pushPromise, 4, 1, Buffer.alloc(8))], 'goaway 1'],
    ['settings of a stream', [frame(frameType.settings, 0, 1, Buffer.alloc(0))], 'goaway 1'],
    ['settings that are cut off', [frame(frameType.settings, 0, 0, Buffer.alloc(5))], 'goaway 6'],
    ['a window beyond all measure', [settingsFrame([[4, 2 ** 31]])], 'goaway 3'],
    [
      'a connection window that overflows',
      [numbersFrame(frameType.windowUpdate, 0, 2 ** 31 - 1), numbersFrame(frameType.windowUpdate, 0, 2 ** 31 - 1)],
      'goaway 3',
    ],
    ['a window update by nothing', [numbersFrame(frameType.windowUpdate, 0, 0)], 'goaway 1'],
    ['a flood of settings', [repeat(settingsFrame([]), 20_000)], 'goaway 11'],
    ['a flood of pings', [repeat(frame(frameType.ping, 0, 0, Buffer.alloc(8)), 20_000)], 'goaway 11'],
    ['a flood of priorities', [repeat(frame(frameType.priority, 0, 1, Buffer.alloc(5)), 20_000)], 'goaway 11'],
    [
      'a flood of empty data',
      [
        headers(
          block([
            [':method', 'POST'],
            [':path', '/echo'],
            [':scheme', 'https'],
          ]),
          4,
        ),
        repeat(frame(frameType.data, 0, 1, Buffer.alloc(0)), 20_000),
      ],
      'goaway 11',
    ],
  ]
  for (const [name, frames, expected] of cases) {
    test(name, async () => {
      assert.equal(await attack(...frames), expected)
    })
  }

  test('more data than the window allows', async () => {
    const body = repeat(frame(frameType.data, 0, 1, Buffer.alloc(16_000)), 20)
    assert.equal(
      await attack(
        headers(
          block([
            [':method', 'POST'],
            [':path', '/wait'],
            [':scheme', 'https'],
          ]),
          4,
        ),
        body,
      ),
      'reset 3',
    )
  })
  test('a flood of resets', async () => {
    const frames: Buffer[] = []
    for (let id = 1; id < 20_000; id += 2) {
      frames.push(headers(request(), 5, id), numbersFrame(frameType.resetStream, id, 8))
    }
    const socket = tls.connect({ port: server.port, host: '127.0.0.1', ca: ca.certificate, ALPNProtocols: ['h2'] })
    socket.on('error', () => undefined)
    const closed = new Promise<void>((resolve) => { socket.on('close', () => resolve()) })
    socket.resume()
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settingsFrame([]), ...frames]))
    await closed
    const session = connect()
    assert.equal((await get(session, '/')).status, 200)
    session.close()
  })
  test('random bytes end that connection and nothing else', async () => {
    for (let i = 0; i < 50; i++) await attack(randomBytes(200))
    const session = connect()
    assert.equal((await get(session, '/')).status, 200)
    session.close()
  })
})

describe('HPACK', () => {
  test('reads the examples of RFC 7541 C.4 and C.6', () => {
    const decoder = new HpackDecoder()
    const read = (hex: string): string => {
      const fields: string[] = []
      decoder.decode(Buffer.from(hex, 'hex'), (name, value) => fields.push(`${name}=${value}`))
      return fields.join(' ')
    }
    assert.equal(
      read('828684418cf1e3c2e5f23a6ba0ab90f4ff'),
      ':method=GET :scheme=http :path=/ :authority=www.example.com',
    )
    assert.equal(
      read('828684be5886a8eb10649cbf'),
      ':method=GET :scheme=http :path=/ :authority=www.example.com cache-control=no-cache',
    )
    assert.equal(
      read('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'),
      ':method=GET :scheme=https :path=/index.html :authority=www.example.com custom-key=custom-value',
    )
  })
  test('writes what it reads', () => {
    const fields: string[] = []
    new HpackDecoder().decode(
      encodeHeaders(
        299, { 'content-type': 'application/json', 'x-long': 'y'.repeat(300), 'x-longer': 'z'.repeat(70_000) }, 12_345,
      ),
      (name, value) => fields.push(`${name}=${value}`),
    )
    assert.deepEqual(fields, [
      ':status=299',
      'content-type=application/json',
      `x-long=${'y'.repeat(300)}`,
      `x-longer=${'z'.repeat(70_000)}`,
      'content-length=12345',
    ])
  })
  test('refuses Huffman codes that end wrongly', () => {
    for (const hex of ['00', 'fffffffc', 'f8ff']) {
      assert.throws(() => decodeHuffman(Buffer.from(hex, 'hex'), 0, hex.length / 2), RangeError)
    }
  })
})
