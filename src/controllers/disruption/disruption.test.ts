/** Disruption budgets and quotas: the numbers that others decide by. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { PodDisruptionBudget } from '#api/gen/policy-v1.ts'
import { podDisruptionBudget } from '#api/policy/poddisruptionbudget/poddisruptionbudget.ts'
import { replicaSetController } from '../replicaset/replicaset.ts'
import { Model } from '../testing/model.ts'
import { makeReady, templateOf } from '../testing/pods.ts'
import { disruptionController } from './disruption.ts'

type Spec = NonNullable<PodDisruptionBudget['spec']>
const cases: readonly (readonly [
  spec: Spec,
  healthy: number,
  expected: readonly [allowed: number, desired: number, expected: number],
])[] = [
  [{ minAvailable: 3 }, 4, [1, 3, 4]],
  [{ minAvailable: 3 }, 2, [0, 3, 4]],
  [{ minAvailable: '50%' }, 4, [2, 2, 4]],
  [{ maxUnavailable: 1 }, 4, [1, 3, 4]],
  [{ maxUnavailable: '25%' }, 3, [0, 3, 4]],
  [{ maxUnavailable: '100%' }, 4, [4, 0, 4]],
]
for (const [spec, healthy, [allowed, desired, expected]] of cases) {
  test(`${JSON.stringify(spec)} with ${healthy} of 4 healthy allows ${allowed}`, async () => {
    const model = new Model()
    model.put(replicaSet, {
      metadata: { name: 'web' },
      spec: { replicas: 4, selector: { matchLabels: { app: 'web' } }, template: templateOf('web') },
    })
    await model.settle([replicaSetController])
    const ready = new Set(model.list(pod).slice(0, healthy).map(({ metadata }) => metadata.uid))
    makeReady(model, ({ metadata }) => ready.has(metadata.uid))
    model.put(podDisruptionBudget, {
      metadata: { name: 'budget' },
      spec: { ...spec, selector: { matchLabels: { app: 'web' } } },
    })
    await model.settle([disruptionController])
    const { status } = model.get(podDisruptionBudget, 'default/budget')!
    assert.deepEqual(
      [status!.disruptionsAllowed, status!.desiredHealthy, status!.expectedPods],
      [allowed, desired, expected],
    )
    assert.equal(status!.conditions![0]!.reason, allowed > 0 ? 'SufficientPods' : 'InsufficientPods')
  })
}

test('a granted eviction counts as a pod gone, for two minutes at most', async () => {
  const model = new Model()
  model.put(pod, { metadata: { name: 'a', labels: { app: 'web' } } })
  model.put(pod, { metadata: { name: 'b', labels: { app: 'web' } } })
  makeReady(model)
  model.put(podDisruptionBudget, {
    metadata: { name: 'budget' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    status: {
      disruptedPods: { a: '2026-01-01T00:00:00Z' },
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
    },
  })
  await model.settle([disruptionController])
  assert.equal(model.get(podDisruptionBudget, 'default/budget')!.status!.disruptionsAllowed, 0)
  const { wakeAt } = await model.plan(disruptionController, 'default/budget')
  assert.equal(wakeAt, model.now + 120_000)
  model.now = wakeAt + 1
  await model.settle([disruptionController])
  assert.equal(model.get(podDisruptionBudget, 'default/budget')!.status!.disruptionsAllowed, 1)
})
