/**
 * sparse-objects.txt has pairs of lines: an object with fields left out, null, empty or zero at random, and what
 * upstream's v1.36 serves of it (decoded into its Go type, through protobuf as in its store, encoded as JSON). Made
 * with k8s.io/client-go's scheme; one pair for each kind of it.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asWeRead, schemaOfType, schemas } from '#api/schemas.ts'
import { goText } from '#machinery/codec/go-form.ts'
import { writeStruct } from '#machinery/codec/json-encode.ts'
import { decodeJson } from '#machinery/codec/json.ts'
import { decodeKubernetesProtobuf, encodeKubernetesProtobuf } from '#machinery/codec/protobuf.ts'
import type { KubeObject } from '#machinery/meta/object.ts'

const lines = readFileSync(join(import.meta.dirname, 'sparse-objects.txt'), 'utf8').split('\n').slice(0, -1)

test('sparse objects of every kind are written as upstream writes them', () => {
  assert.equal(lines.length, 2 * 134)
  for (let at = 0; at < lines.length; at += 2) {
    const [given, expected] = [lines[at]!, lines[at + 1]!]
    const { kind, apiVersion } = JSON.parse(given) as KubeObject
    const schema = schemaOfType({ kind, apiVersion })!
    const { object } = decodeJson(given, schema, { strict: 'Ignore' })
    assert.equal(goText(object, schema).text, expected)
    assert.equal(writeStruct(object, schema), expected, 'the way for exact integers writes the same')
    const binary = encodeKubernetesProtobuf(object as KubeObject, schema)
    const decoded = decodeKubernetesProtobuf(binary, (group, version, name) => schemas.kind(group, version, name))
    assert.equal(goText(decoded, schema).text, expected, 'and so does what came as protobuf')
    // What was read back is what was written, without the nulls.
    assert.equal(goText(asWeRead(JSON.parse(expected) as object, expected), schema).text, expected)
  }
})
