/** Subresources against the real server. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { HttpClient, HttpRequest, OutgoingRequest, RawConnection } from '#world/http.ts'
import { dialFailure } from '../dial-failure.ts'
import { httpRequest, readAnswer, startTestServer, type TestServer } from '../testing.ts'
import { subresourceCatalog } from './catalog.ts'

const pods = '/api/v1/namespaces/default/pods'
const merge = { 'content-type': 'application/merge-patch+json' }
const podBody = {
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
}
const deployment = {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
}
const deployments = '/apis/apps/v1/namespaces/default/deployments'

test('the scale of a deployment is read, put and patched', async () => {
  const { send } = startTestServer()
  await send('POST', deployments, deployment)
  const scale = (await send('GET', `${deployments}/d/scale`)).json
  assert.deepEqual(
    [scale.kind, scale['spec'], scale['status']], ['Scale', { replicas: 1 }, { replicas: 0, selector: 'a=b' }],
  )
  const put = await send('PUT', `${deployments}/d/scale`, { ...scale, spec: { replicas: 4 } })
  assert.deepEqual([put.status, put.json['spec']], [200, { replicas: 4 }])
  const { json } = await send('GET', `${deployments}/d`)
  assert.deepEqual([json['spec'].replicas, json.metadata!.generation], [4, 2])
  assert.equal((await send('PUT', `${deployments}/d/scale`, { ...scale, spec: { replicas: 5 } })).status, 409)
  assert.deepEqual((await send('PATCH', `${deployments}/d/scale`, { spec: { replicas: 0 } }, merge)).json['spec'], {})
  const negative = await send('PATCH', `${deployments}/d/scale`, { spec: { replicas: -1 } }, merge)
  assert.equal(
    negative.json['message'],
    'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  )
})

test('the table of a scale shows replicas', async () => {
  const { send } = startTestServer()
  await send('POST', deployments, deployment)
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const { columnDefinitions, rows } = (await send('GET', `${deployments}/d/scale`, undefined, { accept })).json as any
  assert.deepEqual(
    columnDefinitions.map(({ name, type, format }: any) => [name, type, format]),
    [['Name', 'string', ''], ['Desired', 'integer', ''], ['Available', 'integer', ''], ['Age', 'string', '']],
  )
  assert.deepEqual(rows[0].cells, ['d', 1, 0, '0s'])
})

test('who applies a scale owns the replicas, after a conflict with their owner', async () => {
  const { send } = startTestServer()
  const apply = { 'content-type': 'application/apply-patch+yaml' }
  const metadata = { name: 'd' }
  await send('PATCH', `${deployments}/d?fieldManager=app`, {
    ...deployment, metadata, spec: { ...deployment.spec, replicas: 2 },
  }, apply)
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas: 3 } }
  const url = `${deployments}/d/scale?fieldManager=scaler`
  const refused = await send('PATCH', url, scale, apply)
  assert.deepEqual(
    [refused.status, refused.json['message']],
    [409, 'Apply failed with 1 conflict: conflict with "app": .spec.replicas'],
  )
  const forced = await send('PATCH', `${url}&force=true`, scale, apply)
  assert.deepEqual([forced.status, forced.json['spec'], forced.json.metadata!.managedFields], [200, scale.spec, undefined])
  const owners = (await send('GET', `${deployments}/d`)).json.metadata!.managedFields!
  assert.deepEqual(
    owners.map(({ manager, operation, apiVersion, subresource, fieldsV1 }) =>
      [manager, operation, apiVersion, subresource, JSON.stringify(fieldsV1).includes('f:replicas')]),
    [['app', 'Apply', 'apps/v1', undefined, false], ['scaler', 'Apply', 'apps/v1', 'scale', true]],
  )
  const again = await send('PATCH', `${deployments}/d?fieldManager=app`, {
    ...deployment, metadata, spec: { ...deployment.spec, replicas: 2 },
  }, apply)
  assert.equal(again.json['message'],
    'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale": .spec.replicas')
  // Without it, the object keeps what the scaler wants.
  await send('PATCH', `${deployments}/d?fieldManager=app`, { ...deployment, metadata }, apply)
  assert.equal((await send('GET', `${deployments}/d`)).json['spec'].replicas, 3)
})

test('a pod is bound once', async () => {
  const { send } = startTestServer()
  await send('POST', pods, podBody)
  const bind = (node: string) => send(
    'POST', `${pods}/p/binding`,
    { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: node } },
  )
  const both = await Promise.all([bind('one'), bind('two')])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 409])
  const lost = both.find(({ status }) => status === 409)!
  assert.match(
    lost.json['message'],
    /^Operation cannot be fulfilled on pods\/binding "p": pod p is already assigned to node "(one|two)"$/,
  )
  const { json } = await send('GET', `${pods}/p`)
  assert.ok(['one', 'two'].includes(json['spec'].nodeName))
  assert.deepEqual(json['status'].conditions.map(({ type, status }: any) => `${type}=${status}`), ['PodScheduled=True'])
  assert.equal(json.metadata!.generation, 1, 'where it runs is no change of what is wanted')
})

async function runningPod(server: TestServer): Promise<void> {
  await server.send('POST', pods, podBody)
  await server.send(
    'PATCH', `${pods}/p/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
    merge,
  )
}

test('an evicted pod says why it ends, and is asked for in either version', async () => {
  const server = startTestServer()
  const { send } = server
  const evict = (version: string, deleteOptions: object, query = '') => send(
    'POST', `${pods}/p/eviction${query}`,
    { apiVersion: `policy/${version}`, kind: 'Eviction', metadata: { name: 'p' }, deleteOptions },
  )
  const conditions = async () => (await send('GET', `${pods}/p`)).json['status'].conditions as unknown
  await runningPod(server)
  await send('PATCH', `${pods}/p`, { metadata: { finalizers: ['example.com/x'] } }, merge)
  const before = await conditions()
  assert.equal((await evict('v1beta1', {}, '?dryRun=All')).status, 201)
  assert.equal((await evict('v2', {})).status, 400)
  assert.equal((await evict('v1', { preconditions: { uid: 'another' } })).status, 409)
  assert.deepEqual(await conditions(), before)
  assert.equal((await evict('v1', { gracePeriodSeconds: 0 })).status, 201)
  assert.deepEqual((await conditions() as unknown[]).at(-1), {
    type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting',
    observedGeneration: 1, lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z',
  })
  assert.ok((await send('GET', `${pods}/p`)).json.metadata!.deletionTimestamp)
})

test('a pod that has not begun is evicted whatever its budget, as it was seen', async () => {
  const { send } = startTestServer()
  await send('POST', pods, podBody)
  await send('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
    apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b' },
    spec: { maxUnavailable: 0, selector: { matchLabels: { app: 'x' } } },
  })
  const evict = (preconditions: object) => send('POST', `${pods}/p/eviction`, {
    apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' }, deleteOptions: { preconditions },
  })
  assert.equal((await evict({ uid: 'another' })).status, 409)
  assert.equal((await evict({ resourceVersion: '1000' })).status, 409)
  assert.equal((await evict({})).status, 201)
  assert.equal((await send('GET', `${pods}/p`)).status, 404)
})

test('an eviction takes from the budget, and is refused when nothing is left', async () => {
  const server = startTestServer()
  const { send } = server
  await runningPod(server)
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
  await send('POST', budgets, {
    apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } },
  })
  const status = { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 }
  await send('PATCH', `${budgets}/b/status`, { status }, merge)
  const evict = () =>
    send('POST', `${pods}/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } })
  const refused = await evict()
  assert.equal(refused.status, 429, refused.text)
  assert.equal(refused.json['message'], "Cannot evict pod as it would violate the pod's disruption budget.")
  assert.deepEqual(refused.json['details'].causes, [
    { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' },
  ])
  await send('PATCH', `${budgets}/b/status`, { status: { disruptionsAllowed: 1 } }, merge)
  assert.equal((await evict()).status, 201)
  assert.equal((await send('GET', `${pods}/p`)).status, 404)
  const { json } = await send('GET', `${budgets}/b`)
  assert.deepEqual([json['status'].disruptionsAllowed, Object.keys(json['status'].disruptedPods)], [0, ['p']])
})

test('an ephemeral container can be added, not taken away', async () => {
  const { send } = startTestServer()
  await send('POST', pods, podBody)
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' }
  const added = await send(
    'PATCH', `${pods}/p/ephemeralcontainers`, { spec: { ephemeralContainers: [{ name: 'debug', image: 'i' }] } },
    strategic,
  )
  assert.equal(added.status, 200, added.text)
  assert.equal(added.json['spec'].ephemeralContainers[0].name, 'debug')
  const removed = await send('PATCH', `${pods}/p/ephemeralcontainers`, { spec: { ephemeralContainers: null } }, merge)
  assert.equal((await send('GET', `${pods}/p`)).json['spec'].ephemeralContainers.length, 1, removed.text)
})

test('component statuses are made from checks', async () => {
  const { send } = startTestServer()
  const { json, headers } = await send('GET', '/api/v1/componentstatuses')
  assert.deepEqual(
    json['items'].map(({ metadata, conditions }: any) => [metadata.name, conditions[0].status]),
    [['scheduler', 'True']],
  )
  assert.match(headers['warning']!, /v1 ComponentStatus is deprecated in v1\.19\+/)
})

interface Kubelet {
  readonly server: TestServer
  readonly asked: OutgoingRequest[]
  /** Requests that came through an upgrade, as text. */
  readonly received: string[]
}

