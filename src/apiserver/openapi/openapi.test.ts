/** OpenAPI: what kubectl reads of it, references that lead somewhere, caching, and custom kinds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { latin1Decode } from '#base/bytes.ts'
import { defineKind, type AnyKind } from '#machinery/schema/define-kind.ts'
import type { JsonObject } from './definitions.ts'
import { documentsOf, renderOpenApiV2, renderOpenApiV3 } from './documents.ts'
import { encodeOpenApiV3 } from './gnostic-v3.ts'
import { encodeOpenApiV2 } from './gnostic.ts'
import { createOpenApiHandler } from './handler.ts'

const options = { serverVersion: 'v1.36.0' }
const apps = renderOpenApiV3({ group: 'apps', version: 'v1' }, kinds, schemas, options)
const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as JsonObject | undefined)?.[key], value)
const definition = (document: unknown, name: string): JsonObject =>
  at(document, 'components', 'schemas', name) as JsonObject

test('every reference of every document leads to a definition', () => {
  const check = (document: unknown, definitions: object, prefix: string, name: string): void => {
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
      assert.ok(
        reference!.startsWith(prefix) && Object.hasOwn(definitions, reference!.slice(prefix.length)),
        `${name}: ${reference}`,
      )
    }
  }
  for (const [key, source] of documentsOf(kinds)) {
    const document = renderOpenApiV3(source, kinds, schemas, options)
    check(document, at(document, 'components', 'schemas') as object, '#/components/schemas/', key)
  }
  const v2 = renderOpenApiV2(kinds, schemas, options)
  check(v2, v2['definitions'] as object, '#/definitions/', 'v2')
})

test('kubectl finds a kind by its path, and a schema by its kind', () => {
  const gvk = { group: 'apps', version: 'v1', kind: 'Deployment' }
  assert.deepEqual(
    at(apps, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments', 'get', 'x-kubernetes-group-version-kind'),
    gvk,
  )
  const schema = definition(apps, 'io.k8s.api.apps.v1.Deployment')
  assert.deepEqual(schema['x-kubernetes-group-version-kind'], [gvk])
  assert.deepEqual(at(schema, 'properties', 'spec'), {
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec' }],
    default: {},
    description: 'What is wanted.',
  })
})

test('a patch tells kubectl that fields can be validated', () => {
  for (const path of [
    '/apis/apps/v1/namespaces/{namespace}/deployments/{name}',
    '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status',
  ]) {
    const parameters = at(apps, 'paths', path, 'patch', 'parameters') as readonly JsonObject[]
    assert.deepEqual(parameters.map(({ name }) => name), ['dryRun', 'fieldManager', 'fieldValidation', 'force'], path)
  }
})

test('lists tell how they merge', () => {
  const { properties } = definition(apps, 'io.k8s.api.core.v1.PodSpec') as { properties: JsonObject }
  assert.deepEqual(properties['containers'], {
    type: 'array',
    description: 'The containers; at least one; none can be added or removed later.',
    items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }], default: {} },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-patch-merge-key': 'name',
    'x-kubernetes-patch-strategy': 'merge',
  })
  assert.equal(at(properties, 'volumes', 'x-kubernetes-patch-strategy'), 'merge,retainKeys')
  assert.equal(
    at(definition(apps, 'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector'), 'x-kubernetes-map-type'),
    'atomic',
  )
})

test('scale and eviction are told with their own kinds', () => {
  assert.equal(
    at(
      apps,
      'paths',
      '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale',
      'put',
      'x-kubernetes-group-version-kind',
      'group',
    ),
    'autoscaling',
  )
  const core = renderOpenApiV3({ group: '', version: 'v1' }, kinds, schemas, options)
  assert.equal(
    at(
      core,
      'paths',
      '/api/v1/namespaces/{namespace}/pods/{name}/eviction',
      'post',
      'x-kubernetes-group-version-kind',
      'kind',
    ),
    'Eviction',
  )
})

test('operations have names of their own', () => {
  const ids = new Set<string>()
  for (const item of Object.values(
    renderOpenApiV2(kinds, schemas, options)['paths'] as Record<string, Record<string, JsonObject>>,
  )) {
    for (const operation of Object.values(item)) {
      const id = operation['operationId']
      if (typeof id !== 'string') continue
      assert.ok(!ids.has(id), id)
      ids.add(id)
    }
  }
  for (const id of [
    'listCoreV1NamespacedPod',
    'listCoreV1PodForAllNamespaces',
    'readCoreV1NamespacedPodLog',
    'deleteAppsV1CollectionNamespacedDeployment',
    'patchRbacAuthorizationV1ClusterRole',
    'replaceAppsV1NamespacedDeploymentScale',
    'createCoreV1NamespacedPod',
  ]) {
    assert.ok(ids.has(id), id)
  }
})

const widget = defineKind({
  group: 'example.com',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'com.example.v1.Widget', served: true, stored: true }],
}) as AnyKind
const customSchema = (kind: AnyKind): JsonObject | undefined =>
  kind.group === 'example.com'
    ? { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } }
    : undefined

test('a custom kind has its schema, a list, and metadata', () => {
  const document = renderOpenApiV3({ group: 'example.com', version: 'v1' }, [...kinds, widget], schemas, {
    ...options,
    customSchema,
  })
  const schema = definition(document, 'com.example.v1.Widget')
  assert.equal(at(schema, 'properties', 'spec', 'properties', 'size', 'type'), 'integer')
  assert.deepEqual(at(schema, 'properties', 'metadata'), {
    allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }],
    description: "Standard object's metadata: its name, labels and the like.",
  })
  assert.ok(definition(document, 'com.example.v1.WidgetList'))
  assert.ok(definition(document, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'))
  assert.deepEqual(
    at(
      document,
      'paths',
      '/apis/example.com/v1/namespaces/{namespace}/widgets',
      'post',
      'requestBody',
      'content',
      '*/*',
      'schema',
    ),
    { $ref: '#/components/schemas/com.example.v1.Widget' },
  )
})

