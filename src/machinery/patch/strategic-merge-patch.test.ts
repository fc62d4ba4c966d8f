/** Tests of strategic merge patch, with the generated schema of built-in kinds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { schemaTable } from '#api/gen/schema-table.ts'
import { deepFreeze } from '#base/deep-freeze.ts'
import { ApiError } from '../errors/api-error.ts'
import { loadSchemaTable } from '../schema/table.ts'
import { createThreeWayMergePatch, createTwoWayMergePatch, PatchConflict } from './create-strategic-merge-patch.ts'
import type { JsonObject } from './json.ts'
import { applyStrategicMergePatch } from './strategic-merge-patch.ts'

const table = loadSchemaTable(schemaTable)
const pod = table.kind('', 'v1', 'Pod')!
const deployment = table.kind('apps', 'v1', 'Deployment')!

const apply = (original: object, patch: object, schema = pod): unknown =>
  applyStrategicMergePatch(
    deepFreeze(structuredClone(original)) as JsonObject,
    deepFreeze(structuredClone(patch)),
    schema,
  )
const containers = (...items: object[]): object => ({ spec: { containers: items } })

test('lists merge by their key, and keep the server\'s order', () => {
  const live = containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' })
  assert.deepEqual(
    apply(live, containers({ name: 'b', image: 'b:2' })),
    containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:2' }),
  )
  assert.deepEqual(apply(live, containers({ name: 'c', image: 'c:1' })),
    containers({ name: 'c', image: 'c:1' }, { name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }))
  assert.deepEqual(
    apply(live, {
      spec: {
        '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
        containers: [{ name: 'c' }],
      },
    }),
    containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }, { name: 'c' }),
  )
  assert.deepEqual(apply(live, { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } }),
    containers({ name: 'b', image: 'b:1' }, { name: 'a', image: 'a:1' }))
})

test('a new item takes the place of a deleted one in the server\'s order', () => {
  const live = containers({ name: '1' }, { name: '2' }, { name: '4' })
  assert.deepEqual(
    apply(live, {
      spec: {
        '$setElementOrder/containers': [{ name: '2' }, { name: '3' }],
        containers: [{ name: '3' }, { name: '1', $patch: 'delete' }],
      },
    }),
    containers({ name: '2' }, { name: '4' }, { name: '3' }),
  )
})

test('directives delete and replace', () => {
  const live = containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' })
  assert.deepEqual(apply(live, containers({ name: 'a', $patch: 'delete' })), containers({ name: 'b', image: 'b:1' }))
  assert.deepEqual(apply(live, containers({ $patch: 'replace' }, { name: 'c' })), containers({ name: 'c' }))
  assert.deepEqual(apply({ metadata: { labels: { a: '1' } } }, { metadata: { labels: { $patch: 'replace', b: '2' } } }),
    { metadata: { labels: { b: '2' } } })
  assert.deepEqual(apply({ metadata: { labels: { a: '1' } } }, { metadata: { labels: { $patch: 'delete' } } }), {
    metadata: { labels: {} },
  })
  assert.deepEqual(apply({}, { metadata: { labels: { $patch: 'delete' } } }), { metadata: {} })
  assert.deepEqual(
    apply(
      { metadata: { finalizers: ['x', 'y', 'z'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['y'] } },
    ),
    { metadata: { finalizers: ['x', 'z'] } },
  )
  assert.deepEqual(apply({ metadata: { finalizers: ['x'] } }, { metadata: { finalizers: ['y', 'x'] } }), {
    metadata: { finalizers: ['y', 'x'] },
  })
})

test('null removes, and is dropped from what is new', () => {
  assert.deepEqual(apply({ metadata: { labels: { a: '1', b: '2' } } }, { metadata: { labels: { a: null, c: null } } }),
    { metadata: { labels: { b: '2' } } })
  assert.deepEqual(apply({ spec: {} }, { spec: { securityContext: { runAsUser: null, fsGroup: 1 } } }), {
    spec: { securityContext: { fsGroup: 1 } },
  })
})

test('lists without a merge strategy and objects with `replace` are replaced', () => {
  assert.deepEqual(
    apply(containers({ name: 'a', args: ['x', 'y'] }), containers({ name: 'a', args: ['z'] })),
    containers({ name: 'a', args: ['z'] }),
  )
})

test('retainKeys clears what the patch does not name', () => {
  const live = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } }
  assert.deepEqual(apply(live, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }, deployment), {
    spec: { strategy: { type: 'Recreate' } },
  })
  assert.throws(
    () => apply(live, { spec: { strategy: { $retainKeys: ['rollingUpdate'], type: 'Recreate' } } }, deployment),
    (error: unknown) =>
      error instanceof ApiError && error.code === 400 && error.message === 'invalid patch format of retainKeys',
  )
})

test('what cannot be merged is refused in upstream\'s words', () => {
  const cases: readonly (readonly [object, number, string])[] = [
    [containers({ image: 'x' }), 500, 'map: map[image:x] does not contain declared merge key: name'],
    [containers({ name: 'a', $patch: 'merge' }), 500, 'merging lists cannot yet be specified in the patch'],
    [containers({ name: 'a', $patch: 'spin' }), 500, 'unknown patch type: spin in map: map[$patch:spin name:a]'],
    [{ spec: { $patch: 'spin' } }, 500, 'unknown patch type: spin in map: map[$patch:spin]'],
    [{ spec: { '$setElementOrder/containers': 'a' } }, 500, 'expected a []interface {}, but received a string'],
    [{ spec: { $setElementOrder: [] } }, 400, 'invalid patch format of setElementOrder list'],
    [{ spec: { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a' }] } }, 500,
      "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n"],
  ]
  for (const [patch, code, message] of cases) {
    assert.throws(() => apply(containers({ name: 'a', image: 'a:1' }), patch), (error: unknown) => {
      assert.ok(error instanceof ApiError)
      assert.deepEqual([error.code, error.message], [code, message])
      return true
    })
  }
  assert.throws(() => applyStrategicMergePatch({}, {}, undefined), {
    message: 'strategic merge patch format is not supported',
  })
  assert.throws(() => apply({ spec: { bogus: {} } }, { spec: { bogus: { a: 1 } } }),
    { message: 'unable to find api field in struct PodSpec for the json field "bogus"' })
})

test('kubectl apply removes what it applied before, adds what is new, and leaves others\' fields', () => {
  const last = {
    spec: {
      replicas: 1,
      template: {
        spec: {
          containers: [
            { name: 'a', image: 'a:1' },
            { name: 'old', image: 'o' },
          ],
        },
      },
    },
    metadata: { labels: { x: '1', y: '1' } },
  }
  const next = {
    spec: { template: { spec: { containers: [{ name: 'a', image: 'a:2' }] } } },
    metadata: { labels: { x: '1' } },
  }
  const live = {
    spec: {
      replicas: 5,
      template: {
        spec: {
          containers: [
            { name: 'a', image: 'a:1', imagePullPolicy: 'Always' },
            { name: 'old', image: 'o' },
            { name: 'injected', image: 'i' },
          ],
        },
      },
    },
    metadata: { labels: { x: '1', y: '1', z: '1' }, uid: 'u' },
  }
  const patch = createThreeWayMergePatch(last, next, live, deployment, true)
  assert.deepEqual(patch, {
    spec: {
      replicas: null,
      template: { spec: {
        containers: [{ name: 'a', image: 'a:2' }, { name: 'old', $patch: 'delete' }],
        '$setElementOrder/containers': [{ name: 'a' }],
      } },
    },
    metadata: { labels: { y: null } },
  })
  assert.deepEqual(apply(live, patch, deployment), {
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'a', image: 'a:2', imagePullPolicy: 'Always' },
            { name: 'injected', image: 'i' },
          ],
        },
      },
    },
    metadata: { labels: { x: '1', z: '1' }, uid: 'u' },
  })
})

test('a three-way patch that may not overwrite finds conflicts', () => {
  const running = (image: string, replicas: number): JsonObject => ({
    spec: { replicas, template: { spec: { containers: [{ name: 'a', image }] } } },
  })
  assert.throws(
    () => createThreeWayMergePatch(running('1', 1), running('2', 1), running('3', 1), deployment, false),
    PatchConflict,
  )
  assert.deepEqual(createThreeWayMergePatch(running('1', 1), running('2', 1), running('1', 1), deployment, false), {
    spec: {
      template: { spec: { containers: [{ name: 'a', image: '2' }], '$setElementOrder/containers': [{ name: 'a' }] } },
    },
  })
})

const text = fc.constantFrom('1', '2', '3')
const anyPod = fc.record({
  metadata: fc.record(
    {
      labels: fc.dictionary(fc.constantFrom('a', 'b', 'c'), text),
      finalizers: fc.uniqueArray(fc.constantFrom('f', 'g', 'h'), { minLength: 1 }),
    },
    { requiredKeys: [] },
  ),
  spec: fc.record(
    {
      nodeName: text,
      containers: fc.uniqueArray(
        fc.record(
          {
            name: fc.constantFrom('a', 'b', 'c', 'd'),
            image: text,
            args: fc.array(text, { maxLength: 2 }),
            env: fc.uniqueArray(fc.record({ name: fc.constantFrom('x', 'y', 'z'), value: text }), {
              selector: ({ name }) => name,
            }),
          },
          { requiredKeys: ['name'] },
        ),
        { selector: ({ name }) => name, minLength: 1 },
      ),
      tolerations: fc.array(fc.record({ key: text }), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  ),
}).map((object) => structuredClone(object))

test('a two-way patch, applied, gives the modified object, order included', () => {
  fc.assert(fc.property(anyPod, anyPod, (original, modified) => {
    const patch = createTwoWayMergePatch(deepFreeze(original), deepFreeze(modified), pod)
    assert.deepEqual(apply(original, patch), modified)
  }), { numRuns: 300 })
})

test('the three-way patch of a last configuration that is the live object is as good as a two-way one', () => {
  fc.assert(fc.property(anyPod, anyPod, (original, modified) => {
    assert.deepEqual(apply(original, createThreeWayMergePatch(original, modified, original, pod, false)), modified)
  }), { numRuns: 300 })
})

test('a patch between equal objects is empty', () => {
  fc.assert(
    fc.property(anyPod, (object) => {
      assert.deepEqual(createTwoWayMergePatch(object, structuredClone(object), pod), {})
    }),
  )
})
