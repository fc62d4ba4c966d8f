/** Damaged and made-up input to every codec ends in an object or in the codec's own error, never in another one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { schemas } from '#api/schemas.ts'
import { decodeJson, encodeJson, JsonError, readJson } from '#machinery/codec/json.ts'
import { parseJsonExactly } from '#machinery/codec/json-parse.ts'
import { decodeKubernetesProtobuf, encodeKubernetesProtobuf, ProtobufError } from '#machinery/codec/protobuf.ts'
import { decodeYaml, encodeYaml, encodeYamlValue, parseYaml, YamlError } from '#machinery/codec/yaml.ts'
import { sampleOf } from './sample.ts'

const roots = [
  ['', 'v1', 'Pod'], ['apiextensions.k8s.io', 'v1', 'CustomResourceDefinition'], ['', 'v1', 'ConfigMap'],
] as const
const samples = roots.map(([group, version, kind]) => {
  const schema = schemas.kind(group, version, kind)!
  return { schema, object: { ...sampleOf(schema), kind, apiVersion: group === '' ? version : `${group}/${version}` } }
})
const sample = fc.constantFrom(...samples)
const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('replace', 'insert', 'delete', 'cut')), {
  minLength: 1, maxLength: 4,
})

function damaged(
  bytes: Uint8Array, changes: readonly (readonly [at: number, value: number, how: string])[],
): Uint8Array {
  const result = [...bytes]
  for (const [where, value, how] of changes) {
    const at = where % Math.max(result.length, 1)
    if (how === 'replace') result[at] = value
    else if (how === 'insert') result.splice(at, 0, value)
    else if (how === 'delete') result.splice(at, 1)
    else result.length = Math.max(at, result.length - value)
  }
  return Uint8Array.from(result)
}

function onlyFails(run: () => unknown, ...allowed: readonly (abstract new (...parameters: never[]) => Error)[]): void {
  try {
    run()
  } catch (error) {
    if (!allowed.some((type) => error instanceof type)) throw error
  }
}

test('damaged protobuf', () => {
  fc.assert(fc.property(sample, damage, ({ schema, object }, changes) => {
    const bytes = damaged(encodeKubernetesProtobuf(object, schema), changes)
    onlyFails(() => decodeKubernetesProtobuf(bytes, schemas.kind), ProtobufError)
  }), { numRuns: 300 })
})

test('damaged JSON', () => {
  fc.assert(fc.property(sample, damage, ({ schema, object }, changes) => {
    const bytes = damaged(new TextEncoder().encode(encodeJson(object, schema)), changes)
    onlyFails(() => encodeJson(decodeJson(bytes, schema, { strict: 'Strict' }).object, schema), JsonError)
  }), { numRuns: 300 })
})

test('damaged YAML', () => {
  fc.assert(fc.property(sample, damage, ({ schema, object }, changes) => {
    const bytes = damaged(new TextEncoder().encode(encodeYaml(object, schema)), changes)
    onlyFails(() => encodeYaml(decodeYaml(bytes, schema, { strict: 'Strict' }).object, schema), YamlError, JsonError)
  }), { numRuns: 100 })
})

test('JSON that is not an object of the schema, in every place', () => {
  const { schema } = samples[0]!
  const value = fc.jsonValue({ maxDepth: 3 })
  const names = schema.fieldsByName.get('spec')!.shape
  assert.ok(names.type === 'struct')
  const field = fc.constantFrom(...names.struct.fields.map(({ name }) => name))
  fc.assert(fc.property(field, value, (name, inner) => {
    const text = JSON.stringify({ spec: { [name]: inner } })
    onlyFails(() => encodeKubernetesProtobuf(decodeJson(text, schema, { strict: 'Strict' }).object, schema), JsonError)
  }), { numRuns: 500 })
})

test('both JSON parsers agree on every value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value)
      const plain = (inner: unknown): unknown =>
        JSON.parse(
          JSON.stringify(inner, (_, each: unknown) =>
            each instanceof Object && 'text' in each && each.constructor !== Object
              ? Number(each)
              : typeof each === 'bigint'
                ? Number(each)
                : each,
          ),
        )
      assert.deepEqual(plain(parseJsonExactly(text).value), JSON.parse(text))
      assert.deepEqual(plain(readJson(text, true).value), JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})

test('texts written as YAML read as they were', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', '-', '#', "'", '"', '1', '\t', '~', 'é', '😀') }),
  )
  fc.assert(
    fc.property(
      fc.dictionary(
        text, fc.oneof(text, fc.array(text, { maxLength: 2 }), fc.integer(), fc.boolean(), fc.constant(null)),
      ),
      (value) => {
        assert.deepEqual(
          JSON.parse(JSON.stringify(parseYaml(encodeYamlValue(value)).documents[0])), JSON.parse(JSON.stringify(value)),
        )
      },
    ),
    { numRuns: 500 },
  )
})
