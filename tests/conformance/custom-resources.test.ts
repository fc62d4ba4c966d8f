/** Custom resources over HTTP, as clients of upstream's API server know them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apply, conditionOf, cronTab, cronTabs, definitionOf, definitionsUrl, isTrue, json, merge, specOf, startDefinitionServer,
} from './definition-server.ts'

const scaled = specOf({
  cronSpec: { type: 'string', default: '5 0 * * *' }, image: { type: 'string' }, replicas: { type: 'integer', minimum: 1, default: 1 },
  jobs: {
    type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, command: { type: 'string' } } },
  },
}) as { properties: object }
const fullSchema = {
  ...scaled,
  properties: { ...scaled.properties, status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } } },
}
const full = definitionOf({
  schema: fullSchema, names: { shortNames: ['ct'], categories: ['all'] },
  version: {
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
    },
    additionalPrinterColumns: [
      { name: 'Spec', type: 'string', jsonPath: '.spec.cronSpec' }, { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
      { name: 'First', type: 'string', jsonPath: '.spec.jobs[?(@.name=="a")].command', priority: 1 },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
    selectableFields: [{ jsonPath: '.spec.image' }],
  },
})

test('a definition is established with upstream\'s conditions, and served as soon as it says so', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  const { body: list, definition } = {
    body: await server.send('GET', cronTabs), definition: (await server.send('GET', `${definitionsUrl}/crontabs.stable.example.com`)).json,
  }
  assert.equal(list.status, 200)
  assert.equal(list.json.kind, 'CronTabList')
  const { conditions, acceptedNames, storedVersions } = definition.status
  assert.deepEqual(conditions.map(({ lastTransitionTime, ...rest }: any) => ({ ...rest, timed: Boolean(lastTransitionTime) })), [
    { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found', timed: true },
    { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted', timed: true },
  ])
  assert.deepEqual(acceptedNames, {
    plural: 'crontabs', singular: 'crontab', kind: 'CronTab', listKind: 'CronTabList', shortNames: ['ct'], categories: ['all'],
  })
  assert.deepEqual(storedVersions, ['v1'])
})

test('discovery, old and aggregated, follows at once', async () => {
  await using server = startDefinitionServer()
  assert.equal((await server.send('GET', '/apis/stable.example.com/v1')).status, 404)
  await server.define(full)
  const { resources } = (await server.send('GET', '/apis/stable.example.com/v1')).json
  assert.deepEqual(resources.map(({ name, kind, shortNames, categories }: any) => ({ name, kind, shortNames, categories })), [
    { name: 'crontabs', kind: 'CronTab', shortNames: ['ct'], categories: ['all'] },
    { name: 'crontabs/status', kind: 'CronTab', shortNames: undefined, categories: undefined },
    { name: 'crontabs/scale', kind: 'Scale', shortNames: undefined, categories: undefined },
  ])
  const aggregated = await server.send('GET', '/apis', undefined, {
    accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  })
  const group = aggregated.json.items.find(({ metadata }: any) => metadata.name === 'stable.example.com')
  assert.deepEqual(group.versions[0].resources[0].subresources.map(({ subresource }: any) => subresource), ['status', 'scale'])
})

interface Fault {
  readonly it: string
  readonly properties?: object
  readonly more?: object
  readonly spec: unknown
  /** Empty: it is accepted. */
  readonly says: readonly string[]
}