/** A server whose only node answers as told. */
async function withKubelet(answer: { status: number; body: string; refuseUpgrade?: boolean }): Promise<Kubelet> {
  const asked: OutgoingRequest[] = []
  const received: string[] = []
  const respond = () => ({
    status: answer.status, headers: { 'content-type': 'text/plain' },
    chunks: (async function* () { yield new TextEncoder().encode(answer.body) })(),
    readBody: () => Promise.resolve(new TextEncoder().encode(answer.body)),
  })
  const http: HttpClient = {
    request(request) {
      asked.push(request)
      return Promise.resolve(respond())
    },
    upgrade(request) {
      asked.push(request)
      if (answer.refuseUpgrade) return Promise.resolve({ type: 'refused', response: respond() })
      return Promise.resolve({
        type: 'upgraded', head: { status: 101, headers: { 'upgrade': 'SPDY/3.1', 'connection': 'Upgrade' } },
        connection: echo(received),
      })
    },
  }
  const tokens = { issue: () => { throw new Error('no tokens here') } }
  const connect = () => ({ http, baseUrl: 'https://10.0.0.1:10250', tls: { ca: 'authority' } })
  const server = startTestServer({
    subresources: subresourceCatalog({ tokens, nodes: { http, connect }, components: new Map() }),
  })
  await server.send('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } })
  await server.send('POST', pods, podBody)
  await server.send(
    'POST', `${pods}/p/binding`,
    { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } },
  )
  return { server, asked, received }
}

