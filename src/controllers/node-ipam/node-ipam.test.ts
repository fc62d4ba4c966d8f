/** Nodes and their parts of the pods' addresses: each its own, and none twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node } from '#api/core/node/node.ts'
import type { Node } from '#api/gen/core-v1.ts'
import { parseCidr } from '#base/ip.ts'
import { Model } from '../testing/model.ts'
import { nodeIpamController } from './node-ipam.ts'

const controllerFor = (range: string) => nodeIpamController(parseCidr(range)!)
const partsOf = (model: Model): readonly string[] =>
  model.list(node).map(({ metadata, spec }) => `${metadata.name} ${spec?.podCIDR ?? 'none'}`).toSorted()

const registered = { nodeInfo: { kubeletVersion: 'v1.36.0' } } as NonNullable<Node['status']>

function modelWith(...names: readonly string[]): Model {
  const model = new Model()
  for (const name of names) model.put(node, { metadata: { name }, spec: {}, status: registered })
  return model
}

test('every node gets a part of its own', async () => {
  const model = modelWith('a', 'b', 'c')
  await model.settle([controllerFor('10.244.0.0/16')])
  assert.deepEqual(partsOf(model), ['a 10.244.0.0/24', 'b 10.244.1.0/24', 'c 10.244.2.0/24'])
  assert.deepEqual(model.get(node, 'a')!.spec!.podCIDRs, ['10.244.0.0/24'])
})

test('what nodes have from before is theirs', async () => {
  const model = modelWith('a')
  model.put(node, { metadata: { name: 'old' }, spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] } })
  model.put(node, { metadata: { name: 'foreign' }, spec: { podCIDR: '10.99.0.0/24' } })
  await model.settle([controllerFor('10.244.0.0/16')])
  assert.deepEqual(partsOf(model), ['a 10.244.1.0/24', 'foreign 10.99.0.0/24', 'old 10.244.0.0/24'])
})

test('a node that no kubelet has registered gets nothing until one does', async () => {
  const model = modelWith('a')
  model.put(node, { metadata: { name: 'written' }, spec: {} })
  const controller = controllerFor('10.244.0.0/16')
  await model.settle([controller])
  assert.deepEqual(partsOf(model), ['a 10.244.0.0/24', 'written none'])
  model.change(node, 'written', (copy) => { copy.status = registered })
  await model.settle([controller])
  assert.deepEqual(partsOf(model), ['a 10.244.0.0/24', 'written 10.244.1.0/24'])
})

test('two nodes that are looked at before the first is written get different parts', async () => {
  const model = modelWith('a', 'b')
  const controller = controllerFor('10.244.0.0/16')
  const plans = []
  for (const name of ['a', 'b', 'a']) plans.push(await model.plan(controller, name))
  for (const plan of plans) model.apply(plan)
  assert.deepEqual(partsOf(model), ['a 10.244.0.0/24', 'b 10.244.1.0/24'])
})

test('a part is free when its node is gone, and a node without one is told so', async () => {
  const model = modelWith('a', 'b', 'c')
  const controller = controllerFor('10.244.0.0/23')
  await model.settle([controller])
  assert.equal(partsOf(model)[2], 'c none')
  assert.ok(model.log.some((line) => line.includes('Node c status is now: CIDRNotAvailable')))
  model.remove(node, 'a')
  await model.step(controller, 'a')
  await model.settle([controller])
  assert.deepEqual(partsOf(model), ['b 10.244.1.0/24', 'c 10.244.0.0/24'])
})
