/** DaemonSets: a pod where it fits, none where it does not, and updates that keep most of them up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daemonSet } from '#api/apps/daemonset/daemonset.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { DaemonSet } from '#api/gen/apps-v1.ts'
import type { Node } from '#api/gen/core-v1.ts'
import { Model } from '../testing/model.ts'
import { makeReady, templateOf } from '../testing/pods.ts'
import { nodeOfDaemonPod } from './daemon-pod.ts'
import { daemonSetController } from './daemonset.ts'

type Spec = NonNullable<DaemonSet['spec']>
const agent = (extra: Partial<Spec> = {}): DaemonSet => ({
  metadata: { name: 'agent' },
  spec: {
    selector: { matchLabels: { app: 'agent' } }, template: templateOf('agent'), revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, ...extra,
  },
})
const putNode = (model: Model, name: string, spec: Node['spec'] = {}, labels: Record<string, string> = {}) =>
  model.put(node, { metadata: { name, labels }, spec: spec! })
const where = (model: Model): string[] => model.list(pod).map((object) => nodeOfDaemonPod(object)!).toSorted()
/** Bound where the affinity says, as the scheduler would, and made ready. */
const run = (model: Model, check?: () => void) => model.settle([daemonSetController], 100, () => {
  check?.()
  for (const object of model.list(pod)) {
    if (!object.spec!.nodeName) {
      model.change(pod, `default/${object.metadata.name}`, (copy) => { copy.spec!.nodeName = nodeOfDaemonPod(object)! })
    }
  }
  makeReady(model)
})

test('runs on every node that its selector and tolerations allow', async () => {
  const model = new Model()
  putNode(model, 'plain')
  putNode(model, 'cordoned', {
    unschedulable: true,
    taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
  })
  putNode(model, 'tainted', { taints: [{ key: 'gpu', effect: 'NoSchedule' }] })
  model.put(daemonSet, agent())
  await run(model)
  assert.deepEqual(where(model), ['cordoned', 'plain'])
  putNode(model, 'new')
  await run(model)
  assert.deepEqual(where(model), ['cordoned', 'new', 'plain'])
  const { status } = model.get(daemonSet, 'default/agent')!
  assert.deepEqual(
    [
      status!.desiredNumberScheduled,
      status!.numberReady,
      status!.numberAvailable,
      status!.updatedNumberScheduled,
      status!.numberMisscheduled,
    ],
    [3, 3, 3, 3, 0],
  )
})

test('leaves a node that it no longer selects, and stays on one that only stops new pods', async () => {
  const model = new Model()
  putNode(model, 'a', {}, { role: 'x' })
  putNode(model, 'b', {}, { role: 'x' })
  model.put(
    daemonSet,
    agent({
      template: { ...templateOf('agent'), spec: { ...templateOf('agent').spec!, nodeSelector: { role: 'x' } } },
    }),
  )
  await run(model)
  assert.deepEqual(where(model), ['a', 'b'])
  model.change(node, 'a', (copy) => { copy.metadata!.labels = {} })
  model.change(node, 'b', (copy) => { copy.spec = { taints: [{ key: 'full', effect: 'NoSchedule' }] } })
  await run(model)
  assert.deepEqual(where(model), ['b'])
  assert.equal(model.get(daemonSet, 'default/agent')!.status!.numberMisscheduled, 1)
})

test('updates so many nodes at a time as may be without', async () => {
  const model = new Model()
  for (const name of ['a', 'b', 'c', 'd']) putNode(model, name)
  model.put(daemonSet, agent())
  await run(model)
  model.change(daemonSet, 'default/agent', (copy) => {
    copy.spec!.template = templateOf('agent', 'agent:2')
    copy.metadata!.generation!++
  })
  await run(model, () => {
    const available = model.list(pod).filter(({ status }) => status?.conditions?.[0]?.status === 'True').length
    assert.ok(available >= 3, `${available} of 4 available`)
  })
  assert.deepEqual(
    model.list(pod).map(({ spec }) => spec!.containers![0]!.image),
    ['agent:2', 'agent:2', 'agent:2', 'agent:2'],
  )
})

test('makes no second pod while the first one is still ending', async () => {
  const model = new Model()
  putNode(model, 'a')
  model.put(daemonSet, agent())
  await run(model)
  const [only] = model.list(pod)
  model.change(pod, `default/${only!.metadata.name}`, (copy) => {
    copy.metadata!.deletionTimestamp = '2026-01-01T00:00:00Z'
  })
  const { actions } = await model.plan(daemonSetController, 'default/agent')
  assert.deepEqual(actions.filter(({ type }) => type === 'create' || type === 'delete'), [])
})

test('with a surge the new pod is ready before the old one goes', async () => {
  const model = new Model()
  for (const name of ['a', 'b', 'c']) putNode(model, name)
  model.put(
    daemonSet,
    agent({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } }),
  )
  await run(model)
  model.change(daemonSet, 'default/agent', (copy) => {
    copy.spec!.template = templateOf('agent', 'agent:2')
    copy.metadata!.generation!++
  })
  await run(model, () => {
    assert.ok(model.list(pod).length <= 4)
    const served = new Set(
      model
        .list(pod)
        .filter(({ status }) => status?.conditions?.[0]?.status === 'True')
        .map(nodeOfDaemonPod),
    )
    assert.equal(served.size, 3)
  })
  assert.deepEqual(model.list(pod).map(({ spec }) => spec!.containers![0]!.image), ['agent:2', 'agent:2', 'agent:2'])
})

test('a daemon that keeps failing is not replaced in a hot loop', async () => {
  const model = new Model()
  putNode(model, 'a')
  model.put(daemonSet, agent())
  for (let second = 0; second < 60; second++) {
    await model.settle([daemonSetController])
    for (const object of model.list(pod)) {
      model.change(pod, `default/${object.metadata.name}`, (copy) => {
        copy.status = { phase: 'Failed' }
      })
    }
    model.now += 1000
  }
  const created = model.log.filter((line) => line.startsWith('create Pod')).length
  assert.ok(created >= 2 && created <= 8, `${created} pods in a minute`)
})
