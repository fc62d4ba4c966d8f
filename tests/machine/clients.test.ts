/** Real clients take every default kind through a cluster: kubectl 1.32 and 1.36, the Python client, @kubernetes/client-node. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { namespace } from '#api/core/namespace/namespace.ts'
import { decodeYamlValue } from '#machinery/codec/yaml.ts'
import { Cluster } from '../../src/main/library.ts'
import { ensurePackages } from '../../tools/debian-tool.ts'
import { clusterSamples, limitsNamespace, samplesNamespace, type Sample } from './clients/samples.ts'
import { kubectlOf, run, type Outcome } from './support.ts'

const scripts = fileURLToPath(new URL('clients/', import.meta.url))
const clientNode = '@kubernetes/client-node@2.0.1'
/** What controllers change at once: the rules of a role that aggregates, the endpoints of a Service, the taints of a node. */
const changedByControllers = ['ClusterRole', 'Endpoints', 'Node']
/** Upstream refuses a replacement without what the server has added. */
const irreplaceable = ['Pod', 'Job']

/** Kubectl 1.32 describes some kinds in the versions of its time. */
const describedAsBeta = 'networking.k8s.io/v1beta1=true,storage.k8s.io/v1beta1=true'

/** A claim among the samples asks for administrator's access to a device, which its namespace must allow. */
const namespaces = [
  { metadata: { name: samplesNamespace, labels: { 'resource.kubernetes.io/admin-access': 'true' } } },
  { metadata: { name: limitsNamespace } },
]

let directory = ''
let samples: readonly Sample[] = []

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'clients-'))
  samples = clusterSamples()
  assert.ok(samples.length > 55, `only ${samples.length} samples`)
  writeManifest('namespaces', namespaces.map((each) => ({ apiVersion: 'v1', kind: 'Namespace', ...each })))
  writeManifest('all', samples)
  writeManifest('replaceable', samples.filter(({ kind }) => !irreplaceable.includes(kind)))
})

after(() => rmSync(directory, { recursive: true, force: true }))

