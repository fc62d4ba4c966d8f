import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import tls from 'node:tls'
import { promisify } from 'node:util'
import { createAuthority, issueKey, loadAuthority, type CertifiedKey } from '#base/x509/authority.ts'
import { notFound } from '#machinery/errors/api-error.ts'
import type { HttpRequest, HttpResponse, OutgoingRequest } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { nodeCrypto } from '../crypto/node-crypto.ts'
import { createHttpClient, type ClosableHttpClient } from './client.ts'
import { listen, PortInUse, type Server } from './listen.ts'

const tools = { crypto: nodeCrypto, random: { bytes: (length: number) => randomBytes(length) } }
const hour = 3600 * 1000
const validity = { notBefore: Date.now() - hour, notAfter: Date.now() + hour }
const clusterCa = createAuthority(tools, 'kubernetes', validity)
const proxyCa = createAuthority(tools, 'front-proxy-ca', validity)
const strangerCa = createAuthority(tools, 'kubernetes', validity)

function certificate(
  ca: CertifiedKey,
  commonName: string,
  organizations: string[] = [],
  usage: 'client auth' | 'server auth' = 'client auth',
  when = validity,
): CertifiedKey {
  return issueKey(tools, loadAuthority(tools, ca), {
    ...when,
    subject: { commonName, organizations },
    extendedKeyUsages: [usage],
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  })
}
const serving = certificate(clusterCa, 'kube-apiserver', [], 'server auth')

let inHand = 0

/** What the tests ask for, by path. */
async function handle(request: HttpRequest): Promise<HttpResponse> {
  const text = (body: string, headers = {}): HttpResponse => ({
    status: 200,
    headers: { 'content-type': 'text/plain', ...headers },
    body: { type: 'bytes', chunks: [Buffer.from(body)] },
  })
  switch (request.path) {
    case '/one-at-a-time': {
      inHand++
      await new Promise((resolve) => setImmediate(resolve))
      return text(`${request.query} ${inHand--}`)
    }
    case '/who':
      return text(
        JSON.stringify(request.peer, (key, value) =>
          key === 'notAfter' || key === 'address' || key === 'fingerprint' ? undefined : value,
        ),
      )
    case '/echo':
      return text(
        `${request.method} ${request.query} ${request.headers['host']} ${(await request.readBody(1000)).length}`,
      )
    case '/large':
      return {
        status: 200,
        headers: {},
        body: { type: 'bytes', chunks: Array.from({ length: 100 }, () => Buffer.alloc(100_000, 97)) },
      }
    case '/stream':
      return { status: 200, headers: {}, body: { type: 'stream', chunks: ticks(request.signal) } }
    case '/missing':
      throw notFound({ group: '', resource: 'pods' }, 'web')
    case '/broken':
      throw new Error('secret inner text')
    case '/breaks-off':
      return { status: 200, headers: {}, body: { type: 'stream', chunks: breaksOff() } }
    case '/goaway':
      return text('bye', { connection: 'close' })
    case '/nothing':
      return { status: 204, headers: {}, body: { type: 'none' } }
    case '/upgrade': {
      if (!request.upgrade) return { status: 400, headers: {}, body: { type: 'none' } }
      const connection = request.upgrade.accept()
      await connection.write(
        Buffer.from('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n'),
      )
      for await (const chunk of connection.received) {
        await connection.write(Buffer.from(Buffer.from(chunk).toString().toUpperCase()))
      }
      connection.end()
      return { status: 101, headers: {}, body: { type: 'upgraded' } }
    }
    default:
      return { status: 404, headers: {}, body: { type: 'none' } }
  }
}

let aborted = 0
async function* ticks(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.addEventListener('abort', () => { aborted++ }, { once: true })
  yield Buffer.from('one\n')
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 100)
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
  })
  yield Buffer.from('two\n')
}
async function* breaksOff(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one\n')
  throw new Error('planted')
}

let server: Server
let url: string
let client1: ClosableHttpClient
let client2: ClosableHttpClient
const clients = (): (readonly [string, ClosableHttpClient])[] => [['HTTP/1.1', client1], ['HTTP/2', client2]]
const never = new AbortController().signal
const clusterTls = { ca: clusterCa.certificate }

before(async () => {
  server = await listen({
    port: 0, host: '127.0.0.1', handle, log: silentLog,
    certificates: { ...serving, clientCa: clusterCa.certificate, frontProxyCa: proxyCa.certificate },
    limits: { drainMs: 500, headersMs: 1000, bodyMs: 1000 },
  })
  url = `https://127.0.0.1:${server.port}`
  client1 = createHttpClient()
  client2 = createHttpClient({ http2: true })
})
after(async () => {
  client1[Symbol.dispose]()
  client2[Symbol.dispose]()
  await server.close()
})

