/** The built-in priorities in a server: made after its start, kept, and obeyed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import { silentLog } from '#world/log.ts'
import { admin, settle, startTestServer } from '../testing.ts'
import { createFlowConfiguration } from './configuration.ts'
import { FlowController } from './flow-controller.ts'

const base = '/apis/flowcontrol.apiserver.k8s.io/v1'

function start() {
  const stop = new AbortController()
  const server = startTestServer({})
  const { clock } = server
  const { store } = server.server.context
  const controller = new FlowController({ clock, seats: 600, waitLimitMs: 15_000 })
  const configuration = createFlowConfiguration({
    controller, store, clock, log: silentLog, transport: server.server.localTransport(admin), kinds,
  })
  const done = Promise.all([configuration.follow(stop.signal), configuration.maintain(stop.signal)])
  return {
    ...server, controller, store,
    /** Lets changes be seen and answered, until nothing moves. */
    async quiet() {
      for (let round = 0; round < 20; round += 1) {
        await settle()
        await clock.advance(10)
      }
    },
    async stop() {
      stop.abort()
      await done
    },
  }
}

test('the built-in objects are made, told that their levels exist, and then left alone', async () => {
  const server = start()
  await server.quiet()
  const { json } = await server.send('GET', `${base}/flowschemas`)
  const schemas = json['items'] as { metadata: { name: string }; status: unknown }[]
  assert.equal(schemas.length, 11)
  assert.deepEqual(schemas.find(({ metadata }) => metadata.name === 'probes')?.status, {
    conditions: [{
      type: 'Dangling', status: 'False', reason: 'Found', lastTransitionTime: '2026-01-01T00:00:00Z',
      message: 'This FlowSchema references the PriorityLevelConfiguration object named "exempt" and it exists',
    }],
  })
  const before = server.store.current().revision
  await server.quiet()
  assert.equal(server.store.current().revision, before)
  await server.stop()
})

test('a mandatory object comes back as it was; a suggested one that was deleted stays away', async () => {
  const server = start()
  await server.quiet()
  await server.send('DELETE', `${base}/flowschemas/catch-all`)
  await server.send('DELETE', `${base}/flowschemas/probes`)
  await server.quiet()
  assert.equal((await server.send('GET', `${base}/flowschemas/catch-all`)).status, 200)
  assert.equal((await server.send('GET', `${base}/flowschemas/probes`)).status, 404)
  await server.stop()
})

test('a changed spec is put back while the annotation allows it', async () => {
  const server = start()
  await server.quiet()
  const url = `${base}/prioritylevelconfigurations/workload-low`
  const headers = { 'content-type': 'application/merge-patch+json' }
  const patch = (body: object) => server.send('PATCH', url, body, headers)
  const shares = async () => {
    const { spec } = (await server.send('GET', url)).json as { spec: { limited: { nominalConcurrencyShares: number } } }
    return spec.limited.nominalConcurrencyShares
  }
  await patch({ spec: { limited: { nominalConcurrencyShares: 7 } } })
  await server.quiet()
  assert.equal(await shares(), 100)
  await patch({
    metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } },
    spec: { limited: { nominalConcurrencyShares: 7 } },
  })
  await server.quiet()
  assert.equal(await shares(), 7)
  await server.stop()
})

test('a schema without its level says so, and classifies nothing', async () => {
  const server = start()
  await server.quiet()
  await server.send('POST', `${base}/flowschemas`, {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name: 'lost' },
    spec: {
      priorityLevelConfiguration: { name: 'nowhere' },
      matchingPrecedence: 3,
      rules: [{
        subjects: [{ kind: 'Group', group: { name: '*' } }],
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
      }],
    },
  })
  await server.quiet()
  const { status } = (await server.send('GET', `${base}/flowschemas/lost`)).json as {
    status: { conditions: readonly { reason: string; message: string }[] }
  }
  assert.equal(status.conditions[0]?.reason, 'NotFound')
  assert.match(status.conditions[0]?.message ?? '', /but there is no such object$/)
  const bob = { name: 'bob', groups: ['system:authenticated'] }
  const info = { type: 'path', verb: 'get', path: '/version' } as const
  assert.equal(server.controller.classify(bob, info).flowSchema, 'global-default')
  await server.stop()
})