const text = { type: 'string' }
const faults: readonly Fault[] = [
  { it: 'a type', properties: { a: { type: 'integer' } }, spec: { a: 'x' }, says: ['spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"'] },
  { it: 'a fraction where a whole number belongs', properties: { a: { type: 'integer' } }, spec: { a: 1.5 }, says: [
    'spec.a: Invalid value: "number": spec.a in body must be of type integer: "number"',
    '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.a',
  ] },
  { it: 'a whole number written as a fraction', properties: { a: { type: 'integer' } }, spec: { a: 1.0 }, says: [] },
  { it: 'an int32 out of range', properties: { a: { type: 'integer', format: 'int32' } }, spec: { a: 2 ** 31 }, says: [
    '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.a',
  ] },
  { it: 'a required field', properties: { a: text }, more: { required: ['a'] }, spec: {}, says: ['spec.a: Required value'] },
  { it: 'an enumeration', properties: { a: { ...text, enum: ['x', 'y'] } }, spec: { a: 'z' }, says: ['spec.a: Unsupported value: "z": supported values: "x", "y"'] },
  { it: 'a minimum', properties: { a: { type: 'integer', minimum: 1 } }, spec: { a: 0 }, says: ['spec.a: Invalid value: 0: spec.a in body should be greater than or equal to 1'] },
  { it: 'an exclusive minimum', properties: { a: { type: 'integer', minimum: 1, exclusiveMinimum: true } }, spec: { a: 1 }, says: ['spec.a: Invalid value: 1: spec.a in body should be greater than 1'] },
  { it: 'a maximum', properties: { a: { type: 'number', maximum: 1.5 } }, spec: { a: 1.75 }, says: ['spec.a: Invalid value: 1.75: spec.a in body should be less than or equal to 1.5'] },
  { it: 'an exclusive maximum', properties: { a: { type: 'number', maximum: 2, exclusiveMaximum: true } }, spec: { a: 2 }, says: ['spec.a: Invalid value: 2: spec.a in body should be less than 2'] },
  { it: 'a multiple', properties: { a: { type: 'integer', multipleOf: 3 } }, spec: { a: 4 }, says: ['spec.a: Invalid value: 4: spec.a in body should be a multiple of 3'] },
  { it: 'a decimal multiple', properties: { a: { type: 'number', multipleOf: 0.01 } }, spec: { a: 0.07 }, says: [] },
  { it: 'a longest length', properties: { a: { ...text, maxLength: 2 } }, spec: { a: 'abc' }, says: ['spec.a: Too long: may not be more than 2 bytes'] },
  { it: 'a shortest length, in characters', properties: { a: { ...text, minLength: 2 } }, spec: { a: '\u{1f600}' }, says: ['spec.a: Invalid value: "\u{1f600}": spec.a in body should be at least 2 chars long'] },
  { it: 'a pattern', properties: { a: { ...text, pattern: '^[a-z]+$' } }, spec: { a: 'A' }, says: ["spec.a: Invalid value: \"A\": spec.a in body should match '^[a-z]+$'"] },
  { it: 'a pattern that only Go has', properties: { a: { ...text, pattern: '(?i)^[[:alpha:]]\\pL\\z' } }, spec: { a: 'AB' }, says: [] },
  { it: 'most items', properties: { a: { type: 'array', maxItems: 1, items: text } }, spec: { a: ['x', 'y'] }, says: ['spec.a: Too many: 2: must have at most 1 item'] },
  { it: 'fewest items', properties: { a: { type: 'array', minItems: 1, items: text } }, spec: { a: [] }, says: ['spec.a: Invalid value: 0: spec.a in body should have at least 1 items'] },
  { it: 'most properties', properties: { a: { type: 'object', maxProperties: 1, additionalProperties: text } }, spec: { a: { x: '', y: '' } }, says: ['spec.a: Too many: 2: must have at most 1 item'] },
  { it: 'fewest properties', properties: { a: { type: 'object', minProperties: 1, additionalProperties: text } }, spec: { a: {} }, says: ['spec.a: Invalid value: 0: spec.a in body should have at least 1 properties'] },
  { it: 'values of a map', properties: { a: { type: 'object', additionalProperties: { type: 'integer' } } }, spec: { a: { x: 'y' } }, says: ['spec.a.x: Invalid value: "string": spec.a.x in body must be of type integer: "string"'] },
  { it: 'items of a list', properties: { a: { type: 'array', items: text } }, spec: { a: ['x', 1] }, says: ['spec.a[1]: Invalid value: "integer": spec.a[1] in body must be of type string: "integer"'] },
  { it: 'a date', properties: { a: { ...text, format: 'date' } }, spec: { a: '2026-02-29' }, says: ['spec.a: Invalid value: "2026-02-29": spec.a in body must be of type date: "2026-02-29"'] },
  { it: 'a date and time', properties: { a: { ...text, format: 'date-time' } }, spec: { a: 'now' }, says: ['spec.a: Invalid value: "now": spec.a in body must be of type date-time: "now"'] },
  { it: 'an address', properties: { a: { ...text, format: 'ipv4' } }, spec: { a: '::1' }, says: ['spec.a: Invalid value: "::1": spec.a in body must be of type ipv4: "::1"'] },
  { it: 'a format that nobody knows', properties: { a: { ...text, format: 'poem' } }, spec: { a: 'x' }, says: [] },
  { it: 'null where it is not allowed: it is dropped', properties: { a: text }, spec: { a: null }, says: [] },
  { it: 'null where it is allowed', properties: { a: { ...text, nullable: true } }, spec: { a: null }, says: [] },
  { it: 'null in a list', properties: { a: { type: 'array', items: text } }, spec: { a: [null] }, says: ['spec.a[0]: Invalid value: "null": spec.a[0] in body must be of type string: "null"'] },
  { it: 'integer or string', properties: { a: { 'x-kubernetes-int-or-string': true } }, spec: { a: true }, says: ['spec.a: Invalid value: "boolean": spec.a in body must be of type integer,string: "boolean"'] },
  { it: 'oneOf, with none', properties: { a: text, b: text }, more: { oneOf: [{ required: ['a'] }, { required: ['b'] }] }, spec: {}, says: [
    '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid', 'spec.a: Required value',
  ] },
  { it: 'oneOf, with two', properties: { a: text, b: text }, more: { oneOf: [{ required: ['a'] }, { required: ['b'] }] }, spec: { a: '', b: '' }, says: [
    '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ] },
  { it: 'anyOf', properties: { a: text }, more: { anyOf: [{ required: ['a'] }, { required: ['b'] }] }, spec: {}, says: [
    '<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)', 'spec.a: Required value',
  ] },
  { it: 'allOf', properties: { a: { type: 'integer' } }, more: { allOf: [{ properties: { a: { minimum: 2 } } }, { required: ['a'] }] }, spec: { a: 1 }, says: [
    'spec.a: Invalid value: 1: spec.a in body should be greater than or equal to 2',
    '<nil>: Invalid value: "": "spec" must validate all the schemas (allOf)',
  ] },
  { it: 'not', properties: { a: { ...text, not: { enum: ['x'] } } }, spec: { a: 'x' }, says: ['<nil>: Invalid value: "": "spec.a" must not validate the schema (not)'] },
  { it: 'a set with a value twice', properties: { a: { type: 'array', 'x-kubernetes-list-type': 'set', items: text } }, spec: { a: ['x', 'y', 'x', 'x'] }, says: ['spec.a[2]: Duplicate value: "x"'] },
  { it: 'a map with a key twice',
    properties: { a: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['n'], items: { type: 'object', required: ['n'], properties: { n: text } } } },
    spec: { a: [{ n: 'x' }, { n: 'x' }] }, says: ['spec.a[1]: Duplicate value: {"n":"x"}'] },
  { it: 'an embedded resource without a kind',
    properties: { a: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } },
    spec: { a: { apiVersion: 'v1', metadata: { name: 'A B' } } }, says: ['spec.a.kind: Required value'] },
]

