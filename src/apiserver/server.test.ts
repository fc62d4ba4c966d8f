/** The whole server in process: the REST verbs over one kind. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { settle, startTestServer } from './testing.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'

function configMap(name: string, data: Record<string, string> = { a: '1' }): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

test('creates, reads, replaces, patches and deletes an object', async () => {
  const { send } = startTestServer()
  const created = await send('POST', configMaps, configMap('one'))
  assert.equal(created.status, 201)
  assert.deepEqual(Object.keys(created.json.metadata!).slice(0, 4), ['name', 'namespace', 'uid', 'resourceVersion'])
  assert.equal((await send('POST', configMaps, configMap('one'))).json['message'], 'configmaps "one" already exists')

  const read = await send('GET', `${configMaps}/one`)
  assert.equal(read.text, created.text)

  const replaced = await send('PUT', `${configMaps}/one`, { ...read.json, data: { a: '2' } })
  assert.equal(replaced.status, 200)
  assert.notEqual(replaced.json.metadata!.resourceVersion, read.json.metadata!.resourceVersion)
  const stale = await send('PUT', `${configMaps}/one`, { ...read.json, data: { a: '3' } })
  assert.equal(stale.status, 409)
  assert.equal(
    stale.json['message'],
    'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again',
  )

  const patched = await send(
    'PATCH',
    `${configMaps}/one`,
    { data: { b: '4', a: null } },
    { 'content-type': 'application/merge-patch+json' },
  )
  assert.deepEqual(patched.json['data'], { b: '4' })
  const same = await send(
    'PATCH',
    `${configMaps}/one`,
    { data: { b: '4' } },
    { 'content-type': 'application/merge-patch+json' },
  )
  assert.equal(same.json.metadata!.resourceVersion, patched.json.metadata!.resourceVersion)

  const deleted = await send('DELETE', `${configMaps}/one`)
  assert.deepEqual(deleted.json, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: 'one',
      kind: 'configmaps',
      uid: read.json.metadata!.uid,
    },
  })
  assert.equal((await send('GET', `${configMaps}/one`)).json['message'], 'configmaps "one" not found')
})

test('lists in pages that belong to one version', async () => {
  const { send } = startTestServer()
  for (let i = 0; i < 5; i++) await send('POST', configMaps, configMap(`c${i}`))
  const first = await send('GET', `${configMaps}?limit=2`)
  assert.deepEqual(first.json['items'].map((item: any) => item.metadata.name), ['c0', 'c1'])
  assert.equal((first.json.metadata as any).remainingItemCount, 3)
  assert.deepEqual(Object.keys(first.json['items'][0]), ['metadata', 'data'])
  await send('DELETE', `${configMaps}/c3`)
  const second = await send('GET', `${configMaps}?limit=9&continue=${(first.json.metadata as any).continue}`)
  assert.deepEqual(second.json['items'].map((item: any) => item.metadata.name), ['c2', 'c3', 'c4'])
  assert.equal(second.json.metadata!.resourceVersion, first.json.metadata!.resourceVersion)
})

test('watches a selection: what leaves it is deleted', async () => {
  const { send, open } = startTestServer()
  const abort = new AbortController()
  const response = await open('GET', `${configMaps}?watch=1&labelSelector=app%3Dx`, {}, abort.signal)
  const lines: any[] = []
  const reading = (async () => {
    assert.equal(response.body.type, 'stream')
    if (response.body.type !== 'stream') return
    for await (const chunk of response.body.chunks) {
      for (const line of new TextDecoder().decode(chunk).trim().split('\n')) lines.push(JSON.parse(line))
    }
  })()
  await settle()
  await send('POST', configMaps, { ...configMap('a'), metadata: { name: 'a', labels: { app: 'x' } } })
  await send('POST', configMaps, configMap('b'))
  await send(
    'PATCH', `${configMaps}/b`, { metadata: { labels: { app: 'x' } } },
    { 'content-type': 'application/merge-patch+json' },
  )
  await send(
    'PATCH', `${configMaps}/a`, { metadata: { labels: null } }, { 'content-type': 'application/merge-patch+json' },
  )
  await settle()
  abort.abort()
  await reading
  assert.deepEqual(
    lines.map(({ type, object }) => `${type} ${object.metadata.name}`), ['ADDED a', 'ADDED b', 'DELETED a'],
  )
  assert.deepEqual(lines[2].object.metadata.labels, { app: 'x' })
})

test('of the documents OpenAPI v2 is compressed for those who take it', async () => {
  const { send } = startTestServer({
    gzip: (chunks) => (async function* () { yield* chunks })(),
    paths: [({ request }) => !request.path.startsWith('/openapi/') ? undefined : {
      status: 200, headers: { vary: 'Accept' }, body: { type: 'bytes', chunks: [new Uint8Array(200_000).fill(0x20)] },
    }],
  })
  const rows: readonly (readonly [path: string, accept: string, coding: string | undefined, vary: string])[] = [
    ['/openapi/v2', 'gzip', 'gzip', 'Accept, Accept-Encoding'],
    ['/openapi/v2', 'identity', undefined, 'Accept'],
    ['/openapi/v3/api/v1', 'gzip', undefined, 'Accept'],
  ]
  for (const [path, accept, coding, vary] of rows) {
    const { headers } = await send('GET', path, undefined, { 'accept-encoding': accept })
    assert.deepEqual([headers['content-encoding'], headers['vary']], [coding, vary], `${path} ${accept}`)
  }
})
