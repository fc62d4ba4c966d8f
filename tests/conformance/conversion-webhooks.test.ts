/**
 * Conversion of custom resources by webhook. The cases are those of upstream's own tests of conversion
 * (apiextensions-apiserver test/integration/conversion); the webhook is a function behind the server's HTTP client.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeStored } from '#apiserver/rest/stored-form.ts'
import type { HttpClient, OutgoingRequest } from '#world/http.ts'
import { apply, definitionOf, definitionsUrl, json, merge, startDefinitionServer, type DefinitionServer } from './definition-server.ts'

type Loose = Record<string, any>
type Convert = (object: Loose, desired: string) => Loose

/** What every webhook does that works: the version, and the names of two fields. */
const rename: Convert = (object, desired) => {
  const { num, numv2, content, contentv2, ...rest } = object
  const fields = desired.endsWith('v1beta2')
    ? { numv2: numv2 ?? num, contentv2: contentv2 ?? content } : { num: num ?? numv2, content: content ?? contentv2 }
  return { ...rest, ...fields, apiVersion: desired }
}

interface Webhook {
  convert: Convert
  /** In place of a converting answer. */
  raw?: ((review: Loose) => { readonly status?: number; readonly body: unknown }) | undefined
  readonly asked: { readonly url: string; readonly review: Loose; readonly sent: OutgoingRequest }[]
}

function startWebhook(): { readonly webhook: Webhook; readonly http: HttpClient } {
  const webhook: Webhook = { convert: rename, asked: [] }
  const http: HttpClient = {
    async request(sent) {
      const review = JSON.parse(new TextDecoder().decode(sent.body as Uint8Array)) as Loose
      webhook.asked.push({ url: sent.url, review, sent })
      const { uid, desiredAPIVersion, objects } = review['request']
      const { status = 200, body } = webhook.raw?.(review) ?? {
        body: {
          ...review, request: undefined,
          response: {
            uid, result: { status: 'Success' },
            convertedObjects: objects.map((object: Loose) => webhook.convert(object, desiredAPIVersion)),
          },
        },
      }
      return {
        status, headers: {}, chunks: (async function* () {})(),
        readBody: async () => new TextEncoder().encode(JSON.stringify(body)),
      }
    },
    upgrade: () => Promise.reject(new Error('no upgrades')),
  }
  return { webhook, http }
}

function versionOf(name: string): Loose {
  const pair = { type: 'object', properties: { num1: { type: 'integer' }, num2: { type: 'integer' } } }
  const key = { type: 'object', properties: { key: { type: 'string' } } }
  const flag = (own: string): Loose => ({ type: 'boolean', ...(own === name && { default: true }) })
  const defaults = {
    type: 'object', properties: { v1alpha1: flag('v1alpha1'), v1beta1: flag('v1beta1'), v1beta2: flag('v1beta2') },
  }
  const fields = name === 'v1beta2' ? { contentv2: key, numv2: pair } : { content: key, num: pair }
  return {
    name, served: true, storage: name === 'v1beta1',
    subresources: { status: {}, scale: { specReplicasPath: '.spec.num.num1', statusReplicasPath: '.status.num.num2' } },
    schema: { openAPIV3Schema: { type: 'object', properties: { ...fields, defaults } } },
  }
}

const name = 'multiversions.stable.example.com'
const all = ['v1beta1', 'v1alpha1', 'v1beta2']
const conversion = (more: object = {}): Loose => ({
  strategy: 'Webhook',
  webhook: { conversionReviewVersions: ['v1', 'v1beta1'], clientConfig: { url: 'https://convert.example.com/crd' }, ...more },
})
const definition = (more: object = {}) => definitionOf({
  plural: 'multiversions', kind: 'MultiVersion', versions: all.map(versionOf), spec: { conversion: conversion(more) },
})
const urlOf = (version: string, rest = ''): string =>
  `/apis/stable.example.com/${version}/namespaces/default/multiversions${rest}`

