/** A built-in kind (definitions are one), patched in every dialect and in every wrong way. */
import { definitionsPath, get, patch, send, type Scenario, type Step } from './scenario.ts'

const group = 'typed.transcripts.example.com'
const name = `things.${group}`
const path = `${definitionsPath}/${name}`
const identity = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ${name}}\n`

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name, annotations: { a: 'b' } },
  spec: {
    group, scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}

const operations: Readonly<Record<string, readonly unknown[]>> = {
  'removes what is not there': [{ op: 'remove', path: '/metadata/labels' }],
  'removes in what is not there': [{ op: 'remove', path: '/metadata/labels/a' }],
  'adds to what is not there': [{ op: 'add', path: '/metadata/labels/a', value: 'b' }],
  'replaces beyond a list': [{ op: 'replace', path: '/spec/versions/5/name', value: 'x' }],
  'adds beyond a list': [{ op: 'add', path: '/spec/versions/9', value: {} }],
  'adds before a list': [{ op: 'add', path: '/spec/versions/-2', value: {} }],
  'counts from the end': [{ op: 'test', path: '/spec/versions/-1/name', value: 'v1' }],
  'has a word for an index': [{ op: 'remove', path: '/spec/versions/x' }],
  'has a path without a slash': [{ op: 'add', path: 'spec', value: 1 }],
  'tests for another value': [{ op: 'test', path: '/spec/group', value: 'zz' }],
  'tests for what is not there': [{ op: 'test', path: '/spec/zz', value: 'zz' }],
  'tests for nothing': [{ op: 'test', path: '/spec/zz', value: null }],
  'moves what is not there': [{ op: 'move', from: '/spec/zz', path: '/spec/yy' }],
  'replaces all with nothing': [{ op: 'replace', path: '', value: {} }],
  'removes all': [{ op: 'remove', path: '' }],
  'changes a type': [{ op: 'replace', path: '/spec/versions', value: 'x' }],
  'has a number for a text': [{ op: 'replace', path: '/spec/group', value: 5 }],
  'writes the status': [{ op: 'add', path: '/status/foo', value: 1 }],
  'escapes a slash': [{ op: 'add', path: '/metadata/annotations/a~1b', value: 'c' }],
  'does nothing': [],
  'has a text for an operation': ['x'],
  'has an unknown field': [{ op: 'test', path: '/kind', value: 'CustomResourceDefinition', zz: 1 }],
  'adds null': [{ op: 'add', path: '/metadata/annotations/n', value: null }],
}

const merges: Readonly<Record<string, string>> = {
  'is broken': '{"a"', 'is a number': '5', 'is true': 'true', 'is a list': '[1]', 'is a text': '"x"',
  'has a key twice': '{"spec":{"scope":"Namespaced","scope":"Cluster"}}',
  'has a text for a list': '{"spec":{"versions":"x"}}', 'has a number for a text': '{"spec":{"group":5}}',
  'has no name': '{"metadata":{"name":null}}', 'has a generation': '{"metadata":{"generation":99}}',
  'has no time of creation': '{"metadata":{"creationTimestamp":null}}',
  'has a list for labels': '{"metadata":{"labels":["a"]}}', 'has a time that is none': '{"metadata":{"creationTimestamp":"x"}}',
  'has an unknown field': '{"spec":{"nope":{"a":1}}}', 'has a link': '{"metadata":{"selfLink":"/x"}}',
  'has a generated name': '{"metadata":{"generateName":"foo-"}}',
  'has managers that are none': '{"metadata":{"managedFields":[{"manager":"x","operation":"Zap"}]}}',
  'has no managers': '{"metadata":{"managedFields":null}}',
}

const directives: Readonly<Record<string, string>> = {
  'replaces a map': '{"metadata":{"annotations":{"$patch":"replace","q":"1"}}}',
  'has an unknown directive': '{"metadata":{"annotations":{"$patch":"frob"}}}',
  'keeps keys that it does not have': '{"metadata":{"annotations":{"$retainKeys":["a"]}}}',
  'deletes from a list': '{"metadata":{"$deleteFromPrimitiveList/finalizers":["x"]}}',
  'orders a list': '{"metadata":{"$setElementOrder/finalizers":["x"]}}',
  'is null': 'null',
}

const configurations: Readonly<Record<string, string>> = {
  'is empty': '', 'is a list': '[]', 'is a text': 'x', 'has no version': 'kind: CustomResourceDefinition',
  'is of another version': 'apiVersion: apiextensions.k8s.io/v9\nkind: CustomResourceDefinition',
  'is of another kind': 'apiVersion: apiextensions.k8s.io/v1\nkind: Foo\nmetadata: {name: x}',
  'has a text for a list': `${identity}spec: {versions: x}`, 'has an unknown field': `${identity}spec: {nope: 1}`,
  'is in conflict': `${identity}spec: {scope: Cluster, group: zz, names: {kind: Q}}`,
  'has an old version': identity.replace('}', ', resourceVersion: "1"}'),
}

const strict = '?fieldValidation=Strict'
const accepted = [
  'application/yaml', 'application/json;pretty=1', '*/*', 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'application/json;as=Pod;v=v1;g=',
  'application/json;as=Table', 'application/json;profile=nosuch',
]

const steps: readonly Step[] = [
  get('as it is', path),
  ...Object.entries(operations).flatMap(([what, body]) => [
    patch(`a JSON patch that ${what}`, path, 'json', body),
    patch(`strictly, a JSON patch that ${what}`, path + strict, 'json', body),
  ]),
  ...(['merge', 'strategic'] as const).flatMap((dialect) => Object.entries(merges).flatMap(([what, body]) => [
    patch(`a ${dialect} patch that ${what}`, path, dialect, body),
    patch(`strictly, a ${dialect} patch that ${what}`, path + strict, dialect, body),
  ])),
  ...Object.entries(directives).map(([what, body]) => patch(`a strategic patch that ${what}`, path, 'strategic', body)),
  ...Object.entries(configurations).map(([what, body]) =>
    patch(`an apply that ${what}`, `${path}?fieldManager=q`, 'apply', body)),
  ...accepted.flatMap((accept) => [
    get(`one as ${accept}`, path, accept),
    get(`a list as ${accept}`, `${definitionsPath}?fieldSelector=metadata.name%3D${name}`, accept),
  ]),
  ...['application/json; charset=utf-8', 'application/cbor', 'multipart/form-data'].map((type) =>
    send(`a body as ${type}`, 'POST', `${definitionsPath}?dryRun=All`, definition, type)),
  send('a creation under a name', 'POST', path, definition),
  send('an update of all', 'PUT', definitionsPath, definition),
  patch('a patch of all', definitionsPath, 'merge', {}),
  send('the creation of a status', 'POST', `${path}/status`, definition),
  send('the deletion of a status', 'DELETE', `${path}/status`),
  get('a subresource that is not there', `${path}/nope`),
  get('more behind a subresource', `${path}/status/x`),
  get('a resource that is not there', `${definitionsPath.replace('customresourcedefinitions', 'nope')}`),
  ...['gracePeriodSeconds=abc', 'propagationPolicy=Zap', 'dryRun=Zap'].map((query) =>
    send(`a deletion ?${query}`, 'DELETE', `${path}?dryRun=All&${query}`)),
  ...['{', '[]', '"x"', '5', '{"gracePeriodSeconds":1.5}', '{"gracePeriodSeconds":99999999999999999999}',
    '{"propagationPolicy":5}', '{"orphanDependents":"x"}', '{"dryRun":"All"}', '{"dryRun":["All",5]}', '{"preconditions":"x"}',
    '{"preconditions":{"uid":5}}', '{"apiVersion":5}', '{"kind":["x"]}', '{"propagationPolicy":"Zap"}'].map((body) =>
    send(`a deletion by ${body}`, 'DELETE', `${path}?dryRun=All`, body)),
]

export const typedObjects: Scenario = { name: 'typed-objects', definition, steps }
