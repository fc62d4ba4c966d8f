/** `skiff etcd` as a process: killed, doubled, flooded, left half open, and asked in by the wrong people. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createAuthority, issueKey, loadAuthority } from '#base/x509/authority.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { frameMessage } from '#host/rpc/messages.ts'
import { rpcClient } from '#host/rpc/client.ts'
import { leaseGrantRequest } from '#storage/etcd/messages/lease.ts'
import { putRequest, rangeRequest, rangeResponse } from '#storage/etcd/messages/kv.ts'
import { decode, encode } from '#storage/etcd/messages/message-type.ts'
import { method } from '#storage/etcd/messages/method.ts'
import { watchRequest } from '#storage/etcd/messages/watch.ts'
import type { RpcChannel } from '#world/rpc.ts'
import { debianProgram } from '../../tools/debian-tool.ts'
import { etcdctl, startSkiffEtcd, type RunningSide } from './etcd/pair.ts'

const never = new AbortController().signal
let directory: string
before(() => { directory = mkdtempSync(join(tmpdir(), 'etcd-attacks-')) })
after(() => rmSync(directory, { recursive: true, force: true }))

const channelTo = ({ url }: RunningSide): RpcChannel => rpcClient.open({ url, messageBytesMax: 2 ** 31 - 1 })
const put = (channel: RpcChannel, key: string, bytes: number): Promise<unknown> =>
  channel.unary(method.put, encode(putRequest, { key, value: new Uint8Array(bytes) }), never)
const residentMiB = ({ pid }: RunningSide): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

test('keeps every put that it has answered, whenever it is killed', async () => {
  const data = join(directory, 'killed')
  const answered = new Set<string>()
  for (let round = 0; round < 3; round++) {
    await using server = await startSkiffEtcd({ directory: data })
    await using channel = channelTo(server)
    let isOver = false
    const writers = Array.from({ length: 50 }, async (_, writer) => {
      for (let at = 0; !isOver; at++) {
        const key = `${round}-${writer}-${at}`
        try {
          await put(channel, key, 100)
          answered.add(key)
        } catch {
          return
        }
      }
    })
    await new Promise((resolve) => { setTimeout(resolve, 300 + round * 111) })
    await server.end('SIGKILL')
    isOver = true
    await Promise.all(writers)
  }
  await using server = await startSkiffEtcd({ directory: data })
  await using channel = channelTo(server)
  const all = await channel.unary(method.range, encode(rangeRequest, { key: '\0', rangeEnd: '\0', keysOnly: true }), never)
  const there = new Set(decode(rangeResponse, all).kvs.map(({ key }) => key))
  assert.ok(answered.size > 100, `${answered.size} puts`)
  assert.deepEqual([...answered].filter((key) => !there.has(key)), [])
  assert.equal(await server.end('SIGTERM'), 0, server.log())
})

test('has a directory for itself', async () => {
  const data = join(directory, 'doubled')
  await using _first = await startSkiffEtcd({ directory: data })
  await assert.rejects(startSkiffEtcd({ directory: data }), /nothing listens.*\n[^]*(in use|lock|process)/i)
})

test('answers a range of hundreds of megabytes to clients that do not read, without holding it for them', async () => {
  await using server = await startSkiffEtcd({ directory: join(directory, 'long') })
  await using channel = channelTo(server)
  const count = 200
  for (let at = 0; at < count; at++) await put(channel, `big/${at}`, 1_000_000)
  const before = residentMiB(server)
  const session = http2.connect(server.url)
  const request = encode(rangeRequest, { key: '\0', rangeEnd: '\0' })
  const lazy = Array.from({ length: 20 }, () => {
    const stream = session.request({ ':method': 'POST', ':path': method.range, 'content-type': 'application/grpc' })
    stream.on('error', () => undefined).end(frameMessage(request))
    return stream
  })
  await Promise.all(lazy.map((stream) => new Promise((resolve) => { stream.once('response', resolve) })))
  await new Promise((resolve) => { setTimeout(resolve, 500) })
  // Twenty answers of 200 MB each.
  const grown = residentMiB(server) - before
  assert.ok(grown < 150, `grew by ${grown} MiB`)
  let length = 0
  for await (const chunk of lazy[0]!) length += (chunk as Buffer).length
  assert.ok(length > count * 1_000_000)
  session.destroy()
  await put(channel, 'after', 1)
})

test('goes on for others while connections are half open, half sent, or say nonsense', async () => {
  await using server = await startSkiffEtcd({ directory: join(directory, 'half') })
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  const starts = ['', 'PRI', preface, `${preface}\0\0\x04`, 'GET / HTTP/1.1\r\nhost', '\x16\x03\x01', `${preface}${'\xff'.repeat(99)}`]
  const sockets = Array.from({ length: 700 }, (_, at) => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined)
    socket.write(starts[at % starts.length]!, 'latin1')
    return socket
  })
  await using channel = channelTo(server)
  await put(channel, 'a', 1)
  // A request of which the end never comes, many times over.
  const session = http2.connect(server.url)
  session.on('error', () => undefined)
  for (let at = 0; at < 300; at++) {
    const stream = session.request({ ':method': 'POST', ':path': method.put, 'content-type': 'application/grpc' })
    stream.on('error', () => undefined).write(frameMessage(new Uint8Array(1_000_000)).subarray(0, 200_000))
  }
  await new Promise((resolve) => { setTimeout(resolve, 500) })
  await put(channel, 'a', 1)
  assert.ok(residentMiB(server) < 500, `${residentMiB(server)} MiB`)
  session.destroy()
  for (const socket of sockets) socket.destroy()
})

test('holds twenty thousand leases and five thousand watches in bounded memory', async () => {
  await using server = await startSkiffEtcd({ directory: join(directory, 'leases') })
  await using channel = channelTo(server)
  const before = residentMiB(server)
  const grant = encode(leaseGrantRequest, { ttl: 3_600 })
  for (let at = 0; at < 20; at++) {
    await Promise.all(Array.from({ length: 1_000 }, () => channel.unary(method.leaseGrant, grant, never)))
  }
  const stream = channel.stream(method.watch, never)
  const received = stream.received[Symbol.asyncIterator]()
  for (let at = 0; at < 5_000; at++) {
    await stream.send(encode(watchRequest, { createRequest: { key: `w/${at}` } }))
    await received.next()
  }
  const grown = residentMiB(server) - before
  assert.ok(grown < 120, `grew by ${grown} MiB`)
  await put(channel, 'w/77', 1)
  await received.next()
})

test('lets in who has a certificate of the right authority, and nobody else', async () => {
  const tools = { crypto: nodeCrypto, random: { bytes: (length: number) => randomBytes(length) } }
  const validity = { notBefore: Date.now() - 1e6, notAfter: Date.now() + 1e8 }
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const authority = createAuthority(tools, 'etcd-ca', validity)
  const issue = (name: string, by: typeof authority, usage: 'server auth' | 'client auth'): string[] => {
    const { certificate, key } = issueKey(tools, loadAuthority(tools, by), {
      ...validity, subject: { commonName: name, organizations: [] }, extendedKeyUsages: [usage],
      dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'],
    })
    return [file(`${name}.crt`, certificate), file(`${name}.key`, key)]
  }
  const ca = file('ca.crt', authority.certificate)
  const [certificate, key] = issue('server', authority, 'server auth')
  await using server = await startSkiffEtcd({
    directory: join(directory, 'secure'), scheme: 'https',
    flags: ['--cert-file', certificate!, '--key-file', key!, '--trusted-ca-file', ca, '--client-cert-auth'],
  })
  const program = debianProgram('etcd-client', 'bookworm', 'usr/bin/etcdctl')
  const endpoint = `https://127.0.0.1:${server.port}`
  const putWith = (files: readonly string[]): Promise<{ readonly code: number | null }> => etcdctl({
    program, endpoint,
    flags: ['--cacert', ca, '--command-timeout=2s', '--dial-timeout=1s', ...(files.length > 0 ? ['--cert', files[0]!, '--key', files[1]!] : [])],
  }, ['put', 'a', 'b'])
  const other = createAuthority(tools, 'other', validity)
  assert.equal((await putWith(issue('friend', authority, 'client auth'))).code, 0)
  assert.notEqual((await putWith([])).code, 0)
  assert.notEqual((await putWith(issue('stranger', other, 'client auth'))).code, 0)
  assert.notEqual((await putWith(issue('misused', authority, 'server auth'))).code, 0)
})
