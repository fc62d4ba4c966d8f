/** One custom resource, through every verb and every way to get it wrong. */
import { get, patch, send, type Answers, type Scenario, type Step } from './scenario.ts'

const group = 'objects.transcripts.example.com'
const things = `/apis/${group}/v1/namespaces/default/things`
const ofGroup = `/apis/${group}`

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `things.${group}` },
  spec: {
    group, scope: 'Namespaced',
    names: {
      plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList', shortNames: ['th'], categories: ['all'],
    },
    versions: [{
      name: 'v1', served: true, storage: true,
      subresources: {
        status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
      },
      additionalPrinterColumns: [
        { name: 'Size', type: 'integer', jsonPath: '.spec.replicas', description: 'how many' },
      ],
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                replicas: { type: 'integer', default: 1, minimum: 0 },
                name: { type: 'string', maxLength: 5 },
                list: {
                  type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'],
                  items: {
                    type: 'object', required: ['k'], properties: { k: { type: 'string' }, v: { type: 'string' } },
                  },
                },
              },
            },
            status: { type: 'object', properties: { replicas: { type: 'integer' } } },
          },
        },
      },
    }],
  },
}

function thing(name: string | undefined, spec: object = {}, metadata: object = {}): Record<string, unknown> {
  return { apiVersion: `${group}/v1`, kind: 'Thing', metadata: { ...(name !== undefined && { name }), ...metadata }, spec }
}

const create = (name: string, body: unknown, query = '', contentType?: string): Step =>
  send(name, 'POST', things + query, body, contentType)
const text = (value: object): string => JSON.stringify(value)
const repeated = (name: string): string =>
  text(thing(name, { replicas: 1 })).replace('"replicas":1', '"replicas":1,"replicas":2')

