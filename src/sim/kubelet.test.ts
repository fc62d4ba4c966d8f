/** The kubelet over a simulated runtime against the real API server, in one process and in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event, Node, Pod } from '#api/gen/core-v1.ts'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { startTestServer } from '#apiserver/testing.ts'
import { createClient } from '#client/client.ts'
import type { KubeletConfig } from '#kubelet/config.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { RuntimeError } from '#world/container-runtime.ts'
import { silentLog } from '#world/log.ts'
import { createSimClock } from './clock.ts'
import type { SimulatedRuntimeOptions } from './container-runtime/container-runtime.ts'
import { defaultCatalog } from './container-runtime/script.ts'
import { createSimulatedNode } from './node.ts'
import { seededRandom } from './random.ts'

const admin = { name: 'admin', groups: ['system:masters'] }
const pods = { group: '', version: 'v1', resource: 'pods' }

async function laboratory(runtime: Partial<SimulatedRuntimeOptions> = {}, config: Partial<KubeletConfig> = {}) {
  const clock = createSimClock()
  const random = seededRandom(1)
  const { server } = startTestServer({ store: openVolatileStore({ clock }), kinds, schemas, clock, random })
  const transport = server.localTransport(admin)
  const client = createClient(transport)
  for (const name of ['default', 'kube-node-lease']) {
    await client
      .resource({ group: '', version: 'v1', resource: 'namespaces' })
      .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  const node = await createSimulatedNode({
    nodeName: 'node-1', nodeIp: '192.0.2.1', transport, clock, random, log: silentLog, config, runtime: {
      catalog: defaultCatalog, ...runtime,
    },
  })
  let stop = new AbortController()
  let running = node.kubelet.run(stop.signal)
  const podClient = client.resource<Pod>(pods, 'default')
  return {
    clock, client, node, podClient,
    get: async (name: string) => await podClient.get(name),
    async create(name: string, spec: NonNullable<Pod['spec']>) {
      await podClient.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name },
        spec: { nodeName: 'node-1', ...spec },
      })
      await clock.advance(100)
    },
    async events(name: string) {
      const list = await client.resource<Event>({ group: '', version: 'v1', resource: 'events' }, 'default').list()
      return list.items
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
    },
    async restart() {
      stop.abort()
      await clock.advance(1000)
      await running
      stop = new AbortController()
      running = (await node.restart()).run(stop.signal)
      await clock.advance(1000)
    },
    async end() {
      stop.abort()
      await clock.advance(10_000)
      await running
    },
  }
}

const web = { containers: [{ name: 'web', image: 'nginx' }] }

test('a pod becomes Running, with its addresses, conditions and events', async () => {
  const lab = await laboratory()
  await lab.clock.advance(1000)
  await lab.create('web', web)
  const { status } = await lab.get('web')
  assert.equal(status?.phase, 'Running')
  assert.equal(status?.podIP, '10.88.0.1')
  assert.equal(status?.hostIP, '192.0.2.1')
  assert.deepEqual(status?.conditions?.map(({ type, status: value }) => `${type}=${value}`), [
    'PodReadyToStartContainers=True', 'Initialized=True', 'Ready=True', 'ContainersReady=True', 'PodScheduled=True',
  ])
  assert.equal(status?.containerStatuses?.[0]?.ready, true)
  assert.match(status?.containerStatuses?.[0]?.containerID ?? '', /^simulated:\/\/[0-9a-f]{64}$/)
  await lab.clock.advance(2000)
  assert.deepEqual((await lab.events('web')).toSorted(), [
    'Normal Created: Container created',
    'Normal Pulled: Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 1000000 bytes.',
    'Normal Pulling: Pulling image "nginx"',
    'Normal Started: Container started',
  ])
  await lab.end()
})

test('the node registers, is Ready, and keeps its lease', async () => {
  const lab = await laboratory()
  await lab.clock.advance(1000)
  const nodes = lab.client.resource<Node>({ group: '', version: 'v1', resource: 'nodes' })
  const node = await nodes.get('node-1')
  assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
  assert.equal(node.status?.capacity?.['pods'], '110')
  const leases = lab.client.resource<{ spec?: { renewTime?: string }; metadata?: object }>(
    { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' }, 'kube-node-lease')
  const before = (await leases.get('node-1')).spec?.renewTime
  await lab.clock.advance(11_000)
  assert.notEqual((await leases.get('node-1')).spec?.renewTime, before)
  await lab.end()
})

test('a container that fails restarts with back-off', async () => {
  const lab = await laboratory()
  await lab.create('crash', { containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'sleep 1; exit 3'] }] })
  await lab.clock.advance(3500)
  const { status } = await lab.get('crash')
  const container = status?.containerStatuses?.[0]
  assert.equal(status?.phase, 'Running')
  assert.equal(container?.restartCount, 1)
  assert.equal(container?.state?.waiting?.reason, 'CrashLoopBackOff')
  assert.match(
    container?.state?.waiting?.message ?? '',
    /^back-off 10s restarting failed container=c pod=crash_default\(.*\)$/,
  )
  assert.equal(container?.lastState?.terminated?.exitCode, 3)
  await lab.clock.advance(10_000)
  assert.equal((await lab.get('crash')).status?.containerStatuses?.[0]?.restartCount, 2)
  await lab.clock.advance(3_600_000)
  // 10 s, 20 s, … 300 s: upstream's curve gives 16 restarts in the first hour.
  assert.equal((await lab.get('crash')).status?.containerStatuses?.[0]?.restartCount, 16)
  assert.equal((await lab.node.runtime.listContainers({})).length, 2)
  await lab.end()
})

test('a deleted pod is stopped, then removed from the API, and leaves nothing', async () => {
  const lab = await laboratory({ catalog: () => ({ container: () => ({ stopsAfterMs: 4000 }) }) })
  await lab.create('web', web)
  await lab.podClient.delete('web')
  await lab.clock.advance(1000)
  assert.equal((await lab.get('web')).status?.phase, 'Running')
  await lab.clock.advance(6000)
  await assert.rejects(lab.get('web'), /not found/)
  assert.deepEqual(await lab.node.runtime.listContainers({}), [])
  assert.deepEqual(await lab.node.runtime.listSandboxes({}), [])
  assert.deepEqual(await lab.node.files.list('/var/lib/kubelet/pods'), [])
  await lab.end()
})

test('a job-like pod ends as Succeeded or Failed and never starts again', async () => {
  const lab = await laboratory()
  for (const [name, code] of [['good', 0], ['bad', 2]] as const) {
    await lab.create(name, {
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', `sleep 1; exit ${code}`] }],
    })
  }
  await lab.clock.advance(60_000)
  const good = (await lab.get('good')).status
  assert.equal(good?.phase, 'Succeeded')
  assert.equal(good?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'PodCompleted')
  assert.equal(good?.containerStatuses?.[0]?.state?.terminated?.reason, 'Completed')
  const bad = (await lab.get('bad')).status
  assert.equal(bad?.phase, 'Failed')
  assert.equal(bad?.containerStatuses?.[0]?.restartCount, 0)
  await lab.end()
})

test('init containers run one after the other, then sidecars, then the others', async () => {
  const lab = await laboratory()
  await lab.create('app', {
    initContainers: [
      { name: 'first', image: 'busybox', command: ['sleep', '2'] },
      { name: 'proxy', image: 'proxy', restartPolicy: 'Always' },
      { name: 'second', image: 'busybox', command: ['sleep', '2'] },
    ],
    containers: [{ name: 'app', image: 'nginx' }],
  })
  await lab.clock.advance(1000)
  assert.equal((await lab.get('app')).status?.phase, 'Pending')
  assert.equal((await lab.get('app')).status?.conditions?.find(({ type }) =>
    type === 'Initialized')?.message, 'containers with incomplete status: [first proxy second]')
  await lab.clock.advance(2000)
  assert.ok((await lab.get('app')).status?.initContainerStatuses?.[1]?.state?.running)
  await lab.clock.advance(3000)
  const { status } = await lab.get('app')
  assert.equal(status?.phase, 'Running')
  assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
  assert.equal(status?.initContainerStatuses?.[0]?.state?.terminated?.reason, 'Completed')
  await lab.end()
})

test('a missing image backs off, and a kubelet that restarts leaves containers alone', async () => {
  const lab = await laboratory()
  await lab.create('lost', { containers: [{ name: 'c', image: 'registry.example/missing:1' }] })
  await lab.create('web', web)
  const first = (await lab.get('web')).status
  await lab.clock.advance(3000)
  const waiting = (await lab.get('lost')).status?.containerStatuses?.[0]?.state?.waiting
  assert.equal(waiting?.reason, 'ImagePullBackOff')
  assert.match(
    waiting?.message ?? '',
    /^Back-off pulling image "registry.example\/missing:1": ErrImagePull: rpc error: code = NotFound/,
  )
  for (let i = 0; i < 5; i++) await lab.restart()
  const later = (await lab.get('web')).status
  assert.deepEqual(later?.containerStatuses, first?.containerStatuses)
  assert.deepEqual(later?.conditions, first?.conditions)
  assert.equal(lab.node.runtime.calls.get('runSandbox'), 2)
  await lab.end()
})

test('pods that were deleted while no kubelet ran are ended at its start', async () => {
  const lab = await laboratory()
  await lab.create('web', web)
  await lab.podClient.delete('web', { gracePeriodSeconds: 0 })
  await lab.clock.advance(5000)
  await lab.restart()
  await lab.clock.advance(5000)
  assert.deepEqual(await lab.node.runtime.listSandboxes({}), [])
  await lab.end()
})

test('an error of any runtime call is coped with', async () => {
  const verbs = [
    'runSandbox',
    'sandboxStatus',
    'createContainer',
    'startContainer',
    'containerStatus',
    'listSandboxes',
    'listContainers',
    'imageStatus',
    'pullImage',
    'events',
    'stopContainer',
    'stopSandbox',
    'removeSandbox',
    'conditions',
  ]
  for (const verb of verbs) {
    const lab = await laboratory({
      fault: (name, count) =>
        name === verb && count <= 2 ? new RuntimeError('Unavailable', `no ${verb} now`) : undefined,
    })
    await lab.create('web', web)
    await lab.clock.advance(90_000)
    assert.equal((await lab.get('web')).status?.phase, 'Running', verb)
    const running = (await lab.node.runtime.listContainers({})).filter(({ state }) => state === 'running')
    assert.equal(running.length, 1, verb)
    assert.equal((await lab.node.runtime.listSandboxes({})).filter(({ ready }) => ready).length, 1, verb)
    await lab.podClient.delete('web')
    await lab.clock.advance(60_000)
    await assert.rejects(lab.get('web'), /not found/, verb)
    await lab.clock.advance(60_000)
    assert.deepEqual(await lab.node.runtime.listSandboxes({}).catch(() => []), [], verb)
    await lab.end()
  }
})

test('a pod that does not fit is rejected, with upstream\'s reason', async () => {
  const lab = await laboratory()
  await lab.clock.advance(1000)
  await lab.create('huge', { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '5' } } }] })
  await lab.clock.advance(1000)
  const { status } = await lab.get('huge')
  assert.equal(status?.phase, 'Failed')
  assert.equal(status?.reason, 'OutOfcpu')
  assert.equal(
    status?.message,
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000",
  )
  assert.equal(lab.node.runtime.calls.get('runSandbox'), undefined)
  await lab.end()
})

test('memory pressure is reported, evicts the least important pod, and stays for its transition time', async () => {
  const lab = await laboratory()
  await lab.create('web', web)
  lab.node.machine.setAvailableMemory(50 * 2 ** 20)
  await lab.clock.advance(15_000)
  const { status } = await lab.get('web')
  assert.equal(status?.phase, 'Failed')
  assert.equal(status?.reason, 'Evicted')
  assert.match(
    status?.message ?? '',
    /^The node was low on resource: memory\. Threshold quantity: 102400Ki, available: 51200Ki\. /,
  )
  const pressure = async () =>
    (
      await lab.client.resource<Node>({ group: '', version: 'v1', resource: 'nodes' }).get('node-1')
    ).status?.conditions?.find(({ type }) => type === 'MemoryPressure')?.status
  assert.equal(await pressure(), 'True')
  lab.node.machine.setAvailableMemory(5 * 2 ** 30)
  await lab.clock.advance(60_000)
  assert.equal(await pressure(), 'True')
  await lab.clock.advance(300_000)
  assert.equal(await pressure(), 'False')
  await lab.restart()
  assert.equal((await lab.get('web')).status?.reason, 'Evicted')
  await lab.end()
})

test('a static pod runs from its file, is mirrored, survives the deletion of its mirror, and ends with its file', async () => {
  const lab = await laboratory({}, { staticPodDirectory: '/etc/manifests' })
  await lab.clock.advance(1000)
  const manifest =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: fixed}\nspec:\n  hostNetwork: true\n  containers: [{name: c, image: nginx}]\n'
  await lab.node.files.write('/etc/manifests/fixed.yaml', new TextEncoder().encode(manifest), 0o600)
  await lab.clock.advance(5000)
  const mirror = await lab.get('fixed-node-1')
  assert.equal(mirror.status?.phase, 'Running')
  assert.equal(mirror.metadata.annotations?.['kubernetes.io/config.source'], 'file')
  await lab.podClient.delete('fixed-node-1')
  await lab.clock.advance(60_000)
  const second = await lab.get('fixed-node-1')
  assert.notEqual(second.metadata.uid, mirror.metadata.uid)
  assert.equal(second.status?.phase, 'Running')
  await lab.restart()
  await lab.clock.advance(5000)
  assert.equal(lab.node.runtime.calls.get('runSandbox'), 1)
  await lab.node.files.remove('/etc/manifests/fixed.yaml')
  await lab.clock.advance(60_000)
  await assert.rejects(lab.get('fixed-node-1'), /not found/)
  assert.deepEqual(await lab.node.runtime.listSandboxes({}), [])
  await lab.end()
})

test('a resize reaches the running container, and restarts it only when its policy says so', async () => {
  const lab = await laboratory()
  const resources = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } })
  await lab.create('sized', {
    containers: [
      {
        name: 'c',
        image: 'nginx',
        resources: resources('100m', '64Mi'),
        resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
      },
    ],
  })
  const id = (await lab.get('sized')).status?.containerStatuses?.[0]?.containerID?.split('//')[1] ?? ''
  const resize = (cpu: string, memory: string) =>
    lab.podClient.patch(
      'sized',
      'strategic',
      { spec: { containers: [{ name: 'c', resources: resources(cpu, memory) }] } },
      { subresource: 'resize' },
    )
  await resize('200m', '64Mi')
  await lab.clock.advance(1000)
  assert.equal(lab.node.runtime.resourcesOf(id).cpuQuota, 20_000)
  const status = (await lab.get('sized')).status?.containerStatuses?.[0]
  assert.equal(status?.restartCount, 0)
  assert.equal(status?.resources?.limits?.['cpu'], '200m')
  await resize('200m', '128Mi')
  await lab.clock.advance(20_000)
  assert.equal((await lab.get('sized')).status?.containerStatuses?.[0]?.restartCount, 1)
  await lab.end()
})

/** A container whose probes (told apart by their command's first word) answer as `answers` says at each time. */
async function probed(spec: object, answers: (word: string, seconds: number) => boolean) {
  let clock: { now(): number } | undefined
  let begin = 0
  const asked: string[] = []
  const lab = await laboratory({
    catalog: () => ({
      container: () => ({
        exec: ([word = '']) => {
          const seconds = Math.round(((clock?.now() ?? 0) - begin) / 1000)
          asked.push(`${word}@${seconds}`)
          return { exitCode: answers(word, seconds) ? 0 : 1, stderr: 'no' }
        },
      }),
    }),
  })
  clock = lab.clock
  await lab.clock.advance(1000)
  begin = lab.clock.now()
  await lab.create('p', { containers: [{ name: 'c', image: 'nginx', ...spec }] })
  const status = async () => (await lab.get('p')).status?.containerStatuses?.[0]
  return { lab, asked, status }
}
const exec = (word: string, more: object = {}) => ({
  exec: { command: [word] },
  periodSeconds: 5,
  failureThreshold: 2,
  successThreshold: 1,
  timeoutSeconds: 1,
  ...more,
})

