/** Creating, replacing and patching: what happens to an object on its way into the store. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { startTestServer, type TestServer } from '../testing.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'
const merge = { 'content-type': 'application/merge-patch+json' }
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
const apply = { 'content-type': 'application/apply-patch+yaml' }

function configMap(name: string, rest: Record<string, unknown> = {}): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...rest }
}

const podBody = {
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] },
}

test('generates names of five characters, and others when one is taken', async () => {
  const { send } = startTestServer()
  const names = new Set<string>()
  for (let i = 0; i < 50; i++) {
    const { json } = await send('POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x-' } })
    assert.match(json.metadata!.name!, /^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    names.add(json.metadata!.name!)
  }
  assert.equal(names.size, 50)
})

test('gives up with 409 when eight generated names in a row are taken', async () => {
  const same = {
    next: () => 0, bytes: (length: number) => new Uint8Array(length),
    uuid: () => '00000000-0000-4000-a000-000000000000',
  }
  const { send } = startTestServer({ random: same })
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x-' } }
  assert.equal((await send('POST', maps, body)).status, 201)
  const second = await send('POST', maps, body)
  assert.equal(second.status, 409)
  assert.equal(
    second.json['message'],
    'configmaps "x-bbbbb" already exists, the server was not able to generate a unique name for the object',
  )
})

test('a dry run answers like the real thing and stores nothing', async () => {
  const { send } = startTestServer()
  const dry = await send('POST', `${maps}?dryRun=All`, configMap('a'))
  assert.equal(dry.status, 201)
  assert.equal(dry.json.metadata!.resourceVersion, undefined)
  assert.equal((await send('GET', `${maps}/a`)).status, 404)
  await send('POST', maps, configMap('a', { data: { k: '1' } }))
  const patched = await send('PATCH', `${maps}/a?dryRun=All`, { data: { k: '2' } }, merge)
  assert.deepEqual(patched.json['data'], { k: '2' })
  assert.deepEqual((await send('GET', `${maps}/a`)).json['data'], { k: '1' })
  assert.equal((await send('DELETE', `${maps}/a?dryRun=All`)).status, 200)
  assert.equal((await send('GET', `${maps}/a`)).status, 200)
})

test('an update without a version overwrites, one with an old version fails, one that changes nothing writes nothing', async () => {
  const { send } = startTestServer()
  const first = (await send('POST', maps, configMap('a', { data: { k: '1' } }))).json
  const second = (await send('PUT', `${maps}/a`, configMap('a', { data: { k: '2' } }))).json
  assert.equal((await send('PUT', `${maps}/a`, { ...configMap('a'), metadata: first.metadata })).status, 409)
  const third = (await send('PUT', `${maps}/a`, configMap('a', { data: { k: '2' } }))).json
  assert.equal(third.metadata!.resourceVersion, second.metadata!.resourceVersion)
  assert.equal(third.metadata!.uid, first.metadata!.uid)
})

test('an update that means another object by its uid fails', async () => {
  const { send } = startTestServer()
  await send('POST', maps, configMap('a'))
  const answer = await send('PUT', `${maps}/a`, { ...configMap('a'), metadata: { name: 'a', uid: 'other' } })
  assert.equal(answer.status, 409)
  assert.match(answer.json['message'], /Precondition failed: UID in precondition: other, UID in object meta: /)
})

test('an update can neither begin a deletion nor set a link', async () => {
  const { send } = startTestServer()
  await send('POST', maps, configMap('a'))
  const begun = await send('PATCH', `${maps}/a`, { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z' } }, merge)
  assert.equal(begun.status, 422)
  assert.match(begun.json.message!, /metadata\.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable/)
  const linked = await send('PATCH', `${maps}/a`, { metadata: { selfLink: '/x' } }, merge)
  assert.deepEqual([linked.status, (linked.json.metadata as any).selfLink], [200, undefined])
})

test('an empty list of managers resets them, until somebody applies', async () => {
  const { send } = startTestServer()
  await send('POST', maps, configMap('a', { data: { x: '1' } }))
  const managers = ({ json }: { json: any }): unknown => json.metadata.managedFields?.map((entry: any) => entry.manager)
  assert.equal(managers(await send('PATCH', `${maps}/a`, { metadata: { managedFields: [] } }, merge)), undefined)
  assert.equal(managers(await send('PATCH', `${maps}/a`, { data: { x: '2' } }, merge)), undefined)
  const conflict = await send('PATCH', `${maps}/a?fieldManager=m`, configMap('a', { data: { x: '3' } }), apply)
  assert.match(conflict.json.message!, /conflict with "before-first-apply" using v1: \.data\.x/)
})

test('YAML in flow style is YAML too', async () => {
  const { send } = startTestServer()
  const text = '{apiVersion: v1, kind: ConfigMap, metadata: {name: flow}, data: {x: one}}'
  assert.equal((await send('POST', maps, text, { 'content-type': 'application/yaml' })).status, 201)
  assert.equal((await send('PATCH', `${maps}/flow?fieldManager=m&force=true`, text, apply)).status, 200)
})

test('a strategic merge of nothing changes nothing', async () => {
  const { send } = startTestServer()
  const { json } = await send('POST', maps, configMap('a'))
  const patched = await send('PATCH', `${maps}/a`, 'null', strategic)
  assert.deepEqual([patched.status, patched.json.metadata!.resourceVersion], [200, json.metadata!.resourceVersion])
})

test('the object endpoint keeps the status, the status endpoint keeps the spec', async () => {
  const { send } = startTestServer()
  const deployment = {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
    status: { replicas: 9 },
  }
  const url = '/apis/apps/v1/namespaces/default/deployments'
  const created = (await send('POST', url, deployment)).json
  assert.deepEqual([created['status'].replicas, created.metadata!.generation], [undefined, 1])
  const scaled = (await send('PATCH', `${url}/d`, { spec: { replicas: 3 }, status: { replicas: 9 } }, merge)).json
  assert.deepEqual([scaled['spec'].replicas, scaled['status'].replicas, scaled.metadata!.generation], [3, undefined, 2])
  const reported = (await send('PATCH', `${url}/d/status`, { spec: { replicas: 5 }, status: { replicas: 2 } }, merge))
    .json
  assert.deepEqual([reported['spec'].replicas, reported['status'].replicas, reported.metadata!.generation], [3, 2, 2])
})

test('a thousand patches of one object at once all arrive, in some order', async () => {
  const { send } = startTestServer()
  await send('POST', maps, configMap('a'))
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => send('PATCH', `${maps}/a`, { data: { [`k${i}`]: 'v' } }, merge)),
  )
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal(Object.keys((await send('GET', `${maps}/a`)).json['data']).length, 1000)
})

test('strategic merge patches merge lists by their keys', async () => {
  const { send } = startTestServer()
  await send('POST', pods, podBody)
  const { json } = await send('PATCH', `${pods}/p`, { spec: { containers: [{ name: 'c', image: 'j' }] } }, strategic)
  assert.equal(json['spec'].containers[0].image, 'j')
  assert.equal(json['spec'].containers[0].terminationMessagePath, '/dev/termination-log')
})

test('json patches: all or nothing, and 422 for what cannot be done', async () => {
  const { send } = startTestServer()
  await send('POST', maps, configMap('a', { data: { k: '1' } }))
  const json = { 'content-type': 'application/json-patch+json' }
  const failed = await send(
    'PATCH', `${maps}/a`, [{ op: 'replace', path: '/data/k', value: '2' }, { op: 'test', path: '/data/k', value: '1' }],
    json,
  )
  assert.equal(failed.status, 422)
  assert.deepEqual((await send('GET', `${maps}/a`)).json['data'], { k: '1' })
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/k', value: '1' }))
  const refused = await send('PATCH', `${maps}/a`, many, json)
  assert.deepEqual(
    [refused.status, refused.json['message']],
    [413, 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001'],
  )
})

test('an apply creates, is repeated without a change, conflicts with other owners, and takes over by force', async () => {
  const { send } = startTestServer()
  const body = (value: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: "${value}"\n`
  const created = await send('PATCH', `${maps}/a?fieldManager=one`, body('1'), apply)
  assert.equal(created.status, 201, created.text)
  const repeated = await send('PATCH', `${maps}/a?fieldManager=one`, body('1'), apply)
  assert.deepEqual(
    [repeated.status, repeated.json.metadata!.resourceVersion], [200, created.json.metadata!.resourceVersion],
  )
  const conflicting = await send('PATCH', `${maps}/a?fieldManager=two`, body('2'), apply)
  assert.equal(conflicting.status, 409)
  assert.equal(conflicting.json['message'], 'Apply failed with 1 conflict: conflict with "one": .data.k')
  const forced = await send('PATCH', `${maps}/a?fieldManager=two&force=true`, body('2'), apply)
  assert.deepEqual(forced.json['data'], { k: '2' })
  assert.deepEqual(
    forced.json.metadata!.managedFields!.map(({ manager, operation }) => [manager, operation]), [['two', 'Apply']],
  )
})

test('names the writer of each field: the manager, or the user agent up to its slash', async () => {
  const { send } = startTestServer()
  await send('POST', maps, configMap('a', { data: { k: '1' } }), { 'user-agent': 'tool/1.2 (linux)' })
  const { json } = await send('PATCH', `${maps}/a?fieldManager=other`, { data: { l: '2' } }, merge)
  assert.deepEqual(json.metadata!.managedFields!.map(({ manager, fieldsV1 }) => [manager, fieldsV1]), [
    ['other', { 'f:data': { 'f:l': {} } }],
    ['tool', { 'f:data': { '.': {}, 'f:k': {} } }],
  ])
})

test('keys that mean something to JavaScript are plain data', async () => {
  const { send, server } = startTestServer()
  const text =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"constructor":"x","then":"y"}},'
    + '"data":{"__proto__":"1","hasOwnProperty":"3","toJSON":"2"}}'
  assert.equal((await send('POST', maps, text)).status, 201)
  const stored = JSON.stringify((await send('GET', `${maps}/a`)).json['data'])
  assert.equal(stored, '{"__proto__":"1","hasOwnProperty":"3","toJSON":"2"}')
  await send('PATCH', `${maps}/a`, '{"data":{"__proto__":null,"constructor":"4"}}', merge)
  assert.deepEqual(
    Object.keys((await send('GET', `${maps}/a`)).json['data']).toSorted(), ['constructor', 'hasOwnProperty', 'toJSON'],
  )
  assert.equal(({} as Record<string, unknown>)['isAdmin'], undefined)
  assert.ok(server)
})

test('duplicate owner references are dropped with a warning', async () => {
  const { send } = startTestServer()
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }
  const { headers, json } = await send(
    'POST', maps, { ...configMap('a'), metadata: { name: 'a', ownerReferences: [owner, owner] } },
  )
  assert.equal(json.metadata!.ownerReferences!.length, 1)
  assert.match(
    headers['warning']!, /\.metadata\.ownerReferences contains duplicate entries; .*duplicate UID\(s\) observed: u"/,
  )
})

test('speaks protobuf and YAML both ways', async () => {
  const { send } = startTestServer()
  await send('POST', maps, configMap('a', { data: { k: '1' } }))
  const protobuf = 'application/vnd.kubernetes.protobuf'
  const binary = await send('GET', `${maps}/a`, undefined, { accept: protobuf })
  assert.equal(binary.headers['content-type'], protobuf)
  assert.equal(new TextDecoder().decode(binary.bytes.subarray(0, 3)), 'k8s')
  const put = await send('PUT', `${maps}/a`, binary.bytes, { 'content-type': protobuf })
  assert.deepEqual([put.status, put.json['data']], [200, { k: '1' }])
  const yaml = await send('POST', maps, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {k: "2"}\n', {
    'content-type': 'application/yaml',
    accept: 'application/yaml',
  })
  assert.equal(yaml.status, 201)
  assert.match(yaml.text, /^apiVersion: v1\ndata:\n  k: "2"\nkind: ConfigMap\n/)
})

async function statusOf({ send }: TestServer, ...request: Parameters<TestServer['send']>): Promise<number> {
  return (await send(...request)).status
}

test('an object too large for the store is refused', async () => {
  const server = startTestServer()
  const big = { ...configMap('a'), data: { k: 'x'.repeat(1_600_000) } }
  assert.ok(await statusOf(server, 'POST', maps, big) >= 400)
})
