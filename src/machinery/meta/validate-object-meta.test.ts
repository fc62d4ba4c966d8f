/** Tables: metadata → its faults, on creation and on update. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectMeta } from './object.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './validate-object-meta.ts'

const rules = { namespaced: true, nameRule: 'dns1123Label' } as const
const good: ObjectMeta = { name: 'a', namespace: 'default' }
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: '1' }

const creations: readonly (readonly [sentence: string, metadata: ObjectMeta, errors: readonly string[]])[] = [
  ['accepts a name and a namespace', good, []],
  ['accepts a generated name whose prefix ends in a dash', { ...good, generateName: 'a-' }, []],
  ['wants a name', { namespace: 'default' }, ['metadata.name: Required value: name or generateName is required']],
  ['wants a namespace', { name: 'a' }, ['metadata.namespace: Required value']],
  [
    'refuses a dot in a label',
    { ...good, name: 'a.b' },
    ['metadata.name: Invalid value: "a.b": must not contain dots'],
  ],
  [
    'refuses a bad label value',
    { ...good, labels: { app: 'a b' } },
    [
      'metadata.labels: Invalid value: "a b": a valid label must be an empty '
        + "string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  "
        + "or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ],
  ['accepts upper case in the prefix of an annotation', { ...good, annotations: { 'Example.com/a': '' } }, []],
  [
    'limits annotations to 256 KiB in all',
    { ...good, annotations: { a: 'x'.repeat(262144) } },
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  [
    'wants owners to be named',
    { ...good, ownerReferences: [{ ...owner, uid: '' }] },
    ['metadata.ownerReferences.uid: Invalid value: "": must not be empty'],
  ],
  [
    'lets an object have one controller',
    {
      ...good,
      ownerReferences: [
        { ...owner, controller: true },
        { ...owner, name: 'b', controller: true },
      ],
    },
    [
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"a","uid":"1","controller":true},'
        + '{"apiVersion":"v1","kind":"Pod","name":"b","uid":"1","controller":true}]: Only one reference can have Controller set to true. '
        + 'Found "true" in references for Pod/a and Pod/b',
    ],
  ],
  [
    'refuses both finalizers of the garbage collector',
    { ...good, finalizers: ['orphan', 'foregroundDeletion'] },
    [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  ],
  [
    'wants managed fields to come from an apply or an update',
    { ...good, managedFields: [{ operation: 'x' }] },
    ['metadata.managedFields[0].operation: Invalid value: "x": must be `Apply` or `Update`'],
  ],
]

for (const [sentence, metadata, errors] of creations) {
  test(sentence, () =>
    assert.deepEqual(
      validateObjectMeta(metadata, rules).map(({ field, message }) => `${field}: ${message}`),
      errors,
    ),
  )
}

test('refuses a namespace of what has none', () => {
  const [error] = validateObjectMeta(good, { ...rules, namespaced: false })
  assert.equal(error?.message, 'Forbidden: not allowed on this type')
})

const old: ObjectMeta = { ...good, uid: '1', resourceVersion: '1', generation: 2 }
const updates: readonly (readonly [
  sentence: string,
  metadata: ObjectMeta,
  before: ObjectMeta,
  errors: readonly string[],
])[] = [
  ['accepts the same metadata', old, old, []],
  [
    'wants a resource version',
    { ...old, resourceVersion: '' },
    old,
    ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
  ],
  [
    'keeps the name and the uid',
    { ...old, name: 'b', uid: '2' },
    old,
    ['metadata.name: Invalid value: "b": field is immutable', 'metadata.uid: Invalid value: "2": field is immutable'],
  ],
  [
    'does not count generations down',
    { ...old, generation: 1 },
    old,
    ['metadata.generation: Invalid value: 1: must not be decremented'],
  ],
  [
    'adds no finalizer to what is being deleted',
    { ...old, deletionTimestamp: 't', finalizers: ['a.b/c', 'x.y/z'] },
    { ...old, deletionTimestamp: 't', finalizers: ['x.y/z'] },
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/c"}',
    ],
  ],
]

for (const [sentence, metadata, before, errors] of updates) {
  test(sentence, () =>
    assert.deepEqual(
      validateObjectMetaUpdate(metadata, before).map(({ field, message }) => `${field}: ${message}`),
      errors,
    ),
  )
}