test('every rule of a schema refuses in upstream\'s words', async () => {
  await using server = startDefinitionServer()
  let number = 0
  for (const { it, properties = {}, more, spec, says } of faults) {
    const plural = `kinds${++number}`
    const group = `g${number}.example.com`
    await server.define(definitionOf({ plural, group, kind: 'Thing', schema: specOf(properties, more) }))
    const answer = await server.send('POST', `/apis/${group}/v1/namespaces/default/${plural}`, {
      apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name: 'one' }, spec,
    }, json)
    if (says.length === 0) assert.equal(answer.status, 201, `${it}: ${answer.text}`)
    else {
      const list = says.length === 1 ? says[0]! : `[${says.join(', ')}]`
      assert.equal(answer.json['message'], `Thing.${group} "one" is invalid: ${list}`, it)
      assert.equal(answer.status, 422, it)
    }
  }
})

test('metadata is checked as everywhere, beside the schema', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ schema: specOf({ a: { type: 'integer' } }) }))
  const answer = await server.send('POST', cronTabs, cronTab('A_B', { spec: { a: 'x' } }), json)
  assert.equal(answer.status, 422)
  assert.match(answer.json['message'], /^CronTab\.stable\.example\.com "A_B" is invalid: \[metadata\.name: Invalid value: "A_B": a lowercase RFC 1123 subdomain.*, spec\.a: Invalid value: "string"/)
})

