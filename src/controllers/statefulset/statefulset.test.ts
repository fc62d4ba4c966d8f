/** StatefulSets: order, identity, one at a time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { StatefulSet } from '#api/gen/apps-v1.ts'
import { Model } from '../testing/model.ts'
import { makeReady, templateOf } from '../testing/pods.ts'
import { statefulSetController } from './statefulset.ts'

type Spec = NonNullable<StatefulSet['spec']>
const db = (replicas: number, extra: Partial<Spec> = {}): StatefulSet => ({
  metadata: { name: 'db' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'db' } },
    template: templateOf('db'),
    serviceName: 'db',
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate' },
    revisionHistoryLimit: 10,
    ...extra,
  },
})
const names = (model: Model): string[] => model.list(pod).map(({ metadata }) => metadata.name).toSorted()
const images = (model: Model): string[] =>
  model
    .list(pod)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map(({ spec }) => spec!.containers![0]!.image!)
const run = (model: Model, check?: () => void) => model.settle([statefulSetController], 100, () => {
  check?.()
  makeReady(model)
})
const edit = (model: Model, change: (spec: Spec) => void) => model.change(statefulSet, 'default/db', (copy) => {
  change(copy.spec!)
  copy.metadata!.generation!++
})

test('starts pods one after the other, each when the one before is ready', async () => {
  const model = new Model()
  model.put(statefulSet, db(3))
  await model.settle([statefulSetController])
  assert.deepEqual(names(model), ['db-0'])
  makeReady(model)
  await model.settle([statefulSetController])
  assert.deepEqual(names(model), ['db-0', 'db-1'])
  await run(model)
  assert.deepEqual(names(model), ['db-0', 'db-1', 'db-2'])
  const { hostname, subdomain } = model.get(pod, 'default/db-2')!.spec!
  assert.deepEqual([hostname, subdomain], ['db-2', 'db'])
  const { status } = model.get(statefulSet, 'default/db')!
  assert.deepEqual(
    [status!.replicas, status!.readyReplicas, status!.currentReplicas, status!.updatedReplicas],
    [3, 3, 3, 3],
  )
  assert.equal(status!.currentRevision, status!.updateRevision)
})

test('scales down from the highest number, and starts counting where it is told', async () => {
  const model = new Model()
  model.put(statefulSet, db(3, { ordinals: { start: 5 } }))
  await run(model)
  assert.deepEqual(names(model), ['db-5', 'db-6', 'db-7'])
  edit(model, (spec) => { spec.replicas = 1 })
  await model.step(statefulSetController, 'default/db')
  assert.deepEqual(names(model), ['db-5', 'db-6'])
  await run(model)
  assert.deepEqual(names(model), ['db-5'])
})

test('a new template replaces pods from the top, one at a time, down to the partition', async () => {
  const model = new Model()
  model.put(statefulSet, { ...db(4), metadata: { name: 'db', annotations: { 'kubernetes.io/change-cause': 'wanted' } } })
  await run(model)
  edit(model, (spec) => {
    spec.template = templateOf('db', 'db:2')
    spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }
  })
  await run(model, () => assert.ok(model.list(pod).length >= 3, 'only one pod is missing at any time'))
  assert.deepEqual(images(model), ['nginx:1', 'nginx:1', 'db:2', 'db:2'])
  model.remove(pod, 'default/db-0')
  await run(model)
  assert.deepEqual(
    images(model),
    ['nginx:1', 'nginx:1', 'db:2', 'db:2'],
    'below the partition a pod comes back as it was',
  )
  edit(model, (spec) => { spec.updateStrategy = { type: 'RollingUpdate' } })
  await run(model)
  assert.deepEqual(images(model), ['db:2', 'db:2', 'db:2', 'db:2'])
  const revisions = model.list(controllerRevision)
  assert.equal(revisions.length, 2)
  for (const { metadata } of revisions) {
    assert.equal(`db-${metadata.labels!['controller.kubernetes.io/hash']}`, metadata.name)
    assert.deepEqual(metadata.annotations, { 'kubernetes.io/change-cause': 'wanted' })
  }
  const { status } = model.get(statefulSet, 'default/db')!
  assert.equal(status!.currentRevision, status!.updateRevision)
})

test('Parallel starts all at once', async () => {
  const model = new Model()
  model.put(statefulSet, db(3, { podManagementPolicy: 'Parallel' }))
  await model.step(statefulSetController, 'default/db')
  assert.deepEqual(names(model), ['db-0', 'db-1', 'db-2'])
})

test('each pod has claims of its own, which outlive it', async () => {
  const model = new Model()
  model.put(
    statefulSet,
    db(2, { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }] }),
  )
  await run(model)
  assert.deepEqual(
    model
      .list(persistentVolumeClaim)
      .map(({ metadata }) => metadata.name)
      .toSorted(),
    ['data-db-0', 'data-db-1'],
  )
  assert.deepEqual(model.get(pod, 'default/db-1')!.spec!.volumes, [
    { name: 'data', persistentVolumeClaim: { claimName: 'data-db-1', readOnly: false } },
  ])
  edit(model, (spec) => { spec.replicas = 0 })
  await run(model)
  assert.equal(model.list(persistentVolumeClaim).length, 2)
})

const owners = (model: Model): readonly string[] => model
  .list(persistentVolumeClaim)
  .map(({ metadata }) => [metadata.name, ...(metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind}/${name}`)])
  .map((words) => words.join(' '))
  .toSorted()
const withClaims = (whenScaled: string, whenDeleted: string): Partial<Spec> => ({
  volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }],
  persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
})

const retention = [
  ['Retain', 'Retain', ['data-db-0', 'data-db-1'], ['data-db-0', 'data-db-1']],
  ['Retain', 'Delete', ['data-db-0 StatefulSet/db', 'data-db-1 StatefulSet/db'],
    ['data-db-0 StatefulSet/db', 'data-db-1 StatefulSet/db']],
  ['Delete', 'Retain', ['data-db-0', 'data-db-1'], ['data-db-0', 'data-db-1 Pod/db-1']],
  ['Delete', 'Delete', ['data-db-0 StatefulSet/db', 'data-db-1 StatefulSet/db'],
    ['data-db-0 StatefulSet/db', 'data-db-1 Pod/db-1']],
] as const
for (const [whenScaled, whenDeleted, before, after] of retention) {
  test(`claims when scaled: ${whenScaled}, when deleted: ${whenDeleted}`, async () => {
    const model = new Model()
    model.put(statefulSet, db(2, withClaims(whenScaled, whenDeleted)))
    await run(model)
    assert.deepEqual(owners(model), before)
    edit(model, (spec) => { spec.replicas = 1 })
    await run(model)
    assert.deepEqual(names(model), ['db-0'])
    assert.deepEqual(owners(model), after)
  })
}

test('a claim that another controller owns is left to it', async () => {
  const model = new Model()
  model.put(persistentVolumeClaim, {
    metadata: {
      name: 'data-db-0',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Backup', name: 'b', uid: 'b', controller: true }],
    },
  })
  model.put(statefulSet, db(1, withClaims('Delete', 'Delete')))
  await run(model)
  assert.deepEqual(owners(model), ['data-db-0 Backup/b'])
})

test('a number comes back only when the claim of its last pod is gone', async () => {
  const model = new Model()
  model.put(statefulSet, db(2, withClaims('Delete', 'Retain')))
  await run(model)
  edit(model, (spec) => { spec.replicas = 1 })
  await run(model)
  edit(model, (spec) => { spec.replicas = 2 })
  await run(model)
  assert.deepEqual(names(model), ['db-0'])
  model.remove(persistentVolumeClaim, 'default/data-db-1')
  await run(model)
  assert.deepEqual(names(model), ['db-0', 'db-1'])
  assert.deepEqual(owners(model), ['data-db-0', 'data-db-1'])
})

test('maxUnavailable pods are replaced at the same time, counting those that are not well anyway', async () => {
  const model = new Model()
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%' } } as const
  model.put(statefulSet, db(5, { podManagementPolicy: 'Parallel', updateStrategy }))
  await run(model)
  edit(model, (spec) => { spec.template = templateOf('db', 'v2') })
  const deleted = async (): Promise<readonly string[]> =>
    (await model.step(statefulSetController, 'default/db')).filter((line) => line.startsWith('delete'))
  assert.deepEqual(await deleted(), ['delete Pod default/db-4', 'delete Pod default/db-3'])
  await model.step(statefulSetController, 'default/db')
  assert.deepEqual(await deleted(), [], 'the new ones are not ready yet')
  await run(model)
  assert.deepEqual(new Set(images(model)), new Set(['v2']))
})

test('a failed pod is replaced before the next one starts', async () => {
  const model = new Model()
  model.put(statefulSet, db(2))
  await run(model)
  model.change(pod, 'default/db-0', (copy) => { copy.status = { phase: 'Failed' } })
  assert.deepEqual(
    (await model.step(statefulSetController, 'default/db')).filter((line) => line.startsWith('delete')),
    ['delete Pod default/db-0'],
  )
  await run(model)
  assert.deepEqual(names(model), ['db-0', 'db-1'])
})
