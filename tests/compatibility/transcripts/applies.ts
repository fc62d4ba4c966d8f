/** Server-side apply of lists of every kind, maps, nested objects and what lies between, by several managers. */
import { get, patch, send, type Answers, type Scenario, type Step } from './scenario.ts'

const group = 'applies.transcripts.example.com'
const things = `/apis/${group}/v1/namespaces/default/applies`
const text = { type: 'string' }
const number = { type: 'integer' }

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `applies.${group}` },
  spec: {
    group, scope: 'Namespaced', names: { plural: 'applies', kind: 'Apply', listKind: 'ApplyList' },
    versions: [{
      name: 'v1', served: true, storage: true, subresources: { status: {} },
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                text, number,
                items: {
                  type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name', 'port'],
                  items: {
                    type: 'object', required: ['name'],
                    properties: {
                      name: text, port: { type: 'integer', default: 80 }, value: text,
                      tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
                    },
                  },
                },
                set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
                numbers: { type: 'array', items: number, 'x-kubernetes-list-type': 'set' },
                atomic: { type: 'array', items: { type: 'object', properties: { a: text, b: text } } },
                map: { type: 'object', additionalProperties: text },
                whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: text, b: text } },
                nested: {
                  type: 'object',
                  properties: { inner: { type: 'object', properties: { a: text, b: text } }, other: text },
                },
                free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                nothing: { type: 'string', nullable: true }, defaulted: { type: 'string', default: 'd' },
              },
            },
            status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      },
    }],
  },
}

const thing = (name: string, spec: object, more: object = {}): Record<string, unknown> =>
  ({ apiVersion: `${group}/v1`, kind: 'Apply', metadata: { name }, spec, ...more })
const applied = (step: string, name: string, manager: string, spec: object, query = ''): Step =>
  patch(step, `${things}/${name}?fieldManager=${manager}${query}`, 'apply', thing(name, spec))
const merged = (step: string, name: string, body: object, query = ''): Step => patch(step, `${things}/${name}${query}`, 'merge', body)

const lists: readonly Step[] = [
  applied(
    'a list by two keys, one of which has a default', 'l', 'one',
    { items: [{ name: 'a', value: '1' }, { name: 'b', port: 1, value: '2' }] },
  ),
  applied(
    'another manager adds to it', 'l', 'two',
    { items: [{ name: 'c', value: '3' }, { name: 'a', port: 80, tags: ['x', 'y'] }] },
  ),
  applied('another value of the same item', 'l', 'two', { items: [{ name: 'a', value: 'other' }] }),
  applied('another value by force', 'l', 'two', { items: [{ name: 'a', value: 'other' }] }, '&force=true'),
  applied('the first without its item', 'l', 'one', { items: [{ name: 'b', port: 1 }] }),
  applied(
    'in another order', 'l', 'two', { items: [{ name: 'z' }, { name: 'c', value: '3' }, { name: 'b', port: 1 }] },
  ),
  applied('with a key twice', 'l', 'two', { items: [{ name: 'a' }, { name: 'a', port: 80 }] }),
  applied('without a key', 'l', 'two', { items: [{ value: '3' }] }),
  applied('with null for an item', 'l', 'two', { items: [null] }),
  applied('with null for the list', 'l', 'two', { items: null }),
  applied('an empty list', 'l', 'two', { items: [] }),
  applied('nothing at all', 'l', 'one', {}),
  applied('a set', 's', 'one', { set: ['a', 'b'], numbers: [1, 2] }),
  applied('more of a set', 's', 'two', { set: ['c', 'a'], numbers: [3] }),
  applied('a set with a value twice', 's', 'two', { set: ['c', 'c'] }),
  applied('a set of null', 's', 'two', { set: [null] }),
  applied('less of a set', 's', 'one', { set: ['b'] }),
  applied('a set that nobody wants', 's', 'two', {}),
  applied('a list that is one value', 'at', 'one', { atomic: [{ a: '1' }, { b: '2' }], whole: { a: '1' } }),
  applied('another such list', 'at', 'two', { atomic: [{ a: '1' }], whole: { b: '2' } }),
  applied('another such list by force', 'at', 'two', { atomic: [{ a: '1' }], whole: { b: '2' } }, '&force=true'),
  applied('the same such list', 'at', 'three', { atomic: [{ a: '1' }], whole: { b: '2' } }),
]