function writeManifest(name: string, items: readonly Sample[]): void {
  writeFileSync(join(directory, `${name}.json`), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
}

interface Kubectl {
  (...words: readonly string[]): Promise<string>
  try(...words: readonly string[]): Promise<Outcome>
}

/** Kubectl of this release, with a cache of its own, for this cluster. */
function kubectlFor(release: '1.32' | '1.36', cluster: Cluster): Kubectl {
  const program = kubectlOf(release)
  const kubeconfig = join(directory, `kubeconfig-${release}`)
  writeFileSync(kubeconfig, cluster.kubeconfig!)
  const attempt = (...words: readonly string[]): Promise<Outcome> =>
    run(program, [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(directory, `cache-${release}`)}`, ...words])
  const kubectl = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await attempt(...words)
    assert.equal(code, 0, `kubectl ${words.join(' ')}: ${stderr}`)
    return stdout
  }
  return Object.assign(kubectl, { try: attempt })
}

/** Every value of `expected` is in `actual`; lists are compared whole. */
function assertContains(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected)) return assert.deepEqual(actual, expected, path)
  for (const [key, value] of Object.entries(expected)) assertContains((actual as Record<string, unknown>)?.[key], value, `${path}.${key}`)
}

/** What the server made of the same sample without controllers and admission, of the fields that these leave alone. */
function assertGolden(object: Sample): void {
  const file = join(scripts, '../../conformance/golden', `${object.apiVersion.replace('/', '.')}.${object.kind}.json`)
  const { created, sample } = JSON.parse(readFileSync(file, 'utf8')) as { created: Sample; sample: Sample }
  for (const field of ['data', 'rules', 'provisioner', 'webhooks', 'value', 'roleRef', 'handler', 'ports', 'addressType']) {
    if (sample[field] !== undefined) assertContains(object[field], created[field], `${object.kind}.${field}`)
  }
}

for (const release of ['1.32', '1.36'] as const) {
  test(`kubectl ${release} takes every kind from creation to deletion`, { timeout: 300_000 }, async () => {
    await using cluster = await Cluster.start({ nodes: 1, https: true, runtimeConfig: describedAsBeta })
    const kubectl = kubectlFor(release, cluster)
    const all = ['-f', join(directory, 'all.json')]
    await kubectl('create', '-f', join(directory, 'namespaces.json'))
    const created = await kubectl('create', '--validate=strict', ...all)
    assert.equal(created.split('\n').filter((line) => line.endsWith(' created')).length, samples.length, created)
    await kubectl('label', ...all, 'labeled=yes')
    await kubectl('wait', '--for=jsonpath={.metadata.labels.labeled}=yes', '--timeout=60s', ...all)
    await kubectl('patch', ...all, '--type=merge', '-p', '{"metadata":{"annotations":{"merge":"patched"}}}')
    await kubectl('patch', ...all, '--type=json', '-p', '[{"op":"add","path":"/metadata/annotations/json","value":"patched"}]')
    await kubectl('patch', ...all, '--type=strategic', '-p', '{"metadata":{"annotations":{"strategic":"patched"}}}')
    await kubectl('apply', '--server-side', '--force-conflicts', ...all)
    await kubectl('apply', ...all)
    const { items } = JSON.parse(await kubectl('get', '-o', 'json', ...all)) as { items: readonly Sample[] }
    assert.equal(items.length, samples.length)
    for (const item of items) {
      const { labels, annotations } = item.metadata as unknown as { labels: Record<string, string>; annotations: Record<string, string> }
      assert.deepEqual([labels['labeled'], annotations['merge'], annotations['json'], annotations['strategic']], ['yes', 'patched', 'patched', 'patched'], item.kind)
      if (!changedByControllers.includes(item.kind)) assertGolden(item)
    }
    const differences = await kubectl.try('diff', ...all)
    const differing = [...differences.stdout.matchAll(/^diff -u -N \S+ \S+\/[\w.]+\.(\w+)\.[\w-]*\.[\w.-]+$/gm)].map(([, kind]) => kind!)
    assert.deepEqual(differing.filter((kind) => !changedByControllers.includes(kind)), [], differences.stdout)
    await kubectl('replace', '-f', join(directory, 'replaceable.json'))
    const table = await kubectl('get', '--no-headers', ...all)
    for (const { kind, metadata } of samples) assert.ok(kind === 'Event' || table.includes(metadata.name), metadata.name)
    const yaml = decodeYamlValue(await kubectl('get', '-o', 'yaml', ...all)) as { items: readonly Sample[] }
    assert.deepEqual(yaml.items.map(({ kind }) => kind), samples.map(({ kind }) => kind))
    await kubectl('describe', ...all)
    // The deployment owns the replica set by now, and takes it along.
    await kubectl('delete', '--timeout=60s', '--ignore-not-found', ...all)
    assert.equal((await kubectl('get', '--ignore-not-found', ...all)).trim(), '')
  })
}

test('kubectl explains every kind with all its fields', { timeout: 300_000 }, async () => {
  await using cluster = await Cluster.start({ nodes: 0, https: true })
  const kubectl = kubectlFor('1.36', cluster)
  const resources = (await kubectl('api-resources', '--no-headers')).trim().split('\n').map((line) => line.split(/ +/))
  assert.ok(resources.length >= 64, `${resources.length} resources`)
  const paths: (readonly [path: string, apiVersion: string])[] = []
  for (const columns of resources) {
    const [resource, apiVersion] = [columns[0]!, columns.at(-3)!]
    const text = await kubectl('explain', '--recursive', resource, `--api-version=${apiVersion}`)
    assert.match(text, /^KIND: {7}\w+\nVERSION: {4}\w+/m, resource)
    const described = await kubectl('explain', resource, `--api-version=${apiVersion}`)
    assert.doesNotMatch(described, /<no description>|<empty>/, resource)
    paths.push(...fieldPaths(resource, text).map((path) => [path, apiVersion] as const))
  }
  assert.ok(paths.length > 5_000, `${paths.length} fields`)
  // Every so many, so that all kinds have some; all of them would take an hour.
  for (let at = 7; at < paths.length; at += Math.ceil(paths.length / 100)) {
    const [path, apiVersion] = paths[at]!
    const text = await kubectl('explain', path, `--api-version=${apiVersion}`)
    assert.match(text, /^FIELD: /m, path)
    assert.doesNotMatch(text, /<no description>|<empty>/, path)
  }
})

for (const version of ['1.32', '1.36'] as const) {
  test(`kubectl ${version} explains by OpenAPI v2 too`, async () => {
    await using cluster = await Cluster.start({ nodes: 0, https: true })
    const kubectl = kubectlFor(version, cluster)
    assert.equal(
      await kubectl('explain', '--output=plaintext-openapiv2', 'deployments.spec.strategy'),
      [
        'KIND:     Deployment', 'VERSION:  apps/v1', '', 'RESOURCE: strategy <Object>', '',
        'DESCRIPTION:', '     How pods are replaced when the template changes.', '',
        '     How pods are replaced.', '',
        'FIELDS:', '   rollingUpdate\t<Object>', '     Settings for RollingUpdate.', '',
        '   type\t<string>', '     RollingUpdate (default), or Recreate: the old ones go first.', '', '',
      ].join('\n'),
    )
  })
}

/** `deployments` and the text of explain → `deployments.spec.replicas`, …: names indented below their parents. */
function fieldPaths(resource: string, text: string): string[] {
  const stack: string[] = []
  return text.slice(text.indexOf('\nFIELDS:')).split('\n').flatMap((line) => {
    const [, indent, name] = /^( {2,})([\w$-]+)\t/.exec(line) ?? []
    if (indent === undefined || name === undefined) return []
    stack.splice(indent.length / 2 - 1, Infinity, name)
    return [`${resource}.${stack.join('.')}`]
  })
}

/** Runs a script that prints a line for each object that it has taken through. */
async function drive(program: string, words: readonly string[], cluster: Cluster): Promise<void> {
  const kubeconfig = join(directory, 'kubeconfig-script')
  writeFileSync(kubeconfig, cluster.kubeconfig!)
  for (const each of namespaces) await cluster.client.of(namespace).create(each)
  const [script = '', ...more] = words
  const { code, stdout, stderr } = await run(program, [script, join(directory, 'all.json'), kubeconfig, ...more], process.env, 240_000)
  assert.equal(code, 0, `${stderr}\nafter ${stdout.trim().split('\n').at(-1)}`)
  assert.equal(stdout.trim().split('\n').length, samples.length)
}

test('the Python client takes every kind from creation to deletion', { timeout: 300_000 }, async () => {
  ensurePackages(['python3-kubernetes'])
  await using cluster = await Cluster.start({ nodes: 1, https: true })
  await drive('/usr/bin/python3', [join(scripts, 'every-kind.py')], cluster)
})

test('@kubernetes/client-node takes every kind from creation to deletion', { timeout: 300_000 }, async () => {
  const packages = await installClientNode()
  await using cluster = await Cluster.start({ nodes: 1, https: true })
  await drive(process.execPath, [join(scripts, 'every-kind.mjs'), packages], cluster)
})

interface Model {
  readonly attributeTypeMap?: readonly { readonly baseName: string; readonly type: string; readonly format: string }[]
}

test('the OpenAPI document has the fields, types and formats of upstream\'s, as client-node was made from it', { timeout: 120_000 }, async () => {
  const file = join(await installClientNode(), 'node_modules/@kubernetes/client-node/dist/gen/models/all.js')
  const models = await import(file) as Readonly<Record<string, Model | undefined>>
  await using cluster = await Cluster.start({ nodes: 0, https: true, runtimeConfig: 'api/all=true' })
  const { definitions } = JSON.parse(await kubectlFor('1.36', cluster)('get', '--raw', '/openapi/v2')) as { definitions: Readonly<Record<string, Definition>> }
  let compared = 0
  for (const [name, { properties }] of Object.entries(definitions)) {
    const attributes = properties && modelOf(models, name)?.attributeTypeMap
    // Upstream has the options of connections as parameters of paths only.
    if (!attributes) {
      assert.ok(!properties || /\.(\w+Options)$/.test(name), `upstream has no ${name}`)
      continue
    }
    assert.deepEqual(Object.keys(properties).toSorted(), attributes.map(({ baseName }) => baseName).toSorted(), name)
    for (const { baseName, type, format } of attributes) {
      assert.ok(isType(properties[baseName]!, type), `${name}.${baseName}: ${JSON.stringify(properties[baseName])} is not ${type}`)
      // What is referred to has its format there.
      const inner = innermost(properties[baseName]!)
      if (!inner.$ref) assert.equal(inner.format ?? '', format, `${name}.${baseName}`)
    }
    compared++
  }
  assert.ok(compared > 700, `${compared} definitions`)
})

interface Definition {
  readonly properties?: Readonly<Record<string, Property>>
}

interface Property {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly additionalProperties?: Property
  readonly items?: Property
}

function innermost(property: Property): Property {
  const inner = property.items ?? property.additionalProperties
  return inner ? innermost(inner) : property
}

/** `io.k8s.api.apps.v1.Deployment` → V1Deployment, or AppsV1… where several groups have the kind. */
function modelOf(models: Readonly<Record<string, Model | undefined>>, name: string): Model | undefined {
  const [group, version, kind] = name.split('.').slice(-3).map((part) => part[0]!.toUpperCase() + part.slice(1)) as [string, string, string]
  return models[group + version + kind] ?? models[version + kind]
}

function isType({ $ref, type, additionalProperties }: Property, wanted: string): boolean {
  if ($ref !== undefined) return !/^(Array|\{|number|boolean)/.test(wanted)
  if (wanted.startsWith('Array')) return type === 'array'
  if (wanted.startsWith('{')) return type === 'object' && additionalProperties !== undefined
  if (wanted === 'number') return type === 'integer' || type === 'number'
  if (wanted === 'any') return true
  return wanted === 'boolean' ? type === 'boolean' : type === 'string'
}

/** Beside the project, and only when asked for: it is larger than all that the project itself needs. */
async function installClientNode(): Promise<string> {
  const target = fileURLToPath(new URL('../../.skiff/client-node', import.meta.url))
  if (existsSync(join(target, 'node_modules/@kubernetes/client-node/package.json'))) return target
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'package.json'), '{ "private": true }\n')
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
  const { code, stderr } = await run('npm', ['install', '--prefix', target, '--save-exact', '--no-audit', '--no-fund', '--ignore-scripts', clientNode], env)
  assert.equal(code, 0, stderr)
  return target
}
