/**
 * Objects of which a client says as little as it may, byte for byte as upstream's server has them: which empty fields
 * are written (and whether as `null`, `{}`, `""` or 0), which are left out, and in what order.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer, type TestServer } from '#apiserver/testing.ts'
import { encodeKubernetesProtobuf } from '#machinery/codec/protobuf.ts'
import { decodeValue } from '#machinery/codec/json.ts'
import { encodeYamlValue } from '#machinery/codec/yaml.ts'
import { schemaOfType } from '#api/schemas.ts'

interface Case {
  readonly name: string
  readonly collection: string
  readonly object: Readonly<Record<string, unknown>>
  /** What comes behind metadata, without the brace that closes the object. */
  readonly served: string
}

const inDefault = '/namespaces/default'
const cases: readonly Case[] = [
  {
    name: 'a Role without rules', collection: `/apis/rbac.authorization.k8s.io/v1${inDefault}/roles`,
    object: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' }, served: '"rules":null',
  },
  {
    name: 'a ClusterRole with an empty list of rules', collection: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    object: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', rules: [] }, served: '"rules":null',
  },
  {
    name: 'an EndpointSlice without endpoints', collection: `/apis/discovery.k8s.io/v1${inDefault}/endpointslices`,
    object: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ports: [], addressType: 'IPv4' },
    served: '"addressType":"IPv4","endpoints":null,"ports":null',
  },
  {
    name: 'an Event', collection: `/api/v1${inDefault}/events`,
    object: { apiVersion: 'v1', kind: 'Event', type: 'Normal', involvedObject: { namespace: 'default' } },
    served: '"involvedObject":{"namespace":"default"},"source":{},"firstTimestamp":null,"lastTimestamp":null,'
      + '"type":"Normal","eventTime":null,"reportingComponent":"","reportingInstance":""',
  },
  {
    name: 'a ConfigMap with empty maps', collection: `/api/v1${inDefault}/configmaps`,
    object: { apiVersion: 'v1', kind: 'ConfigMap', binaryData: {}, data: {}, immutable: false }, served: '"immutable":false',
  },
  {
    name: 'a Secret with an empty value', collection: `/api/v1${inDefault}/secrets`,
    object: { apiVersion: 'v1', kind: 'Secret', data: { b: 'YQ==', a: '' } },
    served: '"data":{"a":"","b":"YQ=="},"type":"Opaque"',
  },
  {
    name: 'keys that look like numbers', collection: `/api/v1${inDefault}/configmaps`,
    object: { apiVersion: 'v1', kind: 'ConfigMap', data: { 9: 'x', 10: '<&>', '-': '' } },
    served: '"data":{"-":"","10":"\\u003c\\u0026\\u003e","9":"x"}',
  },
  {
    name: 'a ResourceQuota', collection: `/api/v1${inDefault}/resourcequotas`,
    object: { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard: {} } }, served: '"spec":{},"status":{}',
  },
  {
    name: 'a LimitRange', collection: `/api/v1${inDefault}/limitranges`,
    object: { apiVersion: 'v1', kind: 'LimitRange' }, served: '"spec":{"limits":null}',
  },
  {
    name: 'a Namespace', collection: '/api/v1/namespaces', object: { apiVersion: 'v1', kind: 'Namespace' },
    served: '"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}',
  },
  {
    name: 'a PodDisruptionBudget', collection: `/apis/policy/v1${inDefault}/poddisruptionbudgets`,
    object: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
    served: '"spec":{},"status":{"disruptionsAllowed":0,"currentHealthy":0,"desiredHealthy":0,"expectedPods":0}',
  },
  {
    name: 'a CSINode', collection: '/apis/storage.k8s.io/v1/csinodes',
    object: { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', spec: { drivers: [] } }, served: '"spec":{"drivers":null}',
  },
  {
    name: 'a PriorityClass', collection: '/apis/scheduling.k8s.io/v1/priorityclasses',
    object: { preemptionPolicy: 'Never', apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', globalDefault: false },
    served: '"value":0,"preemptionPolicy":"Never"',
  },
  {
    name: 'a Deployment', collection: `/apis/apps/v1${inDefault}/deployments`,
    object: {
      spec: {
        template: { spec: { containers: [{ image: 'i', name: 'c', ports: [], env: [{ name: 'A', value: '' }] }] }, metadata: { labels: { a: 'b' } } },
        selector: { matchLabels: { a: 'b' }, matchExpressions: [] },
      },
      apiVersion: 'apps/v1', kind: 'Deployment',
    },
    served: '"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},'
      + '"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A"}],"resources":{},'
      + '"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],'
      + '"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},'
      + '"schedulerName":"default-scheduler"}},"strategy":{"type":"RollingUpdate",'
      + '"rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},"revisionHistoryLimit":10,'
      + '"progressDeadlineSeconds":600},"status":{}',
  },
]

async function start(): Promise<TestServer> {
  const server = startTestServer()
  await server.send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
  return server
}

/** What lies between metadata and the last brace. */
function behindMetadata(text: string): string {
  const { metadata } = JSON.parse(text) as { metadata: unknown }
  const before = `"metadata":${JSON.stringify(metadata)},`
  assert.ok(text.includes(before), text)
  return text.slice(text.indexOf(before) + before.length).replace(/}\n?$/, '')
}

