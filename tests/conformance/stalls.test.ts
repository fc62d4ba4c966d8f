/**
 * No request holds up the others: the longest turn of the event loop while a hostile or merely huge one is served. The
 * goal is 200 ms on a warm server. The bound here is what code that grows with the square of its input cannot meet,
 * though the machine is busy and the code has just been loaded.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { startTestServer } from '#apiserver/testing.ts'
import { longestTurn } from './longest-turn.ts'

const boundMs = 600
const { open, send } = startTestServer({ giveWay: nextTurn })

const namespace = '/api/v1/namespaces/default'
const configMaps = `${namespace}/configmaps`
const pods = `${namespace}/pods`
const json = { 'content-type': 'application/json' }
const patchOf = (dialect: string): Record<string, string> => ({ 'content-type': `application/${dialect}` })

const fields = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`key-${at}`, 'v']))
const items = <T>(count: number, item: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => item(at))
const configMap = (name: string, data: object): object =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
const pod = (name: string, spec: object): object =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
const environment = (count: number): object[] => items(count, (at) => ({ name: `E${at}`, value: 'v' }))
/** A body of three million bytes, nearly the limit. */
const fullOf = (item: string): string =>
  '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"text"},"spec":{"containers":[' +
  `${`${item},`.repeat(Math.floor(3e6 / (item.length + 1)))}${item}]}}`

interface Case {
  readonly name: string
  readonly status: number
  readonly ask: readonly [method: string, url: string, body?: unknown, headers?: Record<string, string>]
}

/** In order: some change what earlier ones made. */
const cases: readonly Case[] = [
  { name: 'a ConfigMap with 60,000 keys is created', status: 201,
    ask: ['POST', configMaps, configMap('wide', fields(60_000)), json] },
  { name: 'it is replaced', status: 200,
    ask: ['PUT', `${configMaps}/wide`, configMap('wide', { ...fields(60_000), one: 'more' }), json] },
  { name: 'it is merged into', status: 200,
    ask: ['PATCH', `${configMaps}/wide`, { data: { two: 'more' } }, patchOf('merge-patch+json')] },
  { name: 'it is merged into strategically', status: 200,
    ask: ['PATCH', `${configMaps}/wide`, { data: { three: 'more' } }, patchOf('strategic-merge-patch+json')] },
  { name: '10,000 operations of a JSON patch change it', status: 200,
    ask: ['PATCH', `${configMaps}/wide`, items(10_000, (at) => ({ op: 'add', path: `/data/n${at}`, value: 'x' })),
      patchOf('json-patch+json')] },
  { name: 'a ConfigMap with 30,000 keys is applied', status: 201,
    ask: ['PATCH', `${configMaps}/applied?fieldManager=m`, configMap('applied', fields(30_000)),
      patchOf('apply-patch+yaml')] },
  { name: 'it is applied again, with a key less', status: 200,
    ask: ['PATCH', `${configMaps}/applied?fieldManager=m`, configMap('applied', fields(29_999)),
      patchOf('apply-patch+yaml')] },
  { name: 'all of it is taken by somebody else', status: 200,
    ask: ['PATCH', `${configMaps}/applied?fieldManager=o&force=true`, configMap('applied', fields(30_000)),
      patchOf('apply-patch+yaml')] },
  { name: 'a pod with 40,000 variables is created', status: 201,
    ask: ['POST', pods, pod('variables', { containers: [{ name: 'c', image: 'i', env: environment(40_000) }] }), json],
  },
  { name: 'its image is changed by a strategic merge', status: 200,
    ask: ['PATCH', `${pods}/variables`, { spec: { containers: [{ name: 'c', image: 'j' }] } },
      patchOf('strategic-merge-patch+json')] },
  { name: 'a pod with 20,000 volumes, all mounted', status: 201,
    ask: ['POST', pods, pod('volumes', {
      containers: [{
        name: 'c', image: 'i', volumeMounts: items(20_000, (at) => ({ name: `v${at}`, mountPath: `/${at}` })),
      }],
      volumes: items(20_000, (at) => ({ name: `v${at}`, emptyDir: {} })),
    }), json] },
  { name: '100,000 finalizers', status: 201,
    ask: ['POST', configMaps, { ...configMap('finalizers', {}),
      metadata: { name: 'finalizers', finalizers: items(100_000, (at) => `a/${at}`) } }, json] },
  { name: 'a body full of empty containers', status: 422, ask: ['POST', pods, fullOf('{}'), json] },
  { name: 'a body full of containers that are null', status: 422, ask: ['POST', pods, fullOf('null'), json] },
  { name: '700,000 fractions in a field that nobody knows', status: 201,
    ask: ['POST', pods, JSON.stringify(pod('fractions', { x: 0 })).replace('"x":0', `"x":[${'0.5,'.repeat(700_000)}0]`),
      json] },
  { name: 'a selector of 100,000 values', status: 200,
    ask: ['GET', `${configMaps}?labelSelector=a%20in%20(${items(100_000, (at) => `x${at}`).join('%2C')})`] },
]

before(async () => {
  // Code that nobody has called yet is no stall of a server that runs.
  await send('POST', configMaps, configMap('warm', fields(500)), json)
  await send('POST', pods, pod('warm', { containers: [{ name: 'c', image: 'i', env: environment(50) }] }), json)
  for (let at = 0; at < 4_000; at++) {
    const metadata = { name: `e${at}`, labels: { number: String(at % 10) } }
    const event = { metadata, involvedObject: { namespace: 'default' } }
    await send('POST', `${namespace}/events`, event, json)
  }
})

for (const { name, status, ask } of cases) {
  test(`nobody waits long for: ${name}`, async () => {
    const [method, url, body, headers] = ask
    // As bytes, so that the client's work is not counted as the server's.
    const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const { result, ms } = await longestTurn(() => send(method, url, bytes, headers))
    assert.equal(result.status, status, result.text.slice(0, 300))
    assert.ok(ms < boundMs, `a turn took ${Math.round(ms)} ms of processor time`)
  })
}

const forms = [
  '', ';as=Table;v=v1;g=meta.k8s.io', ';as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
]
for (const [name, accept, query] of [
  ...forms.map((form) => [`as JSON${form}`, `application/json${form}`, '']),
  ['as protobuf', 'application/vnd.kubernetes.protobuf', ''],
  ['by a selector', 'application/json', '?labelSelector=number%3D7'],
] as const) {
  test(`a long list ${name} is made while others are served`, async () => {
    const { result, ms } = await longestTurn(async () => {
      const response = await open('GET', `${namespace}/events${query}`, { accept })
      // What is made in pieces goes out in pieces.
      if (response.body.type === 'stream') for await (const _ of response.body.chunks) await nextTurn()
      return response
    })
    assert.equal(result.status, 200)
    assert.ok(ms < 100, `a turn took ${Math.round(ms)} ms of processor time`)
  })
}

test('of an object with more faults than anybody reads, some are told', async () => {
  const { json: answer } = await send('POST', pods, fullOf('{}'), json)
  assert.equal(answer['details'].causes.length, 10_000)
  assert.deepEqual(answer['details'].causes[0],
    { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.containers[0].name' })
})
