/** Which APIServices a server has of itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import { silentLog } from '#world/log.ts'
import { admin, settle, startTestServer } from '../testing.ts'
import { planRemovals, runServiceRegistration, wantedServices } from './register-services.ts'

const path = '/apis/apiregistration.k8s.io/v1/apiservices'

test('every group and version is registered once, in the order of discovery', () => {
  const wanted = [...wantedServices(kinds).values()]
  assert.equal(wanted[0]?.metadata?.name, 'v1.')
  assert.deepEqual(wanted.find(({ metadata }) => metadata?.name === 'v2.autoscaling')?.spec, {
    group: 'autoscaling', version: 'v2', groupPriorityMinimum: 17_500, versionPriority: 30,
  })
  assert.equal(wanted.some(({ spec }) => spec?.group === 'apiregistration.k8s.io'), false)
  const priorities = wanted.map(({ spec }) => spec?.groupPriorityMinimum ?? 0)
  assert.deepEqual(priorities, priorities.toSorted((a, b) => b - a))
})

test('what was registered and is served no longer goes; what somebody else made stays', () => {
  const service = (name: string, labels: Record<string, string>, other = {}) => [name, {
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels },
    spec: { version: 'v1', groupPriorityMinimum: 1, versionPriority: 1, ...other },
  }] as const
  const label = 'kube-aggregator.kubernetes.io/automanaged'
  const existing = new Map([
    service('v1.gone.example.com', { [label]: 'true' }),
    service('v1.old.k8s.io', { [label]: 'onstart' }),
    service('v1beta1.metrics.k8s.io', {}, { service: { namespace: 'kube-system', name: 'metrics-server' } }),
  ])
  assert.deepEqual(
    planRemovals(existing as never, new Map()).map(({ metadata }) => metadata.name), ['v1.gone.example.com', 'v1.old.k8s.io'])
})

test('a server registers itself, and is available at once', async () => {
  const stop = new AbortController()
  const { server, send, clock } = startTestServer({})
  const options = { kinds: server.kinds, transport: server.localTransport(admin), clock, log: silentLog }
  const done = runServiceRegistration(options, stop.signal)
  for (let round = 0; round < 20; round += 1) await settle()
  const { json } = await send('GET', `${path}/v1.apps`)
  assert.deepEqual(json['status'], {
    conditions: [{
      type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }],
  })
  stop.abort()
  await done
})
