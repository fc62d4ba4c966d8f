/** Deployments: within the limits at every step, and in the end exactly the new template. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { Deployment } from '#api/gen/apps-v1.ts'
import { createSeededRandom } from '#client/testing/seeded-random.ts'
import { replicaSetController } from '../replicaset/replicaset.ts'
import { Model } from '../testing/model.ts'
import { makeReady, templateOf } from '../testing/pods.ts'
import { deploymentController } from './deployment.ts'
import { resolveLimits } from './rollout.ts'

type Spec = NonNullable<Deployment['spec']>

function web(replicas: number, extra: Partial<Spec> = {}): Deployment {
  return {
    metadata: { name: 'web' },
    spec: {
      replicas, selector: { matchLabels: { app: 'web' } }, template: templateOf('web'),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10, progressDeadlineSeconds: 600, ...extra,
    },
  }
}

const controllers = [deploymentController, replicaSetController]

/** Rounds in which every controller acts once, then the kubelet. */
async function rollOut(model: Model, check?: () => void): Promise<void> {
  await model.settle(controllers, 100, () => {
    check?.()
    makeReady(model)
    check?.()
  })
}

function edit(model: Model, change: (spec: Spec) => void): void {
  model.change(deployment, 'default/web', (copy) => {
    change(copy.spec!)
    copy.metadata!.generation = (copy.metadata!.generation ?? 0) + 1
  })
}

const conditions = (model: Model): Record<string, string> =>
  Object.fromEntries(
    (model.get(deployment, 'default/web')!.status?.conditions ?? []).map(({ type, status, reason }) => [
      type,
      `${status} ${reason}`,
    ]),
  )
const sizes = (model: Model): number[] =>
  model
    .list(replicaSet)
    .toSorted((a, b) => revision(a) - revision(b))
    .map(({ spec }) => spec!.replicas!)
const revision = (object: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } }): number =>
  Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'])

const fenceposts: readonly (readonly [
  replicas: number,
  surge: number | string,
  unavailable: number | string,
  expected: string,
])[] = [
  [10, '25%', '25%', 'surge 3, unavailable 2'],
  [1, '25%', '25%', 'surge 1, unavailable 0'],
  [4, 0, 0, 'surge 0, unavailable 1'],
  [4, '0%', '10%', 'surge 0, unavailable 1'],
  [3, 0, 10, 'surge 0, unavailable 3'],
  [0, '25%', 1, 'surge 0, unavailable 0'],
]
for (const [replicas, maxSurge, maxUnavailable, expected] of fenceposts) {
  test(`${replicas} replicas with surge ${maxSurge} and unavailable ${maxUnavailable} resolve to ${expected}`, () => {
    const limits = resolveLimits(
      web(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } }).spec!,
    )
    assert.equal(`surge ${limits.maxSurge}, unavailable ${limits.maxUnavailable}`, expected)
  })
}

test('a new Deployment becomes available and complete', async () => {
  const model = new Model()
  model.put(deployment, web(3))
  await rollOut(model)
  const { status, metadata } = model.get(deployment, 'default/web')!
  assert.deepEqual(conditions(model), {
    Available: 'True MinimumReplicasAvailable',
    Progressing: 'True NewReplicaSetAvailable',
  })
  assert.equal(status!.availableReplicas, 3)
  assert.equal(status!.unavailableReplicas, 0)
  assert.equal(metadata.annotations!['deployment.kubernetes.io/revision'], '1')
  const set = model.list(replicaSet)[0]!
  assert.match(set.metadata.name, /^web-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
  const hash = set.metadata.labels!['pod-template-hash']
  assert.equal(set.metadata.name, `web-${hash}`)
  assert.equal(set.spec!.selector.matchLabels!['pod-template-hash'], hash)
  assert.equal(set.metadata.annotations!['deployment.kubernetes.io/max-replicas'], '4')
})

test('a rolling update stays within its limits at every step, for many limits', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = createSeededRandom(seed)
    const pick = <T>(...values: readonly T[]): T => values[Math.floor(random.next() * values.length)]!
    const replicas = 1 + Math.floor(random.next() * 12)
    const strategy = {
      type: 'RollingUpdate' as const,
      rollingUpdate: {
        maxSurge: pick<number | string>(0, 1, 3, '25%', '100%'),
        maxUnavailable: pick<number | string>(0, 1, '25%', '50%'),
      },
    }
    const model = new Model()
    model.put(deployment, web(replicas, { strategy }))
    await rollOut(model)
    edit(model, (spec) => { spec.template = templateOf('web', 'nginx:2') })
    const limits = resolveLimits(model.get(deployment, 'default/web')!.spec!)
    await rollOut(model, () => {
      const pods = model.list(pod)
      const available = pods.filter(({ status }) => status?.conditions?.[0]?.status === 'True').length
      assert.ok(
        pods.length <= replicas + limits.maxSurge,
        `seed ${seed}: ${pods.length} pods, ${replicas} + ${limits.maxSurge} allowed`,
      )
      assert.ok(
        available >= replicas - limits.maxUnavailable,
        `seed ${seed}: ${available} available of ${replicas} - ${limits.maxUnavailable}`,
      )
    })
    assert.deepEqual(sizes(model), [0, replicas], `seed ${seed}`)
    assert.equal(conditions(model)['Progressing'], 'True NewReplicaSetAvailable', `seed ${seed}`)
  }
})

