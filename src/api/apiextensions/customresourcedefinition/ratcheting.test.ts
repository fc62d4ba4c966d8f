/** Table: what a definition had before → what an update of it may leave or bring. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomResourceDefinition } from '../../gen/apiextensions-v1.ts'
import { checkUpdate } from '../../kind-check.ts'
import { customResourceDefinition } from './customresourcedefinition.ts'

interface Parts {
  readonly schema?: object
  readonly version?: object
  readonly spec?: object
  readonly established?: boolean
}

function definition(parts: Parts): CustomResourceDefinition {
  const { schema = { type: 'object' }, version = {}, spec = {} } = parts
  const lastTransitionTime = '2026-01-01T00:00:00Z'
  const established = { type: 'Established', status: 'True', reason: 'x', message: '', lastTransitionTime }
  return {
    metadata: { name: 'widgets.example.com', resourceVersion: '1' },
    spec: {
      group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }], ...spec,
    },
    status: {
      acceptedNames: { plural: 'widgets', kind: 'Widget' }, storedVersions: ['v1'],
      conditions: parts.established ? [established] : [],
    },
  } as CustomResourceDefinition
}

const field = (schema: object): Parts => ({ schema: { type: 'object', properties: { a: schema } } })
const set = (mapType?: string): Parts => field({
  type: 'array', 'x-kubernetes-list-type': 'set',
  items: { type: 'object', ...(mapType !== undefined && { 'x-kubernetes-map-type': mapType }) },
})
const keyed = (more: object): Parts => field({
  type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'],
  items: { type: 'object', properties: { k: { type: 'string' } }, ...more },
})
const fields = (count: number): Parts => {
  const names = Array.from({ length: count }, (_, at) => `f${at}`)
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]))
  return {
    schema: { type: 'object', properties }, version: { selectableFields: names.map((name) => ({ jsonPath: `.${name}` })) },
  }
}
const webhook = (conversionReviewVersions: readonly string[], caBundle?: string): Parts => ({
  spec: {
    conversion: {
      strategy: 'Webhook',
      webhook: { conversionReviewVersions, clientConfig: { url: 'https://a.example.com/', ...(caBundle && { caBundle }) } },
    },
  },
})
const settled = (parts: Parts): Parts => ({ ...parts, established: true })
const noBundle = Buffer.from('nothing').toString('base64')

const rows: readonly (readonly [it: string, old: Parts, now: Parts, errors: readonly string[]])[] = [
  ['a type that nobody knows comes only where there was one', field({ type: 'string' }), field({ type: 'bogus' }),
    ['spec.validation.openAPIV3Schema.properties[a].type: Unsupported value: "bogus": supported values: "array", "boolean", "integer", "number", "object", "string"']],
  ['one that was there may become another', field({ type: 'bogus' }), field({ type: 'bogus2' }), []],
  ['items of a set that are merged come only where there were some', set('atomic'), set(),
    ['spec.validation.openAPIV3Schema.properties[a].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set']],
  ['those that were there stay', set(), { ...set(), spec: { names: { plural: 'widgets', kind: 'Widget', shortNames: ['w'] } } }, []],
  ['keys that are not required come only where there were some', keyed({ required: ['k'] }), keyed({}),
    ['spec.validation.openAPIV3Schema.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property']],
  ['keys that were not required stay so', keyed({}), keyed({ description: 'changed' }), []],
  ['a schema is not taken away', {}, { version: { schema: undefined } }, ['spec.versions[0].schema.openAPIV3Schema: Required value']],
  ['without one everything would be pruned', { version: { schema: undefined } }, { version: { schema: undefined } },
    ['spec.versions[0].schema.openAPIV3Schema: Required value: because otherwise all fields are pruned']],
  ['review versions are known', webhook(['v1']), webhook(['v9']),
    ['spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1']],
  ['unless none was', webhook(['v8']), webhook(['v9']), []],
  ['an authority is certificates once the definition is established', settled(webhook(['v1'])), webhook(['v1'], noBundle),
    [`spec.conversion.webhookClientConfig.caBundle: Invalid value: "${noBundle}": unable to load root certificates: unable to parse bytes as PEM block`]],
  ['before that it may be anything', webhook(['v1']), webhook(['v1'], noBundle), []],
  ['and stay what it was', settled(webhook(['v1'], noBundle)), webhook(['v1'], noBundle), []],
  ['eight fields may be selected by', fields(8), fields(9), ['spec.selectableFields: Too many: 9: must have at most 8 items']],
  ['nine stay where they were', fields(9), fields(9), []],
  ['pruning is not turned off', {}, { spec: { preserveUnknownFields: true } },
    ['spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead']],
  ['it stays off', { spec: { preserveUnknownFields: true } }, { spec: { preserveUnknownFields: true } }, []],
  ['scope and kind are settled once it is established', settled({}), { spec: { scope: 'Cluster', names: { plural: 'widgets', kind: 'Gadget' } } },
    ['spec.scope: Invalid value: "Cluster": field is immutable', 'spec.names.kind: Invalid value: "Gadget": field is immutable']],
  ['and not before', {}, { spec: { scope: 'Cluster' } }, []],
]

for (const [it, old, now, errors] of rows) {
  test(it, () => {
    assert.deepEqual(checkUpdate(customResourceDefinition, definition(now), definition(old)).errors, errors)
  })
}
