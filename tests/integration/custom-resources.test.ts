/** Custom objects before the real controllers: what counts them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { resourceQuota } from '#api/core/resourcequota/resourcequota.ts'
import { schemas } from '#api/schemas.ts'
import { createDefinitions } from '#apiserver/crd/definitions.ts'
import { resourceQuotaController } from '#controllers/resourcequota/resourcequota.ts'
import { silentLog } from '#world/log.ts'
import { startControlPlane } from './control-plane.ts'

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
} as const

test('a quota counts custom objects that come and go, also of definitions that come later', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({ controllers: [resourceQuotaController], withNode: false })
  const { client, run, server, clock } = plane
  const { context, kinds } = server
  const stop = new AbortController()
  const nobody = { request: () => Promise.reject(new Error('nobody listens')), upgrade: () => Promise.reject(new Error('nobody listens')) }
  const definitions = createDefinitions({
    store: context.store, kinds, schemas, clock, random: context.random, http: nobody, log: silentLog,
    transport: server.localTransport({ name: 'admin', groups: ['system:masters'] }),
  }).run(stop.signal).catch((error: unknown) => { if (!stop.signal.aborted) throw error })
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  await client.of(resourceQuota, 'default').create({
    apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'quota', namespace: 'default' },
    spec: { hard: { 'count/widgets.example.com': '3', 'count/pods': '5' } },
  })
  const used = async (): Promise<string | undefined> =>
    (await client.of(resourceQuota, 'default').get('quota')).status?.used?.['count/widgets.example.com']
  await run(2)
  assert.equal(await used(), '0')
  await client.of(customResourceDefinition).create(structuredClone(definition) as never)
  await run(3)
  const widgets = client.resource({ group: 'example.com', version: 'v1', resource: 'widgets' }, 'default')
  const widget = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name, namespace: 'default' } })
  await widgets.create(widget('a'))
  await widgets.create(widget('b'))
  await run(3)
  assert.equal(await used(), '2')
  await widgets.delete('a')
  await run(3)
  assert.equal(await used(), '1')
  stop.abort()
  await definitions
})