function sample(version: string, title: string, more: object = {}): Loose {
  const fields = version === 'v1beta2'
    ? { contentv2: { key: 'value' }, numv2: { num1: 1, num2: 1000000 } }
    : { content: { key: 'value' }, num: { num1: 1, num2: 1000000 } }
  return { apiVersion: `stable.example.com/${version}`, kind: 'MultiVersion', metadata: { name: title }, ...fields, ...more }
}

async function start(more: object = {}): Promise<{ readonly server: DefinitionServer; readonly webhook: Webhook }> {
  const { webhook, http } = startWebhook()
  const server = startDefinitionServer({ http })
  await server.define(definition(more))
  return { server, webhook }
}

async function create(server: DefinitionServer, version: string, title: string, more: object = {}): Promise<Loose> {
  const answer = await server.send('POST', urlOf(version), sample(version, title, more), json)
  assert.equal(answer.status, 201, answer.text)
  return answer.json
}

function stored(server: DefinitionServer, title: string): Loose {
  return decodeStored(server.store.current().get(`/registry/stable.example.com/multiversions/default/${title}`)!)
}

function assertForm(object: Loose, version: string): void {
  const { metadata: _, ...rest } = object
  const { metadata: __, ...expected } = sample(version, '')
  assert.deepEqual(rest, expected)
}

for (const reviewVersions of [['v1', 'v1beta1'], ['v1beta1', 'v1']]) {
  test(`objects are stored in one version and seen in each, asked by ${reviewVersions[0]}`, async () => {
    const { server, webhook } = await start({ conversionReviewVersions: reviewVersions })
    await using _ = server
    for (const version of all) {
      const title = `from-${version}`
      assertForm(await create(server, version, title, { garbage: 'foo' }), version)
      assertForm(stored(server, title), 'v1beta1')
      for (const other of all) assertForm((await server.send('GET', urlOf(other, `/${title}`))).json, other)
      const patched = await server.send('PATCH', urlOf(version, `/${title}`), { metadata: { annotations: { main: 'true' } } }, merge)
      assert.equal(patched.status, 200, patched.text)
      assertForm(patched.json, version)
      assertForm(stored(server, title), 'v1beta1')
      const status = await server.send('PATCH', urlOf(version, `/${title}/status`), { metadata: { annotations: { status: 'true' } } }, merge)
      assert.equal(status.status, 200, status.text)
      assertForm(stored(server, title), 'v1beta1')
    }
    const { review, url } = webhook.asked[0]!
    assert.equal(url, 'https://convert.example.com/crd?timeout=30s')
    assert.equal(review['apiVersion'], `apiextensions.k8s.io/${reviewVersions[0]}`)
    assert.equal(review['kind'], 'ConversionReview')
    assert.equal(review['request'].objects[0].metadata.resourceVersion, undefined)
  })
}