test('unknown fields are pruned, told or refused; defaults are filled in; nulls give way to them', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  const body = cronTab('one', { spec: { cronSpec: null, image: 'i', bogus: 1, jobs: [{ name: 'a', extra: {} }] }, more: true })
  const quiet = await server.send('POST', `${cronTabs}?fieldValidation=Ignore`, body, json)
  assert.deepEqual(quiet.json['spec'], { cronSpec: '5 0 * * *', image: 'i', replicas: 1, jobs: [{ name: 'a' }] })
  assert.equal(quiet.json['more'], undefined)
  const warned = await server.send('POST', `${cronTabs}?fieldValidation=Warn`, { ...body, metadata: { name: 'two', odd: 1 } }, json)
  assert.equal(warned.headers['warning'], ['metadata.odd', 'more', 'spec.bogus', 'spec.jobs[0].extra']
    .map((field) => `299 - "unknown field \\"${field}\\""`).join(', '))
  const strict = await server.send('POST', `${cronTabs}?fieldValidation=Strict`, body, json)
  assert.equal(strict.json['message'], 'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: ' +
    'unknown field "more", unknown field "spec.bogus", unknown field "spec.jobs[0].extra"')
  assert.equal(strict.status, 400)
})

test('what a schema preserves is kept, and keys like __proto__ are ordinary', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({
    schema: { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'object', properties: {} } } } } },
  }))
  const text = '{"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"one"},' +
    '"spec":{"__proto__":{"x":1},"constructor":2,"a":{"gone":1},"kept":[{"deep":true}]}}'
  const { spec } = (await server.send('POST', cronTabs, text, json)).json as any
  assert.equal(JSON.stringify(spec), '{"__proto__":{"x":1},"a":{},"constructor":2,"kept":[{"deep":true}]}')
})

test('patches are merge, JSON and apply; a strategic one has nothing to go by', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  await server.send('POST', cronTabs, cronTab('one', { spec: { image: 'a', jobs: [{ name: 'a', command: 'x' }] } }), json)
  const merged = await server.send('PATCH', `${cronTabs}/one`, { spec: { image: 'b' } }, merge)
  assert.deepEqual([merged.status, merged.json['spec'].image, merged.json.metadata!.generation], [200, 'b', 2])
  const patched = await server.send('PATCH', `${cronTabs}/one`, [{ op: 'replace', path: '/spec/replicas', value: 0 }], { 'content-type': 'application/json-patch+json' })
  assert.equal(patched.json['message'], 'CronTab.stable.example.com "one" is invalid: spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1')
  const strategic = await server.send('PATCH', `${cronTabs}/one`, {}, { 'content-type': 'application/strategic-merge-patch+json' })
  assert.deepEqual([strategic.status, strategic.json['message']], [415, 'the body of the request was in an unknown format - accepted media types include: ' +
    'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'])
})

test('server-side apply merges list maps by their keys, and knows who owns what', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  const jobs = (name: string, command: string): object => cronTab('one', { spec: { jobs: [{ name, command }] } })
  assert.equal((await server.send('PATCH', `${cronTabs}/one?fieldManager=a`, jobs('a', 'x'), apply)).status, 201)
  const both = await server.send('PATCH', `${cronTabs}/one?fieldManager=b`, jobs('b', 'y'), apply)
  assert.deepEqual(both.json['spec'].jobs, [{ name: 'a', command: 'x' }, { name: 'b', command: 'y' }])
  const conflict = await server.send('PATCH', `${cronTabs}/one?fieldManager=b`, jobs('a', 'z'), apply)
  assert.deepEqual([conflict.status, conflict.json['message']],
    [409, 'Apply failed with 1 conflict: conflict with "a": .spec.jobs[name="a"].command'])
  const odd = await server.send('PATCH', `${cronTabs}/one?fieldManager=a`, cronTab('one', { spec: { bogus: 1 } }), apply)
  assert.match(odd.json['message'], /field not declared in schema/)
  const gone = await server.send('PATCH', `${cronTabs}/one?fieldManager=a`, cronTab('one'), apply)
  assert.deepEqual(gone.json['spec'].jobs, [{ name: 'b', command: 'y' }])
})