/** The other side of an upgraded connection: gives back what it gets, once. */
function echo(received: string[]): RawConnection {
  let give: ((bytes: Uint8Array) => void) | undefined
  const first = new Promise<Uint8Array>((resolve) => { give = resolve })
  return {
    received: (async function* () { yield await first })(),
    write(bytes) {
      received.push(new TextDecoder().decode(bytes))
      give?.(bytes)
      return Promise.resolve()
    },
    end() {}, destroy() {},
  }
}

test('logs come from the node of the pod', async () => {
  const { server, asked } = await withKubelet({ status: 200, body: 'line\n' })
  const answer = await server.send('GET', `${pods}/p/log?follow=true&tailLines=5&timestamps=false`)
  assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [200, 'line\n', 'text/plain'])
  assert.equal(asked[0]!.url, 'https://10.0.0.1:10250/containerLogs/default/p/c?follow=true&tailLines=5')
  const wrong = await server.send('GET', `${pods}/p/log?container=x`)
  assert.deepEqual([wrong.status, wrong.json['message']], [400, 'container x is not valid for pod p'])
})

test('a kubelet that refuses a log is quoted', async () => {
  const { server } = await withKubelet({
    status: 400, body: 'container "c" in pod "p" is waiting to start: ContainerCreating',
  })
  const { json } = await server.send('GET', `${pods}/p/log`)
  assert.deepEqual(
    [json['code'], json['message']], [400, 'container "c" in pod "p" is waiting to start: ContainerCreating'],
  )
})