test('lists, tables and metadata are converted, a page in one call', async () => {
  const { server, webhook } = await start()
  await using _ = server
  for (const version of all) await create(server, version, `from-${version}`)
  for (const version of all) {
    webhook.asked.length = 0
    const { items } = (await server.send('GET', urlOf(version))).json as Loose
    assert.equal(items.length, 3)
    for (const item of items) assertForm(item, version)
    assert.equal(webhook.asked.length, version === 'v1beta1' ? 0 : 1)
  }
  webhook.asked.length = 0
  const page = (await server.send('GET', `${urlOf('v1beta2')}?limit=2`)).json as Loose
  assert.deepEqual([page['items'].length, webhook.asked[0]!.review['request'].objects.length], [2, 2])
  const table = await server.send('GET', urlOf('v1beta2'), undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  assert.equal((table.json as Loose)['rows'].length, 3)
})

test('watches send what they are asked for, initial objects and changes', async () => {
  const { server } = await start()
  await using _ = server
  await create(server, 'v1beta1', 'one')
  const watch = await server.open('GET', `${urlOf('v1beta2')}?watch=true&resourceVersion=0&timeoutSeconds=1`)
  const events: Loose[] = []
  assert.equal(watch.body.type, 'stream')
  if (watch.body.type !== 'stream') return
  const chunks = (watch.body.chunks as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  const take = async (): Promise<void> => {
    const text = new TextDecoder().decode((await chunks.next()).value)
    for (const line of text.trim().split('\n')) events.push(JSON.parse(line) as Loose)
  }
  await take()
  await create(server, 'v1alpha1', 'two')
  await take()
  await server.send('DELETE', urlOf('v1beta1', '/one'))
  await take()
  assert.deepEqual(events.map(({ type }) => type as string), ['ADDED', 'ADDED', 'DELETED'])
  for (const { object } of events) assertForm(object, 'v1beta2')
  await chunks.return?.()
})

test('objects stored in different versions are read alike, and any write brings them to the storage version', async () => {
  const { server } = await start()
  await using _ = server
  for (const version of all) {
    await setStorage(server, version)
    await create(server, version, `stored-as-${version}`)
    assertForm(stored(server, `stored-as-${version}`), version)
  }
  const { status } = (await server.send('GET', `${definitionsUrl}/${name}`)).json as Loose
  assert.deepEqual(status.storedVersions, ['v1beta1', 'v1alpha1', 'v1beta2'])
  for (const seen of all) {
    for (const version of all) assertForm((await server.send('GET', urlOf(seen, `/stored-as-${version}`))).json, seen)
  }
  assert.equal((await server.send('PATCH', urlOf('v1beta1', '/stored-as-v1beta1'), {}, merge)).status, 200)
  assertForm(stored(server, 'stored-as-v1beta1'), 'v1beta2')
})

async function setStorage(server: DefinitionServer, version: string): Promise<void> {
  const versions = all.map((each) => ({ ...versionOf(each), storage: each === version }))
  const answer = await server.send('PATCH', `${definitionsUrl}/${name}`, { spec: { versions } }, merge)
  assert.equal(answer.status, 200, answer.text)
}

test('defaults are those of the request on the way in, and of the stored version on the way out', async () => {
  const { server } = await start()
  await using _ = server
  for (const version of all) {
    const created = await create(server, version, `by-${version}`, { defaults: {} })
    assert.deepEqual(created['defaults'], { v1beta1: true, [version]: true })
    assert.deepEqual(stored(server, `by-${version}`)['defaults'], { [version]: true })
    for (const other of all) {
      const { defaults } = (await server.send('GET', urlOf(other, `/by-${version}`))).json as Loose
      assert.deepEqual(defaults, { v1beta1: true, [version]: true })
    }
  }
})

test('a webhook may change labels and annotations, and nothing else of the metadata', async () => {
  const { server, webhook } = await start()
  await using _ = server
  webhook.convert = (object, desired) => {
    const converted = rename(object, desired)
    const { metadata } = converted
    const from = String(object['apiVersion'])
    return {
      ...converted,
      metadata: {
        ...metadata, generation: 42, resourceVersion: '42', finalizers: ['foo'], garbage: 'foo',
        annotations: { ...metadata.annotations, from, to: desired },
        labels: { ...metadata.labels, from: from.replace('/', '.'), to: desired.replace('/', '.') },
      },
    }
  }
  await create(server, 'v1beta1', 'one')
  await create(server, 'v1beta2', 'two')
  const { items } = (await server.send('GET', urlOf('v1beta2'))).json as Loose
  for (const { metadata } of [...items, (await server.send('GET', urlOf('v1beta2', '/one'))).json]) {
    assert.deepEqual(metadata.annotations, { from: 'stable.example.com/v1beta1', to: 'stable.example.com/v1beta2' })
    assert.equal(metadata.labels.to, 'stable.example.com.v1beta2')
    assert.deepEqual([metadata.generation, metadata.finalizers, metadata.garbage], [1, undefined, undefined])
    assert.notEqual(metadata.resourceVersion, '42')
  }
})

const kindText = 'stable.example.com/v1beta1, Kind=MultiVersion'
const answers: readonly (readonly [what: string, change: Convert, expected: string])[] = [
  ['another uid', (object) => withMeta(object, { uid: '42' }), 'returned invalid object: must have the same UID: '],
  ['another name', (object) => withMeta(object, { name: 'x' }), 'returned invalid object: must have the same name: one != x'],
  ['another namespace', (object) => withMeta(object, { namespace: 'x' }), 'returned invalid object: must have the same namespace: default != x'],
  ['another kind', (object) => ({ ...object, kind: 'Other' }), 'returned invalid object at index 0: invalid kind (expected MultiVersion, received Other)'],
  ['another version', (object) => ({ ...object, apiVersion: 'stable.example.com/v9' }),
    'returned invalid object at index 0: invalid groupVersion (expected stable.example.com/v1beta2, received stable.example.com/v9)'],
  ['labels that are none', (object) => withMeta(object, { labels: { a: 'b c' } }), 'returned invalid metadata: metadata.labels: Invalid value: "b c": '],
  ['labels that are numbers', (object) => withMeta(object, { labels: { a: 1 } }), 'returned invalid metadata: metadata.labels[a] must be a string, but is '],
  ['labels that are a text', (object) => withMeta(object, { labels: 'a' }), 'returned invalid metadata: invalid metadata.labels of type string in converted object'],
]

function withMeta(object: Loose, more: object): Loose {
  return { ...object, metadata: { ...object['metadata'], ...more } }
}

test('an answer that is not the same object in the other version is refused in upstream\'s words', async () => {
  const { server, webhook } = await start()
  await using _ = server
  await create(server, 'v1beta1', 'one')
  for (const [what, change, expected] of answers) {
    webhook.convert = (object, desired) => change(rename(object, desired), desired)
    const { status, json: { message } } = await server.send('GET', urlOf('v1beta2', '/one'))
    assert.equal(status, 500, what)
    assert.ok((message as string).startsWith(`conversion webhook for ${kindText} ${expected}`), `${what}: ${message}`)
  }
})

const failures: readonly (readonly [raw: NonNullable<Webhook['raw']>, expected: string])[] = [
  [(review) => ({ body: { ...review, response: { uid: review['request'].uid, result: { status: 'Success' }, convertedObjects: [] } } }), 'returned 0 objects, expected 1'],
  [(review) => ({ body: { ...review, response: { uid: review['request'].uid, result: { status: 'Failure', message: 'not today' } } } }), 'failed: not today'],
  [(review) => ({ body: { ...review, response: { uid: review['request'].uid, result: {} } } }), "failed: response.result.status was '', not 'Success'"],
  [(review) => ({ body: { ...review, response: { uid: 'x', result: { status: 'Success' } } } }), 'failed: expected response.uid="'],
  [(review) => ({ body: { ...review, response: undefined } }), 'failed: no response provided'],
  [() => ({ body: {} }), 'failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got /, Kind='],
  [() => ({ status: 400, body: '' }), 'failed: the server rejected our request'],
]

test('a webhook that fails fails every verb that needs it, with its words, and none that does not', async () => {
  const { server, webhook } = await start()
  await using _ = server
  const { metadata } = await create(server, 'v1beta1', 'one')
  for (const [raw, expected] of failures) {
    webhook.raw = raw
    const beta2 = (suffix = '/one'): string => urlOf('v1beta2', suffix)
    const object = { ...sample('v1beta2', 'one'), metadata }
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'one' }, spec: { replicas: 42 } }
    const patch = { metadata: { annotations: { patch: 'true' } } }
    const requests: readonly (readonly [string, string, unknown?, Record<string, string>?])[] = [
      ['GET', beta2()], ['GET', beta2('')], ['POST', beta2(''), sample('v1beta2', 'two'), json], ['PUT', beta2(), object, json],
      ['PATCH', beta2(), patch, merge], ['DELETE', beta2()], ['DELETE', beta2('')],
      ...['status', 'scale'].flatMap((part) => [
        ['GET', beta2(`/one/${part}`)], ['PUT', beta2(`/one/${part}`), part === 'scale' ? scale : object, json],
        ['PATCH', beta2(`/one/${part}`), patch, merge],
      ] as const),
    ]
    for (const [method, url, body, headers] of requests) {
      const answer = await server.send(method, url, body, headers)
      const { status, message = '' } = answer.json as Loose
      assert.equal(status, 'Failure', `${method} ${url}: ${answer.text}`)
      assert.match(message, /^conversion webhook for stable.example.com\/v1beta\d, Kind=MultiVersion /)
      assert.ok(message.includes(expected), `${method} ${url}: ${message}`)
    }
    assert.equal((await server.send('GET', urlOf('v1beta1', '/one'))).status, 200)
  }
})

