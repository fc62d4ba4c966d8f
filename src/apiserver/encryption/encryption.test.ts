/** Encryption at rest in a real API server: what lies in the store, what clients see, and what happens without keys. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import { nodeCiphers } from '#host/crypto/node-ciphers.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemRandom } from '#host/random.ts'
import { rpcClient } from '#host/rpc/client.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { Store } from '#storage/store.ts'
import { silentLog } from '#world/log.ts'
import { manualClock, settle, startTestServer, type TestServer } from '../testing.ts'
import type { ConfigurationFile } from '../configuration-file.ts'
import { openEncryption, type Encryption } from './encryption.ts'

const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n'
const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64')
const gcm = (name: string, byte: number): string => `{aesgcm: {keys: [{name: ${name}, secret: "${key(byte)}"}]}}`
const of = (resources: string, ...providers: string[]): string =>
  `- {resources: [${resources}], providers: [${providers.join(', ')}]}\n`

async function encryptionOf(text: string, changes?: ConfigurationFile['changes']): Promise<Encryption> {
  const bytes = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(head + text))
  return await openEncryption({
    file: { path: 'conf.yaml', read: bytes, ...(changes && { changes }) }, kinds, clock: manualClock(), log: silentLog,
    means: { ciphers: nodeCiphers, crypto: nodeCrypto, random: systemRandom }, rpc: rpcClient,
  }, new AbortController().signal)
}

async function serverOver(store: Store, text: string): Promise<TestServer & { readonly encryption: Encryption }> {
  const encryption = await encryptionOf(text)
  return {
    ...startTestServer({
      store: await encryption.storeOver(store), healthChecks: encryption.healthChecks,
      moreMetrics: () => encryption.renderMetrics(),
    }),
    encryption,
  }
}

const secrets = '/api/v1/namespaces/default/secrets'
const secretKey = '/registry/secrets/default/a'
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data: { password: 'c2VjcmV0' } }
const storedText = (store: Store, at: string): string => Buffer.from(store.current().get(at)!.value).toString('latin1')
const openStore = (): Store => openVolatileStore({ clock: manualClock() })

describe('encryption at rest', () => {
  test('keeps a Secret under the first provider of the configuration, and serves it as ever', async () => {
    for (const [provider, prefix] of [
      [gcm('key1', 1), 'k8s:enc:aesgcm:v1:key1:'],
      [`{aescbc: {keys: [{name: key1, secret: "${key(1)}"}]}}`, 'k8s:enc:aescbc:v1:key1:'],
      [`{secretbox: {keys: [{name: key1, secret: "${key(1)}"}]}}`, 'k8s:enc:secretbox:v1:key1:'],
    ] as const) {
      const store = openStore()
      const server = await serverOver(store, of('secrets', provider, '{identity: {}}'))
      const created = await server.send('POST', secrets, secret)
      assert.equal(created.status, 201)
      assert.ok(storedText(store, secretKey).startsWith(prefix))
      assert.ok(!storedText(store, secretKey).includes('c2VjcmV0'))
      assert.equal(created.json.metadata!.resourceVersion, String(store.revision))
      const restarted = await serverOver(store, of('secrets', provider))
      for (const each of [server, restarted]) assert.equal((await each.send('GET', `${secrets}/a`)).text, created.text)
      const list = await server.send('GET', secrets)
      assert.deepEqual(list.json['items'][0].data, secret.data)
    }
  })

  test('leaves other kinds as they are, to the byte', async () => {
    const store = openStore()
    const server = await serverOver(store, of('secrets', gcm('key1', 1)))
    await server.send('POST', '/api/v1/namespaces/default/configmaps', {
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { a: 'visible' },
    })
    assert.ok(storedText(store, '/registry/configmaps/default/a').includes('visible'))
    const range = { start: '/registry/configmaps/', end: '/registry/configmaps0' }
    assert.equal(server.server.context.store.current().list(range)[0], store.current().list(range)[0])
  })

  test('follows wildcards, and the first rule that names a resource', async () => {
    const store = openStore()
    const server = await serverOver(
      store, of('configmaps', '{identity: {}}') + of('"*.apps"', gcm('apps', 1)) + of('"*.*"', gcm('rest', 2)),
    )
    const post = (path: string, object: object): Promise<unknown> => server.send('POST', path, object)
    await post('/api/v1/namespaces/default/configmaps', {
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' },
    })
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await post('/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    })
    await post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } })
    assert.ok(!storedText(store, '/registry/configmaps/default/a').startsWith('k8s:enc:'))
    assert.ok(storedText(store, '/registry/deployments/default/a').startsWith('k8s:enc:aesgcm:v1:apps:'))
    assert.ok(storedText(store, '/registry/minions/n').startsWith('k8s:enc:aesgcm:v1:rest:'))
    assert.equal((await server.send('GET', '/api/v1/nodes/n')).json.metadata!.name, 'n')
  })

  test('a value cannot be moved to another place', async () => {
    const store = openStore()
    const server = await serverOver(store, of('secrets', gcm('key1', 1)))
    await server.send('POST', secrets, secret)
    await store.swap('/registry/secrets/default/b', 0, { type: 'put', value: store.current().get(secretKey)!.value })
    const answer = await server.send('GET', `${secrets}/b`)
    assert.equal(answer.status, 500)
    assert.equal(answer.json['message'], 'Internal error occurred: cipher: message authentication failed')
    assert.equal((await server.send('GET', secrets)).json['message'],
      'Internal error occurred: unable to transform key "/registry/secrets/default/b": cipher: message authentication '
        + 'failed')
  })

  test('without the key every verb says so, and nothing is lost', async () => {
    const store = openStore()
    await (await serverOver(store, of('secrets', gcm('key1', 1)))).send('POST', secrets, secret)
    const before = storedText(store, secretKey)
    const server = await serverOver(store, of('secrets', gcm('key2', 2)))
    const message = 'Internal error occurred: no matching key was found for the provided AES transformer'
    for (const [method, body] of [['GET'], ['PUT', secret], ['DELETE'], ['PATCH', '{}']] as const) {
      const type: Record<string, string> = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {}
      const answer = await server.send(method, `${secrets}/a`, body, type)
      assert.deepEqual([answer.status, answer.json['message'], answer.json['reason']], [500, message, 'InternalError'])
    }
    const plain = startTestServer({ store })
    assert.equal((await plain.send('GET', `${secrets}/a`)).json['message'],
      'Internal error occurred: identity transformer tried to read encrypted data')
    assert.equal(storedText(store, secretKey), before)
  })

  test('an update that changes nothing writes with the new key, once', async () => {
    const store = openStore()
    const first = await serverOver(store, of('secrets', gcm('key1', 1)))
    const created = await first.send('POST', secrets, secret)
    assert.equal((await first.send('PUT', `${secrets}/a`, created.json)).text, created.text)
    const rotated = await serverOver(store, of('secrets', gcm('key2', 2), gcm('key1', 1)))
    const updated = await rotated.send('PUT', `${secrets}/a`, created.json)
    assert.ok(storedText(store, secretKey).startsWith('k8s:enc:aesgcm:v1:key2:'))
    assert.notEqual(updated.json.metadata!.resourceVersion, created.json.metadata!.resourceVersion)
    assert.equal((await rotated.send('PUT', `${secrets}/a`, updated.json)).text, updated.text)
    assert.deepEqual((await (await serverOver(store, of('secrets', gcm('key2', 2)))).send('GET', `${secrets}/a`)).json,
      updated.json)
  })

  test('values that were plain are read, and encrypted when they are written again', async () => {
    const store = openStore()
    const created = await startTestServer({ store }).send('POST', secrets, secret)
    const server = await serverOver(store, of('secrets', gcm('key1', 1), '{identity: {}}'))
    assert.equal((await server.send('GET', `${secrets}/a`)).text, created.text)
    await server.send('PUT', `${secrets}/a`, created.json)
    assert.ok(storedText(store, secretKey).startsWith('k8s:enc:aesgcm:v1:key1:'))
  })

  test('values go back to plain when identity is first', async () => {
    const store = openStore()
    const created = await (await serverOver(store, of('secrets', gcm('key1', 1)))).send('POST', secrets, secret)
    const leaving = await serverOver(store, of('secrets', '{identity: {}}', gcm('key1', 1)))
    const updated = await leaving.send('PUT', `${secrets}/a`, created.json)
    assert.equal((await startTestServer({ store }).send('GET', `${secrets}/a`)).text, updated.text)
  })

  test('watches see plain objects, deleted ones too', async () => {
    const store = openStore()
    const server = await serverOver(store, of('secrets', gcm('key1', 1)))
    const seen: string[] = []
    const events = server.server.localTransport({ name: 'admin', groups: ['system:masters'] })
      .watch({ group: '', version: 'v1', resource: 'secrets', namespace: 'default' }, {}, AbortSignal.timeout(5_000))
    const watching = (async () => {
      for await (const batch of events) {
        for (const { type, object } of batch) {
          seen.push(`${type} ${(object as typeof secret).data['password']} ${object.metadata!.resourceVersion}`)
        }
        if (seen.length === 3) return
      }
    })()
    await settle()
    await server.send('POST', secrets, secret)
    await server.send('PATCH', `${secrets}/a`, { data: { password: 'Yg==' } },
      { 'content-type': 'application/merge-patch+json' })
    await server.send('DELETE', `${secrets}/a`)
    await watching
    const { revision } = store
    assert.deepEqual(seen, [
      `ADDED c2VjcmV0 ${revision - 2}`, `MODIFIED Yg== ${revision - 1}`, `DELETED Yg== ${revision}`,
    ])
  })

  test('masked rules and KMS v1 are refused with upstream\'s words', async () => {
    await assert.rejects(encryptionOf(of('"*."', '{identity: {}}') + of('secrets', '{identity: {}}')),
      { message: 'error while building transformers: resource "secrets" is masked by earlier rule "*."' })
    await assert.rejects(encryptionOf(of('secrets', '{kms: {name: a, endpoint: "unix:///a"}}')), {
      message: 'error while building transformers: KMSv1 is deprecated and will only receive security updates going '
        + 'forward. Use KMSv2 instead.  Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.',
    })
  })

  test('counts what it does', async () => {
    const server = await serverOver(openStore(), of('secrets', gcm('key1', 1)))
    await server.send('POST', secrets, secret)
    const { text } = await server.send('GET', '/metrics')
    assert.ok(text.includes('apiserver_storage_transformation_operations_total{resource="secrets",status="OK",'
      + 'transformation_type="to_storage",transformer_prefix="k8s:enc:aesgcm:v1:"} 1\n'))
    assert.match(text, /apiserver_encryption_config_controller_last_config_info\{apiserver_id_hash="",hash="sha256:/)
  })

  test('a configuration that changes is taken when it is valid, and stays away when it is not', async () => {
    const store = openStore()
    let text = of('secrets', gcm('key1', 1))
    let changed = Promise.withResolvers<void>()
    const encryption = await openEncryption({
      file: {
        path: 'conf.yaml', read: () => Promise.resolve(new TextEncoder().encode(head + text)),
        async *changes(signal) {
          for (;;) {
            yield
            await changed.promise
            changed = Promise.withResolvers()
            if (signal.aborted) return
          }
        },
      },
      kinds, clock: manualClock(), log: silentLog, rpc: rpcClient,
      means: { ciphers: nodeCiphers, crypto: nodeCrypto, random: systemRandom },
    }, new AbortController().signal)
    const server = startTestServer({
      store: await encryption.storeOver(store), healthChecks: encryption.healthChecks,
    })
    const stop = new AbortController()
    const running = encryption.run(stop.signal).catch(() => undefined)
    assert.equal((await server.send('GET', '/healthz/kms-providers')).status, 200)
    const created = await server.send('POST', secrets, secret)
    text = of('secrets', gcm('key2', 2), gcm('key1', 1))
    changed.resolve()
    await settle()
    assert.equal((await server.send('PUT', `${secrets}/a`, created.json)).status, 200)
    assert.ok(storedText(store, secretKey).startsWith('k8s:enc:aesgcm:v1:key2:'))
    text = 'nonsense'
    changed.resolve()
    await settle()
    assert.equal((await server.send('GET', `${secrets}/a`)).status, 200)
    assert.match(encryption.renderMetrics(), /automatic_reloads_total\{apiserver_id_hash="",status="failure"\} 1/)
    assert.match(encryption.renderMetrics(), /automatic_reloads_total\{apiserver_id_hash="",status="success"\} 1/)
    stop.abort()
    changed.resolve()
    await running
  })
})
