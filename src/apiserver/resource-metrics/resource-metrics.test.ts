/** A kubelet that the test plays, and what the server says of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpClient } from '#world/http.ts'
import type { NodeConnections } from '../subresources/node-connection.ts'
import { manualClock, settle, startTestServer } from '../testing.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { parseReading, usageBetween } from './reading.ts'
import { metricsKinds, resourceMetrics } from './resource-metrics.ts'
import { UsageSource } from './usage-source.ts'

const text = (cpu: number, started = 100): string => `# HELP node_cpu_usage_seconds_total x
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total ${cpu * 2}
node_memory_working_set_bytes 2.097152e+06
container_cpu_usage_seconds_total{container="c",namespace="default",pod="p"} ${cpu}
container_memory_working_set_bytes{container="c",namespace="default",pod="p"} 1048576
container_start_time_seconds{container="c",namespace="default",pod="p"} ${started}
container_cpu_usage_seconds_total{container="half",namespace="default",pod="q"} 1
scrape_error 0
`

test('a kubelet is understood, and what it says half is left out', () => {
  const { node, pods } = parseReading(text(3), 5000)
  assert.deepEqual(node, { at: 5000, cpuSeconds: 6, memoryBytes: 2_097_152, startedAt: undefined })
  assert.deepEqual([...pods.keys()], ['default/p'])
  assert.deepEqual(pods.get('default/p')?.get('c'), { at: 5000, cpuSeconds: 3, memoryBytes: 1_048_576, startedAt: 100_000 })
  assert.equal(parseReading('node_cpu_usage_seconds_total 1 7000\nnode_memory_working_set_bytes 1 7000', 5000).node?.at, 7000)
  assert.equal(parseReading('node_cpu_usage_seconds_total NaN\n}{', 0).node, undefined)
})

test('usage is what grew between two readings, or since the beginning', () => {
  const sample = (at: number, cpuSeconds: number, startedAt?: number) => ({ at, cpuSeconds, memoryBytes: 1, startedAt })
  const rows = [
    [sample(0, 1), sample(2000, 2), 500_000_000],
    [sample(0, 1, -10), sample(2000, 2, -10), 500_000_000],
    // Began anew in between.
    [sample(0, 9, -10), sample(2000, 1, 1000), 1_000_000_000],
    [undefined, sample(2000, 1, 0), 500_000_000],
    [undefined, sample(2000, 1), undefined],
    [sample(1900, 1), sample(2000, 1), undefined],
  ] as const
  for (const [before, after, nanoCores] of rows) assert.equal(usageBetween(before, after)?.nanoCores, nanoCores)
})

async function start() {
  const clock = manualClock()
  const asked: number[] = []
  let cpu = 10
  let isUp = true
  const http: HttpClient = {
    async request({ url }) {
      assert.equal(url, 'https://10.0.0.1:10250/metrics/resource')
      if (!isUp) throw new Error('connect ECONNREFUSED 10.0.0.1:10250')
      asked.push(clock.monotonic())
      const bytes = new TextEncoder().encode(text(cpu))
      return { status: 200, headers: {}, chunks: (async function* () {})(), readBody: () => Promise.resolve(bytes) }
    },
    upgrade: () => Promise.reject(new Error('nothing is upgraded here')),
  }
  const nodes: NodeConnections = { http, connect: () => ({ http, baseUrl: 'https://10.0.0.1:10250', tls: undefined }) }
  const started = startTestServer({
    clock, store: openVolatileStore({ clock }), subresources: resourceMetrics(new UsageSource(nodes, clock)),
  })
  for (const kind of metricsKinds) started.server.kinds.set(kind.group, kind.plural, [kind])
  await started.send('POST', '/api/v1/nodes', { metadata: { name: 'n', labels: { zone: 'a' } } })
  await started.send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
  await started.send('POST', '/api/v1/namespaces/default/pods', {
    metadata: { name: 'p', labels: { app: 'web' } }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
  })
  await started.send('PATCH', '/api/v1/namespaces/default/pods/p/status', { status: { phase: 'Running' } }, {
    'content-type': 'application/merge-patch+json',
  })
  return {
    ...started, clock, asked,
    use: (seconds: number) => { cpu += seconds },
    down: () => { isUp = false },
    /** Answered when time has moved on by a second, where it must. */
    async ask(path: string, headers: Record<string, string> = {}) {
      const answer = started.send('GET', `/apis/metrics.k8s.io/v1beta1/${path}`, undefined, headers)
      await settle()
      cpu += 0.25
      await clock.advance(1000)
      return await answer
    },
  }
}

test('who asks first waits a second, who asks again gets the time since', async () => {
  const server = await start()
  const first = await server.ask('namespaces/default/pods')
  assert.deepEqual([first.json.kind, first.json.apiVersion], ['PodMetricsList', 'metrics.k8s.io/v1beta1'])
  const [item] = first.json['items']
  assert.deepEqual([item.metadata.name, item.metadata.namespace, item.metadata.labels], ['p', 'default', { app: 'web' }])
  assert.deepEqual([item.window, item.containers], ['1s', [{ name: 'c', usage: { cpu: '250m', memory: '1Mi' } }]])
  assert.deepEqual(server.asked, [0, 1000])
  // Fresh enough for everybody.
  assert.equal((await server.ask('nodes/n')).json['usage'].cpu, '500m')
  assert.deepEqual(server.asked, [0, 1000])
  server.use(6.5)
  await server.clock.advance(12_000)
  const { json } = await server.ask('namespaces/default/pods/p')
  assert.deepEqual([json.kind, json['window'], json['containers'][0].usage.cpu], ['PodMetrics', '13s', `${Math.round(6.75 / 13 * 1e9)}n`])
  assert.equal(server.asked.length, 3)
})

test('what is selected is told; what cannot be measured is not there', async () => {
  const server = await start()
  const names = async (path: string): Promise<readonly string[]> =>
    (await server.ask(path)).json['items'].map(({ metadata }: any) => metadata.name)
  assert.deepEqual(await names('pods?labelSelector=app%3Dweb'), ['p'])
  assert.deepEqual(await names('pods?labelSelector=app%3Dother'), [])
  assert.deepEqual(await names('nodes?labelSelector=zone%3Da'), ['n'])
  assert.equal((await server.ask('pods?fieldSelector=spec.nodeName%3Dn')).status, 400)
  assert.equal((await server.ask('namespaces/default/pods/none')).status, 404)
  assert.equal((await server.send('POST', '/apis/metrics.k8s.io/v1beta1/nodes', {})).status, 405)
  const table = await server.ask('nodes', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  assert.deepEqual(table.json['rows'].map(({ cells }: any) => cells), [['n', '500m', '2Mi', '1s']])
  const pods = await server.ask('pods', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  assert.deepEqual(pods.json['rows'][0].cells, ['p', '250m', '1Mi', '1s'])
  server.down()
  await server.clock.advance(30_000)
  assert.deepEqual(await names('nodes'), [])
})

test('a client in this process gets them as everybody does', async () => {
  const server = await start()
  const answer = server.server.localTransport({ name: 'admin', groups: ['system:masters'] }).call({
    verb: 'list', path: { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods', namespace: 'default' },
    options: { labelSelector: 'app=web' },
  })
  await settle()
  await server.clock.advance(1000)
  assert.equal(((await answer) as any).items.length, 1)
})