async function ask(
  client: ClosableHttpClient,
  path: string,
  request: Partial<OutgoingRequest> = {},
): Promise<{ status: number; text: string }> {
  const response = await client.request(
    { method: 'GET', url: url + path, headers: {}, tls: clusterTls, ...request },
    never,
  )
  return { status: response.status, text: Buffer.from(await response.readBody(20_000_000)).toString() }
}

describe('plain requests over both protocols', () => {
  const cases: readonly (readonly [string, string, Partial<OutgoingRequest>, number, string | RegExp])[] = [
    [
      'a query and a body arrive',
      '/echo?a=1&b',
      { method: 'POST', body: Buffer.alloc(1000) },
      200,
      /^POST a=1&b 127\.0\.0\.1:\d+ 1000$/,
    ],
    ['a GET has an empty body', '/echo', {}, 200, /^GET {2}127\.0\.0\.1:\d+ 0$/],
    [
      'a body over the limit is refused',
      '/echo',
      { method: 'POST', body: Buffer.alloc(1001) },
      413,
      /Request entity too large: limit is 1000/,
    ],
    [
      'a large body over the limit is refused',
      '/echo',
      { method: 'POST', body: Buffer.alloc(3_000_000) },
      413,
      /Request entity too large/,
    ],
    ['an answer in many chunks arrives whole', '/large', {}, 200, 'a'.repeat(10_000_000)],
    ['a stream arrives whole', '/stream', {}, 200, 'one\ntwo\n'],
    ['an ApiError becomes its Status', '/missing', {}, 404, /"message":"pods \\"web\\" not found"/],
    ['any other error becomes a 500 without its text', '/broken', {}, 500, /^(?!.*secret).*InternalError/],
    ['nothing is nothing', '/nothing', {}, 204, ''],
    ['HEAD has no body', '/large', { method: 'HEAD' }, 200, ''],
  ]
  for (const [name, path, request, status, expected] of cases) {
    test(name, async () => {
      for (const [protocol, client] of clients()) {
        const answer = await ask(client, path, request)
        assert.equal(answer.status, status, protocol)
        if (typeof expected === 'string') assert.equal(answer.text, expected, protocol)
        else assert.match(answer.text, expected, protocol)
      }
    })
  }

  test('the first chunk of a stream arrives before the second is made', async () => {
    for (const [protocol, client] of clients()) {
      const response = await client.request(
        { method: 'GET', url: `${url}/stream`, headers: {}, tls: clusterTls },
        never,
      )
      const seen: string[] = []
      for await (const chunk of response.chunks) seen.push(Buffer.from(chunk).toString())
      assert.deepEqual(seen, ['one\n', 'two\n'], protocol)
    }
  })

  test('a stream that breaks off is an error to the reader, and nobody else notices', async () => {
    for (const [protocol, client] of clients()) {
      const response = await client.request(
        { method: 'GET', url: `${url}/breaks-off`, headers: {}, tls: clusterTls },
        never,
      )
      await assert.rejects(response.readBody(1000), protocol)
      assert.equal((await ask(client, '/nothing')).status, 204)
    }
  })

  test('the handler learns that the client went away', async () => {
    for (const [, client] of clients()) {
      const abortedBefore = aborted
      const abort = new AbortController()
      const response = await client.request(
        { method: 'GET', url: `${url}/stream`, headers: {}, tls: clusterTls },
        abort.signal,
      )
      const reading = response.readBody(1000).catch(() => undefined)
      abort.abort()
      await reading
      for (let i = 0; i < 100 && aborted === abortedBefore; i++) {
        await new Promise((resolve) => {
          setTimeout(resolve, 5)
        })
      }
      assert.equal(aborted, abortedBefore + 1)
    }
  })

  test('connection: close ends an HTTP/2 connection after its answers', async () => {
    assert.equal((await ask(client2, '/goaway')).text, 'bye')
    assert.equal((await ask(client2, '/nothing')).status, 204)
    assert.equal((await ask(client1, '/goaway')).text, 'bye')
  })
})

