/** EndpointSlices: at most a hundred endpoints each, few writes for few changes, and the truth about each pod. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoints } from '#api/core/endpoints/endpoints.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import { service } from '#api/core/service/service.ts'
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import type { Pod, Service } from '#api/gen/core-v1.ts'
import { createSeededRandom } from '#client/testing/seeded-random.ts'
import { endpointsController } from '../endpoints/endpoints.ts'
import { Model } from '../testing/model.ts'
import { endpointSliceController } from './endpointslice.ts'

const web = (extra: Partial<NonNullable<Service['spec']>> = {}): Service => ({
  metadata: { name: 'web' },
  spec: {
    selector: { app: 'web' },
    clusterIP: '10.96.0.1',
    ipFamilies: ['IPv4'],
    ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }],
    ...extra,
  },
})
function backend(
  i: number,
  extra: {
    readonly ready?: boolean
    readonly deleting?: boolean
    readonly port?: number
    readonly ips?: readonly string[]
  } = {},
): Pod {
  const { ready = true, deleting = false, port = 8080, ips = [`10.0.${i >> 8}.${i & 255}`] } = extra
  return {
    metadata: { name: `p${i}`, labels: { app: 'web' }, ...(deleting && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'main', ports: [{ name: 'web', containerPort: port, protocol: 'TCP' }] }],
    },
    status: {
      phase: 'Running', podIP: ips[0]!, podIPs: ips.map((ip) => ({ ip })),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    },
  }
}
const settle = (model: Model) => model.settle([endpointSliceController, endpointsController], 10)
const sizes = (model: Model): number[] =>
  model
    .list(endpointSlice)
    .map((slice) => slice.endpoints?.length ?? 0)
    .toSorted((a, b) => a - b)

test('tells of each pod whether it is ready, serving, terminating, and where it is', async () => {
  const model = new Model()
  model.put(node, { metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'z1' } } })
  model.put(service, web())
  model.put(pod, backend(1))
  model.put(pod, backend(2, { ready: false }))
  model.put(pod, backend(3, { deleting: true }))
  model.put(pod, { ...backend(4), status: { ...backend(4).status, phase: 'Succeeded' } })
  await settle(model)
  const [slice] = model.list(endpointSlice)
  assert.deepEqual(
    slice!.endpoints!.map(({ addresses, conditions }) => [
      addresses[0],
      conditions!.ready,
      conditions!.serving,
      conditions!.terminating,
    ]),
    [
      ['10.0.0.1', true, true, false],
      ['10.0.0.2', false, false, false],
      ['10.0.0.3', false, true, true],
    ],
  )
  assert.equal(slice!.endpoints![0]!.zone, 'z1')
  assert.deepEqual(slice!.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }])
  const [subset] = model.get(endpoints, 'default/web')!.subsets!
  assert.deepEqual(
    [subset!.addresses!.map(({ ip }) => ip), subset!.notReadyAddresses!.map(({ ip }) => ip)],
    [['10.0.0.1'], ['10.0.0.2']],
  )
})

test('publishNotReadyAddresses makes all of them ready', async () => {
  const model = new Model()
  model.put(service, web({ publishNotReadyAddresses: true }))
  model.put(pod, backend(1, { ready: false }))
  await settle(model)
  assert.equal(model.list(endpointSlice)[0]!.endpoints![0]!.conditions!.ready, true)
})

test('a port name that means different numbers gives a slice for each', async () => {
  const model = new Model()
  model.put(service, web())
  model.put(pod, backend(1))
  model.put(pod, backend(2, { port: 9090 }))
  await settle(model)
  assert.deepEqual(model.list(endpointSlice).map(({ ports }) => ports![0]!.port).toSorted(), [8080, 9090])
})

test('a dual-stack Service has slices of both families', async () => {
  const model = new Model()
  model.put(service, web({ ipFamilies: ['IPv4', 'IPv6'] }))
  model.put(pod, backend(1, { ips: ['10.0.0.1', 'fd00::1'] }))
  await settle(model)
  assert.deepEqual(model.list(endpointSlice).map(({ addressType }) => String(addressType)).toSorted(), ['IPv4', 'IPv6'])
})

test('250 pods are three slices, and one more pod is one write', async () => {
  const model = new Model()
  model.put(service, web())
  for (let i = 1; i <= 250; i++) model.put(pod, backend(i))
  await settle(model)
  assert.deepEqual(sizes(model), [50, 100, 100])
  model.put(pod, backend(251))
  assert.equal((await model.step(endpointSliceController, 'default/web')).length, 1)
  assert.deepEqual(sizes(model), [51, 100, 100])
})

test('a slice goes when nothing is in it any more, but the last one stays, so that there is one', async () => {
  const model = new Model()
  model.put(service, web())
  for (let i = 1; i <= 250; i++) model.put(pod, backend(i))
  await settle(model)
  for (let i = 2; i <= 250; i++) model.remove(pod, `default/p${i}`)
  await settle(model)
  assert.deepEqual(sizes(model), [1])
  model.remove(pod, 'default/p1')
  await settle(model)
  assert.deepEqual(sizes(model), [0])
})

test('whatever happens to the pods, the slices hold each once and nothing else', async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = createSeededRandom(seed)
    const model = new Model()
    model.put(service, web())
    for (let round = 0; round < 8; round++) {
      for (let change = 0; change < 60; change++) {
        const i = Math.floor(random.next() * 300)
        if (random.next() < 0.6) {
          model.put(pod, backend(i, { ready: random.next() < 0.8, port: random.next() < 0.9 ? 8080 : 9090 }))
        } else model.remove(pod, `default/p${i}`)
      }
      await settle(model)
      const held = model
        .list(endpointSlice)
        .flatMap((slice) => slice.endpoints ?? [])
        .map(({ targetRef }) => targetRef!.name)
        .toSorted()
      assert.deepEqual(held, model.list(pod).map(({ metadata }) => metadata.name).toSorted(), `seed ${seed}`)
      assert.ok(sizes(model).every((size) => size <= 100))
    }
  }
})