test('readiness follows its probe: threshold, period, initial delay', async () => {
  const { lab, asked, status } = await probed(
    { readinessProbe: exec('r', { initialDelaySeconds: 3 }) },
    (_word, seconds) => seconds < 10 || seconds >= 30,
  )
  assert.equal((await status())?.ready, false)
  await lab.clock.advance(4000)
  assert.equal((await status())?.ready, true)
  await lab.clock.advance(12_000)
  assert.equal((await status())?.ready, true, 'one failure of two is none')
  await lab.clock.advance(4000)
  assert.equal((await status())?.ready, false)
  assert.equal((await lab.get('p')).status?.conditions?.find(({ type }) =>
    type === 'Ready')?.message, 'containers with unready status: [c]')
  await lab.clock.advance(15_000)
  assert.equal((await status())?.ready, true)
  assert.deepEqual(asked.slice(0, 4), ['r@3', 'r@8', 'r@13', 'r@18'])
  assert.ok((await lab.events('p')).includes('Warning Unhealthy: Readiness probe failed: no'))
  await lab.end()
})

test('liveness and readiness wait for the startup probe, and a startup that fails restarts', async () => {
  const slow = await probed(
    { startupProbe: exec('s', { failureThreshold: 10 }), livenessProbe: exec('l'), readinessProbe: exec('r') },
    (word, seconds) => word !== 's' || seconds >= 12,
  )
  await slow.lab.clock.advance(11_000)
  assert.deepEqual([...new Set(slow.asked.map((entry) => entry[0]))], ['s'])
  assert.equal((await slow.status())?.started, false)
  await slow.lab.clock.advance(10_000)
  assert.equal((await slow.status())?.started, true)
  assert.equal((await slow.status())?.ready, true)
  assert.deepEqual([...new Set(slow.asked.slice(4).map((entry) => entry[0]))].toSorted(), ['l', 'r'])
  await slow.lab.end()
  const never = await probed({ startupProbe: exec('s') }, () => false)
  await never.lab.clock.advance(8000)
  assert.equal((await never.status())?.restartCount, 1)
  assert.ok(
    (await never.lab.events('p')).includes('Normal Killing: Container c failed startup probe, will be restarted'),
  )
  await never.lab.end()
})

test('a clock that is set back makes nothing wait', async () => {
  const lab = await laboratory({
    fault: (verb, count) => (verb === 'pullImage' && count <= 2 ? new RuntimeError('Unavailable', 'no pull now') : undefined),
  })
  await lab.create('crash', { containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'sleep 1; exit 3'] }] })
  await lab.clock.advance(12_000)
  lab.clock.stepWallClock(-3_600_000)
  await lab.clock.advance(60_000)
  const first = (await lab.get('crash')).status?.containerStatuses?.[0]?.restartCount ?? 0
  assert.ok(first >= 1, 'it runs, although its image was missing when the clock was set')
  lab.clock.stepWallClock(-3_600_000)
  await lab.clock.advance(60_000)
  const second = (await lab.get('crash')).status?.containerStatuses?.[0]?.restartCount ?? 0
  assert.ok(second > first, 'it is restarted, although it ended in the future')
  await lab.end()
})
