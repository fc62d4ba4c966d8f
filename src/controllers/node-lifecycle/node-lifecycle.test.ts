/** Silent nodes: Unknown after the grace period, tainted, their pods evicted when the tolerance is over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lease } from '#api/coordination/lease/lease.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import { formatMicroTime, formatTime } from '#machinery/time.ts'
import { taintEvictionController } from '../taint-eviction/taint-eviction.ts'
import { Model } from '../testing/model.ts'
import { nodeLifecycleController } from './node-lifecycle.ts'
import { zoneModeOf } from './reconcile.ts'

function putNode(model: Model, name: string): void {
  const time = formatTime(model.now)
  model.put(node, {
    metadata: { name },
    status: {
      conditions: ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({
        type,
        status: type === 'Ready' ? 'True' : 'False',
        reason: 'Fine',
        message: '',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
      })),
    },
  })
}

function renew(model: Model, name: string): void {
  model.put(lease, {
    metadata: { name, namespace: 'kube-node-lease', uid: `lease-${name}` },
    spec: { renewTime: formatMicroTime(model.now) },
  })
}

const taints = (model: Model, name: string): string[] =>
  (model.get(node, name)!.spec?.taints ?? [])
    .map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)
    .toSorted()
const ready = (model: Model, name: string) =>
  model.get(node, name)!.status!.conditions!.find(({ type }) => type === 'Ready')!

/** Ten seconds at a time; `alive` nodes renew their leases. */
async function pass(
  model: Model,
  controller: ReturnType<typeof nodeLifecycleController>,
  seconds: number,
  alive: readonly string[],
): Promise<void> {
  for (let elapsed = 0; elapsed < seconds; elapsed += 10) {
    model.now += 10_000
    for (const name of alive) renew(model, name)
    await model.settle([controller, taintEvictionController])
  }
}

test('events tell once of a node that comes, of one that takes its name, and of one that goes', async () => {
  const model = new Model()
  const controller = nodeLifecycleController()
  putNode(model, 'a')
  for (let round = 0; round < 2; round++) await model.settle([controller])
  model.remove(node, 'a')
  for (let round = 0; round < 2; round++) await model.step(controller, 'a')
  putNode(model, 'a')
  await model.settle([controller])
  const registered = 'event Normal RegisteredNode: Node a event: Registered Node a in Controller'
  const removed = 'event Normal RemovingNode: Node a event: Removing Node a from Controller'
  assert.deepEqual(model.log.filter((line) => line.startsWith('event')), [registered, removed, registered])
})

test('a node that falls silent is Unknown after 50 s, tainted, and its pods go after their tolerance', async () => {
  const model = new Model()
  const controller = nodeLifecycleController()
  for (const name of ['a', 'b', 'c']) {
    putNode(model, name)
    renew(model, name)
  }
  model.put(pod, {
    metadata: { name: 'patient' },
    spec: {
      nodeName: 'a', containers: [],
      tolerations: [
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  })
  model.put(pod, { metadata: { name: 'impatient' }, spec: { nodeName: 'a', containers: [] } })
  model.put(pod, {
    metadata: { name: 'stoic' },
    spec: { nodeName: 'a', containers: [], tolerations: [{ operator: 'Exists' }] },
  })
  await model.settle([controller, taintEvictionController])
  await pass(model, controller, 40, ['b', 'c'])
  assert.equal(ready(model, 'a').status, 'True')
  await pass(model, controller, 10, ['b', 'c'])
  assert.deepEqual([ready(model, 'a').status, ready(model, 'a').reason], ['Unknown', 'NodeStatusUnknown'])
  assert.deepEqual(taints(model, 'a'), ['unreachable:NoExecute', 'unreachable:NoSchedule'])
  assert.deepEqual(model.list(pod).map(({ metadata }) => metadata.name).toSorted(), ['patient', 'stoic'])
  assert.equal(
    model.get(pod, 'default/patient')!.status!.conditions![0]!.status,
    'False',
    'nobody can tell that it is ready',
  )
  await pass(model, controller, 290, ['b', 'c'])
  assert.ok(model.get(pod, 'default/patient'))
  await pass(model, controller, 20, ['b', 'c'])
  assert.deepEqual(model.list(pod).map(({ metadata }) => metadata.name), ['stoic'])
})

test('a node that comes back loses its taints', async () => {
  const model = new Model()
  const controller = nodeLifecycleController()
  for (const name of ['a', 'b', 'c']) putNode(model, name)
  for (const name of ['a', 'b', 'c']) renew(model, name)
  await model.settle([controller])
  await pass(model, controller, 60, ['b', 'c'])
  model.change(node, 'a', (copy) => {
    copy.status!.conditions = copy.status!.conditions!.map((condition) => ({
      ...condition,
      status: condition.type === 'Ready' ? 'True' : 'False',
      lastHeartbeatTime: formatTime(model.now),
    }))
  })
  await pass(model, controller, 10, ['a', 'b', 'c'])
  assert.deepEqual(taints(model, 'a'), [])
})

test('when no node is ready nobody is evicted: the fault is more likely ours', async () => {
  const model = new Model()
  const controller = nodeLifecycleController()
  for (const name of ['a', 'b']) putNode(model, name)
  for (const name of ['a', 'b']) renew(model, name)
  await model.settle([controller])
  await pass(model, controller, 120, [])
  for (const name of ['a', 'b']) assert.deepEqual(taints(model, name), ['unreachable:NoSchedule'])
})

test('a cordoned node and one under pressure are tainted for scheduling, and others\' taints stay', async () => {
  const model = new Model()
  const controller = nodeLifecycleController()
  putNode(model, 'a')
  model.change(node, 'a', (copy) => {
    copy.spec = { unschedulable: true, taints: [{ key: 'dedicated', value: 'x', effect: 'NoSchedule' }] }
    copy.status!.conditions!.find(({ type }) => type === 'DiskPressure')!.status = 'True'
  })
  await model.settle([controller])
  assert.deepEqual(taints(model, 'a'), ['dedicated:NoSchedule', 'disk-pressure:NoSchedule', 'unschedulable:NoSchedule'])
})

const modes: readonly (readonly [readyNodes: number, unreadyNodes: number, expected: string])[] = [
  [10, 0, 'normal'], [2, 2, 'normal'], [3, 7, 'stopped'], [40, 60, 'partialDisruption'], [0, 5, 'normal'],
]
for (const [readyNodes, unreadyNodes, expected] of modes) {
  test(`a zone with ${readyNodes} ready and ${unreadyNodes} unready nodes is ${expected}`, () => {
    assert.equal(
      zoneModeOf(
        new Map([
          ['z', { ready: readyNodes, notReady: unreadyNodes }],
          ['other', { ready: 1, notReady: 0 }],
        ]),
        'z',
      ),
      expected,
    )
  })
}