test('a webhook that fails ends a watch with an error event', async () => {
  const { server, webhook } = await start()
  await using _ = server
  await create(server, 'v1beta1', 'one')
  webhook.raw = () => ({ status: 500, body: 'no' })
  const watch = await server.open('GET', `${urlOf('v1beta2')}?watch=true&resourceVersion=0`)
  let text = ''
  if (watch.body.type === 'stream') for await (const chunk of watch.body.chunks) text += new TextDecoder().decode(chunk)
  const { type, object } = JSON.parse(text) as Loose
  assert.deepEqual([type, object.code], ['ERROR', 500])
})

test('a Service is called at one of its endpoints, by the name that its certificate is for', async () => {
  const service = { namespace: 'default', name: 'converter', path: '/crdconvert', port: 9443 }
  const { server, webhook } = await start({ clientConfig: { service, caBundle: Buffer.from('-----BEGIN').toString('base64') } })
  await using _ = server
  await create(server, 'v1beta1', 'one')
  const gone = await server.send('GET', urlOf('v1beta2', '/one'))
  assert.equal((gone.json as Loose)['message'], `conversion webhook for ${kindText} failed: `
    + 'Post "https://converter.default.svc:9443/crdconvert?timeout=30s": service "converter" not found')
  await server.send('POST', '/api/v1/namespaces/default/services', {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'converter' }, spec: { clusterIP: 'None', ports: [{ port: 9443 }] },
  }, json)
  await server.send('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4',
    metadata: { name: 'converter', labels: { 'kubernetes.io/service-name': 'converter' } },
    endpoints: [{ addresses: ['10.0.0.7'], conditions: { ready: true } }], ports: [{ name: '', port: 8443, protocol: 'TCP' }],
  }, json)
  assert.equal((await server.send('GET', urlOf('v1beta2', '/one'))).status, 200)
  const { url, sent } = webhook.asked.at(-1)!
  assert.equal(url, 'https://10.0.0.7:8443/crdconvert?timeout=30s')
  assert.deepEqual([sent.tls?.serverName, sent.headers['host']], ['converter.default.svc', 'converter.default.svc:9443'])
})