const creates: readonly Step[] = [
  create('labels in the order of their keys', thing('a', { name: 'x' }, { labels: { b: '1', a: '2' } })),
  create('a name that is taken', thing('a')),
  create('a list by keys', thing('b', { replicas: 3, list: [{ k: '1', v: 'x' }] }, { labels: { app: 'z' } })),
  create('nothing but a name', thing('c')),
  create('a generated name that is none', thing(undefined, {}, { generateName: 'Bad_' })),
  create('no name', thing(undefined)),
  create('another namespace', thing('q', {}, { namespace: 'other' })),
  create('another kind', { ...thing('q'), kind: 'Other' }),
  create('another version', { ...thing('q'), apiVersion: `${group}/v2` }),
  create('no kind', { metadata: { name: 'q' } }),
  create('broken JSON', '{"a":'),
  create('an empty body', ''),
  create('an array', '[]'),
  create('a text', '"x"'),
  create('YAML', `apiVersion: ${group}/v1\nkind: Thing\nmetadata: {name: y}\nspec: {replicas: 2}\n`, '', 'application/yaml'),
  create('a repeated key', repeated('d1')),
  create('a repeated key, strictly', repeated('d2'), '?fieldValidation=Strict'),
  create('unknown fields, with warnings', thing('u1', { zz: 1, yy: { a: 1 } }), '?fieldValidation=Warn'),
  create('unknown fields, strictly', thing('u2', { zz: 1 }), '?fieldValidation=Strict'),
  create('unknown metadata, strictly', thing('u3', {}, { bogus: 1 }), '?fieldValidation=Strict'),
  create('an unknown field at the root, strictly', { ...thing('u4'), extra: 1 }, '?fieldValidation=Strict'),
  create('a validation that is not known', thing('u5'), '?fieldValidation=Foo'),
  create('a dry run that is not known', thing('u6'), '?dryRun=Foo'),
  create('a dry run', thing('u7'), '?dryRun=All'),
  create('a manager of 130 bytes', thing('u8'), `?fieldManager=${'x'.repeat(130)}`),
  create('a manager with a zero byte', thing('u9'), '?fieldManager=a%00b'),
  create('a body of another type', 'x', '', 'text/plain'),
  // One at a time: several are told in no order.
  create('a number out of bounds', thing('v1', { replicas: -1 })),
  create('a text out of bounds', thing('v1', { name: 'toolong' })),
  create('a text for a number', thing('v2', { replicas: '1' })),
  create('a number for a text', thing('v2', { name: 5 })),
  create('a map for a list', thing('v2', { list: {} })),
  create('an item without its key', thing('v3', { list: [{ v: '1' }] })),
  create('two items with one key', thing('v4', { list: [{ k: '1' }, { k: '1' }] })),
  create('a name that is none', thing('Bad_Name')),
  create('a label that is none', thing('v5', {}, { labels: { 'a b': 'c' } })),
  create('a label that is a number', thing('v6', {}, { labels: { a: 5 } })),
  create('an annotation that is none', thing('v7', {}, { annotations: { 'a b': 'c' } })),
  create('a finalizer that is none', thing('v8', {}, { finalizers: ['x y'] })),
  create('an owner without a name', thing('v9', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod' }] })),
  send('a namespace that is not there', 'POST', things.replace('default', 'absent'), thing('v10')),
]

const listQueries = [
  '', 'pretty=true', 'limit=1', 'limit=x', 'limit=-1', 'limit=1&continue=zzz', 'limit=1&continue=zzz&resourceVersion=1',
  'resourceVersion=0', 'resourceVersion=0&limit=1', 'resourceVersion=abc', 'resourceVersion=-1',
  'resourceVersionMatch=Exact', 'resourceVersionMatch=Foo&resourceVersion=1',
  'resourceVersionMatch=Exact&resourceVersion=0', 'resourceVersionMatch=NotOlderThan',
  'resourceVersionMatch=NotOlderThan&resourceVersion=0', 'resourceVersionMatch=NotOlderThan&continue=x&resourceVersion=1',
  'labelSelector=app%3Dz', 'labelSelector=a%20in%20(', 'labelSelector=%21app', 'fieldSelector=metadata.name%3Da',
  'fieldSelector=metadata.namespace%3Ddefault', 'fieldSelector=spec.x%3D1', 'timeoutSeconds=x',
  'allowWatchBookmarks=x', 'sendInitialEvents=true', 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
]

const watchQueries: readonly (readonly [query: string, events: number])[] = [
  ['', 5], ['resourceVersion=0', 5],
  ['allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan', 6],
  ['sendInitialEvents=true', 0], ['resourceVersionMatch=Exact&resourceVersion=1', 0],
  ['resourceVersionMatch=NotOlderThan&resourceVersion=1', 0], ['resourceVersion=abc', 0], ['limit=1', 5],
  ['fieldSelector=metadata.name%3Da', 1], ['labelSelector=app%3Dz', 1],
]

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const partial = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'
const partials = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

const reads: readonly Step[] = [
  ...listQueries.map((query) => get(`list ?${query}`, `${things}?${query}`)),
  ...watchQueries.map(([query, events]) =>
    ({ ...get(`watch ?${query}`, `${things}?watch=true&${query}`), ...(events > 0 && { events }) })),
  get('a table', things, table),
  get('a table without objects', `${things}?includeObject=None`, table),
  get('a table with whole objects', `${things}?includeObject=Object&limit=1`, table),
  get('a table with objects of no known kind', `${things}?includeObject=Foo`, table),
  get('a table of one', `${things}/a`, table),
  { ...get('a watch as tables', `${things}?watch=true&resourceVersion=0`, table), events: 5 },
  get('metadata of all', things, partials),
  get('metadata of one', `${things}/a`, partial),
  { ...get('a watch of metadata', `${things}?watch=true&resourceVersion=0`, partial), events: 5 },
  get('as XML', `${things}/a`, 'application/xml'),
  get('as a browser asks', `${things}/a`, 'text/html,*/*'),
  get('a table in its first version', `${things}/a`, 'application/json;as=Table;v=v1beta1;g=meta.k8s.io'),
  get('in a form that is not known', `${things}/a`, 'application/json;as=Nope;v=v1;g=meta.k8s.io'),
  get('what is not there', `${things}/none`),
  get('one of a version that is no number', `${things}/a?resourceVersion=abc`),
  get('one of any version', `${things}/a?resourceVersion=0`),
  get('of all namespaces', `${ofGroup}/v1/things`),
  { ...get('a watch by its old path', `${ofGroup}/v1/watch/namespaces/default/things`), events: 5 },
]

const current = (answers: Answers): Record<string, unknown> => JSON.parse(answers.get('one of any version')!)
const put = (name: string, body: unknown, at = 'a'): Step => send(name, 'PUT', `${things}/${at}`, body)

const updates: readonly Step[] = [
  put('an update', (answers: Answers) => ({ ...current(answers), spec: { replicas: 2 } })),
  put('an update of what has changed', (answers: Answers) => ({ ...current(answers), spec: { replicas: 5 } })),
  put('an update without a version', thing('a', { replicas: 4 })),
  put('an update under another name', thing('zz', { replicas: 4 })),
  put('an update of another uid', thing('a', {}, { uid: '00000000-0000-0000-0000-000000000000' })),
  put('an update of what is not there', thing('none', { replicas: 4 }), 'none'),
  put('an update in another namespace', thing('a', {}, { namespace: 'kube-system' })),
  put('an update without a name', thing(undefined)),
]

const merges: Readonly<Record<string, unknown>> = {
  'a merge': { spec: { replicas: 7 }, metadata: { annotations: { q: '1' } } },
  'a merge of nothing': {}, 'a merge of a list': '[]', 'a merge of a text': '"x"', 'a merge that is broken': '{',
  'a merge of a name': { metadata: { name: 'q' } }, 'a merge of a namespace': { metadata: { namespace: 'q' } },
  'a merge of a version': { metadata: { resourceVersion: '1' } }, 'a merge of a kind': { kind: 'Q' },
  'a merge of an apiVersion': { apiVersion: 'v1' }, 'a merge of a bad value': { spec: { replicas: -2 } },
  'a merge of a deletion': { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z' } },
  'a merge of a link': { metadata: { selfLink: '/x' } },
  'a merge of null': { spec: null },
}

const applied = (name: string, query: string, body: unknown, at = 'ap'): Step =>
  patch(name, `${things}/${at}${query}`, 'apply', body)

const patches: readonly Step[] = [
  ...Object.entries(merges).map(([name, body]) => patch(name, `${things}/a`, 'merge', body)),
  patch('a merge into what is not there', `${things}/none`, 'merge', { spec: {} }),
  patch('a merge by force', `${things}/a?force=true`, 'merge', { spec: {} }),
  patch('a strategic merge', `${things}/a`, 'strategic', { spec: {} }),
  patch('a JSON patch', `${things}/a`, 'json', [{ op: 'add', path: '/spec', value: { replicas: 1 } }]),
  patch('a JSON patch whose test fails', `${things}/a`, 'json', [{ op: 'test', path: '/spec/replicas', value: 99 }]),
  patch('a JSON patch of nothing', `${things}/a`, 'json', [{ op: 'remove', path: '/spec/nope' }]),
  patch('a JSON patch that is an object', `${things}/a`, 'json', { op: 'x' }),
  patch('a JSON patch of numbers', `${things}/a`, 'json', [5]),
  patch('a JSON patch with a number for its path', `${things}/a`, 'json', [{ op: 'test', path: 5 }]),
  patch('a JSON patch of 10,001 operations', `${things}/a`, 'json',
    Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'Thing' }))),
  send('a patch of no dialect', 'PATCH', `${things}/a`, {}, 'application/json'),
  applied('an apply of nobody', '', thing('ap')),
  applied('an apply', '?fieldManager=m1', thing('ap', { replicas: 2, name: 'x' })),
  applied('the same apply', '?fieldManager=m1', thing('ap', { replicas: 2, name: 'x' })),
  applied('an apply in conflict', '?fieldManager=m2', thing('ap', { replicas: 3, name: 'y' })),
  applied('an apply by force', '?fieldManager=m2&force=true', thing('ap', { replicas: 3 })),
  applied('an apply of managers', '?fieldManager=m2', thing('ap', {}, { managedFields: [{ manager: 'x' }] })),
  applied('an apply under another name', '?fieldManager=m2', thing('other')),
  applied('an apply without a kind', '?fieldManager=m2', { metadata: { name: 'ap' } }),
  applied('an apply of an unknown field', '?fieldManager=m3', thing('ap', { bogus: 1 })),
  applied('an apply of an unknown field, strictly', '?fieldManager=m3&fieldValidation=Strict', thing('ap', { bogus: 1 })),
  applied('an apply with a key twice', '?fieldManager=m3', `apiVersion: ${group}/v1\nkind: Thing\nspec: {}\nspec: {}\n`),
  applied('an apply with a key twice, strictly', '?fieldManager=m3&fieldValidation=Strict',
    `apiVersion: ${group}/v1\nkind: Thing\nspec: {}\nspec: {}\n`),
  applied('an apply of a uid to nothing', '?fieldManager=m3', thing('apx', {}, { uid: 'abc' }), 'apx'),
]