test('the status endpoint changes the status and nothing else; the object\'s own the rest', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  const created = await server.send('POST', cronTabs, cronTab('one', { spec: { image: 'a' }, status: { replicas: 7 } }), json)
  assert.equal(created.json['status'], undefined)
  const change = { metadata: { labels: { a: 'b' } }, spec: { image: 'b' }, status: { replicas: 3 } }
  const status = await server.send('PATCH', `${cronTabs}/one/status`, change, merge)
  assert.deepEqual([status.json['spec'].image, status.json['status'], status.json.metadata!.labels, status.json.metadata!.generation], ['a', { replicas: 3 }, undefined, 1])
  const object = await server.send('PATCH', `${cronTabs}/one`, { ...change, status: { replicas: 9 } }, merge)
  assert.deepEqual([object.json['spec'].image, object.json['status'], object.json.metadata!.generation], ['b', { replicas: 3 }, 2])
  const bad = await server.send('PATCH', `${cronTabs}/one/status`, { status: { replicas: 'x' } }, merge)
  assert.equal(bad.json['message'], 'CronTab.stable.example.com "one" is invalid: ' +
    '[status.replicas: Invalid value: "string": replicas in body must be of type integer: "string", ' +
    '.status.replicas: Invalid value: 0: .status.replicas accessor error: x is of the type string, expected int64]')
})

test('a kind without the status subresource has no status endpoint, and its status is like any field', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf())
  const created = await server.send('POST', cronTabs, cronTab('one', { status: { a: 1 } }), json)
  assert.deepEqual(created.json['status'], { a: 1 })
  assert.equal((await server.send('GET', `${cronTabs}/one/status`)).status, 404)
})

test('scale reads and writes where the definition says', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  await server.send('POST', cronTabs, cronTab('one'), json)
  await server.send('PATCH', `${cronTabs}/one/status`, { status: { replicas: 2, selector: 'a=b' } }, merge)
  const scale = await server.send('PATCH', `${cronTabs}/one/scale`, { spec: { replicas: 4 } }, merge)
  assert.deepEqual([scale.json['spec'], scale.json['status']], [{ replicas: 4 }, { replicas: 2, selector: 'a=b' }])
  const object = await server.send('GET', `${cronTabs}/one`)
  assert.deepEqual([object.json['spec'].replicas, object.json.metadata!.generation], [4, 2])
})

test('tables have the definition\'s columns, found by JSONPath', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  await server.send('POST', cronTabs, cronTab('one', { spec: { jobs: [{ name: 'a', command: 'x' }] } }), json)
  const table = await server.send('GET', cronTabs, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  assert.deepEqual(table.json['columnDefinitions'].map(({ name, type, priority }: any) => `${name} ${type} ${priority}`),
    ['Name string 0', 'Spec string 0', 'Replicas integer 0', 'First string 1', 'Age date 0'])
  assert.deepEqual(table.json['rows'][0].cells, ['one', '5 0 * * *', 1, 'x', '0s'])
})

test('field selectors may use the fields that the definition names, and no others', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  for (const image of ['a', 'b']) await server.send('POST', cronTabs, cronTab(image, { spec: { image } }), json)
  const found = await server.send('GET', `${cronTabs}?fieldSelector=spec.image%3Db`)
  assert.deepEqual(found.json['items'].map(({ metadata }: any) => metadata.name), ['b'])
  const unknown = await server.send('GET', `${cronTabs}?fieldSelector=spec.cronSpec%3Dx`)
  assert.deepEqual([unknown.status, unknown.json['message']], [400, 'field label not supported: spec.cronSpec'])
})

test('items of lists and events have kind and apiVersion, as clients of custom resources rely on', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  await server.send('POST', cronTabs, cronTab('one'), json)
  const [item] = (await server.send('GET', cronTabs)).json['items']
  assert.deepEqual([item.kind, item.apiVersion], ['CronTab', 'stable.example.com/v1'])
})

const versions = [
  {
    name: 'v1beta1', served: true, storage: true, deprecated: true,
    schema: { openAPIV3Schema: specOf({ a: { type: 'string' }, old: { type: 'string' } }) },
  },
  {
    name: 'v1', served: true, storage: false, additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
    schema: { openAPIV3Schema: specOf({ a: { type: 'string', maxLength: 3 }, added: { type: 'string', default: 'yes' } }) },
  },
]
const beta = '/apis/stable.example.com/v1beta1/namespaces/default/crontabs'

