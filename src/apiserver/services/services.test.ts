/** Cluster IPs and node ports: given, refused, shared by nobody, taken back. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { parseCidr } from '#base/ip.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { decodeStored } from '../rest/stored-form.ts'
import { manualClock, seededRandom, startTestServer, type TestServer } from '../testing.ts'
import { defaultNodePortRange, PortAllocator, type PortRange } from './port-allocator.ts'
import { NodePorts, nodePortsKey } from './node-ports.ts'
import { createNodePorts, serviceHooks } from './service-hooks.ts'

const services = '/api/v1/namespaces/default/services'
const merge = { 'content-type': 'application/merge-patch+json' }

function start(cidrs: readonly string[] = ['10.96.0.0/12'], nodePorts: PortRange = defaultNodePortRange): TestServer {
  const clock = manualClock()
  const store = openVolatileStore({ clock })
  const hooks = serviceHooks({
    store, clock, random: seededRandom(), clusterCidrs: cidrs.map((text) => parseCidr(text)!),
    nodePorts: createNodePorts({ store, clock, random: seededRandom(), range: nodePorts }),
  })
  return startTestServer({ store, hooks: new Map([['/services', hooks]]) })
}

function service(name: string, spec: Record<string, unknown> = {}): unknown {
  return {
    apiVersion: 'v1', kind: 'Service', metadata: { name },
    spec: { selector: { app: 'x' }, ports: [{ port: 80 }], ...spec },
  }
}

async function addresses({ send }: TestServer): Promise<string[]> {
  return (await send('GET', '/apis/networking.k8s.io/v1/ipaddresses')).json['items'].map(
    (item: any) => item.metadata.name,
  )
}

test('gives an address from the upper part of the range, and writes down whose it is', async () => {
  const server = start()
  const { json } = await server.send('POST', services, service('a'))
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = json['spec']
  assert.match(clusterIP, /^10\.(9[6-9]|1[01][0-9])\./)
  assert.deepEqual([clusterIPs, ipFamilies, ipFamilyPolicy], [[clusterIP], ['IPv4'], 'SingleStack'])
  const [address] = (await server.send('GET', '/apis/networking.k8s.io/v1/ipaddresses')).json['items']
  assert.deepEqual(
    [address.metadata.name, address.spec.parentRef],
    [clusterIP, { resource: 'services', namespace: 'default', name: 'a' }],
  )
})

test('gives the address that is asked for, once, and only from its range', async () => {
  const server = start()
  assert.equal(
    (await server.send('POST', services, service('a', { clusterIP: '10.96.0.10' }))).json['spec'].clusterIP,
    '10.96.0.10',
  )
  const taken = await server.send('POST', services, service('b', { clusterIP: '10.96.0.10' }))
  assert.equal(
    taken.json['message'],
    'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
  )
  const outside = await server.send('POST', services, service('c', { clusterIP: '10.0.0.1' }))
  assert.equal(
    outside.json['message'],
    'Service "c" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.1"]: failed to allocate IP 10.0.0.1: the provided IP (10.0.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
  )
  assert.deepEqual(await addresses(server), ['10.96.0.10'])
})

test('a full range is full for everybody, whoever comes at the same time', async () => {
  const server = start(['10.0.0.0/28'])
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => server.send('POST', services, service(`s${i}`))),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 14)
  assert.equal(new Set(await addresses(server)).size, 14)
  const full = answers.find(({ status }) => status !== 201)!
  assert.deepEqual(
    [full.status, full.json['message']],
    [500, 'Internal error occurred: failed to allocate a serviceIP: range is full'],
  )
  await server.send('DELETE', `${services}/s0`)
  assert.equal((await server.send('POST', services, service('again'))).status, 201)
})

test('takes back what a failed or imagined create was given', async () => {
  const server = start()
  assert.equal((await server.send('POST', `${services}?dryRun=All`, service('a', { type: 'NodePort' }))).status, 201)
  assert.equal((await server.send('POST', services, service('Bad_Name'))).status, 422)
  assert.deepEqual(await addresses(server), [])
  await server.send('POST', services, service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30100 }] }))
  assert.equal((await server.send(
    'POST', services, service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30101 }] }),
  )).status, 409)
  assert.equal((await server.send(
    'POST', services, service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30101 }] }),
  )).status, 201)
  assert.equal((await addresses(server)).length, 2)
})

test('headless and external services have no address', async () => {
  const server = start()
  const headless = (await server.send('POST', services, service('h', { clusterIP: 'None' }))).json['spec']
  assert.deepEqual([headless.clusterIP, headless.clusterIPs, headless.ipFamilies], ['None', ['None'], ['IPv4']])
  const bare = (await server.send('POST', services, service('s', { clusterIP: 'None', selector: undefined }))).json[
    'spec'
  ]
  assert.deepEqual([bare.ipFamilyPolicy, bare.ipFamilies], ['RequireDualStack', ['IPv4', 'IPv6']])
  const external = (await server.send(
    'POST', services, service('e', { type: 'ExternalName', externalName: 'example.com', ports: undefined }),
  )).json['spec']
  assert.deepEqual([external.clusterIP, external.clusterIPs], [undefined, undefined])
  assert.deepEqual(await addresses(server), [])
})

test('node ports come and go with the type', async () => {
  const server = start()
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ]
  const created = (await server.send('POST', services, service('a', { type: 'NodePort', ports }))).json['spec']
  const [udp, tcp] = created.ports.map(({ nodePort }: any) => nodePort)
  assert.equal(udp, tcp, 'protocols of one port share a node port')
  assert.ok(udp >= 30086 && udp <= 32767, 'from the dynamic part of the range')
  const taken = await server.send(
    'POST',
    services,
    service('b', { type: 'NodePort', ports: [{ port: 1, nodePort: udp }] }),
  )
  assert.equal(
    taken.json['message'],
    `Service "b" is invalid: spec.ports[0].nodePort: Invalid value: ${udp}: provided port is already allocated`,
  )
  const plain = (await server.send('PATCH', `${services}/a`, { spec: { type: 'ClusterIP' } }, merge)).json['spec']
  assert.deepEqual(
    plain.ports.map(({ nodePort }: any) => nodePort),
    [undefined, undefined],
  )
  assert.equal(
    (await server.send('POST', services, service('b', { type: 'NodePort', ports: [{ port: 1, nodePort: udp }] })))
      .status,
    201,
  )
  const outside = await server.send(
    'POST',
    services,
    service('c', { type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] }),
  )
  assert.match(
    outside.json['message'],
    /spec\.ports\[0\]\.nodePort: Invalid value: 80: provided port is not in the valid range\. The range of valid ports is 30000-32767/,
  )
})

test('an update without the address keeps it; becoming external gives it back', async () => {
  const server = start()
  const { clusterIP } = (await server.send('POST', services, service('a'))).json['spec']
  const updated = await server.send('PUT', `${services}/a`, service('a', { ports: [{ port: 81 }] }))
  assert.deepEqual([updated.status, updated.json['spec'].clusterIP], [200, clusterIP])
  await server.send(
    'PATCH', `${services}/a`,
    { spec: { type: 'ExternalName', externalName: 'example.com', clusterIP: null, clusterIPs: null } }, merge,
  )
  assert.deepEqual(await addresses(server), [])
})

test('two families where the cluster has two, and a refusal where it has not', async () => {
  const single = start()
  const refused = await single.send('POST', services, service('a', { ipFamilyPolicy: 'RequireDualStack' }))
  assert.match(
    refused.json['message'],
    /spec\.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services/,
  )
  const dual = start(['10.96.0.0/12', 'fd00:10:96::/112'])
  const { clusterIPs, ipFamilies } = (
    await dual.send('POST', services, service('a', { ipFamilyPolicy: 'PreferDualStack' }))
  ).json['spec']
  assert.deepEqual(
    [ipFamilies, clusterIPs.length, clusterIPs[1].startsWith('fd00:10:96:')], [['IPv4', 'IPv6'], 2, true],
  )
})

test('the last free port is found', () => {
  const allocator = new PortAllocator({ first: 1, last: 40 }, seededRandom())
  const all = Array.from({ length: 40 }, () => allocator.allocateNext())
  assert.equal(new Set(all).size, 40)
  assert.throws(() => allocator.allocateNext(), /range is full/)
})

test('takes addresses from further ranges when they are ready and the first is full', async () => {
  const server = start(['10.96.0.0/30'])
  const given = async (name: string, spec: Record<string, unknown> = {}): Promise<string> => {
    const { json } = await server.send('POST', services, service(name, spec))
    return json['spec']?.clusterIP ?? json['message']
  }
  assert.match(await given('a'), /^10\.96\.0\./)
  assert.match(await given('b'), /^10\.96\.0\./)
  const ranges = '/apis/networking.k8s.io/v1/servicecidrs'
  const range = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'more' } }
  await server.send('POST', ranges, { ...range, spec: { cidrs: ['10.200.0.0/24'] } })
  assert.match(await given('c'), /range is full/)
  const ready = { type: 'Ready', status: 'True', reason: '', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
  await server.send('PATCH', `${ranges}/more/status`, { status: { conditions: [ready] } },
    { 'content-type': 'application/merge-patch+json' })
  assert.match(await given('c'), /^10\.200\.0\./)
  assert.equal(await given('d', { clusterIP: '10.200.0.9' }), '10.200.0.9')
  await server.send('DELETE', '/api/v1/namespaces/default/services/d')
  assert.ok(!(await addresses(server)).includes('10.200.0.9'))
})

test('servers beside each other give no node port twice, and write them down as upstream does', async () => {
  const store = openVolatileStore({ clock: manualClock() })
  const range = { first: 30_000, last: 30_039 }
  const open = () =>
    new NodePorts({ store, clock: manualClock(), random: seededRandom(), range, inServices: () => [30_005] })
  const servers = [open(), open()]
  await servers[0]!.allocate(30_000, false)
  await assert.rejects(servers[1]!.allocate(30_000, false), /provided port is already allocated/)
  await assert.rejects(servers[1]!.allocate(30_005, true), /provided port is already allocated/)
  const { kind, apiVersion, range: text, data } = decodeStored(store.current().get(nodePortsKey)!) as any
  assert.deepEqual({ kind, apiVersion, text, data }, {
    kind: 'RangeAllocation', apiVersion: 'v1', text: '30000-30039', data: 'IQ==',
  })
  const taken = await Promise.all(Array.from({ length: 38 }, (_, at) => servers[at % 2]!.allocateNext(false)))
  assert.equal(new Set([...taken, 30_000, 30_005]).size, 40)
  await assert.rejects(servers[0]!.allocateNext(false), /range is full/)
  await servers[1]!.release([30_039])
  assert.equal(await servers[0]!.allocateNext(false), 30_039)
})

test('ports that no service has are given back, those that only a service has are taken', async () => {
  const store = openVolatileStore({ clock: manualClock() })
  const range = { first: 30_000, last: 30_039 }
  const inServices: number[] = []
  const ports = new NodePorts({
    store, clock: manualClock(), random: seededRandom(), range, inServices: () => inServices,
  })
  await ports.allocate(30_001, false)
  await ports.allocate(30_002, false)
  inServices.push(30_002, 30_003)
  assert.deepEqual(await ports.repair(new Set()), [30_001])
  await assert.rejects(ports.allocate(30_003, true), /already allocated/)
  assert.deepEqual(await ports.repair(new Set([30_001])), [])
  await ports.allocate(30_001, true)
})
