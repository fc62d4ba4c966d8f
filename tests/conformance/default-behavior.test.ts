/**
 * What every kind does that says nothing else (upstream: test/integration/apiserver/apidefinitions). The exceptions are
 * upstream's, by name: a new kind belongs in none of these lists.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseRuntimeConfig } from '#api/runtime-config.ts'
import { servedKinds } from '#api/served-kinds.ts'
import { startTestServer, type Answer, type TestServer } from '#apiserver/testing.ts'
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { JsonObject } from './valid-sample.ts'

const createdByUpdate = new Set([
  'endpoints', 'events', 'limitranges', 'services', 'events.events.k8s.io', 'leases.coordination.k8s.io',
  'leasecandidates.coordination.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io',
  'clusterroles.rbac.authorization.k8s.io', 'rolebindings.rbac.authorization.k8s.io', 'roles.rbac.authorization.k8s.io',
  'runtimeclasses.node.k8s.io',
])

const updatedWithVersionOnly = new Set([
  'apiservices.apiregistration.k8s.io', 'customresourcedefinitions.apiextensions.k8s.io',
  'clustertrustbundles.certificates.k8s.io', 'podcertificaterequests.certificates.k8s.io',
  'csidrivers.storage.k8s.io', 'csinodes.storage.k8s.io', 'csistoragecapacities.storage.k8s.io',
  'volumeattachments.storage.k8s.io', 'leases.coordination.k8s.io', 'leasecandidates.coordination.k8s.io',
  'mutatingadmissionpolicies.admissionregistration.k8s.io',
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'validatingadmissionpolicybindings.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io', 'poddisruptionbudgets.policy',
  'runtimeclasses.node.k8s.io', 'storageversionmigrations.storagemigration.k8s.io',
  'storageversions.internal.apiserver.k8s.io', 'resourcepoolstatusrequests.resource.k8s.io',
])

/** Their names follow from what they say. */
const namedByContent = new Set([
  'apiservices.apiregistration.k8s.io', 'clustertrustbundles.certificates.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io', 'ipaddresses.networking.k8s.io',
  'storageversions.internal.apiserver.k8s.io',
])

const orphaning = new Set(['replicationcontrollers', 'jobs.batch'])
const withoutPropagation = new Set(['events', 'events.events.k8s.io'])

/** Whoever may write their status may write their labels too. */
const labelledByStatus = new Set([
  'customresourcedefinitions.apiextensions.k8s.io', 'certificatesigningrequests.certificates.k8s.io', 'cronjobs.batch',
  'daemonsets.apps', 'horizontalpodautoscalers.autoscaling', 'ingresses.networking.k8s.io', 'jobs.batch', 'namespaces',
  'nodes', 'persistentvolumeclaims', 'persistentvolumes', 'poddisruptionbudgets.policy', 'pods', 'replicasets.apps',
  'replicationcontrollers', 'resourcequotas', 'services', 'statefulsets.apps',
])

/** They have a status and count no generations. */
const withoutGeneration = new Set([
  'apiservices.apiregistration.k8s.io', 'certificatesigningrequests.certificates.k8s.io', 'namespaces', 'nodes',
  'persistentvolumeclaims', 'persistentvolumes', 'resourceclaims.resource.k8s.io', 'resourcequotas',
  'servicecidrs.networking.k8s.io', 'services', 'storageversions.internal.apiserver.k8s.io',
  'volumeattachments.storage.k8s.io', 'horizontalpodautoscalers.autoscaling',
  'podcertificaterequests.certificates.k8s.io', 'podgroups.scheduling.k8s.io',
  'resourcepoolstatusrequests.resource.k8s.io', 'storageversionmigrations.storagemigration.k8s.io',
])

const mergePatch = { 'content-type': 'application/merge-patch+json' }
const applyPatch = { 'content-type': 'application/apply-patch+yaml' }
const blocking = 'example.com/block'

for (const kind of servedKinds(parseRuntimeConfig('api/all=true'))) {
  const isWhole = (['create', 'get', 'update', 'delete'] as const).every((verb) => kind.verbs.includes(verb))
  for (const version of kind.versions) {
    if (version.served && isWhole) test(`${version.version} ${nameOf(kind)}`, () => checkKind(kind, version))
  }
}

function nameOf({ plural, group }: AnyKind): string {
  return group === '' ? plural : `${plural}.${group}`
}

/** One resource in one version, on servers of its own. */
class Subject {
  readonly name: string
  readonly sample: JsonObject
  readonly #collection: string