test('versions differ in schema and columns; between them only apiVersion changes', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ versions }))
  const created = await server.send('POST', beta, cronTab('one', { spec: { a: 'long text', old: 'x' } }, 'v1beta1'), json)
  assert.equal(created.status, 201, created.text)
  assert.equal(created.headers['warning'], '299 - "stable.example.com/v1beta1 CronTab is deprecated; use stable.example.com/v1 CronTab"')
  const read = await server.send('GET', `${cronTabs}/one`)
  assert.deepEqual([read.json.apiVersion, read.json['spec']], ['stable.example.com/v1', { a: 'long text' }])
  // What was there before the rule is let through, as long as it stays as it is.
  assert.equal((await server.send('PATCH', `${cronTabs}/one`, { metadata: { labels: { b: 'c' } } }, merge)).status, 200)
  const longer = await server.send('PATCH', `${cronTabs}/one`, { spec: { a: 'longer text' } }, merge)
  assert.equal(longer.json['message'], 'CronTab.stable.example.com "one" is invalid: spec.a: Too long: may not be more than 3 bytes')
  assert.deepEqual((await server.send('GET', cronTabs)).json['items'].map(({ apiVersion }: any) => apiVersion), ['stable.example.com/v1'])
})

test('a new storage version is kept on record, and old objects are read as the new one', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ versions }))
  await server.send('POST', beta, cronTab('one', { spec: { a: 'x' } }, 'v1beta1'), json)
  const url = `${definitionsUrl}/crontabs.stable.example.com`
  const turned = versions.map((version) => ({ ...version, storage: version.name === 'v1' }))
  assert.equal((await server.send('PATCH', url, { spec: { versions: turned } }, merge)).status, 200)
  const after = await server.until('crontabs.stable.example.com', ({ status }) => status.storedVersions.length === 2)
  assert.deepEqual(after.status.storedVersions, ['v1beta1', 'v1'])
  const read = await server.send('GET', `${cronTabs}/one`)
  assert.deepEqual([read.json.apiVersion, read.json['spec']], ['stable.example.com/v1', { a: 'x' }])
})

test('a changed schema holds for the next request, and ends watches that go by the old one', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ schema: specOf({ a: { type: 'string' } }) }))
  await server.send('POST', cronTabs, cronTab('one', { spec: { a: 'x' } }), json)
  const watch = await server.open('GET', `${cronTabs}?watch=true&resourceVersion=0`)
  const url = `${definitionsUrl}/crontabs.stable.example.com`
  const { spec } = definitionOf({ schema: specOf({ a: { type: 'string' }, b: { type: 'integer', default: 2 } }) })
  assert.equal((await server.send('PATCH', url, { spec }, merge)).status, 200)
  let events = ''
  assert.equal(watch.body.type, 'stream')
  if (watch.body.type === 'stream') for await (const chunk of watch.body.chunks) events += new TextDecoder().decode(chunk)
  assert.match(events, /^\{"type":"ADDED".*\n$/)
  assert.deepEqual((await server.send('GET', `${cronTabs}/one`)).json['spec'], { a: 'x', b: 2 })
})

