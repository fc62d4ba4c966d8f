/** Discovery, health, version and metrics. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { pod } from '#api/core/pod/pod.ts'
import { servedKinds } from '#api/served-kinds.ts'
import { startTestServer } from '../testing.ts'
import { compareVersions, storageVersionHash } from './documents.ts'

test('orders versions by maturity, then by number', () => {
  const versions = ['foo1', 'v1alpha1', 'v1', 'v11beta2', 'v10', 'v1beta1', 'v2', 'foo10', 'v3beta1']
  assert.deepEqual(
    versions.toSorted(compareVersions),
    ['v10', 'v2', 'v1', 'v11beta2', 'v3beta1', 'v1beta1', 'v1alpha1', 'foo1', 'foo10'],
  )
})

test('hashes storage versions as upstream', () => {
  assert.equal(storageVersionHash(pod), 'xPOwRZ+Yhw8=')
})

test('lists the core resources in the legacy form', async () => {
  const { send } = startTestServer()
  const { json, headers } = await send('GET', '/api/v1')
  assert.equal(headers['content-type'], 'application/json')
  assert.deepEqual([json.kind, json.apiVersion, json['groupVersion']], ['APIResourceList', undefined, 'v1'])
  const names = json['resources'].map(({ name }: any) => name)
  assert.deepEqual(names, names.toSorted())
  const find = (name: string) => json['resources'].find((resource: any) => resource.name === name)
  assert.deepEqual(find('pods'), {
    name: 'pods',
    singularName: 'pod',
    namespaced: true,
    kind: 'Pod',
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    shortNames: ['po'],
    categories: ['all'],
    storageVersionHash: 'xPOwRZ+Yhw8=',
  })
  assert.deepEqual(find('pods/eviction'), {
    name: 'pods/eviction',
    singularName: '',
    namespaced: true,
    group: 'policy',
    version: 'v1',
    kind: 'Eviction',
    verbs: ['create'],
  })
  assert.deepEqual(find('namespaces').verbs, ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'])
})

test('legacy documents are indented for people, and end as upstream ends them: without a line break', async () => {
  const { send } = startTestServer()
  for (const path of ['/api', '/apis', '/apis/apps', '/apis/apps/v1']) {
    const forPeople = await send('GET', path, undefined, { 'user-agent': 'curl/8.0' })
    const forPrograms = await send('GET', path, undefined, { 'user-agent': 'kubectl/v1.36' })
    assert.equal(forPeople.text, JSON.stringify(forPrograms.json, undefined, 2))
    assert.equal(forPrograms.text, `${JSON.stringify(forPrograms.json)}\n`)
  }
})

test('lists groups in upstream\'s order', async () => {
  const { send } = startTestServer()
  const groups = (await send('GET', '/apis')).json['groups'].map(({ name }: any) => name)
  assert.deepEqual(
    groups.slice(0, 6),
    ['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'autoscaling'],
  )
  const { json } = await send('GET', '/apis/autoscaling')
  assert.deepEqual(json['versions'].map(({ version }: any) => version), ['v2', 'v1'])
  assert.deepEqual(json['preferredVersion'], { groupVersion: 'autoscaling/v2', version: 'v2' })
  assert.equal((await send('GET', '/apis/nobody.example')).status, 404)
})

test('gives all in one document to those who accept it, and 304 to those who have it', async () => {
  const { send } = startTestServer()
  const accept =
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'
  for (const path of ['/api', '/apis']) {
    const { json, headers } = await send('GET', path, undefined, { accept })
    assert.equal(headers['content-type'], 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')
    assert.deepEqual([json.kind, json.apiVersion], ['APIGroupDiscoveryList', 'apidiscovery.k8s.io/v2'])
    const again = await send('GET', path, undefined, { accept, 'if-none-match': headers['etag']! })
    assert.equal(again.status, 304)
  }
  const { json } = await send('GET', '/api', undefined, { accept })
  const pods = json['items'][0].versions[0].resources.find(({ resource }: any) => resource === 'pods')
  assert.deepEqual(
    [pods.responseKind, pods.scope, pods.singularResource],
    [{ group: '', version: 'v1', kind: 'Pod' }, 'Namespaced', 'pod'],
  )
  assert.equal((await send('GET', '/apis', undefined, { accept: 'application/json' })).json.kind, 'APIGroupList')
})

test('a kind that comes or goes shows at once', async () => {
  const { send, server } = startTestServer()
  const before = (await send('GET', '/apis')).json['groups'].length
  server.kinds.delete('node.k8s.io', 'runtimeclasses')
  assert.equal((await send('GET', '/apis')).json['groups'].length, before - 1)
  assert.equal((await send('GET', '/apis/node.k8s.io/v1/runtimeclasses')).status, 404)
})

test('reports health, in one word or line by line', async () => {
  let broken = false
  const { send } = startTestServer({
    healthChecks: [
      { name: 'etcd', check() { if (broken) throw new Error('the disk is gone') } },
    ],
  })
  assert.equal((await send('GET', '/livez')).text, 'ok')
  assert.equal((await send('GET', '/readyz?verbose')).text, '[+]ping ok\n[+]log ok\n[+]etcd ok\nreadyz check passed\n')
  assert.equal((await send('GET', '/healthz/etcd')).text, 'ok')
  broken = true
  const sick = await send('GET', '/healthz')
  assert.deepEqual(
    [sick.status, sick.text], [500, '[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\nhealthz check failed\n'],
  )
  assert.equal((await send('GET', '/healthz?exclude=etcd')).text, 'ok')
})

test('counts what it answers', async () => {
  const { send } = startTestServer()
  await send('GET', '/api/v1/pods')
  await send('GET', '/api/v1/namespaces/default/pods/none')
  const { text } = await send('GET', '/metrics')
  assert.match(
    text, /apiserver_request_total\{code="200",[^}]*resource="pods",scope="cluster",[^}]*verb="LIST"[^}]*\} 1\n/,
  )
  assert.match(
    text, /apiserver_request_total\{code="404",[^}]*resource="pods",scope="resource",[^}]*verb="GET"[^}]*\} 1\n/,
  )
  assert.match(text, /apiserver_request_duration_seconds_bucket\{[^}]*le="\+Inf"\} 1\n/)
})

test('counts watches and their events, objects, dry runs, and who asks for what goes', async () => {
  const { send, open } = startTestServer({ kinds: servedKinds([['api/legacy', true]]) })
  const maps = '/api/v1/namespaces/default/configmaps'
  await send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
  const abort = new AbortController()
  const { body } = await open('GET', `${maps}?watch=true`, {}, abort.signal)
  const events = body.type === 'stream' ? (body.chunks as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]() : undefined
  const first = events?.next()
  await send('POST', maps, { metadata: { name: 'a' } })
  await send('POST', `${maps}?dryRun=All`, { metadata: { name: 'b' } })
  await send('GET', '/apis/policy/v1beta1/poddisruptionbudgets')
  await first
  const during = (await send('GET', '/metrics')).text
  const labels =
    'component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"'
  for (const line of [
    `apiserver_longrunning_requests{${labels}} 1`,
    'apiserver_watch_events_total{group="",resource="configmaps",version="v1"} 1',
    'apiserver_resource_objects{group="",resource="configmaps"} 1',
    'apiserver_storage_objects{resource="deployments.apps"} 0',
    'apiserver_requested_deprecated_apis{group="policy",removed_release="1.25",resource="poddisruptionbudgets",subresource="",version="v1beta1"} 1',
    'apiserver_request_total{code="201",component="apiserver",dry_run="All",group="",resource="configmaps",scope="namespace",subresource="",verb="POST",version="v1"} 1',
  ]) {
    assert.ok(during.includes(`${line}\n`), `${line} in ${during}`)
  }
  abort.abort()
  await events?.next()
  assert.ok((await send('GET', '/metrics')).text.includes(`apiserver_longrunning_requests{${labels}} 0\n`))
})