describe('client certificates', () => {
  const past = { notBefore: Date.now() - 2 * hour, notAfter: Date.now() - hour }
  const future = { notBefore: Date.now() + hour / 2, notAfter: Date.now() + hour }
  const cases: readonly (readonly [string, CertifiedKey | undefined, RegExp])[] = [
    ['none is no identity', undefined, /^{}$/],
    [
      'one of the client CA is an identity',
      certificate(clusterCa, 'jane', ['dev', 'ops']),
      /^{"certificate":{"commonName":"jane","organizations":\["(dev","ops|ops","dev)"\]}}$/,
    ],
    [
      'one of the front proxy CA is only that',
      certificate(proxyCa, 'front', ['system:masters']),
      /^{"frontProxyCertificate":{"commonName":"front".*}}$/,
    ],
    [
      'one of a stranger with the same name is refused',
      certificate(strangerCa, 'jane', ['system:masters']),
      /^{"certificateError":/,
    ],
    [
      'an expired one is refused',
      certificate(clusterCa, 'jane', [], 'client auth', past),
      /^{"certificateError":"CERT_HAS_EXPIRED"}$/,
    ],
    [
      'one of tomorrow is refused',
      certificate(clusterCa, 'jane', [], 'client auth', future),
      /^{"certificateError":"CERT_NOT_YET_VALID"}$/,
    ],
    [
      'a serving certificate is refused',
      certificate(clusterCa, 'jane', [], 'server auth'),
      /^{"certificateError":"INVALID_PURPOSE"}$/,
    ],
  ]
  for (const [name, identity, expected] of cases) {
    test(name, async () => {
      for (const [protocol, client] of clients()) {
        const answer = await ask(client, '/who', { tls: { ...clusterTls, ...identity } })
        assert.match(answer.text, expected, protocol)
      }
    })
  }

  test('one CA for clients and for the front proxy is refused at the start', async () => {
    const certificates = { ...serving, clientCa: clusterCa.certificate, frontProxyCa: clusterCa.certificate }
    await assert.rejects(listen({ port: 0, handle, log: silentLog, certificates }), /must not share/)
  })

  test('after a reload new connections see the new certificate', async () => {
    const other = certificate(clusterCa, 'second', [], 'server auth')
    const certificates = { clientCa: clusterCa.certificate, frontProxyCa: proxyCa.certificate }
    const seen = (): Promise<string> => new Promise((resolve, reject) => {
      const socket = tls.connect({ port: server.port, host: '127.0.0.1', ca: clusterCa.certificate }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN))
        socket.destroy()
      }).on('error', reject)
    })
    server.reload({ ...certificates, ...other })
    assert.equal(await seen(), 'second')
    server.reload({ ...certificates, ...serving })
    assert.equal(await seen(), 'kube-apiserver')
  })
})

describe('upgrades', () => {
  test('the raw connection carries bytes both ways', async () => {
    const result = await client1.upgrade(
      {
        method: 'POST',
        url: `${url}/upgrade`,
        headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' },
        tls: clusterTls,
      },
      never,
    )
    assert.equal(result.type, 'upgraded')
    if (result.type !== 'upgraded') return
    await result.connection.write(Buffer.from('hello'))
    for await (const chunk of result.connection.received) {
      assert.equal(Buffer.from(chunk).toString(), 'HELLO')
      break
    }
    result.connection.destroy()
  })

  test('a refusal is a plain answer', async () => {
    const result = await client1.upgrade(
      {
        method: 'GET',
        url: `${url}/missing`,
        headers: { connection: 'Upgrade', upgrade: 'websocket' },
        tls: clusterTls,
      },
      never,
    )
    assert.equal(result.type, 'refused')
    if (result.type !== 'refused') return
    assert.equal(result.response.status, 404)
    assert.match(Buffer.from(await result.response.readBody(1000)).toString(), /not found/)
  })
})

