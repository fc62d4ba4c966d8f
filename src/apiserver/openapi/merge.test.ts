/** Tables: another server's document in → what ours becomes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from './definitions.ts'
import { encodeOpenApiV3 } from './gnostic-v3.ts'
import { mergeParts, takePart } from './merge.ts'
import { upgradePart } from './upgrade.ts'

const kinds = 'x-kubernetes-group-version-kind'
const get = (name: string): JsonObject => ({
  get: { parameters: [{ $ref: '#/parameters/pretty-1' }], responses: { 200: { description: 'OK', schema: { $ref: `#/definitions/${name}` } } } },
})
const theirs: JsonObject = {
  swagger: '2.0',
  paths: {
    '/apis/g/v1/things': get('Thing'), '/apis/g/v2/things': get('Other'), '/apis/apps/v1/deployments': get('Other'),
  },
  parameters: { 'pretty-1': { name: 'pretty', in: 'query', type: 'string' } },
  definitions: {
    Thing: { type: 'object', properties: { meta: { $ref: '#/definitions/Meta' }, same: { $ref: '#/definitions/Same' } } },
    Meta: { type: 'object', description: 'theirs' },
    Same: { type: 'object', [kinds]: [{ kind: 'B' }] },
    Other: { type: 'object' },
  },
}
const own: JsonObject = {
  swagger: '2.0', paths: { '/version/': get('Meta') },
  definitions: { Meta: { type: 'object', description: 'ours' }, Same: { type: 'object', [kinds]: [{ kind: 'A' }] } },
}

test('only what is about the version is taken, whole', () => {
  const { paths, definitions } = takePart(theirs, { group: 'g', version: 'v1' }, 'e')
  assert.deepEqual(Object.keys(paths), ['/apis/g/v1/things'])
  assert.deepEqual((paths['/apis/g/v1/things'] as any).get.parameters, [{ name: 'pretty', in: 'query', type: 'string' }])
  assert.deepEqual(Object.keys(definitions).toSorted(), ['Meta', 'Same', 'Thing'])
})

test('a definition that says something else gets a name of its own', () => {
  const merged = mergeParts(own, [takePart(theirs, { group: 'g', version: 'v1' }, 'e')]) as any
  assert.deepEqual(Object.keys(merged.paths), ['/apis/g/v1/things', '/version/'])
  assert.deepEqual(merged.definitions.Meta, { type: 'object', description: 'ours' })
  assert.deepEqual(merged.definitions.Meta_v2, { type: 'object', description: 'theirs' })
  assert.deepEqual(merged.definitions.Thing.properties, {
    meta: { $ref: '#/definitions/Meta_v2' }, same: { $ref: '#/definitions/Same' },
  })
  assert.deepEqual(merged.definitions.Same[kinds], [{ kind: 'A' }, { kind: 'B' }])
  const part = takePart(theirs, { group: 'g', version: 'v1' }, 'e')
  const more = mergeParts(own, [part, { ...part, paths: { '/apis/g/v1/more': get('Meta') } }]) as any
  assert.equal(more.paths['/apis/g/v1/more'].get.responses[200].schema.$ref, '#/definitions/Meta_v2')
})

test('a document of another shape is refused before anybody is shown it', () => {
  const broken = { paths: { '/apis/g/v1/x': { get: { parameters: [{ in: 'body', name: 'b' }] } } } }
  assert.throws(() => takePart(broken as JsonObject, { group: 'g', version: 'v1' }, 'e'), TypeError)
})

test('what is said in v2 can be told in v3', () => {
  const { get: read } = get('Thing')
  const body = { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Thing' } }
  const put = { ...read as JsonObject, consumes: ['application/json'], produces: ['application/json'], parameters: [body] }
  const part = takePart(
    { ...theirs, paths: { '/apis/g/v1/things': { get: read!, put, parameters: [{ name: 'n', in: 'path', required: true, type: 'string' }] } } },
    { group: 'g', version: 'v1' }, 'e',
  )
  const document = upgradePart(part, 'v1') as any
  const { get: upgraded, put: written, parameters } = document.paths['/apis/g/v1/things']
  const schema = { $ref: '#/components/schemas/Thing' }
  assert.deepEqual(parameters, [{ name: 'n', in: 'path', required: true, schema: { type: 'string' } }])
  assert.deepEqual(upgraded.parameters, [{ name: 'pretty', in: 'query', schema: { type: 'string' } }])
  assert.deepEqual(upgraded.responses[200], { description: 'OK', content: { '*/*': { schema } } })
  assert.deepEqual(written.requestBody, { content: { 'application/json': { schema } } })
  assert.equal(written.parameters, undefined)
  assert.deepEqual(document.components.schemas.Thing.properties.meta, { $ref: '#/components/schemas/Meta' })
  assert.ok(encodeOpenApiV3(document).length > 100)
})
