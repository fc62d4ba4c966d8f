/** Validation, rules and their ratcheting, defaults, pruning, and columns of every odd kind. */
import { get, patch, send, type Answers, type Scenario, type Step } from './scenario.ts'

const group = 'schemas.transcripts.example.com'
const all = `/apis/${group}/v1/schemas`
const text = { type: 'string' }

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `schemas.${group}` },
  spec: {
    group, scope: 'Cluster', names: { plural: 'schemas', kind: 'Schema', listKind: 'SchemaList' },
    versions: [{
      name: 'v1', served: true, storage: true,
      subresources: {
        status: {},
        scale: {
          specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas',
          labelSelectorPath: '.status.selector',
        },
      },
      selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.flag' }, { jsonPath: '.spec.replicas' }],
      additionalPrinterColumns: [
        { name: 'Text', type: 'string', jsonPath: '.spec.color' },
        { name: 'Number', type: 'integer', jsonPath: '.spec.replicas' },
        { name: 'Fraction', type: 'number', jsonPath: '.spec.fraction', format: 'double' },
        { name: 'Flag', type: 'boolean', jsonPath: '.spec.flag' },
        { name: 'Date', type: 'date', jsonPath: '.spec.date' },
        { name: 'Map', type: 'string', jsonPath: '.spec.labels', priority: 1 },
        { name: 'Items', type: 'string', jsonPath: '.spec.list[*].name' },
        { name: 'First', type: 'string', jsonPath: '.spec.list[0].name' },
        { name: 'Chosen', type: 'string', jsonPath: '.spec.list[?(@.name=="b")].value' },
        { name: 'Wrong', type: 'integer', jsonPath: '.spec.color' },
        { name: 'TextOfNumber', type: 'string', jsonPath: '.spec.replicas' },
        { name: 'WrongDate', type: 'date', jsonPath: '.spec.color' },
        { name: 'Annotation', type: 'string', jsonPath: '.metadata.annotations.a\\.b/c' },
        { name: 'Whole', type: 'string', jsonPath: '.spec.list' },
        { name: 'Last', type: 'string', jsonPath: '.spec.list[-1:].name' },
        { name: 'Name', type: 'string', jsonPath: '.metadata.name' },
        { name: 'Flags', type: 'boolean', jsonPath: '.spec.list[*].flag' },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
      schema: {
        openAPIV3Schema: {
          type: 'object', required: ['spec'],
          properties: {
            spec: {
              type: 'object',
              'x-kubernetes-validations': [
                { rule: '!has(self.min) || !has(self.max) || self.min <= self.max', message: 'min above max' },
                {
                  rule: '!has(oldSelf.fixed) || has(self.fixed)', message: 'fixed may not go', fieldPath: '.fixed',
                  reason: 'FieldValueForbidden',
                },
              ],
              properties: {
                color: { type: 'string', enum: ['red', 'green', 'blue'] },
                replicas: { type: 'integer', format: 'int32', minimum: 0, maximum: 10 },
                fraction: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
                flag: { type: 'boolean', default: false },
                date: { type: 'string', format: 'date-time' },
                labels: { type: 'object', additionalProperties: text, maxProperties: 2, minProperties: 1 },
                pattern: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 4 },
                list: {
                  type: 'array', maxItems: 3, minItems: 1,
                  items: {
                    type: 'object', required: ['name'],
                    properties: { name: text, value: { type: 'string', default: 'v' }, flag: { type: 'boolean' } },
                  },
                },
                unique: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
                either: { 'x-kubernetes-int-or-string': true },
                port: {
                  'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }],
                  pattern: '^[0-9]+%?$',
                },
                embedded: {
                  type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true,
                },
                free: {
                  type: 'object', 'x-kubernetes-preserve-unknown-fields': true,
                  properties: { known: { type: 'object', properties: { a: text } } },
                },
                one: {
                  type: 'object', properties: { a: text, b: text }, oneOf: [{ required: ['a'] }, { required: ['b'] }],
                },
                not: { type: 'object', properties: { a: text }, not: { required: ['a'] } },
                min: { type: 'integer' }, max: { type: 'integer' }, nullable: { type: 'string', nullable: true },
                fixed: {
                  type: 'string',
                  'x-kubernetes-validations': [
                    {
                      rule: 'self == oldSelf', messageExpression: '"was " + oldSelf + ", is " + self',
                      reason: 'FieldValueInvalid',
                    },
                  ],
                },
                long: {
                  type: 'string', 'x-kubernetes-validations': [{ rule: 'self.size() < 3', message: 'too long' }],
                },
                int64: { type: 'integer', format: 'int64' }, byte: { type: 'string', format: 'byte' },
                ip: { type: 'string', format: 'ipv4' }, email: { type: 'string', format: 'email' },
                uuid: { type: 'string', format: 'uuid' }, duration: { type: 'string', format: 'duration' },
                unknown: { type: 'string', format: 'nope' },
                deep: {
                  type: 'object', default: { a: {} },
                  properties: { a: { type: 'object', properties: { b: { type: 'integer', default: 5 } } } },
                },
              },
            },
            status: {
              type: 'object',
              properties: { replicas: { type: 'integer' }, selector: text, word: { type: 'string', maxLength: 3 } },
            },
          },
        },
      },
    }],
  },
}

