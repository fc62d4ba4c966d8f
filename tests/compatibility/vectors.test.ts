/**
 * Upstream's round-trip vectors: for every kind of k8s.io/api a JSON, a YAML and a protobuf file of one object.
 * They are not in this repository: SKIFF_VECTORS names the folder (k8s.io/api/testdata/HEAD of the version that src/api/gen is made from).
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { schemaTable } from '#api/gen/schema-table.ts'
import { schemas } from '#api/schemas.ts'
import { decodeJson, encodeJson } from '#machinery/codec/json.ts'
import {
  decodeKubernetesProtobuf,
  decodeProtobuf,
  encodeKubernetesProtobuf,
  readKubernetesEnvelope,
} from '#machinery/codec/protobuf.ts'
import { decodeYaml, encodeYaml } from '#machinery/codec/yaml.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { unservedSchemaTable } from './gen/unserved-schema-table.ts'
import { sampleOf } from './sample.ts'

const folder = process.env['SKIFF_VECTORS']
const table = loadSchemaTable(`${schemaTable}\n${unservedSchemaTable}`)

/** A watch event is the one object without a kind of its own. */
function schemaOf(object: { readonly apiVersion?: string; readonly kind?: string }): StructSchema {
  const { group, version } = parseApiVersion(object.apiVersion ?? 'v1')!
  const schema = table.kind(group, version, object.kind ?? 'WatchEvent')
  assert.ok(schema, `no schema for ${object.apiVersion} ${object.kind}`)
  return schema
}

function decodeEnvelope(bytes: Uint8Array, schema: StructSchema): object {
  const { kind, raw } = readKubernetesEnvelope(bytes)
  return kind === '' ? decodeProtobuf(raw, schema) : decodeKubernetesProtobuf(bytes, table.kind)
}

function indented(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2)
}

test(
  'every upstream vector comes back byte for byte',
  { skip: folder ? false : 'SKIFF_VECTORS is not set' },
  (context) => {
    const names = readdirSync(folder!)
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -5))
    assert.ok(names.length >= 185, `only ${names.length} vectors in ${folder}`)
    let files = 0
    for (const name of names) {
      const read = (extension: string): Buffer => readFileSync(join(folder!, `${name}.${extension}`))
      assert.ok(
        ['json', 'yaml', 'pb'].every((extension) => existsSync(join(folder!, `${name}.${extension}`))),
        name,
      )
      const json = read('json').toString()
      const schema = schemaOf(JSON.parse(json) as { apiVersion?: string; kind?: string })
      const fromJson = decodeJson(json, schema, { strict: 'Strict' })
      const fromYaml = decodeYaml(read('yaml'), schema, { strict: 'Strict' })
      const fromProtobuf = decodeEnvelope(read('pb'), schema)
      assert.deepEqual([fromJson.problems, fromYaml.problems], [[], []], name)
      for (const [format, object] of [
        ['json', fromJson.object],
        ['yaml', fromYaml.object],
        ['pb', fromProtobuf],
      ] as const) {
        assert.equal(indented(encodeJson(object, schema)), json, `${name}: ${format} to JSON`)
        assert.equal(encodeYaml(object, schema), read('yaml').toString(), `${name}: ${format} to YAML`)
        assert.ok(
          Buffer.from(encodeKubernetesProtobuf(object, schema)).equals(read('pb')),
          `${name}: ${format} to protobuf`,
        )
      }
      files += 3
    }
    context.diagnostic(`${files} vectors, each written in three formats from three`)
  },
)

test('a sample of every served kind goes through all formats', (context) => {
  let kinds = 0
  for (const { group, version, kind, struct } of schemas.kinds()) {
    const name = `${group}/${version} ${kind}`
    const typed = struct.fieldsByName.has('kind')
    const sample = {
      ...sampleOf(struct),
      ...(typed && { kind, apiVersion: group === '' ? version : `${group}/${version}` }),
    }
    const { object, problems } = decodeJson(encodeJson(sample, struct), struct, { strict: 'Strict' })
    assert.deepEqual(problems, [], name)
    assert.deepEqual(decodeYaml(encodeYaml(object, struct), struct, { strict: 'Strict' }).object, object, name)
    if (typed && struct.fields.some((field) => field.protoNumber !== undefined)) {
      assert.deepEqual(
        decodeKubernetesProtobuf(encodeKubernetesProtobuf(object, struct), () => struct),
        object,
        name,
      )
    }
    kinds++
  }
  assert.ok(kinds > 150, `only ${kinds} kinds`)
  context.diagnostic(`${kinds} kinds`)
})
