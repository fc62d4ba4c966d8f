/** Table: CustomResourceDefinitions in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { customResourceDefinition } from './customresourcedefinition.ts'

const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }

function own(spec: object = {}): object {
  return {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [version],
      ...spec,
    },
  }
}

function withSchema(openAPIV3Schema: object | undefined): object {
  return own({ versions: [{ ...version, schema: { openAPIV3Schema } }] })
}

const rows: readonly Row[] = [
  {
    it: 'fills in its names',
    object: own(),
    holds: {
      'spec.names.singular': 'widget',
      'spec.names.listKind': 'WidgetList',
      'spec.conversion': { strategy: 'None' },
      status: { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] },
    },
  },
  {
    it: 'is named for what it defines',
    object: { ...own(), metadata: { name: 'a.b' } },
    errors: ['metadata.name: Invalid value: "a.b": must be spec.names.plural+"."+spec.group'],
  },
  {
    it: 'has one storage version',
    object: own({
      versions: [{ name: 'v1', served: true, storage: false, schema: { openAPIV3Schema: { type: 'object' } } }],
    }),
    errors: [
      'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,'
        + '"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: '
        + 'must have exactly one version marked as storage version',
      'status.storedVersions: Invalid value: null: must have at least one stored version',
    ],
  },
  {
    it: 'has a schema',
    object: withSchema(undefined),
    errors: ['spec.versions[0].schema.openAPIV3Schema: Required value'],
  },
  {
    it: 'describes an object',
    object: withSchema({ type: 'string' }),
    errors: ['spec.validation.openAPIV3Schema.type: Invalid value: "string": must be object at the root'],
  },
  {
    it: 'gives every field a type',
    object: withSchema({ type: 'object', properties: { spec: { properties: { a: { type: 'array' } } } } }),
    errors: [
      'spec.validation.openAPIV3Schema.properties[spec].properties[a].items: Required value: must be specified',
      'spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
    ],
  },
  {
    it: 'declares outside of logic',
    object: withSchema({ type: 'object', anyOf: [{ properties: { a: { type: 'string' } } }] }),
    errors: [
      'spec.validation.openAPIV3Schema.anyOf[0].properties[a].type: Forbidden: must be empty to be structural',
      'spec.validation.openAPIV3Schema.properties[a]: Required value: because it is defined in '
        + 'spec.validation.openAPIV3Schema.anyOf[0].properties[a]',
    ],
  },
  {
    it: 'merges lists by keys that items have',
    object: withSchema({
      type: 'object',
      properties: {
        a: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: { type: 'object', properties: { k: { type: 'string' } } },
        },
      },
    }),
    errors: [
      'spec.validation.openAPIV3Schema.properties[a].items.properties[k].default: Required value: this property is in '
        + 'x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ],
  },
  {
    it: 'scales by fields of its own',
    object: own({
      versions: [
        { ...version, subresources: { scale: { specReplicasPath: '.status.a', statusReplicasPath: '.status.b' } } },
      ],
    }),
    errors: [
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.a": should be a json path under .spec',
    ],
  },
  {
    it: 'asks before it takes a name of the project',
    object: { ...own({ group: 'x.k8s.io' }), metadata: { name: 'widgets.x.k8s.io' } },
    errors: [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation '
        + '"api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  },
  {
    it: 'remembers versions that objects are stored in',
    old: { ...own(), status: { storedVersions: ['v1'] } },
    object: own({
      versions: [
        { ...version, storage: false },
        { ...version, name: 'v2' },
      ],
    }),
    holds: { 'status.storedVersions': ['v1', 'v2'] },
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(customResourceDefinition, row), expectedOf(row)))
