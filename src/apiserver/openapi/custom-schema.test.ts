import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApiSchema } from './custom-schema.ts'
import type { JsonObject } from './definitions.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
/** v3 has no siblings of references, and so wraps them. */
const metadata = (prefix: string): JsonObject => ({
  apiVersion: { type: 'string' }, kind: { type: 'string' },
  metadata: prefix.startsWith('#/components') ? { allOf: [{ $ref: prefix + meta }] } : { $ref: prefix + meta },
})

const rows: readonly {
  readonly it: string
  readonly schema: JsonObject
  readonly v2: JsonObject
  readonly v3?: JsonObject
}[] = [
  {
    it: 'logic is said in v3 only',
    schema: {
      type: 'string',
      anyOf: [{ minLength: 1 }],
      allOf: [{ maxLength: 2 }],
      oneOf: [{}],
      not: { pattern: 'x' },
    },
    v2: { type: 'string' },
  },
  {
    it: 'an integer or a string is said by logic, and defaults are told in v3 only',
    schema: { 'x-kubernetes-int-or-string': true, default: 1 },
    v2: { 'x-kubernetes-int-or-string': true },
    v3: { 'x-kubernetes-int-or-string': true, default: 1, anyOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  {
    it: 'what may be null has no type in v2, and is not required',
    schema: {
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { type: 'string', nullable: true }, b: { type: 'string' } },
    },
    v2: { type: 'object', required: ['b'], properties: { a: {}, b: { type: 'string' } } },
  },
  {
    it: 'what is preserved is open in v2',
    schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
    v2: { 'x-kubernetes-preserve-unknown-fields': true },
  },
  {
    it: 'a list of preserved items keeps its items, one that is preserved itself has no type',
    schema: { type: 'array', 'x-kubernetes-preserve-unknown-fields': true, items: { type: 'object' } },
    v2: { 'x-kubernetes-preserve-unknown-fields': true },
  },
  {
    it: 'embedded resources have metadata, at every depth',
    schema: {
      type: 'object',
      additionalProperties: {
        type: 'array',
        items: { type: 'object', 'x-kubernetes-embedded-resource': true, required: ['kind'], properties: {} },
      },
    },
    v2: {
      type: 'object',
      additionalProperties: {
        type: 'array',
        items: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          required: ['kind', 'apiVersion'],
          properties: metadata('#/definitions/'),
        },
      },
    },
    v3: {
      type: 'object',
      additionalProperties: {
        type: 'array',
        items: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          required: ['kind', 'apiVersion'],
          properties: metadata('#/components/schemas/'),
        },
      },
    },
  },
]

for (const { it, schema, v2, v3 = schema } of rows) {
  test(it, () => {
    assert.deepEqual(openApiSchema(schema, 2), v2)
    assert.deepEqual(openApiSchema(schema, 3), v3)
  })
}
