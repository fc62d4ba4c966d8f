/** Custom objects before the real controllers: what counts them, and what writes them anew. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resourceQuotaAdmission } from '#apiserver/admission/plugins/resource-quota.ts'
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { resourceQuota } from '#api/core/resourcequota/resourcequota.ts'
import { schemas } from '#api/schemas.ts'
import { parseRuntimeConfig } from '#api/runtime-config.ts'
import { servedKinds } from '#api/served-kinds.ts'
import { storageVersionMigration } from '#api/storagemigration/storageversionmigration/storageversionmigration.ts'
import { createDefinitions } from '#apiserver/crd/definitions.ts'
import { decodeStored } from '#apiserver/rest/stored-form.ts'
import { resourceQuotaController } from '#controllers/resourcequota/resourcequota.ts'
import { storageVersionMigrationController } from '#controllers/storage-version-migration/storage-version-migration.ts'
import { silentLog } from '#world/log.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
} as const

test('a quota counts custom objects that come and go, also of definitions that come later', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({
    controllers: [resourceQuotaController], withNode: false, admission: [resourceQuotaAdmission()],
  })
  await using _ = serveDefinitions(plane)
  const { client, run } = plane
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
})

test('a migration has every object written in the storage version of now', { timeout: 60_000 }, async () => {
  const kinds = servedKinds(parseRuntimeConfig('storagemigration.k8s.io/v1beta1=true'))
  await using plane = startControlPlane({ controllers: [storageVersionMigrationController], withNode: false, kinds })
  await using _ = serveDefinitions(plane)
  const { client, run, server } = plane
  const version = (name: string, storage: boolean) => ({ ...definition.spec.versions[0], name, storage })
  const definitions = client.of(customResourceDefinition)
  const spec = { ...definition.spec, versions: [version('v1', true), version('v2', false)] }
  await definitions.create({ ...definition, spec } as never)
  await run(2)
  const widgets = client.resource({ group: 'example.com', version: 'v1', resource: 'widgets' }, 'default')
  await widgets.create({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a', namespace: 'default' } })
  const turned = [version('v1', false), version('v2', true)]
  await definitions.patch('widgets.example.com', 'merge', { spec: { versions: turned } })
  await run(2)
  const stored = (): unknown => {
    const entry = server.context.store.current().get('/registry/example.com/widgets/default/a')!
    return decodeStored(entry).apiVersion
  }
  assert.equal(stored(), 'example.com/v1')
  const migrations = client.of(storageVersionMigration)
  const migrate = (name: string, resource: string) => migrations.create({
    apiVersion: 'storagemigration.k8s.io/v1beta1', kind: 'StorageVersionMigration', metadata: { name },
    spec: { resource: { group: 'example.com', resource } },
  })
  await migrate('widgets', 'widgets')
  await migrate('nothing', 'nothing')
  await run(5)
  assert.equal(stored(), 'example.com/v2')
  const conditions = async (name: string) => ((await migrations.get(name)).status?.conditions ?? [])
    .map(({ type, status, reason, message }) => [type, status, reason, message])
  assert.deepEqual(await conditions('widgets'), [
    ['Running', 'False', 'StorageVersionMigrationInProgress', ''], ['Succeeded', 'True', 'StorageVersionMigrationSucceeded', ''],
  ])
  const { managedFields } = (await widgets.get('a')).metadata
  assert.equal(managedFields?.some(({ manager }) => manager?.includes('migrator')) ?? false, false)
  await run(300)
  assert.deepEqual(await conditions('nothing'),
    [['Failed', 'True', 'StorageVersionMigrationFailed', 'resource does not exist in discovery']])
})

/** The loop of the real server that serves definitions. */
function serveDefinitions({ server, clock }: ControlPlane): AsyncDisposable {
  const { context, kinds } = server
  const stop = new AbortController()
  const refuse = (): Promise<never> => Promise.reject(new Error('nobody listens'))
  const running = createDefinitions({
    store: context.store, kinds, schemas, clock, random: context.random, http: { request: refuse, upgrade: refuse },
    log: silentLog, transport: server.localTransport({ name: 'admin', groups: ['system:masters'] }),
  }).run(stop.signal).catch((error: unknown) => { if (!stop.signal.aborted) throw error })
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
