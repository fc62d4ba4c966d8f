import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { createSimulatedPacketFilter } from '#sim/packet-filter.ts'
import { planHostPort, planService } from './plan.ts'
import { Ruleset } from './ruleset.ts'

const here = 'node-a'

function service(spec: object, status: object = {}): Stored<Service> {
  return {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.20', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
    status,
  } as unknown as Stored<Service>
}

/** `10.0.0.1@node-a`, with `!` for not ready and `~` for terminating but serving. */
function slice(...endpoints: readonly string[]): Stored<EndpointSlice> {
  return {
    addressType: 'IPv4', ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints: endpoints.map((text) => {
      const [address, nodeName] = text.replace(/[!~]/, '').split('@')
      const conditions = text.endsWith('!')
        ? { ready: false }
        : text.endsWith('~')
          ? { ready: false, serving: true, terminating: true }
          : { ready: true }
      return { addresses: [address], nodeName, conditions }
    }),
  } as unknown as Stored<EndpointSlice>
}

/** The plan as text: `set key → value`, hairpins and cluster-ips left out. */
function plan(spec: object, endpoints: readonly string[], status?: object): string[] {
  return planService(service(spec, status), [slice(...endpoints)], { nodeName: here })
    .filter(({ set }) => set !== 'hairpins' && set !== 'cluster-ips')
    .map(({ set, element }) => `${set} ${element.key.join('/')}${element.value ? ` → ${element.value.join(':')}` : ''}`)
}

test('a cluster IP leads to its ready endpoints', () => {
  assert.deepEqual(plan({}, ['10.0.0.2@node-a', '10.0.0.1@node-b', '10.0.0.3@node-a!']), [
    'services-2 10.96.0.20/tcp/80',
    'endpoints 10.96.0.20/tcp/80/0 → 10.0.0.1:8080',
    'endpoints 10.96.0.20/tcp/80/1 → 10.0.0.2:8080',
  ])
})

test('endpoints that end but serve are the last resort', () => {
  assert.deepEqual(plan({}, ['10.0.0.1@node-a~']), [
    'services-1 10.96.0.20/tcp/80',
    'endpoints 10.96.0.20/tcp/80/0 → 10.0.0.1:8080',
  ])
  assert.equal(plan({}, ['10.0.0.1@node-a~', '10.0.0.2@node-a'])[0], 'services-1 10.96.0.20/tcp/80')
})

test('without endpoints the address is refused', () => {
  assert.deepEqual(plan({}, []), ['dead-services 10.96.0.20/tcp/80'])
})

test('headless and external names have no rules', () => {
  assert.deepEqual(plan({ clusterIP: 'None' }, ['10.0.0.1@node-a']), [])
  assert.deepEqual(plan({ type: 'ExternalName' }, ['10.0.0.1@node-a']), [])
})

test('a node port leads to all endpoints, or with policy Local to this node\'s under the client\'s own address', () => {
  const spec = { type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }] }
  const endpoints = ['10.0.0.1@node-a', '10.0.0.2@node-b']
  assert.ok(plan(spec, endpoints).includes('ports-2 tcp/30080'))
  const local = plan({ ...spec, externalTrafficPolicy: 'Local' }, endpoints)
  assert.ok(
    local.includes('ports-1 tcp/30080')
      && local.includes('local-ports tcp/30080/0 → 10.0.0.1:8080')
      && local.includes('keep-source-tcp 30080'),
  )
  assert.ok(plan({ ...spec, externalTrafficPolicy: 'Local' }, ['10.0.0.2@node-b']).includes('dead-ports tcp/30080'))
})

test('session affinity chooses by the client', () => {
  assert.equal(
    plan({ sessionAffinity: 'ClientIP' }, ['10.0.0.1@node-a', '10.0.0.2@node-a'])[0],
    'sticky-services-2 10.96.0.20/tcp/80',
  )
})

test('a balancer\'s address is served like an external one', () => {
  const texts = plan({ type: 'LoadBalancer' }, ['10.0.0.1@node-a'], {
    loadBalancer: { ingress: [{ ip: '192.0.2.9' }] },
  })
  assert.ok(texts.includes('endpoints 192.0.2.9/tcp/80/0 → 10.0.0.1:8080'))
})

test('changes are only what differs, and the filter accepts them in every order', async () => {
  const filter = createSimulatedPacketFilter()
  const ruleset = new Ruleset('10.96.0.0/12')
  const apply = async (full = false): Promise<number> => {
    const operations = full ? ruleset.planFull() : ruleset.planChange()
    if (operations.length > 0) await filter.apply('t', operations)
    ruleset.markApplied()
    return operations.length
  }
  const endpoints = (): string[] =>
    [...filter.tables.get('t')!.sets.get('endpoints')!].map(([key, value]) => `${key} → ${value}`)
  const want = (...addresses: string[]): void =>
    ruleset.set('service shop/web', planService(service({}), [slice(...addresses)], { nodeName: here }))
  want('10.0.0.1@node-a', '10.0.0.2@node-b')
  await apply(true)
  assert.equal(await apply(), 0)
  want('10.0.0.1@node-a', '10.0.0.2@node-b')
  assert.equal(await apply(), 0, 'the same wish again is no change')
  want('10.0.0.3@node-a', '10.0.0.2@node-b')
  assert.ok(await apply() > 0)
  assert.deepEqual(endpoints(), [
    '10.96.0.20 . tcp . 80 . 0 → 10.0.0.2 . 8080',
    '10.96.0.20 . tcp . 80 . 1 → 10.0.0.3 . 8080',
  ])
  want('10.0.0.3@node-a')
  await apply()
  assert.deepEqual([...filter.tables.get('t')!.sets.get('services-2')!.keys()], [])
  assert.deepEqual([...filter.tables.get('t')!.sets.get('services-1')!.keys()], ['10.96.0.20 . tcp . 80'])
  ruleset.set('service shop/web', [])
  await apply()
  assert.deepEqual(endpoints(), [])
})

test('of two owners of one key the first keeps it until it lets go', async () => {
  const filter = createSimulatedPacketFilter()
  const ruleset = new Ruleset('10.96.0.0/12')
  ruleset.set('pod a', planHostPort('TCP', 8080, '10.0.0.1', 80))
  ruleset.set('pod b', planHostPort('TCP', 8080, '10.0.0.2', 80))
  await filter.apply('t', ruleset.planFull())
  ruleset.markApplied()
  const target = (): string | undefined => filter.tables.get('t')!.sets.get('local-ports')!.get('tcp . 8080 . 0')
  assert.equal(target(), '10.0.0.1 . 80')
  ruleset.set('pod a', [])
  await filter.apply('t', ruleset.planChange())
  assert.equal(target(), '10.0.0.2 . 80')
})

test('a set that was emptied and filled again has one rule', async () => {
  const filter = createSimulatedPacketFilter()
  const ruleset = new Ruleset('10.96.0.0/12')
  const apply = async (full: boolean): Promise<void> => {
    await filter.apply('t', full ? ruleset.planFull() : ruleset.planChange())
    ruleset.markApplied()
  }
  const want = (...addresses: string[]): void =>
    ruleset.set('service shop/web', planService(service({}), [slice(...addresses)], { nodeName: here }))
  want('10.0.0.1@node-a')
  await apply(true)
  want()
  await apply(false)
  ruleset.forgetApplied()
  await apply(true)
  want('10.0.0.1@node-a')
  await apply(false)
  const rules = filter.tables.get('t')!.chains.get('services')!
  assert.deepEqual(rules.filter((rule) => rule.includes('@services-1')).length, 1)
})