const schema = (name: string, spec: unknown, more: object = {}): Record<string, unknown> =>
  ({ apiVersion: `${group}/v1`, kind: 'Schema', metadata: { name }, spec, ...more })
const text0 = (value: unknown): string => JSON.stringify(value)

const values: Readonly<Record<string, unknown>> = {
  'a color that is none': { color: 'pink' }, 'too many replicas': { replicas: 11 },
  'a fraction of replicas': { replicas: 1.5 },
  'too few replicas': { replicas: -1 }, 'replicas beyond their format': { int64: 1 }, 'no fraction': { fraction: 0 },
  'another fraction': { fraction: 0.7 }, 'a whole fraction': { fraction: 2 },
  'a text for a flag': { flag: 'true' }, 'null for a flag': { flag: null }, 'null for a text': { color: null },
  'null where it may be': { nullable: null },
  'a date that is none': { date: 'today' }, 'a date without a time': { date: '2020-01-01' },
  'no labels': { labels: {} }, 'too many labels': { labels: { a: '1', b: '2', c: '3' } },
  'a number in labels': { labels: { a: 1 } }, 'a text that is too short': { pattern: 'a' },
  'a text that is too long': { pattern: 'abcde' }, 'a text of another pattern': { pattern: 'AB' },
  'no items': { list: [] }, 'too many items': { list: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }] },
  'an item without a name': { list: [{ value: 'x' }] },
  'a map for a list': { list: {} }, 'a text for an item': { list: ['x'] }, 'null for an item': { list: [null] },
  'a value twice': { unique: ['a', 'a'] },
  'a fraction for either': { either: 1.5 }, 'a flag for either': { either: true }, 'a port that is none': { port: 'x' },
  'a port that is a number': { port: 80 },
  'an embedded object': { embedded: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', zz: 1 }, y: 1 } },
  'an embedded object without a kind': { embedded: { apiVersion: 'v1' } },
  'an embedded object of a bad version': { embedded: { apiVersion: 'a/b/c', kind: 'Pod' } },
  'embedded metadata that is none': { embedded: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { a: 1 } } } },
  'an embedded name that is none': {
    embedded: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'A B', labels: { 'a b': 'c' } } },
  },
  'unknown fields in what is free': { free: { x: 1, known: { a: 'b', c: 1 } } },
  'unknown fields': { zz: 1, deep: { yy: 1 } }, 'both of one': { one: { a: '1', b: '2' } }, 'none of one': { one: {} },
  'what may not be': { not: { a: '1' } }, 'a minimum above the maximum': { min: 2, max: 1 },
  'a rule on a text': { long: 'abcd' },
  'a number of 64 bits': '{"int64":9223372036854775807}', 'bytes that are none': { byte: '***' },
  'an address that is none': { ip: '1.2.3' }, 'an email that is none': { email: 'x' },
  'a uuid that is none': { uuid: 'x' }, 'a duration that is none': { duration: 'x' },
  'an unknown format': { unknown: 'x' }, 'an empty deep default': { deep: {} },
  'a deep default': { deep: { a: { b: 6 } } },
}

const creates: readonly Step[] = [
  ...Object.entries(values).map(([what, spec]) => send(`a creation with ${what}`, 'POST', `${all}?dryRun=All`, typeof spec === 'string' ? text0(schema('v', 0)).replace('"spec":0', `"spec":${spec}`) : schema('v', spec))),
  send(
    'a creation without a spec', 'POST', all, { apiVersion: `${group}/v1`, kind: 'Schema', metadata: { name: 'v' } },
  ),
  send('a creation with null for a spec', 'POST', all, schema('v', null)),
  send('a creation with a status', 'POST', `${all}?dryRun=All`, schema('v', {}, { status: { word: 'long' } })),
  send(
    'a creation with unknown fields everywhere, strictly', 'POST', `${all}?fieldValidation=Strict`,
    schema('v', { deep: { yy: 1 } }),
  ),
]

