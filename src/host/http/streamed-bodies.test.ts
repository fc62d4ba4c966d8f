/** Bodies that pass through: as they come, at the pace of whoever reads, over both protocols. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAuthority, issueKey, loadAuthority } from '#base/x509/authority.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { nodeCrypto } from '../crypto/node-crypto.ts'
import { systemRandom } from '../random.ts'
import { createHttpClient } from './client.ts'
import { listen, type Server } from './listen.ts'

const tools = { crypto: nodeCrypto, random: systemRandom }
const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3600_000 }
const authority = createAuthority(tools, 'ca', validity)
const serving = issueKey(tools, loadAuthority(tools, authority), {
  subject: { commonName: 'server', organizations: [] }, extendedKeyUsages: ['server auth'], dnsNames: ['localhost'],
  ipAddresses: ['127.0.0.1'], ...validity,
})
const never = new AbortController().signal
let server: Server
let handle: (request: HttpRequest) => Promise<HttpResponse>

before(async () => {
  server = await listen({
    port: 0, host: '127.0.0.1', log: silentLog, certificates: serving, handle: (request) => handle(request),
    limits: { drainMs: 100, bodyMs: 300 },
  })
})
after(async () => await server.close())

for (const http2 of [false, true]) {
  const over = http2 ? 'HTTP/2' : 'HTTP/1.1'
  const post = async (body: AsyncIterable<Uint8Array>, read: (answer: AsyncIterable<Uint8Array>) => Promise<void>) => {
    using client = createHttpClient({ http2 })
    const answer = await client.request({
      method: 'POST', url: `https://127.0.0.1:${server.port}/`, headers: {}, body, tls: { ca: authority.certificate },
    }, never)
    await read(answer.chunks)
    return answer
  }

  test(`${over}: an answer begins while the request still goes on`, { timeout: 10_000 }, async () => {
    handle = async (request) => ({ status: 200, headers: {}, body: { type: 'stream', chunks: request.streamBody() } })
    const heard: string[] = []
    let more = Promise.withResolvers<void>()
    const body = async function* () {
      for (const word of ['one', 'two', 'three']) {
        yield new TextEncoder().encode(word)
        await more.promise
        more = Promise.withResolvers()
      }
    }
    await post(body(), async (chunks) => {
      for await (const chunk of chunks) {
        heard.push(new TextDecoder().decode(chunk))
        more.resolve()
      }
    })
    assert.deepEqual(heard, ['one', 'two', 'three'])
  })

  test(`${over}: a client waits for a reader who does not come`, { timeout: 10_000 }, async () => {
    const release = Promise.withResolvers<void>()
    let length = 0
    handle = async (request) => {
      const chunks = request.streamBody()[Symbol.asyncIterator]()
      await chunks.next()
      await release.promise
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) length += next.value.length
      return { status: 200, headers: {}, body: { type: 'none' } }
    }
    let sent = 0
    const total = 64 << 20
    const body = async function* () {
      for (; sent < total; sent += 65_536) yield new Uint8Array(65_536)
    }
    const answer = post(body(), async () => {})
    await new Promise((resolve) => { setTimeout(resolve, 200) })
    assert.ok(sent < 16 << 20, `${sent} bytes were taken from the client while nobody read them`)
    release.resolve()
    await answer
    assert.ok(length > total - 1_000_000, `${length} bytes arrived`)
  })

  test(`${over}: a client that falls silent is given up`, { timeout: 10_000 }, async () => {
    let error: unknown
    handle = async (request) => {
      try {
        for await (const _ of request.streamBody()) { /* whatever comes */ }
      } catch (reason) {
        error = reason
      }
      return { status: 408, headers: { connection: 'close' }, body: { type: 'none' } }
    }
    const end = Promise.withResolvers<void>()
    const body = async function* () {
      yield new Uint8Array(10)
      await end.promise
    }
    const answer = await post(body(), async () => {}).finally(() => end.resolve())
    assert.equal(answer.status, 408)
    assert.ok(error instanceof ApiError && error.code === 408)
  })
}

test('a request may say how long its answer may take to begin', { timeout: 10_000 }, async () => {
  handle = () => new Promise(() => {})
  using client = createHttpClient()
  const request = { method: 'GET', url: `https://127.0.0.1:${server.port}/`, headers: {}, tls: { ca: authority.certificate } }
  await assert.rejects(client.request({ ...request, answerMs: 100 }, never), /^Error: no answer from .* within 100 ms$/)
})