  constructor(kind: AnyKind, version: KindVersion) {
    const apiVersion = formatApiVersion({ group: kind.group, version: version.version })
    const file = join(import.meta.dirname, 'golden', `${apiVersion.replace('/', '.')}.${kind.kind}.json`)
    const { sample } = JSON.parse(readFileSync(file, 'utf8')) as { readonly sample: JsonObject }
    this.name = (sample['metadata'] as { readonly name: string }).name
    this.sample = sample
    const namespace = kind.namespaced ? '/namespaces/default' : ''
    this.#collection = `${kind.group ? '/apis/' : '/api/'}${apiVersion}${namespace}/${kind.plural}`
  }

  get url(): string {
    return `${this.#collection}/${this.name}`
  }

  start(): TestServer {
    return startTestServer({ kinds: servedKinds(parseRuntimeConfig('api/all=true')) })
  }

  async create(server: TestServer, change: JsonObject = {}): Promise<Answer> {
    return await server.send('POST', this.#collection, { ...this.sample, ...change })
  }

  async finalizersAfter(options: JsonObject): Promise<readonly string[]> {
    const server = this.start()
    await this.create(server)
    const blocked = { metadata: { finalizers: [blocking] } }
    assert.equal((await server.send('PATCH', this.url, blocked, mergePatch)).status, 200)
    assert.equal((await server.send('DELETE', this.url, options)).status, 200)
    return (await server.send('GET', this.url)).json.metadata?.finalizers ?? []
  }
}

async function checkKind(kind: AnyKind, version: KindVersion): Promise<void> {
  const subject = new Subject(kind, version)
  const name = nameOf(kind)
  await checkCreation(subject, name)
  await checkUpdate(subject, name)
  assert.equal((await subject.finalizersAfter({})).includes('orphan'), orphaning.has(name), 'what deletion does unless asked')
  const foreground = await subject.finalizersAfter({ propagationPolicy: 'Foreground' })
  const waits = !withoutPropagation.has(name) && name !== 'customresourcedefinitions.apiextensions.k8s.io'
  assert.equal(foreground.includes('foregroundDeletion'), waits, 'whether deletion can wait for dependents')
  if (kind.subresources?.status) await checkStatus(subject, name)
}

async function checkCreation(subject: Subject, name: string): Promise<void> {
  const absent = await subject.start().send('PUT', subject.url, subject.sample)
  assert.equal(absent.status, createdByUpdate.has(name) ? 201 : 404, `an update of nothing: ${absent.text}`)
  const generated = await subject.create(subject.start(), { metadata: { generateName: 'generated-' } })
  assert.equal(generated.status, namedByContent.has(name) ? 422 : 201, `a generated name: ${generated.text}`)
}

async function checkUpdate(subject: Subject, name: string): Promise<void> {
  const server = subject.start()
  const { json } = await subject.create(server)
  const { resourceVersion: _, ...metadata } = json.metadata!
  const overwritten = await server.send('PUT', subject.url, { ...json, metadata })
  assert.equal(overwritten.status, updatedWithVersionOnly.has(name) ? 422 : 200, `without a version: ${overwritten.text}`)
}

async function checkStatus(subject: Subject, name: string): Promise<void> {
  const server = subject.start()
  const metadata = subject.sample['metadata'] as JsonObject
  const created = await subject.create(server, { metadata: { ...metadata, generation: 100 } })
  // Where nobody counts, what the client says stays.
  assert.equal(created.json.metadata!.generation, withoutGeneration.has(name) ? 100 : 1)
  const labels = { written: 'by-status' }
  const patched = await server.send('PATCH', `${subject.url}/status`, { metadata: { labels } }, mergePatch)
  assert.equal(patched.status, 200, patched.text)
  assert.equal(patched.json.metadata!.labels?.['written'] !== undefined, labelledByStatus.has(name), 'labels')
  assert.equal(patched.json.metadata!.generation, created.json.metadata!.generation)
  const { status: _, ...specOnly } = subject.sample
  const applied = { ...specOnly, metadata: { name: subject.name, labels } }
  const owned = await server.send('PATCH', `${subject.url}/status?fieldManager=writer&force=true`, applied, applyPatch)
  assert.equal(owned.status, 200, owned.text)
  const entry = owned.json.metadata!.managedFields?.find(({ manager }) => manager === 'writer')
  const fields = (entry?.fieldsV1 ?? {}) as Record<string, JsonObject>
  assert.deepEqual(Object.keys(fields), labelledByStatus.has(name) ? ['f:metadata'] : [], 'what the writer owns')
}
