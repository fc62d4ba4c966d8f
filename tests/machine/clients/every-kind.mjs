/** Takes every kind through @kubernetes/client-node; prints one line of JSON for each object, and fails on a difference. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [manifests, kubeconfig, packages] = process.argv.slice(2)
const { KubeConfig, KubernetesObjectApi, PatchStrategy, Watch } = await import(
  pathToFileURL(join(packages, 'node_modules/@kubernetes/client-node/dist/index.js')).href
)
const config = new KubeConfig()
config.loadFromFile(kubeconfig)
const api = KubernetesObjectApi.makeApiClient(config)
const watch = new Watch(config)

/** Resolves with the types of the events of one object up to the first with this label. */
async function watchUntil(path, name, label) {
  const types = []
  const { promise, resolve, reject } = Promise.withResolvers()
  const request = await watch.watch(path, { fieldSelector: `metadata.name=${name}`, timeoutSeconds: 20 }, (type, object) => {
    types.push(type)
    if (object.metadata?.labels?.[label]) resolve(types)
  }, (error) => reject(error ?? new Error(`the watch ended after ${types}`)))
  const seen = await promise
  request.abort()
  return seen
}

/** Words of the language are called otherwise in the client's models, and what they do not know they leave out. */
const reserved = new Set(['continue', 'default', 'enum', 'from'])

function inModels(value) {
  if (Array.isArray(value)) return value.map(inModels)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [reserved.has(key) ? `_${key}` : key, inModels(field)]))
}

for (const manifest of JSON.parse(readFileSync(manifests, 'utf8')).items.map(inModels)) {
  const { apiVersion, kind, metadata: { name, namespace } } = manifest
  const created = await api.create(manifest)
  const header = { apiVersion, kind, metadata: { name, ...(namespace && { namespace }) } }
  assert.equal((await api.read(header)).metadata.uid, created.metadata.uid)
  const listed = await api.list(apiVersion, kind, namespace, undefined, undefined, undefined, `metadata.name=${name}`)
  assert.deepEqual(listed.items.map((item) => item.metadata.uid), [created.metadata.uid])
  const patch = (strategy, labels, ...more) => api.patch({ ...header, metadata: { ...header.metadata, labels } }, undefined, undefined, ...more, strategy)
  await patch(PatchStrategy.MergePatch, { merge: 'node' }, undefined, undefined)
  await patch(PatchStrategy.StrategicMergePatch, { strategic: 'node' }, undefined, undefined)
  await patch(PatchStrategy.ServerSideApply, { applied: 'node' }, 'node', true)
  const { labels } = (await api.read(header)).metadata
  for (const label of ['merge', 'strategic', 'applied']) assert.equal(labels[label], 'node', `${kind} ${label}`)
  const resource = await api.resource(apiVersion, kind)
  const base = `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}${namespace ? `/namespaces/${namespace}` : ''}/${resource.name}`
  const types = await watchUntil(base, name, 'applied')
  assert.equal(types[0], 'ADDED')
  for (let attempt = 0; ; attempt++) {
    const current = await api.read(header)
    current.metadata.labels.replaced = 'node'
    try {
      assert.equal((await api.replace(current)).metadata.labels.replaced, 'node')
      break
    } catch (error) {
      // A controller was faster.
      if (error.code !== 409 || attempt > 20) throw error
    }
  }
  await api.delete(header, undefined, undefined, 0)
  console.log(JSON.stringify([apiVersion, kind, name]))
}