const scale = (name: string, replicas: number): Step => send(name, 'PUT', `${things}/a/scale`, {
  apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'a', namespace: 'default' }, spec: { replicas },
})

const subresources: readonly Step[] = [
  send('a status', 'PUT', `${things}/a/status`, { ...thing('a', { replicas: 50 }), status: { replicas: 4 } }),
  patch('a merge into the status', `${things}/a/status`, 'merge',
    { status: { replicas: 5 }, spec: { replicas: 9 }, metadata: { labels: { n: 'm' } } }),
  get('the status', `${things}/a/status`),
  send('the creation of a status', 'POST', `${things}/a/status`, thing('a')),
  send('the deletion of a status', 'DELETE', `${things}/a/status`),
  get('a scale', `${things}/a/scale`),
  scale('a new scale', 4),
  scale('a scale below zero', -4),
  patch('a merge into the scale', `${things}/a/scale`, 'merge', { spec: { replicas: 6 } }),
  get('a subresource that is not there', `${things}/a/nope`),
  send('a creation under a name', 'POST', `${things}/a`, thing('a')),
  send('an update of all', 'PUT', things, thing('a')),
  patch('a patch of all', things, 'merge', {}),
  send('OPTIONS', 'OPTIONS', things),
  get('the group', ofGroup),
  get('the version', `${ofGroup}/v1`),
]