test('apply, scale and owners work in every version', async () => {
  const { server } = await start()
  await using _ = server
  const by = (manager: string): string => `?fieldManager=${manager}&force=true`
  const url = (version: string): string => urlOf(version, '/one')
  const first = await server.send('PATCH', `${url('v1beta2')}${by('a')}`, { ...sample('v1beta2', 'one') }, apply)
  assert.equal(first.status, 201, first.text)
  assertForm(first.json, 'v1beta2')
  assertForm(stored(server, 'one'), 'v1beta1')
  const second = await server.send('PATCH', `${url('v1beta2')}${by('a')}`, { ...sample('v1beta2', 'one'), numv2: { num1: 7 } }, apply)
  assert.equal(second.status, 200, second.text)
  assert.deepEqual((second.json as Loose)['numv2'], { num1: 7 })
  assert.deepEqual(stored(server, 'one')['num'], { num1: 7 })
  assert.deepEqual((second.json.metadata?.managedFields ?? []).map(({ manager, apiVersion }) => [manager, apiVersion]), [['a', 'stable.example.com/v1beta2']])
})

test('a definition whose webhook is taken away converts by itself again', async () => {
  const { server, webhook } = await start()
  await using _ = server
  await create(server, 'v1beta1', 'one')
  const answer = await server.send('PATCH', `${definitionsUrl}/${name}`, { spec: { conversion: { strategy: 'None', webhook: null } } }, merge)
  assert.equal(answer.status, 200, answer.text)
  webhook.asked.length = 0
  const { metadata: _meta, ...rest } = (await server.send('GET', urlOf('v1beta2', '/one'))).json
  assert.deepEqual(rest, { kind: 'MultiVersion', apiVersion: 'stable.example.com/v1beta2' })
  assert.equal(webhook.asked.length, 0)
})