test('deleting a definition deletes its objects first; until then nothing new is created', async () => {
  await using server = startDefinitionServer()
  const url = `${definitionsUrl}/crontabs.stable.example.com`
  await server.define(full)
  await server.send('POST', cronTabs, cronTab('plain'), json)
  const held = { ...cronTab('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } }
  await server.send('POST', cronTabs.replace('default', 'other'), held, json)
  const deleted = await server.send('DELETE', url)
  assert.deepEqual([deleted.status, deleted.json.metadata!.finalizers], [200, ['customresourcecleanup.apiextensions.k8s.io']])
  assert.equal(conditionOf(deleted.json, 'Terminating').reason, 'InstanceDeletionPending')
  const waiting = await server.until('crontabs.stable.example.com', (definition) => conditionOf(definition, 'Terminating').reason === 'InstanceDeletionInProgress')
  assert.ok(isTrue(waiting, 'Terminating'))
  const refused = await server.send('POST', cronTabs, cronTab('new'), json)
  assert.deepEqual([refused.status, refused.json['message']],
    [403, 'crontabs.stable.example.com "new" is forbidden: create not allowed while custom resource definition is terminating'])
  await server.send('PATCH', `${cronTabs.replace('default', 'other')}/held`, { metadata: { finalizers: null } }, merge)
  await server.until('crontabs.stable.example.com', (definition) => definition === undefined)
  assert.equal((await server.send('GET', cronTabs)).status, 404)
  assert.equal(server.store.current().count({ start: '/registry/stable.example.com/', end: '/registry/stable.example.com0' }), 0)
  await server.define(full)
  assert.deepEqual((await server.send('GET', cronTabs)).json['items'], [])
})

test('names belong to who had them first, and come free with it', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  const rival = definitionOf({ plural: 'others', kind: 'CronTab', names: { shortNames: ['ct', 'ot'], listKind: 'OtherList' } })
  await server.send('POST', definitionsUrl, rival, json)
  const loser = await server.until('others.stable.example.com', (definition) => conditionOf(definition, 'NamesAccepted') !== undefined)
  const { status, reason, message } = conditionOf(loser, 'NamesAccepted')
  // The singular is the kind in lower case, and so taken as well; the last conflict that is found is told.
  assert.deepEqual([status, reason, message], ['False', 'KindConflict', '"CronTab" is already in use'])
  assert.deepEqual([conditionOf(loser, 'Established').status, conditionOf(loser, 'Established').reason], ['False', 'NotAccepted'])
  assert.equal((await server.send('GET', '/apis/stable.example.com/v1/others')).status, 404)
  await server.send('DELETE', `${definitionsUrl}/crontabs.stable.example.com`)
  await server.until('others.stable.example.com', (definition) => isTrue(definition, 'Established'))
  assert.equal((await server.send('GET', '/apis/stable.example.com/v1/others')).status, 200)
})

test('a built-in kind cannot be taken over, and a custom one keeps to its own keys', async () => {
  await using server = startDefinitionServer()
  const approved = { annotations: { 'api-approved.kubernetes.io': 'https://example.com/review' } }
  const same = definitionOf({ plural: 'ingresses', kind: 'Ingress', group: 'networking.k8s.io', scope: 'Namespaced' })
  await server.send('POST', definitionsUrl, { ...same, metadata: { ...same.metadata, ...approved } }, json)
  const established = await server.until('ingresses.networking.k8s.io', (definition) => isTrue(definition, 'Established'))
  assert.equal(conditionOf(established, 'KubernetesAPIApprovalPolicyConformant').message, 'approved in https://example.com/review')
  const ingress = await server.send('POST', '/apis/networking.k8s.io/v1/namespaces/default/ingresses', { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'a' } }, json)
  assert.match(ingress.json['message'], /either `defaultBackend` or `rules` must be specified/)
  const pods = definitionOf({ plural: 'pods', kind: 'Pod', group: 'networking.k8s.io', scope: 'Namespaced' })
  await server.define({ ...pods, metadata: { ...pods.metadata, ...approved } })
  await server.send('POST', '/apis/networking.k8s.io/v1/namespaces/default/pods', { apiVersion: 'networking.k8s.io/v1', kind: 'Pod', metadata: { name: 'a' } }, json)
  assert.deepEqual((await server.send('GET', '/api/v1/pods')).json['items'], [])
  assert.ok(server.store.current().get('/registry/networking.k8s.io/pods/default/a'))
})

test('foo does not list foobar, and a cluster-scoped kind is in no namespace', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ plural: 'foo', kind: 'Foo', scope: 'Cluster' }))
  await server.define(definitionOf({ plural: 'foobar', kind: 'Foobar', scope: 'Cluster' }))
  const create = (plural: string, kind: string) => server.send('POST', `/apis/stable.example.com/v1/${plural}`, { ...cronTab('x'), kind }, json)
  assert.equal((await create('foobar', 'Foobar')).status, 201)
  assert.deepEqual((await server.send('GET', '/apis/stable.example.com/v1/foo')).json['items'], [])
  assert.equal((await server.send('GET', '/apis/stable.example.com/v1/namespaces/default/foobar')).status, 404)
  assert.equal((await server.send('POST', '/apis/stable.example.com/v1/namespaces/default/foobar', { ...cronTab('y'), kind: 'Foobar' }, json)).status, 404)
})

test('formats that nobody knows are warned of', async () => {
  await using server = startDefinitionServer()
  const schema = specOf({ a: { type: 'integer', format: 'poem' } })
  const answer = await server.send('POST', definitionsUrl, definitionOf({ schema }), json)
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.headers['warning'], '299 - "unrecognized format \\"poem\\""')
})

