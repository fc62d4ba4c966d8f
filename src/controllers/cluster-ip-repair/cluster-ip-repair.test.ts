/** Services and IPAddresses that do not agree, and what comes of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { service } from '#api/core/service/service.ts'
import type { Service } from '#api/gen/core-v1.ts'
import type { IPAddress, ParentReference } from '#api/gen/networking-v1.ts'
import { ipAddress } from '#api/networking/ipaddress/ipaddress.ts'
import { serviceCidr } from '#api/networking/servicecidr/servicecidr.ts'
import { Model } from '../testing/model.ts'
import { clusterIpRepair, ipAddressRepair } from './cluster-ip-repair.ts'

const allocated = {
  'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
}
const serviceOf = (name: string, ...clusterIPs: string[]): Service => ({ metadata: { name }, spec: { clusterIPs } })
const addressOf = (
  name: string, parent: string | ParentReference, labels: Record<string, string> = allocated,
): IPAddress => ({
  metadata: { name, labels },
  spec: {
    parentRef: typeof parent === 'string' ? { resource: 'services', namespace: 'default', name: parent } : parent,
  },
})

function model(...objects: readonly (Service | IPAddress)[]): Model {
  const made = new Model()
  made.put(serviceCidr, { metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16'] } })
  for (const object of objects) {
    if (object.spec && 'parentRef' in object.spec) made.put(ipAddress, object as IPAddress)
    else made.put(service, object as Service)
  }
  return made
}

async function planned(made: Model, controller: typeof clusterIpRepair, key: string): Promise<readonly string[]> {
  const { actions } = await made.plan(controller, key)
  return actions.map((action) => {
    if (action.type === 'recordEvent') return `${action.reason}: ${action.message}`
    assert.ok(action.type === 'create' || action.type === 'delete')
    return `${action.type} ${action.kind.kind}`
  })
}

test('what agrees is left alone', async () => {
  const made = model(serviceOf('s', '10.96.0.7'), addressOf('10.96.0.7', 's'))
  made.now += 3_600_000
  assert.deepEqual(await planned(made, clusterIpRepair, 'default/s'), [])
  assert.deepEqual(await planned(made, ipAddressRepair, '10.96.0.7'), [])
})

test('a headless service needs no address', async () => {
  assert.deepEqual(await planned(model(serviceOf('s', 'None')), clusterIpRepair, 'default/s'), [])
})

const services: readonly [string, readonly (Service | IPAddress)[], readonly string[]][] = [
  ['without its address', [serviceOf('s', '10.96.0.7')],
    ['ClusterIPNotAllocated: Cluster IP [IPv4]: 10.96.0.7 is not allocated; repairing', 'create IPAddress']],
  ['outside every range', [serviceOf('s', '10.1.0.7')],
    ['ClusterIPOutOfRange: Cluster IP [IPv4]: 10.1.0.7 is not within any configured Service CIDR; please recreate service']],
  ['whose address belongs to nobody', [serviceOf('s', '10.96.0.7'), addressOf('10.96.0.7', 'gone')],
    ['ClusterIPNotAllocated: the ClusterIP [IPv4]: 10.96.0.7 for Service default/s has a wrong reference; repairing',
      'delete IPAddress', 'create IPAddress']],
  ['whose address belongs to a gateway',
    [serviceOf('s', '10.96.0.7'),
      addressOf('10.96.0.7', { group: 'gateway.networking.k8s.io', resource: 'gateways', namespace: 'default', name: 's' })],
    ['ClusterIPNotAllocated: the ClusterIP [IPv4]: 10.96.0.7 for Service default/s has a wrong reference; repairing',
      'delete IPAddress', 'create IPAddress']],
  ['whose address another has too',
    [serviceOf('s', '10.96.0.7'), serviceOf('t', '10.96.0.7'), addressOf('10.96.0.7', 't')],
    ['ClusterIPAlreadyAllocated: Cluster IP [IPv4]:10.96.0.7 was assigned to multiple services; please recreate service']],
  ['whose address has lost its labels', [serviceOf('s', '10.96.0.7'), addressOf('10.96.0.7', 's', {})],
    ['delete IPAddress', 'create IPAddress']],
]
for (const [name, objects, expected] of services) {
  test(`a service ${name}`, async () => {
    assert.deepEqual(await planned(model(...objects), clusterIpRepair, 'default/s'), expected)
  })
}

test('an address without a service goes after a minute: until then the service may be on its way', async () => {
  const made = model(addressOf('10.96.0.7', 's'))
  const { actions, wakeAt } = await made.plan(ipAddressRepair, '10.96.0.7')
  assert.deepEqual([actions, wakeAt! - made.now], [[], 60_001])
  made.now = wakeAt!
  assert.deepEqual(await planned(made, ipAddressRepair, '10.96.0.7'), [
    'IPAddressNotAllocated: IPAddress: 10.96.0.7 for Service default/s appears to have leaked: cleaning up',
    'delete IPAddress',
  ])
})

test('an address that its service does not have goes', async () => {
  const made = model(serviceOf('s', '10.96.0.8'), addressOf('10.96.0.7', 's'))
  assert.deepEqual(await planned(made, ipAddressRepair, '10.96.0.7'), [
    'IPAddressWrongReference: IPAddress: 10.96.0.7 for Service default/s has a wrong reference; cleaning up',
    'delete IPAddress',
  ])
})

test('an address that somebody else manages is theirs', async () => {
  const made = model(addressOf('10.96.0.7', 'gone', {}))
  made.now += 3_600_000
  assert.deepEqual(await planned(made, ipAddressRepair, '10.96.0.7'), [])
})

test('one step of repair is enough', async () => {
  const made = model(serviceOf('s', '10.96.0.7'), addressOf('10.96.0.9', 'gone'))
  made.now += 3_600_000
  await made.settle([clusterIpRepair, ipAddressRepair])
  assert.deepEqual(made.list(ipAddress).map(({ metadata }) => metadata.name), ['10.96.0.7'])
  assert.equal(made.list(ipAddress)[0]!.spec?.parentRef?.name, 's')
})