test('a custom kind is not said to take strategic merge patches, which kubectl apply would send then', () => {
  const custom = { ...widget, storedVersion: { ...widget.storedVersion, custom: {} as never } }
  const document = renderOpenApiV3({ group: 'example.com', version: 'v1' }, [custom], schemas, { ...options, customSchema })
  const paths = document['paths'] as JsonObject
  assert.deepEqual(Object.keys(paths).filter((path) => path.includes('/watch/')), [])
  const named = '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}'
  const accepted = (method: string): string[] => Object.keys(at(paths, named, method, 'requestBody', 'content') as object)
  assert.deepEqual(
    accepted('patch'), ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'],
  )
  assert.deepEqual(accepted('put'), ['application/json', 'application/yaml'])
})

test('documents are found by hash, kept forever by it, and not sent twice', () => {
  let served: readonly AnyKind[] = kinds
  const handle = createOpenApiHandler({ kinds: () => served, table: schemas, now: () => 0, customSchema, ...options })
  const get = (path: string, query = '', ifNoneMatch?: string, accept?: string) =>
    handle({ path, query, accept, ifNoneMatch })!
  const index = JSON.parse(new TextDecoder().decode(get('/openapi/v3').bytes)) as {
    paths: Record<string, { serverRelativeURL: string }>
  }
  const [path, query] = index.paths['apis/apps/v1']!.serverRelativeURL.split('?') as [string, string]
  const whole = get(path, query)
  assert.deepEqual(
    [whole.status, whole.headers['cache-control'], whole.headers['expires']],
    [200, 'public, immutable', 'Fri, 01 Jan 1971 00:00:00 GMT'],
  )
  assert.equal(get(path, query, whole.headers['etag']).status, 304)
  assert.equal(get(path).headers['cache-control'], undefined)
  const stale = get(path, 'hash=OLD')
  assert.deepEqual([stale.status, stale.headers['location']], [301, index.paths['apis/apps/v1']!.serverRelativeURL])
  assert.equal(get('/openapi/v3/apis/none/v1').status, 404)
  assert.equal(get(path, '', undefined, 'text/html').status, 406)
  assert.equal(handle({ path: '/openapi/v4', query: '', accept: undefined, ifNoneMatch: undefined }), undefined)
  served = [...kinds, widget]
  const after = JSON.parse(new TextDecoder().decode(get('/openapi/v3').bytes)) as typeof index
  assert.ok(after.paths['apis/example.com/v1'])
  assert.equal(after.paths['apis/apps/v1']!.serverRelativeURL, index.paths['apis/apps/v1']!.serverRelativeURL)
})

