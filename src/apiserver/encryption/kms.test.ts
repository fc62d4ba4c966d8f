/** A KMS plugin on a unix socket: keys that change, plugins that fail, and what is fetched how often. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import { systemClock } from '#host/clock.ts'
import { nodeCiphers } from '#host/crypto/node-ciphers.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemRandom } from '#host/random.ts'
import { rpcClient } from '#host/rpc/client.ts'
import { listenRpc } from '#host/rpc/server.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { decode, encode } from '#storage/etcd/messages/message-type.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import { silentLog } from '#world/log.ts'
import { rpcCode, RpcError } from '#world/rpc.ts'
import { manualClock, startTestServer, type ManualClock, type TestServer } from '../testing.ts'
import { openEncryption, type Encryption } from './encryption.ts'
import {
  decryptRequest, decryptResponse, encryptedObject, encryptRequest, encryptResponse, statusResponse,
} from './kms-messages.ts'

/** As upstream's mock: what it "encrypts" is base64. */
const plugin = { keyId: 'key-1', healthz: 'ok', version: 'v2', isBroken: false, calls: new Map<string, number>() }
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const directory = mkdtempSync(join(tmpdir(), 'kms-'))
const socket = join(directory, 'plugin.sock')
const secrets = '/api/v1/namespaces/default/secrets'
const secretKey = '/registry/secrets/default/a'
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data: { password: 'c2VjcmV0' } }

function answer(method: string, request: Uint8Array): Uint8Array {
  plugin.calls.set(method, (plugin.calls.get(method) ?? 0) + 1)
  if (plugin.isBroken) throw new RpcError(rpcCode.failedPrecondition, 'failed precondition - key disabled')
  switch (method) {
    case '/v2.KeyManagementService/Status': return encode(statusResponse, plugin)
    case '/v2.KeyManagementService/Encrypt': {
      const { plaintext } = decode(encryptRequest, request)
      return encode(encryptResponse, {
        ciphertext: utf8(Buffer.from(plaintext).toString('base64')), keyId: plugin.keyId,
        annotations: [{ key: 'local-kek.kms.example.com', value: utf8('x') }],
      })
    }
    default: {
      const { ciphertext, keyId, annotations } = decode(decryptRequest, request)
      assert.ok(keyId.startsWith('key-'))
      assert.equal(annotations[0]?.key, 'local-kek.kms.example.com')
      return encode(decryptResponse, { plaintext: Buffer.from(Buffer.from(ciphertext).toString(), 'base64') })
    }
  }
}

const listenAt = (path: string): ReturnType<typeof listenRpc> => listenRpc({
  address: { type: 'socket', path }, log: silentLog, messageBytesMax: 1 << 20,
  handler: { unary: (method) => async (request) => answer(method, request), streaming: () => undefined },
  handleHttp: () => ({ status: 404, headers: {}, body: { type: 'bytes', chunks: [] } }),
})
const listening = await listenAt(socket)

interface Opened extends TestServer {
  readonly encryption: Encryption
  readonly time: ManualClock
}

function encryptionWith(path: string, clock: Clock): Promise<Encryption> {
  const text = `{"apiVersion":"apiserver.config.k8s.io/v1","kind":"EncryptionConfiguration","resources":[{"resources":
    ["secrets"],"providers":[{"kms":{"apiVersion":"v2","name":"mock","endpoint":"unix://${path}"}}]}]}`
  return openEncryption({
    file: { path: 'conf.json', read: () => Promise.resolve(utf8(text)) }, kinds, clock, log: silentLog,
    means: { ciphers: nodeCiphers, crypto: nodeCrypto, random: systemRandom }, rpc: rpcClient,
  }, new AbortController().signal)
}

async function open(store: Store): Promise<Opened> {
  const time = manualClock()
  const encryption = await encryptionWith(socket, time)
  const server = startTestServer({
    store: await encryption.storeOver(store), healthChecks: encryption.healthChecks,
    moreMetrics: () => encryption.renderMetrics(),
  })
  return { ...server, encryption, time }
}

const calls = (name: string): number => plugin.calls.get(`/v2.KeyManagementService/${name}`) ?? 0
const openStore = (): Store => openVolatileStore({ clock: manualClock() })
const storedObject = (store: Store): ReturnType<typeof decode<typeof encryptedObject.empty>> => {
  const { value } = store.current().get(secretKey)!
  const prefix = 'k8s:enc:kms:v2:mock:'
  assert.equal(Buffer.from(value.subarray(0, prefix.length)).toString(), prefix)
  return decode(encryptedObject, value.subarray(prefix.length))
}

