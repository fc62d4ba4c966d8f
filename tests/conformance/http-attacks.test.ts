/**
 * Hostile requests as bytes over a real connection: bodies that are too large (A1, A2), and the cases of the HTTP layer
 * (C), each here or in a test that the table names.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { startTestServer } from '#apiserver/testing.ts'
import { createAuthority, issueKey, loadAuthority } from '#base/x509/authority.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { listen, type Server } from '#host/http/listen.ts'
import { silentLog } from '#world/log.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const bodyLimit = 3 * 1024 * 1024
const tools = { crypto: nodeCrypto, random: { bytes: (length: number) => randomBytes(length) } }
const hour = 3_600_000
const validity = { notBefore: Date.now() - hour, notAfter: Date.now() + hour }
const authority = createAuthority(tools, 'kubernetes', validity)
const frontProxy = createAuthority(tools, 'front-proxy-ca', validity)
const serving = issueKey(tools, loadAuthority(tools, authority), {
  ...validity, subject: { commonName: 'kube-apiserver', organizations: [] }, extendedKeyUsages: ['server auth'],
  dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'],
})

let server: Server
before(async () => {
  server = await listen({
    port: 0, host: '127.0.0.1', handle: startTestServer().server.handle, log: silentLog,
    certificates: { ...serving, clientCa: authority.certificate, frontProxyCa: frontProxy.certificate },
  })
})
after(() => server.close())

function connect(options: tls.ConnectionOptions = {}): tls.TLSSocket {
  const socket = tls.connect({
    port: server.port, host: '127.0.0.1', ca: authority.certificate, ALPNProtocols: ['http/1.1'], ...options,
  })
  socket.on('error', () => undefined)
  return socket
}

/** What comes back until the server closes the connection. */
function send(pieces: Iterable<string | Uint8Array>, options: tls.ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(options)
    socket.on('data', (chunk: Buffer) => { answer += chunk.toString() })
    socket.on('close', () => resolve(answer))
    for (const piece of pieces) socket.write(piece)
  })
}

async function unharmed(): Promise<void> {
  assert.match(await send(['GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n']), /^HTTP\/1\.1 200 /)
}

const post = `POST ${maps} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`

test('A1: a body that says to be too large is refused before it is read', { timeout: 20_000 }, async () => {
  const answer = await send([`${post}Content-Length: ${bodyLimit + 1}\r\nConnection: close\r\n\r\n`])
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.match(answer, /"reason":"RequestEntityTooLarge"/)
  await unharmed()
})

test('A2: a body that becomes too large is cut off, and its connection ends', { timeout: 20_000 }, async () => {
  const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`
  const answer = await send([`${post}Transfer-Encoding: chunked\r\n\r\n`, chunk.repeat(bodyLimit / 0x10000 + 1)])
  assert.match(answer, /^HTTP\/1\.1 413 /)
  await unharmed()
})

test('C5: who asks for much and reads nothing holds nobody up', { timeout: 20_000 }, async () => {
  const session = http2.connect(`https://127.0.0.1:${server.port}`, {
    ca: authority.certificate, settings: { initialWindowSize: 0 },
  })
  session.on('error', () => undefined)
  for (let i = 0; i < 100; i++) {
    const stream = session.request({ ':path': '/openapi/v3/apis/apps/v1' })
    stream.on('error', () => undefined)
    stream.pause()
  }
  await unharmed()
  session.destroy()
})

test('C7: lines without a carriage return are no request', { timeout: 20_000 }, async () => {
  assert.match(await send(['GET /version HTTP/1.1\nHost: a\nConnection: close\n\n']), /^(HTTP\/1\.1 400 |$)/)
})

test('C10: idle connections, and ones that never finish their handshake, leave room', { timeout: 60_000 }, async () => {
  const idle = Array.from({ length: 300 }, () => connect())
  await Promise.all(idle.map((socket) => new Promise((resolve) => { socket.once('secureConnect', resolve) })))
  await unharmed()
  for (const socket of idle) socket.destroy()
})