test('v2 comes as JSON, and as protobuf for kubectl', () => {
  const handle = createOpenApiHandler({ kinds: () => kinds, table: schemas, now: () => 0, ...options })
  const get = (accept: string | undefined) =>
    handle({ path: '/openapi/v2', query: '', accept, ifNoneMatch: undefined })!
  assert.equal(get(undefined).headers['content-type'], 'application/json')
  const protobuf = get('application/com.github.proto-openapi.spec.v2@v1.0+protobuf')
  assert.equal(protobuf.headers['content-type'], 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
  assert.deepEqual(protobuf.bytes.slice(0, 5), Uint8Array.of(0x0a, 3, 0x32, 0x2e, 0x30))
  const small = {
    swagger: '2.0',
    info: { title: 'K', version: 'v' },
    paths: {},
    definitions: { A: { type: 'object', required: ['x'], 'x-y': [{ a: 'b' }] } },
  }
  assert.equal(
    latin1Decode(encodeOpenApiV2(small)),
    [
      '\x0a\x032.0',
      '\x12\x06\x0a\x01K\x12\x01v',
      '\x42\x00',
      '\x4a\x29\x0a\x27\x0a\x01A\x12\x22',
      '\x9a\x01\x01x',
      '\xb2\x01\x08\x0a\x06object',
      '\xfa\x01\x10\x0a\x03x-y\x12\x09\x12\x07- a: b\n',
    ].join(''),
  )
})

test('v3 comes as protobuf too, under the hash of the JSON', () => {
  const handle = createOpenApiHandler({ kinds: () => kinds, table: schemas, now: () => 0, ...options })
  const get = (accept: string | undefined) =>
    handle({ path: '/openapi/v3/apis/batch/v1', query: '', accept, ifNoneMatch: undefined })!
  const protobuf = get('application/com.github.proto-openapi.spec.v3@v1.0+protobuf')
  assert.equal(protobuf.headers['content-type'], 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf')
  assert.equal(protobuf.headers['etag'], get('application/json').headers['etag'])
  assert.deepEqual(protobuf.bytes.slice(0, 7), Uint8Array.of(0x0a, 5, 0x33, 0x2e, 0x30, 0x2e, 0x30))
  const schema = {
    type: 'object', default: {}, 'x-y': 1,
    properties: { a: { allOf: [{ $ref: '#/b' }], default: 's' }, c: { type: 'array', items: { $ref: '#/b' } } },
  }
  const small = { openapi: '3.0.0', info: { title: 'K', version: 'v' }, components: { schemas: { A: schema } } }
  assert.equal(
    latin1Decode(encodeOpenApiV3(small)),
    [
      '\x0a\x053.0.0',
      '\x12\x06\x0a\x01K\x32\x01v',
      '\x22\x00',
      '\x2a\x60\x0a\x5c\x0a\x5a\x0a\x01A\x12\x55\x0a\x53',
      '\xca\x01\x06object',
      '\xfa\x01\x36',
      '\x0a\x17\x0a\x01a\x12\x12\x0a\x10\xd2\x01\x07\x12\x05\x0a\x03#/b\x8a\x02\x03\x1a\x01s',
      '\x0a\x1b\x0a\x01c\x12\x16\x0a\x14\xca\x01\x05array\xf2\x01\x09\x0a\x07\x12\x05\x0a\x03#/b',
      '\x8a\x02\x00',
      '\xa2\x02\x0b\x0a\x03x-y\x12\x04\x12\x021\x0a',
      '\x3a\x00',
    ].join(''),
  )
  const empty = { openapi: '3.0.0', components: { schemas: { A: { type: 'string', default: '' } } } }
  assert.ok(latin1Decode(encodeOpenApiV3(empty)).includes('\x8a\x02\x02\x1a\x00'), 'a default that is empty')
})