describe('a KMS plugin', () => {
  beforeEach(() => { Object.assign(plugin, { keyId: 'key-1', healthz: 'ok', isBroken: false, calls: new Map() }) })
  after(async () => {
    await listening[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  test('is asked once for a seed that all values share', async () => {
    const store = openStore()
    const server = await open(store)
    for (const name of ['a', 'b', 'c']) await server.send('POST', secrets, { ...secret, metadata: { name } })
    assert.deepEqual([calls('Encrypt'), calls('Decrypt'), calls('Status')], [1, 0, 1])
    const object = storedObject(store)
    assert.deepEqual([object.keyId, object.sourceType, object.annotations.length], ['key-1', 1, 1])
    assert.equal((await server.send('GET', secrets)).json['items'].length, 3)

    const restarted = await open(store)
    assert.equal((await restarted.send('GET', secrets)).json['items'][2].data.password, 'c2VjcmV0')
    assert.deepEqual([calls('Encrypt'), calls('Decrypt')], [2, 1])
    const { text } = await restarted.send('GET', '/metrics')
    assert.match(text, /apiserver_envelope_encryption_dek_source_cache_size\{provider_name="mock"\} 2/)
    assert.match(text, /kms_operations_latency_seconds_count\{grpc_status_code="OK",method_name="\/v2.KeyManagementService\/Decrypt"/)
  })

  test('has its keys fetched for who asks, when somebody else wrote', async () => {
    const store = openStore()
    const reader = await open(store)
    await (await open(store)).send('POST', secrets, secret)
    assert.equal((await reader.send('GET', `${secrets}/a`)).json['data'].password, 'c2VjcmV0')
    assert.equal((await reader.send('DELETE', `${secrets}/a`)).status, 200)
    assert.equal(calls('Decrypt'), 1)
  })

  test('that changes its key has new values written with it, and old ones when they are written again', async () => {
    const store = openStore()
    const server = await open(store)
    const stop = new AbortController()
    const running = server.encryption.run(stop.signal).catch(() => undefined)
    const created = await server.send('POST', secrets, secret)
    plugin.keyId = 'key-2'
    await server.time.advance(60_000)
    for (let wait = 0; calls('Encrypt') < 2 && wait < 100; wait++) await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 20))
    const updated = await server.send('PUT', `${secrets}/a`, created.json)
    assert.notEqual(updated.json.metadata!.resourceVersion, created.json.metadata!.resourceVersion)
    assert.equal(storedObject(store).keyId, 'key-2')
    assert.equal((await server.send('PUT', `${secrets}/a`, updated.json)).text, updated.text)
    stop.abort()
    await running
  })

  test('that fails is told of by health checks; writing goes on for three minutes', async () => {
    const server = await open(openStore())
    assert.equal((await server.send('GET', '/healthz/kms-providers')).status, 200)
    plugin.isBroken = true
    await server.time.advance(21_000)
    const ill = await server.send('GET', '/readyz/kms-providers')
    assert.deepEqual([ill.status, ill.text], [500,
      'internal server error: kms-provider-0: failed to perform status section of the healthz check for KMS Provider '
        + 'mock, error: rpc error: code = FailedPrecondition desc = failed precondition - key disabled\n'])
    assert.equal((await server.send('GET', '/livez')).status, 200)
    assert.equal((await server.send('POST', secrets, secret)).status, 201)
    await server.time.advance(160_000)
    const refused = await server.send('POST', secrets, { ...secret, metadata: { name: 'b' } })
    assert.equal(refused.status, 500)
    assert.match(refused.json['message'], new RegExp('^Internal error occurred: encryptedDEKSource with keyID hash '
      + '"sha256:[0-9a-f]{64}" expired at 2026-01-01T00:03:00Z \\(current time is 2026-01-01T00:03:01Z\\)$'))
    assert.equal((await server.send('GET', `${secrets}/a`)).status, 200)
    plugin.isBroken = false
    await server.time.advance(21_000)
    assert.equal((await server.send('GET', '/readyz/kms-providers')).status, 200)
    assert.equal((await server.send('POST', secrets, { ...secret, metadata: { name: 'b' } })).status, 201)
  })

  test('that does not decrypt fails the request with its words', async () => {
    const store = openStore()
    await (await open(store)).send('POST', secrets, secret)
    const reader = await open(openStore())
    plugin.isBroken = true
    const encrypted = await reader.encryption.storeOver(store)
    const server = startTestServer({ store: encrypted })
    const why = 'failed to decrypt DEK, error: rpc error: code = FailedPrecondition desc = failed precondition - key '
      + 'disabled'
    assert.equal((await server.send('GET', `${secrets}/a`)).json['message'], `Internal error occurred: ${why}`)
    assert.equal((await server.send('GET', secrets)).json['message'],
      `Internal error occurred: unable to transform key "${secretKey}": ${why}`)
    plugin.isBroken = false
    assert.equal((await server.send('GET', `${secrets}/a`)).status, 200)
  })

  test('that starts a moment after its server is waited for', async () => {
    const late = join(directory, 'late.sock')
    const opening = encryptionWith(late, systemClock)
    await new Promise((resolve) => setTimeout(resolve, 150))
    await using _plugin = await listenAt(late)
    const encryption = await opening
    const server = startTestServer({ store: await encryption.storeOver(openStore()) })
    assert.equal((await server.send('POST', secrets, secret)).status, 201)
  })

  test('that is not there yet lets nothing be read or written', async () => {
    const store = openStore()
    await (await open(store)).send('POST', secrets, secret)
    plugin.isBroken = true
    const server = await open(store)
    for (const [method, path] of [['GET', `${secrets}/a`], ['POST', secrets]] as const) {
      const answered = await server.send(method, path, method === 'POST' ? secret : undefined)
      assert.equal(answered.json['message'], 'Internal error occurred: got unexpected nil transformer')
    }
  })
})