const remove = (name: string, body: unknown, query = '', at = 'c'): Step =>
  send(name, 'DELETE', `${things}/${at}${query}`, body)
const options = { kind: 'DeleteOptions', apiVersion: 'v1' }

const deletes: readonly Step[] = [
  remove('a deletion of no known policy', { ...options, propagationPolicy: 'Foo' }),
  remove('a deletion of two policies', { ...options, propagationPolicy: 'Orphan', orphanDependents: true }),
  remove('a deletion with a grace that is no number', undefined, '?gracePeriodSeconds=x'),
  remove('a deletion of another uid', { ...options, preconditions: { uid: 'nope' } }),
  remove('a deletion of another version', { ...options, preconditions: { resourceVersion: '1' } }),
  remove('a deletion with a condition that is none', { ...options, preconditions: 'x' }),
  remove('a deletion with a text for its grace', { ...options, gracePeriodSeconds: '5' }),
  remove('a deletion by a list', []),
  remove('a dry deletion', undefined, '?dryRun=All'),
  remove('a deletion that orphans', { ...options, propagationPolicy: 'Orphan' }),
  remove('a deletion in the foreground', undefined, '?propagationPolicy=Foreground', 'b'),
  get('what is being deleted', `${things}/b`),
  // Nothing may stay: the next recording begins with the deletion of the definition.
  patch('the last finalizer of one', `${things}/b`, 'merge', { metadata: { finalizers: null } }),
  patch('the last finalizer of another', `${things}/c`, 'merge', { metadata: { finalizers: null } }),
  remove('a deletion', undefined, '', 'a'),
  remove('a second deletion', undefined, '', 'a'),
  send('a deletion of many by a selector that is none', 'DELETE', `${things}?labelSelector=%2C%2C`),
  send('a deletion of many that are none', 'DELETE', `${things}?labelSelector=nope`),
]

export const customObjects: Scenario = {
  name: 'custom-objects', definition,
  steps: [...creates, ...reads, ...updates, ...patches, ...subresources, ...deletes],
}
