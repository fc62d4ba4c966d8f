/** Two objects count as alike only if their creators own the same fields. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { schemas } from '#api/schemas.ts'
import type { KubeObject } from '../../meta/object.ts'
import { structureOf as structureIn } from './structure.ts'
import { managersAfterUpdate, emptyObject, trackUpdate } from './track-update.ts'
import { untyped } from './typed-value.ts'

const structureOf = (value: unknown): string | undefined => structureIn(value, untyped)

const alike: readonly (readonly [string, unknown, unknown])[] = [
  ['other texts', { spec: { nodeName: 'first-node' } }, { spec: { nodeName: 'second-node' } }],
  ['other numbers', { spec: { replicas: 2 } }, { spec: { replicas: 30 } }],
  ['a field that is undefined', { spec: {}, status: undefined }, { spec: {} }],
]

const different: readonly (readonly [string, unknown, unknown])[] = [
  ['a number that is zero', { spec: { replicas: 0 } }, { spec: { replicas: 2 } }],
  ['an empty text', { spec: { nodeName: '' } }, { spec: { nodeName: 'first-node' } }],
  ['a false', { spec: { paused: false } }, { spec: { paused: true } }],
  ['a null', { spec: { replicas: null } }, { spec: { replicas: 1 } }],
  ['another label', { metadata: { labels: { app: 'first' } } }, { metadata: { labels: { apps: 'first' } } }],
  ['an item with another name', [{ name: 'first-one' }], [{ name: 'second-one' }]],
  ['an item with another number', [{ containerPort: 80 }], [{ containerPort: 81 }]],
  ['an item that is another text', ['finalizer/first'], ['finalizer/second']],
  ['an empty list', { ports: [] }, { ports: {} }],
  ['a key that looks like structure', { 'a:s,b': 'long text' }, { a: 'long text', b: 'long text' }],
  ['a key in quotes', { '"a"': 'long text' }, { a: 'long text' }],
  ['an empty key', { '': 'long text' }, { a: 'long text' }],
]

test('what is in an atomic list does not count, as the list is owned as a whole', () => {
  const shape = { type: 'struct', struct: schemas.struct('io.k8s.api.rbac.v1.Role') } as const
  const role = (...verbs: readonly string[]): unknown => ({ rules: verbs.map((verb) => ({ verbs: [verb] })) })
  assert.equal(structureIn(role('get'), shape), structureIn(role('list', 'watch'), shape))
  assert.notEqual(structureIn(role('get'), shape), structureIn(role(), shape))
})

describe('the structure of a new object', () => {
  for (const [name, a, b] of alike) test(`is the same with ${name}`, () => assert.equal(structureOf(a), structureOf(b)))
  for (const [name, a, b] of different) {
    test(`tells apart ${name}`, () => assert.notEqual(structureOf(a), structureOf(b)))
  }
})

test('the fields of an object like one before are those that a comparison finds', () => {
  const schema = schemas.struct('io.k8s.api.core.v1.Pod')
  const pod = (name: string, image: string, ports: readonly number[], value: string): KubeObject => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { generateName: `${name}-`, labels: { app: name } },
    spec: {
      nodeName: value,
      containers: [{
        name: 'main', image, env: [{ name: 'A', value }], resources: { requests: { cpu: '10m' } },
        ports: ports.map((containerPort) => ({ containerPort, protocol: 'TCP' })),
      }],
    },
  }) as KubeObject
  for (const object of [
    pod('first', 'image:1', [80], 'one-value'),
    pod('second', 'image:1', [80], 'one-value'),
    pod('third', 'image:2', [80, 81], ''),
    pod('fourth', 'image:1', [80], 'other-value'),
    pod('fifth', 'image:1', [80], ''),
  ]) {
    const options = { manager: 'tester', subresource: '', schema, apiVersion: 'v1', now: 0, resetFields: [['status']] }
    const expected = managersAfterUpdate(new Map(), emptyObject(schema), object as never, options)
    const tracked = trackUpdate({ ...options, live: undefined, updated: object })
    assert.deepEqual(
      tracked.metadata?.managedFields?.map((entry) => entry.fieldsV1),
      [...expected.values()].map(({ fields }) => fields),
    )
  }
})
