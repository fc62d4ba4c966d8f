/** Deleting: at once, gracefully, and by finalizers. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { schemas } from '#api/schemas.ts'
import { encodeKubernetesProtobuf } from '#machinery/codec/protobuf.ts'
import { startTestServer, type TestServer } from '../testing.ts'
import { deleteOptionsSchema } from './object-codec.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'
const merge = { 'content-type': 'application/merge-patch+json' }

async function createMap(server: TestServer, metadata: Record<string, unknown>): Promise<any> {
  return (await server.send('POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })).json
}

async function createPod(server: TestServer, name = 'p', finalizers: string[] = []): Promise<any> {
  const body = {
    apiVersion: 'v1', kind: 'Pod', metadata: { name, finalizers }, spec: { containers: [{ name: 'c', image: 'i' }] },
  }
  await server.send('POST', pods, body)
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'n' } }
  assert.equal((await server.send('POST', `${pods}/${name}/binding`, binding)).status, 201)
  return (await server.send('GET', `${pods}/${name}`)).json
}

test('an object with finalizers waits for them, and goes with the last', async () => {
  const server = startTestServer()
  await createMap(server, { name: 'a', finalizers: ['example.com/x', 'example.com/y'] })
  const marked = (await server.send('DELETE', `${maps}/a`)).json
  assert.deepEqual(
    [marked.metadata!.deletionTimestamp, marked.metadata!.deletionGracePeriodSeconds], ['2026-01-01T00:00:00Z', 0],
  )
  const again = (await server.send('DELETE', `${maps}/a`)).json
  assert.equal(again.metadata!.resourceVersion, marked.metadata!.resourceVersion)
  const added = await server.send(
    'PATCH', `${maps}/a`, { metadata: { finalizers: ['example.com/x', 'example.com/z'] } }, merge,
  )
  assert.equal(added.status, 422)
  assert.equal(
    (await server.send('PATCH', `${maps}/a`, { metadata: { finalizers: ['example.com/x'] } }, merge)).status, 200,
  )
  const last = await server.send('PATCH', `${maps}/a`, { metadata: { finalizers: null } }, merge)
  assert.equal(last.status, 200)
  assert.equal((await server.send('GET', `${maps}/a`)).status, 404)
})

test("propagation becomes the garbage collector's finalizers", async () => {
  const server = startTestServer()
  const rows: readonly (readonly [options: unknown, finalizers: readonly string[] | undefined])[] = [
    [{ propagationPolicy: 'Orphan' }, ['orphan']],
    [{ propagationPolicy: 'Foreground' }, ['foregroundDeletion']],
    [{ propagationPolicy: 'Background' }, undefined],
    [{ orphanDependents: true }, ['orphan']],
    [{}, undefined],
  ]
  for (const [index, [options, finalizers]] of rows.entries()) {
    await createMap(server, { name: `a${index}` })
    const answer = await server.send('DELETE', `${maps}/a${index}`, options)
    assert.deepEqual(answer.json.metadata!.finalizers, finalizers, JSON.stringify(options))
    assert.equal((await server.send('GET', `${maps}/a${index}`)).status, finalizers ? 200 : 404)
  }
  const query = await server.send('DELETE', `${maps}/none?propagationPolicy=Sideways`)
  assert.equal(
    query.json['message'],
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
  )
})

test('preconditions must hold', async () => {
  const server = startTestServer()
  const { metadata } = await createMap(server, { name: 'a' })
  const wrongUid = await server.send('DELETE', `${maps}/a`, { preconditions: { uid: 'x' } })
  assert.equal(
    wrongUid.json['message'],
    `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (x) does not match `
      + `the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
  )
  const wrongVersion = await server.send('DELETE', `${maps}/a`, { preconditions: { resourceVersion: '999' } })
  assert.equal(wrongVersion.status, 409)
  assert.equal((await server.send(
    'DELETE', `${maps}/a`, { preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion } },
  )).status, 200)
})

test('a scheduled pod dies by its grace period, which can only be shortened', async () => {
  const server = startTestServer()
  await createPod(server)
  const first = (await server.send('DELETE', `${pods}/p`)).json
  assert.deepEqual(
    [first.metadata!.deletionTimestamp, first.metadata!.deletionGracePeriodSeconds], ['2026-01-01T00:00:30Z', 30],
  )
  const longer = (await server.send('DELETE', `${pods}/p`, { gracePeriodSeconds: 60 })).json
  assert.equal(longer.metadata!.resourceVersion, first.metadata!.resourceVersion)
  const shorter = (await server.send('DELETE', `${pods}/p`, { gracePeriodSeconds: 10 })).json
  assert.deepEqual(
    [shorter.metadata!.deletionTimestamp, shorter.metadata!.deletionGracePeriodSeconds], ['2026-01-01T00:00:10Z', 10],
  )
  await server.clock.advance(20_000)
  const late = (await server.send('DELETE', `${pods}/p`, { gracePeriodSeconds: 5 })).json
  assert.deepEqual(
    [late.metadata!.deletionTimestamp, late.metadata!.deletionGracePeriodSeconds], ['2026-01-01T00:00:20Z', 1],
  )
  assert.equal((await server.send('DELETE', `${pods}/p`, { gracePeriodSeconds: 0 })).status, 200)
  assert.equal((await server.send('GET', `${pods}/p`)).status, 404)
})

test('a pod with a finalizer outlives its grace period', async () => {
  const server = startTestServer()
  await createPod(server, 'p', ['example.com/x'])
  await server.send('DELETE', `${pods}/p`, { gracePeriodSeconds: 0 })
  assert.equal((await server.send('GET', `${pods}/p`)).json.metadata!.deletionGracePeriodSeconds, 0)
  await server.send('PATCH', `${pods}/p`, { metadata: { finalizers: null } }, merge)
  assert.equal((await server.send('GET', `${pods}/p`)).status, 404)
})

test('a pod that never ran goes at once, and a create meanwhile is told why it fails', async () => {
  const server = startTestServer()
  const body = {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'q' }, spec: { containers: [{ name: 'c', image: 'i' }] },
  }
  await server.send('POST', pods, body)
  await server.send('DELETE', `${pods}/q`)
  assert.equal((await server.send('GET', `${pods}/q`)).status, 404)
  await createPod(server)
  await server.send('DELETE', `${pods}/p`)
  const taken = await server.send('POST', pods, { ...body, metadata: { name: 'p' } })
  assert.equal(taken.json['message'], 'object is being deleted: pods "p" already exists')
})

test('a namespace is marked first, and goes when its finalizers are empty', async () => {
  const server = startTestServer()
  await server.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } })
  const marked = (await server.send('DELETE', '/api/v1/namespaces/n')).json
  assert.deepEqual([marked['status'].phase, marked['spec'].finalizers], ['Terminating', ['kubernetes']])
  assert.equal((await server.send('DELETE', '/api/v1/namespaces/n')).status, 200)
  const { spec: _, ...rest } = (await server.send('GET', '/api/v1/namespaces/n')).json as any
  assert.equal((await server.send('PUT', '/api/v1/namespaces/n/finalize', { ...rest, spec: {} })).status, 200)
  assert.equal((await server.send('GET', '/api/v1/namespaces/n')).status, 404)
})

test('a collection is deleted by selector, and the answer lists what was there', async () => {
  const server = startTestServer()
  for (let i = 0; i < 6; i++) await createMap(server, { name: `a${i}`, labels: { even: String(i % 2 === 0) } })
  const { json } = await server.send('DELETE', `${maps}?labelSelector=even%3Dtrue`)
  assert.equal(json['items'].length, 3)
  assert.deepEqual(
    (await server.send('GET', maps)).json['items'].map((item: any) => item.metadata.name), ['a1', 'a3', 'a5'],
  )
})

test('options come in the version of the resource, in either language', async () => {
  const sets = '/apis/apps/v1/namespaces/default/replicasets'
  const server = startTestServer()
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const set = {
    apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'a' },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  }
  const options = { apiVersion: 'apps/v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' }
  const protobuf = encodeKubernetesProtobuf(options, schemas.struct(deleteOptionsSchema))
  for (const [body, type] of [[options, 'application/json'], [protobuf, 'application/vnd.kubernetes.protobuf']] as const) {
    assert.equal((await server.send('POST', sets, set)).status, 201)
    const { status, json } = await server.send('DELETE', `${sets}/a`, body, { 'content-type': type })
    assert.deepEqual([status, json.metadata!.finalizers], [200, ['foregroundDeletion']])
    await server.send('PATCH', `${sets}/a`, { metadata: { finalizers: null } }, merge)
  }
})