test('defaults that the schema itself would refuse are refused with the definition', async () => {
  await using server = startDefinitionServer()
  const answer = await server.send('POST', definitionsUrl, definitionOf({
    schema: specOf({
      a: { type: 'integer', minimum: 2, default: 1 }, b: { type: 'object', properties: { c: { type: 'string' } }, default: { d: 1 } },
    }),
  }), json)
  const at = 'spec.validation.openAPIV3Schema.properties[spec].properties'
  assert.equal(answer.json['message'], 'CustomResourceDefinition.apiextensions.k8s.io "crontabs.stable.example.com" is invalid: ' +
    `[${at}[a].default: Invalid value: 1:  in body should be greater than or equal to 2, ` +
    `${at}[b].default: Invalid value: {"d":1}: must not have unknown fields]`)
})

test('another server over the same store serves at once what was established', async () => {
  await using first = startDefinitionServer()
  await first.define(full)
  await first.send('POST', cronTabs, cronTab('one'), json)
  await using second = startDefinitionServer({ store: first.store })
  assert.deepEqual((await second.send('GET', cronTabs)).json['items'].map(({ metadata }: any) => metadata.name), ['one'])
})

test('fifty definitions at once are all served', async () => {
  await using server = startDefinitionServer()
  const plurals = Array.from({ length: 50 }, (_, index) => `many${index}`)
  await Promise.all(plurals.map((plural) => server.define(definitionOf({ plural, kind: `Many${plural.slice(4)}` }))))
  const answers = await Promise.all(plurals.map((plural) => server.send('GET', `/apis/stable.example.com/v1/${plural}`)))
  assert.deepEqual(answers.map(({ status }) => status), plurals.map(() => 200))
})

test('a definition of a megabyte is served like a small one', async () => {
  await using server = startDefinitionServer()
  const properties = Object.fromEntries(Array.from({ length: 9_500 }, (_, index) =>
    [`field${index}`, { type: 'string', maxLength: 3, pattern: '^[a-z]*$', description: 'One of a great many fields of this object.' }]))
  const definition = definitionOf({ schema: specOf(properties) })
  assert.ok(JSON.stringify(definition).length > 1_000_000)
  await server.define(definition)
  const good = await server.send('POST', cronTabs, cronTab('one', { spec: { field7999: 'abc', other: 1 } }), json)
  assert.deepEqual([good.status, good.json['spec']], [201, { field7999: 'abc' }])
  const bad = await server.send('PATCH', `${cronTabs}/one?fieldManager=x`, cronTab('one', { spec: { field1: 'ABC' } }), apply)
  assert.equal(bad.status, 422, bad.text)
})

test('a pattern that would keep a backtracking engine busy for years costs nothing', async () => {
  await using server = startDefinitionServer()
  await server.define(definitionOf({ schema: specOf({ a: { type: 'string', pattern: '^(a+)+$' } }) }))
  const before = performance.now()
  assert.equal((await server.send('POST', cronTabs, cronTab('one', { spec: { a: `${'a'.repeat(100_000)}!` } }), json)).status, 422)
  assert.ok(performance.now() - before < 2000)
  const lookAhead = await server.send('POST', definitionsUrl, definitionOf({ plural: 'odds', kind: 'Odd', schema: specOf({ a: { type: 'string', pattern: '(?=a)' } }) }), json)
  assert.match(lookAhead.json['message'], /must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: `\(\?=`/)
})

test('custom resources are JSON and YAML only', async () => {
  await using server = startDefinitionServer()
  await server.define(full)
  await server.send('POST', cronTabs, cronTab('one'), json)
  const protobuf = 'application/vnd.kubernetes.protobuf'
  const read = await server.send('GET', `${cronTabs}/one`, undefined, { accept: protobuf })
  assert.equal(read.status, 406)
  assert.match(read.text, /only the following media types are accepted: application\/json, application\/yaml, application\/vnd/)
  const either = await server.send('GET', `${cronTabs}/one`, undefined, { accept: `${protobuf},application/json` })
  assert.deepEqual([either.status, either.headers['content-type']], [200, 'application/json'])
  const written = await server.send('POST', cronTabs, new Uint8Array([0x6b, 0x38, 0x73, 0]), { 'content-type': protobuf })
  assert.equal(written.status, 400)
  const yaml = await server.send('POST', cronTabs, 'apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: { name: two }\nspec: { replicas: 2 }\n', { 'content-type': 'application/yaml' })
  assert.deepEqual([yaml.status, yaml.json['spec'].replicas], [201, 2])
  const partial = await server.send('GET', cronTabs, undefined, { accept: `${protobuf};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1` })
  assert.equal(partial.status, 200)
})