describe('hostile connections', () => {
  const raw = (text: string, options: tls.ConnectionOptions = {}): Promise<string> => new Promise((resolve) => {
    let answer = ''
    const socket = tls.connect({
      port: server.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...options,
    })
    socket.on('data', (chunk: Buffer) => { answer += chunk.toString() })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
    socket.write(text)
  })
  const host = 'Host: a\r\n'
  test('thousands of requests at once are answered in order, one at a time', async () => {
    const count = 5000
    const requests = Array.from({ length: count }, (_, index) =>
      `GET /one-at-a-time?${index} HTTP/1.1\r\n${host}${index === count - 1 ? 'Connection: close\r\n' : ''}\r\n`)
    const answers = (await raw(requests.join(''))).split('HTTP/1.1 200 OK').slice(1)
    assert.equal(answers.length, count)
    // The number of the request, and how many were in hand at once.
    answers.forEach((answer, index) => assert.ok(answer.endsWith(`\r\n\r\n${index} 1`), answer))
  })
  const malformed: readonly (readonly [string, string, RegExp])[] = [
    [
      'content-length with transfer-encoding',
      `POST /echo HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    [
      'two content-lengths',
      `POST /echo HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
      /^HTTP\/1.1 400/,
    ],
    [
      'an unknown transfer-encoding',
      `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\nabcd`,
      /^HTTP\/1.1 400/,
    ],
    ['a space before the colon', 'GET /who HTTP/1.1\r\nHost : a\r\n\r\n', /^HTTP\/1.1 400/],
    ['a folded header', `GET /who HTTP/1.1\r\n${host}A: b\r\n c\r\n\r\n`, /^HTTP\/1.1 400/],
    ['no host', 'GET /who HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 400/],
    ['an absolute URI', `GET http://evil/ HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, /^HTTP\/1.1 400/],
    ['CONNECT', 'CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n', /^(HTTP\/1.1 40[05].*)?$/s],
    ['headers without end', `GET /who HTTP/1.1\r\n${host}A: ${'a'.repeat(70_000)}\r\n`, /^(HTTP\/1.1 431.*)?$/s],
    ['HTTP/2 on a connection without it', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1.1 400/],
    ['junk', '\u0000\u0001\u0002', /^HTTP\/1.1 400/],
  ]
  for (const [name, text, expected] of malformed) {
    test(`${name} is refused and the connection closed`, async () => { assert.match(await raw(text), expected) })
  }

  test('old TLS versions find no server here', async () => {
    for (const maxVersion of ['TLSv1', 'TLSv1.1'] as const) {
      assert.equal(
        await raw('GET / HTTP/1.1\r\n\r\n', { minVersion: 'TLSv1', maxVersion, ciphers: 'ALL@SECLEVEL=0' }),
        '',
      )
    }
  })

  test('headers that never end are cut off in time', { timeout: 20_000 }, async () => {
    const began = performance.now()
    assert.match(await raw('GET /who HTTP/1.1\r\nHost: a\r\n'), /^HTTP\/1.1 408/)
    assert.ok(performance.now() - began < 10_000)
  })

  test('a body that never ends is cut off in time', async () => {
    assert.match(await raw(`POST /echo HTTP/1.1\r\n${host}Content-Length: 100\r\n\r\nabc`), /^HTTP\/1.1 408/)
  })

  test('a flood of resets closes that connection only', async () => {
    const session = http2.connect(url, { ca: clusterCa.certificate })
    session.on('error', () => undefined)
    const gone = new Promise<void>((resolve) => {
      session.once('goaway', () => resolve())
      session.once('close', () => resolve())
    })
    await new Promise<void>((resolve) => { session.once('connect', () => resolve()) })
    for (let i = 0; i < 200 && !session.closed && !session.destroyed; i++) {
      for (let j = 0; j < 50 && !session.closed && !session.destroyed; j++) {
        const stream = session.request({ ':path': '/stream' })
        stream.on('error', () => undefined)
        stream.close(http2.constants.NGHTTP2_CANCEL)
      }
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    await gone
    session.destroy()
    assert.equal((await ask(client2, '/nothing')).status, 204)
  })
})

test('a taken port is named', async () => {
  const again = listen({ port: server.port, host: '127.0.0.1', handle, log: silentLog, certificates: serving })
  await assert.rejects(
    again,
    (error: unknown) => error instanceof PortInUse && error.message.includes(`port ${server.port}`),
  )
})

test('closing lets answers in flight end and refuses new ones', async () => {
  await using second = await listen({ port: 0, host: '127.0.0.1', handle, log: silentLog, certificates: serving })
  const client = createHttpClient()
  const response = await client.request(
    { method: 'GET', url: `https://127.0.0.1:${second.port}/stream`, headers: {}, tls: clusterTls },
    never,
  )
  const closed = second.close()
  assert.equal(Buffer.from(await response.readBody(1000)).toString(), 'one\ntwo\n')
  await closed
  await assert.rejects(
    client.request({ method: 'GET', url: `https://127.0.0.1:${second.port}/who`, headers: {}, tls: clusterTls }, never),
  )
  client[Symbol.dispose]()
})

test('curl speaks both protocols with a client certificate', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'skiff-http-'))
  try {
    const identity = certificate(clusterCa, 'jane', ['dev'])
    writeFileSync(join(directory, 'ca.crt'), clusterCa.certificate)
    writeFileSync(join(directory, 'jane.crt'), identity.certificate)
    writeFileSync(join(directory, 'jane.key'), identity.key)
    for (const [flag, version] of [['--http1.1', '1.1'], ['--http2', '2']]) {
      const { stdout } = await promisify(execFile)('curl', [
        '-sS',
        flag!,
        '--cacert',
        join(directory, 'ca.crt'),
        '--cert',
        join(directory, 'jane.crt'),
        '--key',
        join(directory, 'jane.key'),
        '-w',
        ' %{http_version}',
        `${url}/who`,
      ])
      assert.equal(stdout, `{"certificate":{"commonName":"jane","organizations":["dev"]}} ${version}`)
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})
