/** ServiceCIDRs: ready when protected, gone when nobody needs them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IPAddress, ServiceCIDR } from '#api/gen/networking-v1.ts'
import { ipAddress } from '#api/networking/ipaddress/ipaddress.ts'
import { serviceCidr } from '#api/networking/servicecidr/servicecidr.ts'
import { formatTime } from '#machinery/time.ts'
import { Model } from '../testing/model.ts'
import { serviceCidrsController } from './service-cidrs.ts'

const range = (name: string, cidr: string): ServiceCIDR => ({ metadata: { name }, spec: { cidrs: [cidr] } })
const address = (name: string): IPAddress =>
  ({ metadata: { name }, spec: { parentRef: { resource: 'services', namespace: 'default', name: 's' } } })
const settle = (model: Model) => model.settle([serviceCidrsController])
const readyOf = (model: Model, name: string): string | undefined =>
  model.get(serviceCidr, name)!.status?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`).join()

function deleteRange(model: Model, name: string): void {
  model.change(serviceCidr, name, (copy) => { copy.metadata!.deletionTimestamp = formatTime(model.now) })
}
const finalizersOf = (model: Model, name: string) => model.get(serviceCidr, name)!.metadata.finalizers

test('a range is protected and then ready', async () => {
  const model = new Model()
  model.put(serviceCidr, range('more', '10.200.0.0/24'))
  await settle(model)
  assert.deepEqual(finalizersOf(model, 'more'), ['networking.k8s.io/service-cidr-finalizer'])
  assert.equal(readyOf(model, 'more'), 'Ready True ')
})

test('a range without addresses goes when everybody has heard of it', async () => {
  const model = new Model()
  model.put(serviceCidr, range('more', '10.200.0.0/24'))
  model.put(ipAddress, address('10.96.0.1'))
  await settle(model)
  deleteRange(model, 'more')
  const { actions, wakeAt } = await model.plan(serviceCidrsController, 'more')
  assert.deepEqual([actions, wakeAt! - model.now], [[], 10_000])
  model.now = wakeAt!
  await settle(model)
  assert.deepEqual(finalizersOf(model, 'more'), [])
})

test('a range with addresses waits until they are gone, or another range has them', async () => {
  const model = new Model()
  model.put(serviceCidr, range('more', '10.200.0.0/24'))
  model.put(ipAddress, address('10.200.0.7'))
  await settle(model)
  deleteRange(model, 'more')
  model.now += 60_000
  await settle(model)
  assert.equal(readyOf(model, 'more'), 'Ready False Terminating')
  assert.equal(finalizersOf(model, 'more')!.length, 1)
  model.put(serviceCidr, range('wider', '10.200.0.0/16'))
  await settle(model)
  assert.deepEqual(finalizersOf(model, 'more'), [])
})