for (const { name, collection, object, served } of cases) {
  test(`${name} is served as upstream serves it, however it came`, async () => {
    const server = await start()
    const protobuf = (named: object): Uint8Array => {
      const schema = schemaOfType(object)!
      return encodeKubernetesProtobuf(decodeValue(structuredClone(named), schema, { strict: 'Strict' }).object, schema)
    }
    const bodies: Readonly<Record<string, (named: object) => unknown>> = {
      'application/json': (named) => JSON.stringify(named),
      'application/yaml': (named) => encodeYamlValue(named),
      'application/vnd.kubernetes.protobuf': protobuf,
    }
    for (const [index, [type, encode]] of Object.entries(bodies).entries()) {
      const metadata = { name: `sample-${index}`, labels: {}, ownerReferences: [] }
      const created = await server.send('POST', collection, encode({ ...object, metadata }), { 'content-type': type })
      assert.equal(created.status, 201, created.text)
      const got = await server.send('GET', `${collection}/sample-${index}`)
      assert.equal(got.text, created.text)
      // A namespace gets its name as a label from the server.
      const labels = object['kind'] === 'Namespace' ? `,"labels":{"kubernetes.io/metadata.name":"sample-${index}"}` : ''
      assert.match(got.text, new RegExp(`^{"kind":"${object['kind']}","apiVersion":"${object['apiVersion']}","metadata":`
        + `{"name":"sample-${index}",("namespace":"default",)?"uid":"[^"]+","resourceVersion":"\\d+",`
        + `("generation":1,)?"creationTimestamp":"[^"]+"${labels}(,"managedFields":|})`))
      assert.equal(behindMetadata(got.text), served)
    }
  })
}

test('patches and applies that empty a map leave nothing of it', async () => {
  const server = await start()
  const collection = `/api/v1${inDefault}/configmaps`
  const kinds: Readonly<Record<string, unknown>> = {
    'application/json-patch+json': [{ op: 'remove', path: '/data/a' }],
    'application/merge-patch+json': { data: { a: null } },
    'application/strategic-merge-patch+json': { data: { a: null } },
  }
  for (const [index, [type, patch]] of Object.entries(kinds).entries()) {
    await server.send('POST', collection, { metadata: { name: `m-${index}` }, data: { a: 'b' } })
    const { text } = await server.send('PATCH', `${collection}/m-${index}`, patch, { 'content-type': type })
    assert.doesNotMatch(text, /"data"/)
  }
  const apply = { 'content-type': 'application/apply-patch+yaml' }
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' } }
  const url = `${collection}/applied?fieldManager=me`
  await server.send('PATCH', url, { ...applied, data: { a: 'b' } }, apply)
  assert.doesNotMatch((await server.send('PATCH', url, applied, apply)).text, /"data"/)
})

test('a JSON patch sees null where upstream has no list', async () => {
  const server = await start()
  const collection = `/apis/rbac.authorization.k8s.io/v1${inDefault}/roles`
  await server.send('POST', collection, { metadata: { name: 'a' } })
  const json = { 'content-type': 'application/json-patch+json' }
  const tested = await server.send('PATCH', `${collection}/a`, [{ op: 'test', path: '/rules', value: null }], json)
  assert.equal(tested.status, 200, tested.text)
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  const added = await server.send('PATCH', `${collection}/a`, [{ op: 'add', path: '/rules/-', value: rule }], json)
  assert.equal(added.status, 422)
})

test('a table with objects, and the objects of a watch, are as the object itself', async () => {
  const server = await start()
  const collection = `/apis/rbac.authorization.k8s.io/v1${inDefault}/roles`
  const { text } = await server.send('POST', collection, { metadata: { name: 'a' } })
  const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
  const table = await server.send('GET', `${collection}?includeObject=Object`, undefined, accept)
  assert.ok(table.text.includes(text.trimEnd()), table.text)
})

test('a writer owns the nulls that come with what it sets, and a foreign object as a whole', async () => {
  const server = await start()
  const owned = (object: { metadata?: { managedFields?: readonly { fieldsV1?: unknown }[] } }): unknown =>
    object.metadata?.managedFields?.at(-1)?.fieldsV1
  const pods = `/api/v1${inDefault}/pods`
  await server.send('POST', pods, { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  const patch = { status: { conditions: [{ type: 'Ready', status: 'True' }] } }
  const merge = { 'content-type': 'application/strategic-merge-patch+json' }
  assert.deepEqual(owned((await server.send('PATCH', `${pods}/a/status`, patch, merge)).json), {
    'f:status': { 'f:conditions': {
      '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:lastProbeTime': {}, 'f:lastTransitionTime': {}, 'f:status': {}, 'f:type': {} },
    } },
  })
  const revision = { metadata: { name: 'a' }, revision: 1, data: { kind: 'Foo', spec: { replicas: 1 } } }
  const created = await server.send('POST', `/apis/apps/v1${inDefault}/controllerrevisions`, revision)
  assert.deepEqual(owned(created.json), { 'f:data': {}, 'f:revision': {} })
})
