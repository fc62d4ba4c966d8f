/** exec and port-forward of websocket clients, against a node that speaks SPDY. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes, utf8Decode, utf8Encode } from '#base/bytes.ts'
import type { HttpClient, HttpRequest, OutgoingRequest, RawConnection } from '#world/http.ts'
import { httpRequest, settle } from '../testing.ts'
import { serveChannels, type StreamOptions } from './channels.ts'
import { dataFrame, SpdyReader } from './spdy-frames.ts'
import { createPipe, maskedFrame } from './testing.ts'
import { serveTunnel } from './tunnel.ts'

interface Session {
  readonly asked: OutgoingRequest[]
  /** The node's end of its connection. */
  readonly node: RawConnection
  /** The client's end of its own. */
  readonly client: RawConnection
  readonly done: Promise<unknown>
}

function begin(
  serve: (request: HttpRequest, http: HttpClient) => Promise<unknown>, protocol: string, refusal?: string,
): Session {
  const asked: OutgoingRequest[] = []
  const toNode = createPipe()
  const toClient = createPipe()
  const http: HttpClient = {
    request: () => Promise.reject(new Error('no plain requests here')),
    upgrade(request) {
      asked.push(request)
      if (refusal === undefined) {
        return Promise.resolve({ type: 'upgraded', head: { status: 101, headers: {} }, connection: toNode.near })
      }
      return Promise.resolve({ type: 'refused', response: {
        status: 500, headers: {}, chunks: (async function* () { yield utf8Encode(refusal) })(),
        readBody: () => Promise.resolve(utf8Encode(refusal)),
      } })
    },
  }
  const headers = {
    'upgrade': 'websocket', 'connection': 'Upgrade', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13', 'sec-websocket-protocol': protocol, 'user-agent': 'kubectl',
  }
  const plain = httpRequest('GET', '/', undefined, headers, new AbortController().signal)
  const request: HttpRequest = { ...plain, upgrade: { protocol: 'websocket', accept: () => toClient.near } }
  return { asked, node: toNode.far, client: toClient.far, done: serve(request, http) }
}

const whole: StreamOptions = { stdin: true, stdout: true, stderr: true, tty: false }
const channels = (options: StreamOptions, refusal?: string): Session => begin(
  (request, http) => serveChannels(request, { http, url: 'https://node/exec', tls: undefined }, options, new AbortController().signal),
  'v5.channel.k8s.io', refusal)

/** All that has come so far. */
async function taken(connection: RawConnection): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of connection.received) chunks.push(chunk)
  return concatBytes(chunks)
}

/** Messages of a server, behind its handshake: `channel: text`. */
function messagesOf(bytes: Uint8Array): string[] {
  const text = utf8Decode(bytes)
  assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n.*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\nSec-WebSocket-Protocol: v5\.channel\.k8s\.io\r\n\r\n/s)
  const messages: string[] = []
  let at = text.indexOf('\r\n\r\n') + 4
  while (at < bytes.length) {
    const size = bytes[at + 1]!
    const extended = size === 126 ? 2 : 0
    const length = extended ? bytes[at + 2]! * 256 + bytes[at + 3]! : size
    const payload = bytes.subarray(at + 2 + extended, at + 2 + extended + length)
    messages.push(bytes[at] === 0x88 ? 'close' : `${payload[0]}: ${utf8Decode(payload.subarray(1))}`)
    at += 2 + extended + length
  }
  return messages
}

const exitCode3 = '{"metadata":{},"status":"Failure","message":"command terminated with exit code 3",'
  + '"reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}'