const full = {
  color: 'red', replicas: 3, fraction: 0.5, flag: true, date: '2990-01-02T03:04:05Z', labels: { b: '1', a: '2' },
  list: [{ name: 'a', flag: true }, { name: 'b', value: 'w', flag: false }], fixed: 'f', long: 'ab',
}
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const reads: readonly Step[] = [
  send(
    'one with all', 'POST', all, schema('full', full, { metadata: { name: 'full', annotations: { 'a.b/c': 'x' } } }),
  ),
  send('one with nothing', 'POST', all, schema('empty', {})),
  get('a table', all, table), get('a table of one', `${all}/full`, table),
  get('a table of nothing', `${all}/empty`, table),
  ...['spec.color=red', 'spec.color!=red', 'spec.color=', 'spec.flag=true', 'spec.flag=false', 'spec.replicas=3', 'spec.color=red,metadata.name=full', 'spec.nope=1', 'metadata.namespace=x', 'spec.color', 'spec.color==red', 'metadata.labels=x'].map((selector) =>
    get(`by the field ${selector}`, `${all}?fieldSelector=${encodeURIComponent(selector)}`, 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io')),
]

const merge = (name: string, spec: unknown, query = ''): Step => patch(name, `${all}/full${query}`, 'merge', { spec })
const current = (answers: Answers): { spec: object } => JSON.parse(answers.get('one with all')!)

const updates: readonly Step[] = [
  merge('a fixed value that changes', { fixed: 'g' }), merge('a fixed value that goes', { fixed: null }),
  merge('a rule that fails', { long: 'abc' }), merge('two rules that fail', { min: 3, max: 2 }),
  merge('a value that is none', { color: 'pink' }), merge('a list that is one', { list: [{ name: 'x' }] }),
  send(
    'an update without a spec', 'PUT', `${all}/full`,
    (answers: Answers) => ({ ...current(answers), spec: undefined, metadata: { name: 'full' } }),
  ),
  patch('a label that is none', `${all}/full`, 'merge', { metadata: { labels: { 'a b': 'c' } } }),
  patch('an annotation that is none', `${all}/full`, 'merge', { metadata: { annotations: { 'a b': 'c' } } }),
  patch('a finalizer that is none', `${all}/full`, 'merge', { metadata: { finalizers: ['x y'] } }),
  patch(
    'an owner that is none', `${all}/full`, 'merge',
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: '', name: 'x', uid: 'x' }] } },
  ),
  patch(
    'two controllers', `${all}/full`, 'merge',
    {
      metadata: {
        ownerReferences: [1, 2].map((index) => ({ apiVersion: 'v1', kind: 'Pod', name: `x${index}`, uid: `x${index}`, controller: true })),
      },
    },
  ),
  patch(
    'a deletion that one writes', `${all}/full`, 'merge',
    { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 } },
  ),
  patch(
    'a label and a value that are none', `${all}/full`, 'merge',
    { metadata: { labels: { 'a b': 'c' } }, spec: { color: 'pink' } },
  ),
  patch(
    'a label of a status', `${all}/full/status`, 'merge',
    { metadata: { labels: { 'a b': 'c' } }, status: { word: 'x' } },
  ),
  patch('a status that is none', `${all}/full/status`, 'merge', { status: { word: 'long' } }),
  patch('a status that is a text', `${all}/full/status`, 'merge', { status: 'x' }),
  patch(
    'a status', `${all}/full/status`, 'merge',
    { status: { replicas: 2, selector: 'a=b', zz: 1 }, spec: { replicas: 9 } },
  ),
  patch(
    'a JSON patch of a status', `${all}/full/status`, 'json', [{ op: 'replace', path: '/status/replicas', value: 7 }],
  ),
  send('a status without one', 'PUT', `${all}/empty/status`, schema('empty', {})),
  get('a scale', `${all}/full/scale`), get('a scale of nothing', `${all}/empty/scale`),
  get('a scale as a table', `${all}/full/scale`, table),
  get('a scale as metadata', `${all}/full/scale`, 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'),
  patch('a scale of a text', `${all}/full/scale`, 'merge', { spec: { replicas: 'x' } }),
  patch('a scale beyond what is valid', `${all}/full/scale`, 'merge', { spec: { replicas: 50 } }),
  patch(
    'a scale by apply', `${all}/full/scale?fieldManager=s`, 'apply',
    { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'full' }, spec: { replicas: 4 } },
  ),
  patch('a scale by a JSON patch', `${all}/full/scale`, 'json', [{ op: 'replace', path: '/spec/replicas', value: 5 }]),
  patch('a strategic scale', `${all}/full/scale`, 'strategic', { spec: { replicas: 6 } }),
  send(
    'a scale without a resourceVersion', 'PUT', `${all}/full/scale`,
    { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'full' }, spec: { replicas: 2 } },
  ),
  send(
    'a scale of an old version', 'PUT', `${all}/full/scale`,
    {
      apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'full', resourceVersion: '1' },
      spec: { replicas: 2 },
    },
  ),
  send(
    'a scale of another name', 'PUT', `${all}/full/scale`,
    { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'other' }, spec: { replicas: 2 } },
  ),
  send(
    'a dry scale', 'PUT', `${all}/full/scale?dryRun=All`,
    { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'full' }, spec: { replicas: 1 } },
  ),
  send(
    'a scale of what is not there', 'PUT', `${all}/none/scale`,
    { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'none' }, spec: { replicas: 2 } },
  ),
  get('in the end', `${all}/full`), send('the end', 'DELETE', all),
]

export const schemas: Scenario = { name: 'schemas', definition, steps: [...creates, ...reads, ...updates] }
