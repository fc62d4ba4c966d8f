import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { Client } from '#client/client.ts'
import { notFound } from '#machinery/errors/api-error.ts'
import { Model } from '../testing/model.ts'
import { podGarbageCollector } from './pod-garbage-collector.ts'

function clusterOf(...nodeNames: readonly string[]): Model {
  const model = new Model()
  for (const name of nodeNames) model.put(node, { metadata: { name } })
  return model
}

const names = (model: Model): readonly string[] => model.list(pod).map(({ metadata }) => metadata.name).toSorted()

test('of the finished pods the oldest go, as many as there are too many', async () => {
  const model = clusterOf('a')
  for (const [index, phase] of ['Succeeded', 'Failed', 'Succeeded', 'Running'].entries()) {
    const creationTimestamp = `2026-01-01T00:00:0${index}Z`
    model.put(pod, {
      metadata: { name: `p${index}`, creationTimestamp },
      spec: { nodeName: 'a', containers: [] },
      status: { phase: phase as 'Running' },
    })
  }
  await model.settle([podGarbageCollector(1)])
  assert.deepEqual(names(model), ['p2', 'p3'])
})

test('a pod that is being deleted and was never placed goes at once', async () => {
  const model = clusterOf()
  model.put(pod, { metadata: { name: 'new' }, spec: { containers: [] } })
  model.put(pod, { metadata: { name: 'old', deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: { containers: [] } })
  await model.settle([podGarbageCollector()])
  assert.deepEqual(names(model), ['new'])
})

test('pods of a node that is gone wait a while, and are asked about before they go', async () => {
  const model = clusterOf()
  const orphan = model.put(pod, { metadata: { name: 'orphan' }, spec: { nodeName: 'gone', containers: [] } })
  const controller = podGarbageCollector()
  assert.ok(controller.type === 'reconciler')
  const { observe, reconcile } = controller.declaration
  let asked = 0
  const nodes = { get: () => { asked++; return Promise.reject(notFound({ group: '', resource: 'nodes' }, 'gone')) } }
  const client = { of: () => nodes } as unknown as Client
  const step = async (now: number) => {
    const state = await observe(orphan, model.cache, { now, client, signal: new AbortController().signal })
    return reconcile(state)
  }
  const first = await step(model.now)
  assert.ok(first.wakeAt !== undefined && first.wakeAt > model.now)
  assert.equal(asked, 0)
  const { actions } = await step(first.wakeAt)
  assert.equal(asked, 1)
  assert.equal(actions.at(-1)?.type, 'delete')
})
