/** The kubelet's own API: who may ask, and what it answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/gen/core-v1.ts'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { startTestServer } from '#apiserver/testing.ts'
import { createClient } from '#client/client.ts'
import type { KubeletAttributes } from '#kubelet/server/routes.ts'
import { createKubeletServer } from '#kubelet/server/server.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { HttpRequest } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { createSimClock } from './clock.ts'
import { createSimulatedNode } from './node.ts'
import { seededRandom } from './random.ts'

async function laboratory() {
  const clock = createSimClock()
  const random = seededRandom(1)
  const { server } = startTestServer({ store: openVolatileStore({ clock }), kinds, schemas, clock, random })
  const transport = server.localTransport({ name: 'admin', groups: ['system:masters'] })
  const client = createClient(transport)
  for (const name of ['default', 'kube-node-lease']) {
    await client
      .resource({ group: '', version: 'v1', resource: 'namespaces' })
      .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  const node = await createSimulatedNode({
    nodeName: 'node-1', nodeIp: '192.0.2.1', transport, clock, random, log: silentLog,
  })
  const stop = new AbortController()
  const running = node.kubelet.run(stop.signal)
  await clock.advance(1000)
  const pods = client.resource<Pod>({ group: '', version: 'v1', resource: 'pods' }, 'default')
  const asked: KubeletAttributes[] = []
  const kubeletServer = createKubeletServer({
    kubelet: node.kubelet, log: silentLog, httpClient: {
      request: () => Promise.reject(new Error('unused')), upgrade: () => Promise.reject(new Error('unused')),
    },
    authenticate: ({ headers }) =>
      headers['authorization'] ? { name: headers['authorization'], groups: [] } : undefined,
    authorize: (user, attributes) => {
      asked.push(attributes)
      return user.name === 'admin'
    },
  })
  return {
    clock, pods, asked,
    async ask(path: string, { user = 'admin', query = '', method = 'GET', address = '192.0.2.7' } = {}) {
      const request: HttpRequest = {
        method, path, query, headers: { authorization: user === '' ? undefined : user }, readBody: async () =>
          new Uint8Array(),
        async *streamBody() {},
        peer: { address, certificate: undefined }, signal: new AbortController().signal, upgrade: undefined,
      }
      const { status, body } = await kubeletServer.handle(request)
      let text = ''
      if (body.type === 'bytes' || body.type === 'stream') {
        for await (const chunk of body.chunks) text += new TextDecoder().decode(chunk)
      }
      return `${status} ${text}`
    },
    async end() {
      stop.abort()
      await clock.advance(5000)
      await running
    },
  }
}

test('only who is known and allowed is answered, but for local health', async () => {
  const { ask, asked, end } = await laboratory()
  assert.equal(await ask('/pods', { user: '' }), '401 Unauthorized')
  assert.match(
    await ask('/stats/summary', { user: 'eve' }),
    /^403 Forbidden \(user=eve, verb=get, resource=nodes, subresource\(s\)=\[stats\]\)/,
  )
  assert.equal(await ask('/healthz', { user: '', address: '127.0.0.1' }), '200 ok')
  assert.equal(await ask('/healthz', { user: '' }), '401 Unauthorized')
  await ask('/exec/default/p/c', { method: 'POST' })
  await ask('/metrics/resource')
  assert.deepEqual(asked.slice(-2).map(({ verb, subresource }) =>
    `${verb} ${subresource}`), ['create proxy', 'get metrics'])
  assert.match(await ask('/nothing'), /^404 /)
  await end()
})

test('pods, logs, figures and configuration', async () => {
  const { ask, pods, clock, end } = await laboratory()
  await pods.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'echo one; echo two; sleep 100000'] }],
    },
  })
  await pods.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'lost' },
    spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'missing' }] },
  })
  await clock.advance(5000)
  assert.deepEqual(JSON.parse((await ask('/pods')).slice(4)).items.map((pod: Pod) =>
    pod.metadata?.name).toSorted(), ['lost', 'p'])
  assert.equal(await ask('/containerLogs/default/p/c', { query: 'tailLines=1' }), '200 two\n')
  assert.equal(await ask('/containerLogs/default/p/none'), '404 container "none" not found in pod "p"\n')
  assert.equal(
    await ask('/containerLogs/default/p/c', { query: 'previous=true' }),
    '400 previous terminated container "c" in pod "p" not found',
  )
  assert.equal(
    await ask('/containerLogs/default/lost/c'),
    '400 container "c" in pod "lost" is waiting to start: trying and failing to pull image',
  )
  assert.match(
    await ask('/exec/default/p/c', { method: 'POST', query: 'command=ls&output=1' }),
    /^400 Upgrade request required/,
  )
  assert.match(
    await ask('/exec/default/lost/c', { method: 'POST', query: 'command=ls&output=1' }),
    /container not found \("c"\)/,
  )
  assert.match(
    await ask('/metrics/resource'),
    /container_memory_working_set_bytes\{container="c",namespace="default",pod="p"\} \d+/,
  )
  assert.match(await ask('/metrics/cadvisor'), /container_memory_rss\{container="c",namespace="default",pod="p"\} \d+/)
  assert.match(await ask('/metrics'), /^kubelet_running_containers\{container_state="running"\} 1$/m)
  assert.equal(JSON.parse((await ask('/configz')).slice(4)).kubeletconfig.maxPods, 110)
  await end()
})
