/** The service through which pods find the API server, made again after a start that died half way. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { parseCidr } from '#base/ip.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { createNodePorts, serviceHooks } from '../services/service-hooks.ts'
import { defaultNodePortRange } from '../services/port-allocator.ts'
import { admin, manualClock, seededRandom, settle, startTestServer } from '../testing.ts'
import { ensureKubernetesService } from './kubernetes-service.ts'

const address = '10.96.0.1'
const addresses = '/apis/networking.k8s.io/v1/ipaddresses'
const services = '/api/v1/namespaces/default/services'

function start() {
  const clock = manualClock()
  const random = seededRandom()
  const store = openVolatileStore({ clock })
  const hooks = serviceHooks({
    store, clock, random, clusterCidrs: [parseCidr('10.96.0.0/12')!],
    nodePorts: createNodePorts({ store, clock, random, range: defaultNodePortRange }),
  })
  const { server, send } = startTestServer({ store, clock, hooks: new Map([['/services', hooks]]) })
  const ensure = (): Promise<void> => ensureKubernetesService(
    server.localTransport(admin), { clusterIp: address, addresses: ['192.0.2.1'], port: 6443, clock },
    new AbortController().signal,
  )
  return { clock, send, ensure }
}

const taken = {
  apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name: address },
  spec: { parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' } },
}

test('an address that a dead server took for it is freed after a while, and the service made', async () => {
  const { clock, send, ensure } = start()
  const { json: { metadata: before } } = await send('POST', addresses, taken)
  const ensured = ensure()
  await settle()
  assert.equal((await send('GET', `${services}/kubernetes`)).status, 404)
  await clock.advance(2_000)
  await ensured
  assert.equal((await send('GET', `${services}/kubernetes`)).json['spec'].clusterIP, address)
  assert.notEqual((await send('GET', `${addresses}/${address}`)).json.metadata!.uid, before!.uid)
})

test('an address that another server took, which then makes the service, stays', async () => {
  const { clock, send, ensure } = start()
  await ensure()
  const { json: service } = await send('GET', `${services}/kubernetes`)
  const { json: { metadata: before } } = await send('GET', `${addresses}/${address}`)
  await send('DELETE', `${services}/kubernetes`)
  await send('POST', addresses, taken)
  const ensured = ensure()
  await settle()
  await send('DELETE', `${addresses}/${address}`)
  await send('POST', services, {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes' }, spec: { clusterIP: address, ports: [{ port: 443 }] },
  })
  const { json: { metadata: made } } = await send('GET', `${addresses}/${address}`)
  await clock.advance(2_000)
  await ensured
  assert.notEqual(made!.uid, before!.uid)
  assert.equal((await send('GET', `${addresses}/${address}`)).json.metadata!.uid, made!.uid)
  assert.notEqual((await send('GET', `${services}/kubernetes`)).json.metadata!.uid, service.metadata!.uid)
})