test('going back to an earlier template takes the old ReplicaSet up again and gives it the next revision', async () => {
  const model = new Model()
  model.put(deployment, web(2))
  await rollOut(model)
  edit(model, (spec) => { spec.template = templateOf('web', 'nginx:2') })
  await rollOut(model)
  edit(model, (spec) => { spec.template = templateOf('web') })
  await rollOut(model)
  assert.equal(model.list(replicaSet).length, 2)
  const active = model.list(replicaSet).find(({ spec }) => spec!.replicas === 2)!
  assert.equal(revision(active), 3)
  assert.equal(active.metadata.annotations!['deployment.kubernetes.io/revision-history'], '1')
  assert.equal(revision(model.get(deployment, 'default/web')!), 3)
})

test('keeps as many old ReplicaSets as the history limit says', async () => {
  const model = new Model()
  model.put(deployment, web(1, { revisionHistoryLimit: 2 }))
  for (let version = 1; version <= 6; version++) {
    edit(model, (spec) => { spec.template = templateOf('web', `nginx:${version}`) })
    await rollOut(model)
    model.now += 1000
  }
  assert.deepEqual(model.list(replicaSet).map(revision).toSorted(), [4, 5, 6])
})

test('Recreate lets no new pod start before the last old one is gone', async () => {
  const model = new Model()
  model.put(deployment, web(3, { strategy: { type: 'Recreate' } }))
  await rollOut(model)
  edit(model, (spec) => { spec.template = templateOf('web', 'nginx:2') })
  await rollOut(model, () => {
    const images = new Set(model.list(pod).map(({ spec }) => spec!.containers![0]!.image))
    assert.ok(images.size <= 1, `pods of both templates at once: ${[...images].join(', ')}`)
  })
  assert.deepEqual(sizes(model), [0, 3])
})

test('Recreate waits for old pods that take their time', async () => {
  const model = new Model()
  model.put(deployment, web(3, { strategy: { type: 'Recreate' } }))
  await rollOut(model)
  edit(model, (spec) => { spec.template = templateOf('web', 'nginx:2') })
  // The ReplicaSet controller does nothing, so the pods stay.
  await model.settle([deploymentController])
  assert.deepEqual(sizes(model), [0])
})

test('scaling in the middle of a rollout keeps the proportions', async () => {
  const model = new Model()
  model.put(
    deployment,
    web(10, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }),
  )
  await rollOut(model)
  edit(model, (spec) => { spec.template = templateOf('web', 'broken') })
  // The new pods never become ready, so the rollout stops half way: 8 old, 5 new.
  await model.settle(controllers, 50, () =>
    makeReady(model, (object) => object.spec!.containers![0]!.image !== 'broken'),
  )
  assert.deepEqual(sizes(model), [8, 5])
  edit(model, (spec) => { spec.replicas = 15 })
  await model.settle(controllers, 50, () =>
    makeReady(model, (object) => object.spec!.containers![0]!.image !== 'broken'),
  )
  assert.deepEqual(sizes(model), [11, 7])
})

test('a paused Deployment is scaled but not rolled out', async () => {
  const model = new Model()
  model.put(deployment, web(2))
  await rollOut(model)
  edit(model, (spec) => {
    spec.paused = true
    spec.template = templateOf('web', 'nginx:2')
    spec.replicas = 4
  })
  await rollOut(model)
  assert.deepEqual(sizes(model), [4])
  assert.equal(conditions(model)['Progressing'], 'Unknown DeploymentPaused')
  edit(model, (spec) => { spec.paused = false })
  await rollOut(model)
  assert.deepEqual(sizes(model), [0, 4])
})

test('a rollout that does not move within its deadline is told as failed, and recovers', async () => {
  const model = new Model()
  model.put(deployment, web(2, { progressDeadlineSeconds: 60 }))
  await model.settle(controllers)
  const { wakeAt } = await model.plan(deploymentController, 'default/web')
  assert.ok(wakeAt !== undefined && wakeAt > model.now && wakeAt <= model.now + 62_000)
  model.now = wakeAt
  await model.settle(controllers)
  assert.deepEqual(conditions(model), {
    Available: 'False MinimumReplicasUnavailable',
    Progressing: 'False ProgressDeadlineExceeded',
  })
  await rollOut(model)
  assert.equal(conditions(model)['Progressing'], 'True NewReplicaSetAvailable')
})

test('a name taken by another template makes it count up and choose another name', async () => {
  const model = new Model()
  model.put(deployment, web(1))
  await rollOut(model)
  const name = model.list(replicaSet)[0]!.metadata.name
  const other = new Model()
  other.put(replicaSet, {
    metadata: { name },
    spec: { replicas: 0, selector: { matchLabels: { app: 'x' } }, template: templateOf('x') },
  })
  other.put(deployment, web(1))
  await rollOut(other)
  assert.equal(other.get(deployment, 'default/web')!.status!.collisionCount, 1)
  assert.equal(other.list(replicaSet).length, 2)
})

test('tells why a ReplicaSet could not be created', async () => {
  const model = new Model()
  model.put(deployment, web(1))
  model.refuseCreate = () => 'no ReplicaSets today'
  const done = await model.step(deploymentController, 'default/web')
  assert.equal(conditions(model)['Progressing'], 'False ReplicaSetCreateError')
  assert.match(
    done.at(-1)!,
    /^event Warning ReplicaSetCreateError: Failed to create new replica set "web-\w+": no ReplicaSets today$/,
  )
})
