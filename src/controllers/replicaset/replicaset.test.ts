/** ReplicaSets: the right number of pods, the right ones deleted, the truth in the status. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { ReplicaSet } from '#api/gen/apps-v1.ts'
import type { Pod } from '#api/gen/core-v1.ts'
import { createSeededRandom } from '#client/testing/seeded-random.ts'
import { Model } from '../testing/model.ts'
import { makeReady, templateOf } from '../testing/pods.ts'
import { replicaSetController } from './replicaset.ts'

function web(replicas: number, extra: Partial<NonNullable<ReplicaSet['spec']>> = {}): ReplicaSet {
  return {
    metadata: { name: 'web' },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: templateOf('web'), ...extra },
  }
}

function orphan(name: string, extra: Pod = {}): Pod {
  return { ...extra, metadata: { name, labels: { app: 'web' }, ...extra.metadata } }
}

const settle = (model: Model): Promise<number> => model.settle([replicaSetController])
const names = (model: Model): string[] => model.list(pod).map(({ metadata }) => metadata.name).toSorted()

test('creates what is missing, owned and labelled, and tells the status', async () => {
  const model = new Model()
  const set = model.put(replicaSet, web(3))
  await settle(model)
  const pods = model.list(pod)
  assert.equal(pods.length, 3)
  for (const { metadata } of pods) {
    assert.match(metadata.name, /^web-/)
    assert.deepEqual(metadata.labels, { app: 'web' })
    assert.deepEqual(metadata.ownerReferences, [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'web',
        uid: set.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ])
  }
  makeReady(model)
  await settle(model)
  const { status } = model.get(replicaSet, 'default/web')!
  assert.deepEqual(
    { ...status, conditions: undefined },
    {
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
      conditions: undefined,
    },
  )
})

test('creates no pod more than is missing, and leaves those of other controllers alone', async () => {
  const model = new Model()
  model.put(replicaSet, web(3))
  const other = {
    apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'other', uid: 'other', controller: true, blockOwnerDeletion: true,
  }
  for (const app of ['web', 'else']) {
    model.put(pod, orphan(`theirs-${app}`, { metadata: { labels: { app }, ownerReferences: [other] } }))
  }
  const { actions } = await model.plan(replicaSetController, 'default/web')
  assert.deepEqual(actions.map(({ type }) => type), ['create', 'create', 'create'])
})

test('adopts matching orphans before it creates, and releases what matches no more', async () => {
  const model = new Model()
  model.put(replicaSet, web(2))
  model.put(pod, orphan('stray'))
  await settle(model)
  assert.equal(model.list(pod).length, 2)
  assert.equal(model.get(pod, 'default/stray')!.metadata.ownerReferences?.length, 1)
  model.change(pod, 'default/stray', (copy) => { copy.metadata!.labels = { app: 'debug' } })
  await settle(model)
  assert.deepEqual(model.get(pod, 'default/stray')!.metadata.ownerReferences ?? [], [])
  assert.equal(model.list(pod).length, 3)
})

test('neither adopts nor creates while it is being deleted', async () => {
  const model = new Model()
  model.put(replicaSet, {
    ...web(2),
    metadata: { name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x'] },
  })
  model.put(pod, orphan('stray'))
  assert.deepEqual(
    (await model.step(replicaSetController, 'default/web')).filter((line) => !line.startsWith('updateStatus')),
    [],
  )
})

test('replaces failed and finished pods', async () => {
  const model = new Model()
  model.put(replicaSet, web(2))
  await settle(model)
  model.change(pod, `default/${names(model)[0]}`, (copy) => { copy.status = { phase: 'Failed' } })
  await settle(model)
  assert.equal(model.list(pod).length, 3)
  assert.equal(model.get(replicaSet, 'default/web')!.status!.replicas, 2)
})

const ready = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
} as const
const spec = (nodeName?: string) => ({ containers: [], ...(nodeName !== undefined && { nodeName }) })
const cost = (value: string) => ({ annotations: { 'controller.kubernetes.io/pod-deletion-cost': value } })

const victims: readonly { readonly why: string; readonly victim: Pod; readonly survivor: Pod }[] = [
  { why: 'unassigned before assigned', victim: { spec: spec() }, survivor: { spec: spec('a') } },
  {
    why: 'pending before running',
    victim: { spec: spec('a'), status: { phase: 'Pending' } },
    survivor: { spec: spec('a'), status: { phase: 'Running' } },
  },
  {
    why: 'unready before ready',
    victim: { spec: spec('a'), status: { phase: 'Running' } },
    survivor: { spec: spec('a'), status: structuredClone(ready) as never },
  },
  {
    why: 'cheaper before dearer',
    victim: { metadata: cost('-5'), spec: spec('a'), status: structuredClone(ready) as never },
    survivor: { spec: spec('a'), status: structuredClone(ready) as never },
  },
  {
    why: 'ready for a short time before ready for long',
    victim: {
      spec: spec('a'),
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T23:59:50Z' }],
      },
    },
    survivor: { spec: spec('b'), status: structuredClone(ready) as never },
  },
  {
    why: 'more restarts before fewer',
    victim: {
      spec: spec('a'),
      status: { ...(structuredClone(ready) as object), containerStatuses: [{ name: 'x', restartCount: 7 }] } as never,
    },
    survivor: {
      spec: spec('b'),
      status: { ...(structuredClone(ready) as object), containerStatuses: [{ name: 'x', restartCount: 1 }] } as never,
    },
  },
]

for (const { why, victim, survivor } of victims) {
  test(`deletes ${why}`, async () => {
    for (const order of [['victim', 'survivor'], ['survivor', 'victim']]) {
      const model = new Model(Date.UTC(2026, 0, 2))
      model.put(replicaSet, web(1))
      for (const name of order) model.put(pod, orphan(name, name === 'victim' ? victim : survivor))
      await settle(model)
      assert.deepEqual(names(model), ['survivor'])
    }
  })
}

test('deletes from the node that holds most of the related pods', async () => {
  const model = new Model(Date.UTC(2026, 0, 2))
  model.put(replicaSet, web(2))
  for (const [name, node] of [['p1', 'a'], ['p2', 'b'], ['p3', 'b']]) {
    model.put(pod, orphan(name!, { spec: spec(node), status: structuredClone(ready) as never }))
  }
  await settle(model)
  assert.equal(names(model).includes('p1'), true)
})

test('a pod counts as available minReadySeconds after it became ready, and the controller wakes for it', async () => {
  const model = new Model()
  model.put(replicaSet, web(1, { minReadySeconds: 10 }))
  await settle(model)
  makeReady(model)
  await settle(model)
  assert.equal(model.get(replicaSet, 'default/web')!.status!.availableReplicas, 0)
  const { wakeAt } = await model.plan(replicaSetController, 'default/web')
  assert.equal(wakeAt, model.now + 10_000)
  model.now = wakeAt
  await settle(model)
  assert.equal(model.get(replicaSet, 'default/web')!.status!.availableReplicas, 1)
})

test('tells of refused creations in a condition, and takes it back', async () => {
  const model = new Model()
  model.put(replicaSet, web(1))
  model.refuseCreate = () => 'pods "web-" is forbidden: exceeded quota'
  await model.step(replicaSetController, 'default/web')
  assert.deepEqual(
    model
      .get(replicaSet, 'default/web')!
      .status!.conditions?.map(({ type, status, reason, message }) => ({ type, status, reason, message })),
    [
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'pods "web-" is forbidden: exceeded quota',
      },
    ],
  )
  model.refuseCreate = undefined
  await settle(model)
  assert.deepEqual(model.get(replicaSet, 'default/web')!.status!.conditions, [])
})

test('from any state it reaches the wanted number and then wants nothing more', async () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = createSeededRandom(seed)
    const pick = <T>(...values: readonly T[]): T => values[Math.floor(random.next() * values.length)]!
    const model = new Model(Date.UTC(2026, 0, 2))
    const wanted = Math.floor(random.next() * 8)
    model.put(replicaSet, web(wanted, { minReadySeconds: pick(0, 0, 30) }))
    for (let i = 0; i < random.next() * 12; i++) {
      model.put(pod, {
        metadata: {
          name: `p${i}`, labels: { app: pick('web', 'web', 'other') },
          ...(random.next() < 0.2 && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
          ...(random.next() < 0.2 && {
            ownerReferences: [{ apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'other', controller: true }],
          }),
        },
        spec: spec(pick(undefined, 'a', 'b')),
        status: { phase: pick('Pending', 'Running', 'Failed', 'Succeeded') },
      })
    }
    const foreign = model.list(pod).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === 'other').length
    await model.settle([replicaSetController], 10)
    const active = model
      .list(pod)
      .filter(
        ({ metadata, status }) =>
          metadata.labels?.['app'] === 'web'
          && !metadata.deletionTimestamp
          && metadata.ownerReferences?.[0]?.kind === 'ReplicaSet'
          && status?.phase !== 'Failed'
          && status?.phase !== 'Succeeded',
      )
    assert.equal(active.length, wanted, `seed ${seed}`)
    assert.equal(
      model.list(pod).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === 'other').length,
      foreign,
      `seed ${seed}`,
    )
  }
})