test('C11: protocols that nobody knows, and names that are none', { timeout: 20_000 }, async () => {
  for (const options of [{ ALPNProtocols: ['\u0001junk'] }, { servername: 'a'.repeat(250) }]) {
    const socket = connect({ ...options, checkServerIdentity: () => undefined })
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
      socket.once('secureConnect', () => socket.destroy())
    })
  }
  await unharmed()
})

const upgrade = `GET ${maps}?watch=true HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
  + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
const frames: Readonly<Record<string, Buffer>> = {
  'a frame that is not masked': Buffer.from([0x81, 1, 0x61]),
  'a frame of 2^63 bytes': Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
  'a frame of 1 GiB': Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]),
  'pings without end, and then junk': Buffer.concat([
    ...Array.from({ length: 20_000 }, () => Buffer.from([0x89, 0x80, 1, 2, 3, 4])), Buffer.from([0xff, 0x00]),
  ]),
}

for (const [name, bytes] of Object.entries(frames)) {
  test(`C12: a websocket with ${name} is closed`, { timeout: 20_000 }, async () => {
    assert.match(await send([upgrade, bytes]), /^HTTP\/1\.1 101 /)
    await unharmed()
  })
}

test('C12: an upgrade that is none is refused', { timeout: 20_000 }, async () => {
  const malformed = upgrade.replace(/Sec-WebSocket-Key.*\r\n\r/, 'Connection: close\r\n\r')
  assert.match(await send([malformed]), /^HTTP\/1\.1 400 /)
})

test('C16: ten thousand requests in one go are answered in order, or the connection ends', { timeout: 60_000 },
  async () => {
    const many = 'GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(9_999)
    const answer = await send([`${many}GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`])
    const statuses = answer.match(/HTTP\/1\.1 \d+/g) ?? []
    // Node's parser may end such a connection with 400 when it is told to wait.
    assert.ok(statuses.length <= 10_000)
    assert.deepEqual(new Set(statuses.slice(0, -1)), new Set(['HTTP/1.1 200']))
    await unharmed()
  })

const here = 'tests/conformance/http-attacks.test.ts'
const api = 'tests/conformance/attacks.test.ts'
const connections = 'src/host/http/server.test.ts'
const frameTests = 'src/host/http/h2/connection.test.ts'
/** Each case of section C, with words of the tests that hold it. */
const held: Readonly<Record<string, readonly (readonly [file: string, words: string])[]>> = {
  C1: [[frameTests, 'a flood of resets'], [connections, 'a flood of resets closes that connection only']],
  C3: [[frameTests, 'a connection window that overflows']],
  C4: [
    [frameTests, 'a flood of settings'], [frameTests, 'a flood of pings'], [frameTests, 'a flood of empty data'],
    [frameTests, 'a flood of priorities'],
  ],
  C5: [[here, 'C5: ']],
  C6: [[connections, 'headers that never end are cut off in time'], [connections, 'a body that never ends']],
  C7: [
    [connections, 'content-length with transfer-encoding'], [connections, 'two content-lengths'],
    [connections, 'an unknown transfer-encoding'], [connections, 'a space before the colon'],
    [connections, 'a folded header'], [here, 'C7: '],
  ],
  C9: [
    [connections, 'no host'], [connections, 'an absolute URI'], [connections, 'CONNECT'],
    [api, "'C9'"],
  ],
  C10: [[here, 'C10: ']],
  C11: [[connections, 'old TLS versions find no server here'], [here, 'C11: ']],
  C12: [[here, 'C12: ']],
  C13: [[api, "'C13'"]],
  C15: [[api, "'C15'"]],
  C16: [[here, 'C16: ']],
  C17: [[api, "'C17'"]],
  C18: [[api, 'C18: ']],
}

for (const [id, tests] of Object.entries(held)) {
  test(`${id} has its tests`, () => {
    for (const [file, words] of tests) {
      assert.ok(readFileSync(join(import.meta.dirname, '../..', file), 'utf8').includes(words), `${file}: ${words}`)
    }
  })
}