const maps: readonly Step[] = [
  applied(
    'maps', 'm', 'one',
    { map: { a: '1', b: '2' }, nested: { inner: { a: '1' }, other: 'x' }, free: { x: { y: [1, { z: null }] } } },
  ),
  applied('a key more', 'm', 'two', { map: { c: '3' }, nested: { inner: { b: '2' } }, free: { x: { w: 1 } } }),
  applied('a key less', 'm', 'one', { map: { a: '1' }, nested: { other: 'x' } }),
  applied('an empty map', 'm', 'one', { map: {}, nested: {} }),
  applied('null for a map', 'm', 'one', { map: null }),
  applied('a map that nobody else has', 'm', 'two', { nested: { inner: {} } }),
  applied('a map and a text in conflict', 'm', 'three', { map: { c: '4' }, text: 't' }),
  applied('a text', 'm', 'three', { text: 't', number: 0, nothing: null }),
  applied('a text that is empty', 'm', 'three', { text: '', number: 1 }),
  applied('a conflict of several', 'm', 'four', { text: 'u', number: 2, map: { c: '5' } }),
  applied('a number for a text', 'm', 'four', { text: 5 }, '&force=true'),
  applied('a list for a map', 'm', 'four', { map: [] }, '&force=true'),
  applied('what is defaulted', 'm', 'five', { defaulted: 'e' }),
  applied('what is defaulted as it is', 'm', 'six', { defaulted: 'd' }),
  applied('what was defaulted is given up', 'm', 'five', {}),
]

const emptied: readonly Step[] = [
  applied('a map of one', 'e', 'one', { map: { a: '1' } }),
  applied('a map of none', 'e', 'one', { text: 'x' }),
  applied('a map within a map', 'e', 'one', { nested: { inner: { a: '1' } }, items: [{ name: 'a', tags: ['x'] }] }),
  applied('and none within it', 'e', 'one', { nested: {}, items: [{ name: 'a' }] }),
  applied('and none at all', 'e', 'one', {}),
  merged(
    'an empty map by a merge', 'e', { spec: { map: {}, set: [], nested: { inner: {} }, items: [] } }, '?fieldManager=m',
  ),
  applied('what is there and empty', 'e', 'two', { map: {}, set: [], nested: { inner: {} }, items: [] }),
  merged('nothing by a merge', 'e', { spec: { map: null, set: null, nested: null, items: null } }, '?fieldManager=m'),
  applied('labels', 'e', 'one', {}),
  patch(
    'labels of their own', `${things}/e?fieldManager=one`, 'apply',
    { ...thing('e', {}), metadata: { name: 'e', labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['x.io/y'] } },
  ),
  patch('no labels', `${things}/e?fieldManager=one`, 'apply', { ...thing('e', {}), metadata: { name: 'e' } }),
]

const current = (answers: Answers): Record<string, unknown> => JSON.parse(answers.get('a value by a merge')!)