test('a definition goes with its objects, whether its webhook answers or not', async () => {
  const { server, webhook } = await start()
  await using _ = server
  // The storage version is not the first one that is served.
  const versions = ['v1beta2', 'v1beta1'].map(versionOf)
  assert.equal((await server.send('PATCH', `${definitionsUrl}/${name}`, { spec: { versions } }, merge)).status, 200)
  await create(server, 'v1beta1', 'one')
  webhook.raw = () => ({ status: 500, body: 'gone' })
  await server.send('DELETE', `${definitionsUrl}/${name}`)
  await server.until(name, (current) => current === undefined)
  assert.equal(server.store.current().get('/registry/stable.example.com/multiversions/default/one'), undefined)
})

test('fields that somebody owns in another version are conflicts, are taken and are given up in that version', async () => {
  const { server, webhook } = await start()
  await using _ = server
  const write = (version: string, manager: string, fields: Loose, query = ''): ReturnType<DefinitionServer['send']> =>
    server.send('PATCH', `${urlOf(version, '/owned')}?fieldManager=${manager}${query}`, {
      apiVersion: `stable.example.com/${version}`, kind: 'MultiVersion', metadata: { name: 'owned' }, ...fields,
    }, apply)
  const owners = (answer: Loose): Loose => Object.fromEntries(
    (answer['metadata'].managedFields as Loose[]).map(({ manager, apiVersion, fieldsV1 }) =>
      [manager, [apiVersion.split('/')[1], JSON.stringify(fieldsV1)]]))
  await write('v1beta1', 'old', { content: { key: 'a' }, num: { num1: 1 } })
  const same = await write('v1beta2', 'new', { contentv2: { key: 'a' }, numv2: { num2: 2 } })
  assert.deepEqual(owners(same.json), {
    new: ['v1beta2', '{"f:contentv2":{"f:key":{}},"f:numv2":{"f:num2":{}}}'],
    old: ['v1beta1', '{"f:content":{"f:key":{}},"f:num":{"f:num1":{}}}'],
  })
  const refused = await write('v1beta2', 'new', { contentv2: { key: 'b' } })
  assert.deepEqual([refused.status, refused.json['message']],
    [409, 'Apply failed with 1 conflict: conflict with "old": .content.key'])
  const forced = await write('v1beta2', 'new', { contentv2: { key: 'b' } }, '&force=true')
  assert.deepEqual(owners(forced.json), {
    new: ['v1beta2', '{"f:contentv2":{"f:key":{}}}'], old: ['v1beta1', '{"f:num":{"f:num1":{}}}'],
  })
  const changed = await server.send('PATCH', `${urlOf('v1beta2', '/owned')}?fieldManager=third`,
    { numv2: { num1: 5 } }, merge)
  assert.deepEqual(owners(changed.json), {
    new: ['v1beta2', '{"f:contentv2":{"f:key":{}}}'], third: ['v1beta2', '{"f:numv2":{"f:num1":{}}}'],
  })
  webhook.raw = () => ({ status: 500, body: {} })
  const failed = await write('v1beta1', 'old', { num: { num1: 1 } })
  assert.equal(failed.status, 500)
})