test('an exec is a tunnel: bytes pass both ways as they are', async () => {
  const { server, asked, received } = await withKubelet({ status: 200, body: '' })
  const written: string[] = []
  const client: RawConnection = {
    received: (async function* () { yield new TextEncoder().encode('hello') })(),
    write(bytes) {
      written.push(new TextDecoder().decode(bytes))
      return Promise.resolve()
    },
    end() {}, destroy() {},
  }
  const headers = {
    'upgrade': 'SPDY/3.1', 'connection': 'Upgrade', 'x-stream-protocol-version': 'v4.channel.k8s.io',
    'authorization': 'Bearer secret',
  }
  const plain = httpRequest(
    'POST', `${pods}/p/exec?command=ls&command=-l&stdin=true&stdout=true&tty=true`, undefined, headers,
    new AbortController().signal,
  )
  const request: HttpRequest = { ...plain, upgrade: { protocol: 'SPDY/3.1', accept: () => client } }
  const response = await server.server.handle(request)
  assert.equal(response.body.type, 'upgraded')
  assert.equal(asked[0]!.url, 'https://10.0.0.1:10250/exec/default/p/c?input=1&output=1&tty=1&command=ls&command=-l')
  assert.deepEqual(
    [asked[0]!.headers['x-stream-protocol-version'], asked[0]!.headers['authorization']],
    ['v4.channel.k8s.io', undefined],
  )
  assert.deepEqual(received, ['hello'])
  assert.match(written[0]!, /^HTTP\/1\.1 101 Switching Protocols\r\nupgrade: SPDY\/3\.1\r\n/)
  assert.equal(written[1], 'hello')
})

test('a refused upgrade is passed on, so that a client can try another protocol', async () => {
  const { server } = await withKubelet({ status: 403, body: 'unknown protocol', refuseUpgrade: true })
  const plain = httpRequest(
    'GET', `${pods}/p/exec?command=ls`, undefined, { upgrade: 'websocket' }, new AbortController().signal,
  )
  const request: HttpRequest = {
    ...plain,
    upgrade: {
      protocol: 'websocket',
      accept: () => {
        throw new Error('not accepted')
      },
    },
  }
  const answer = await readAnswer(await server.server.handle(request))
  assert.deepEqual([answer.status, answer.text], [403, 'unknown protocol'])
  const without = await server.send('GET', `${pods}/p/exec?command=ls`)
  assert.deepEqual([without.status, without.json['message']], [400, 'Upgrade request required'])
})

test('proxies pass on paths and queries, without credentials', async () => {
  const { server, asked } = await withKubelet({ status: 200, body: 'page' })
  const node = await server.send('GET', '/api/v1/nodes/n/proxy/stats/summary?x=%2F', undefined, {
    authorization: 'Bearer secret',
  })
  assert.equal(node.text, 'page')
  assert.equal(asked[0]!.url, 'https://10.0.0.1:10250/stats/summary?x=%2F')
  assert.equal(asked[0]!.headers['authorization'], undefined)
  await server.send('PATCH', `${pods}/p/status`, { status: { podIPs: [{ ip: '10.1.0.5' }] } }, merge)
  await server.send('GET', `${pods}/https:p:8443/proxy/a%20b/`)
  assert.equal(asked[1]!.url, 'https://10.1.0.5:8443/a%20b/')
  const slashless = await server.send('GET', `${pods}/p/proxy`)
  assert.deepEqual([slashless.status, slashless.headers['location']], [301, `${pods}/p/proxy/`])
})

test('a connection that did not come to be is told in Go\'s words', () => {
  for (const [message, said] of [
    ['connect ECONNREFUSED 10.244.0.2:80', 'dial tcp 10.244.0.2:80: connect: connection refused'],
    ['connect ETIMEDOUT 10.244.0.2:80', 'dial tcp 10.244.0.2:80: i/o timeout'],
    ['getaddrinfo ENOTFOUND nobody.example', 'dial tcp: lookup nobody.example: no such host'],
    ['socket hang up', 'EOF'],
    [
      "Hostname/IP does not match certificate's altnames: Host: a.b.svc. is not in the cert's altnames: DNS:c, DNS:d",
      'tls: failed to verify certificate: x509: certificate is valid for c, d, not a.b.svc',
    ],
    ['the node is gone', 'the node is gone'],
  ] as const) assert.equal(dialFailure(new Error(message)), said)
  const unknown = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  assert.equal(dialFailure(unknown), 'tls: failed to verify certificate: x509: certificate signed by unknown authority')
})