const mixed: readonly Step[] = [
  send(
    'a creation', 'POST', `${things}?fieldManager=creator`,
    thing('x', { text: 'a', set: ['a'], items: [{ name: 'n' }] }),
  ),
  merged('a value by a merge', 'x', { spec: { text: 'b', map: { k: 'v' } } }, '?fieldManager=merger'),
  applied('the same by an apply', 'x', 'applier', { text: 'b', map: { k: 'v' } }),
  applied('another by an apply', 'x', 'applier', { text: 'c', set: ['b'] }),
  applied('another by force', 'x', 'applier', { text: 'c', set: ['b'] }, '&force=true'),
  send(
    'an update of all', 'PUT', `${things}/x?fieldManager=updater`,
    (answers: Answers) => ({ ...current(answers), metadata: { name: 'x', namespace: 'default' }, spec: { text: 'd' } }),
  ),
  applied('after the update', 'x', 'applier', { text: 'd' }),
  patch(
    'a status by apply', `${things}/x/status?fieldManager=controller`, 'apply',
    thing('x', { text: 'ignored' }, { status: { a: { b: 1 }, l: [1] } }),
  ),
  patch(
    'another status by apply', `${things}/x/status?fieldManager=controller`, 'apply',
    thing('x', {}, { status: { a: { c: 1 } } }),
  ),
  patch('a status by merge', `${things}/x/status?fieldManager=merger`, 'merge', { status: { a: { c: 2 } } }),
  patch(
    'a status in conflict', `${things}/x/status?fieldManager=controller`, 'apply',
    thing('x', {}, { status: { a: { c: 3 } } }),
  ),
  patch(
    'a status of a spec', `${things}/x?fieldManager=applier`, 'apply', thing('x', { text: 'd' }, { status: { a: 1 } }),
  ),
  applied('a dry run', 'x', 'dry', { number: 7 }, '&dryRun=All'),
  applied('a dry creation', 'dry', 'dry', { number: 7 }, '&dryRun=All'),
  merged('managers forgotten', 'x', { metadata: { managedFields: [] } }),
  merged('managers cleared', 'x', { metadata: { managedFields: [{}] } }),
  applied('after that', 'x', 'late', { text: 'e', number: 1 }),
  applied('after that by force', 'x', 'late', { text: 'e' }, '&force=true'),
  merged(
    'a manager of one\'s own making', 'x',
    {
      metadata: {
        managedFields: [
          {
            manager: 'm', operation: 'Update', apiVersion: `${group}/v1`, fieldsType: 'FieldsV1',
            fieldsV1: { 'f:spec': { 'f:text': {} } },
          },
        ],
      },
    },
  ),
  merged(
    'a manager of fields that are none', 'x',
    {
      metadata: {
        managedFields: [
          {
            manager: 'm', operation: 'Update', apiVersion: `${group}/v1`, fieldsType: 'FieldsV1',
            fieldsV1: { 'g:spec': {} },
          },
        ],
      },
    },
  ),
  merged(
    'a manager of another version', 'x',
    {
      metadata: {
        managedFields: [
          {
            manager: 'm', operation: 'Update', apiVersion: `${group}/v7`, fieldsType: 'FieldsV1',
            fieldsV1: { 'f:spec': {} },
          },
        ],
      },
    },
  ),
  applied('after an unknown version', 'x', 'late', { text: 'f' }, '&force=true'),
  get('in the end', `${things}/x`),
]

const wrong: readonly Step[] = Object.entries({
  'no object': '[]', 'a text': '"x"', 'two documents': 'a: 1\n---\nb: 2', 'a name that is another': thing('other', {}),
  'another namespace': { ...thing('w', {}), metadata: { name: 'w', namespace: 'kube-system' } },
  'no name': { ...thing('w', {}), metadata: {} },
  'another kind': { ...thing('w', {}), kind: 'Other' },
  'another version': { ...thing('w', {}), apiVersion: `${group}/v2` },
  'another group': { ...thing('w', {}), apiVersion: 'v1' },
  'a uid': { ...thing('w', {}), metadata: { name: 'w', uid: 'x' } },
  'a version of its own': { ...thing('w', {}), metadata: { name: 'w', resourceVersion: '1' } },
  'a generated name': { ...thing('w', {}), metadata: { generateName: 'w-' } },
  'unknown metadata': { ...thing('w', {}), metadata: { name: 'w', zz: 1 } },
  'unknown fields': thing('w', { zz: 1 }), 'a text for the spec': { ...thing('w', {}), spec: 'x' },
  'null for the spec': { ...thing('w', {}), spec: null },
}).flatMap(([what, body]) => [
  patch(`an apply of ${what}`, `${things}/w?fieldManager=w`, 'apply', body),
  patch(`a strict apply of ${what}`, `${things}/w?fieldManager=w&fieldValidation=Strict`, 'apply', body),
  // That a merge makes another version of an object is warned of by the version's schema, which is none.
  ...(typeof body === 'string' || what === 'another version' ? []
    : [patch(`a merge of ${what}`, `${things}/x`, 'merge', body)]),
])

export const applies: Scenario = {
  name: 'applies', definition,
  steps: [
    ...lists, ...maps, ...emptied, ...mixed, ...wrong, send('the end of all', 'DELETE', things),
    merged('a last finalizer', 'e', { metadata: { finalizers: null } }),
  ],
}