for (const [name, said, told] of [
  ['success', '{"metadata":{},"status":"Success"}', '{"metadata":{},"status":"Success"}'],
  ['nothing said', '', '{"metadata":{},"status":"Success"}'],
  ['an exit code', exitCode3, '{"metadata":{},"status":"Failure",'
    + '"message":"command terminated with non-zero exit code: command terminated with exit code 3",'
    + '"reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}'],
  ['a failure', '{"metadata":{},"status":"Failure","message":"no"}', '{"metadata":{},"status":"Failure",'
    + '"message":"Internal error occurred: no","reason":"InternalError","details":{"causes":[{"message":"no"}]},"code":500}'],
] as const) {
  test(`a command of a v5 client: its input ends, its output goes on, and its end is told: ${name}`, async () => {
    const { asked, node, client, done } = channels(whole)
    const received = taken(client)
    await client.write(concatBytes([
      maskedFrame(2, concatBytes([Uint8Array.of(0), utf8Encode('input')])), maskedFrame(9, utf8Encode('?')),
      maskedFrame(2, Uint8Array.of(255, 0)),
      // Nobody reads these: input behind its end, and what is for no stream.
      maskedFrame(2, Uint8Array.of(0, 65)), maskedFrame(2, Uint8Array.of(4, 65)), maskedFrame(2, Uint8Array.of(255, 9)),
    ]))
    await settle()
    // The error stream was opened first, so that it is 1; then 3 is input, 5 output, 7 errors.
    await node.write(concatBytes([dataFrame(5, utf8Encode('output'), false), dataFrame(7, utf8Encode('complaint'), true)]))
    await node.write(concatBytes([dataFrame(5, utf8Encode('!'), true), dataFrame(1, utf8Encode(said), true)]))
    await done
    const messages = messagesOf(await received)
    // The answer to the ping has no channel.
    assert.deepEqual(messages.filter((message) => !message.startsWith('63')), ['1: ', '1: output', '2: complaint', '1: !', `3: ${told}`, 'close'])
    const toNode = [...new SpdyReader().read(await taken(node))].filter((event) => event.type === 'data')
    const given = toNode.map(({ stream, bytes, ends }) => [stream, utf8Decode(bytes), ends])
    assert.deepEqual(given, [[3, 'input', false], [3, '', true]])
    assert.deepEqual([asked[0]!.method, asked[0]!.headers['upgrade'], asked[0]!.headers['x-stream-protocol-version'], asked[0]!.headers['user-agent']],
      ['POST', 'SPDY/3.1', 'v4.channel.k8s.io', 'kubectl'])
    assert.equal(Object.keys(asked[0]!.headers).some((header) => header.startsWith('sec-websocket')), false)
  })
}

test('a node that refuses is told of on the error channel', async () => {
  const { client, done } = channels(whole, 'unable to find container\n')
  const received = taken(client)
  await done
  assert.match(messagesOf(await received)[1]!, /^3: .*"message":"Internal error occurred: unable to upgrade connection: unable to find container"/)
})

test('a client that goes away ends the connection to the node', async () => {
  const { node, client, done } = channels({ stdin: false, stdout: true, stderr: false, tty: true })
  await settle()
  client.destroy()
  await done
  await assert.rejects(node.write(Uint8Array.of(1)))
})

test('the bytes of a port-forward pass in binary messages', async () => {
  const { asked, node, client, done } = begin(
    (request, http) => serveTunnel(request, { http, url: 'https://node/portForward', tls: undefined }, new AbortController().signal),
    'SPDY/3.1+portforward.k8s.io')
  const received = taken(client)
  const atNode = taken(node)
  await client.write(concatBytes([maskedFrame(2, utf8Encode('abc')), maskedFrame(2, utf8Encode('def'))]))
  await settle()
  await node.write(utf8Encode('xyz'))
  await settle()
  await client.write(maskedFrame(8, new Uint8Array(0)))
  await done
  assert.equal(utf8Decode(await atNode), 'abcdef')
  const text = utf8Decode(await received)
  assert.match(text, /Sec-WebSocket-Protocol: SPDY\/3\.1\+portforward\.k8s\.io\r\n\r\n/)
  assert.ok(text.includes('\x03xyz'))
  assert.equal(asked[0]!.headers['x-stream-protocol-version'], 'portforward.k8s.io')
})

test('a node that refuses a port-forward is quoted, and the client stays with HTTP', async () => {
  const { done, client } = begin(
    (request, http) => serveTunnel(request, { http, url: 'https://node/portForward', tls: undefined }, new AbortController().signal),
    'SPDY/3.1+portforward.k8s.io', 'pod does not exist')
  const response = await done as { readonly status: number }
  assert.equal(response.status, 500)
  client.destroy()
})
