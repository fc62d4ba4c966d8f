/**
 * Every message of the container runtime's interface goes through protobuf, and every method names messages that
 * exist.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { criSchemaTable, events, imageService, runtimeService } from '#host/container-runtime/gen/cri-schema.ts'
import { decodeProtobuf, encodeProtobuf } from '#machinery/codec/protobuf.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { sampleOf } from './sample.ts'

const table = loadSchemaTable(criSchemaTable, 'proto3')

test('every message comes back as it was', () => {
  let messages = 0
  for (const name of table.names()) {
    const struct = table.struct(name)
    const sample = sampleOf(struct)
    const bytes = encodeProtobuf(sample, struct)
    assert.deepEqual(decodeProtobuf(bytes, struct), sample, name)
    messages++
  }
  assert.ok(messages > 150, `only ${messages} messages`)
})

test('methods name messages of the table', () => {
  for (const service of [runtimeService, imageService, events]) {
    for (const [name, { path, request, response }] of Object.entries(service)) {
      assert.ok(path.endsWith(`/${name}`) && table.has(request) && table.has(response), path)
    }
  }
})

test('a known message has the bytes that containerd writes', () => {
  const version = table.struct('runtime.v1.VersionResponse')
  assert.deepEqual(decodeProtobuf(Uint8Array.from([0x0a, 5, 48, 46, 49, 46, 48, 0x12, 2, 99, 100]), version), {
    version: '0.1.0', runtimeName: 'cd',
  })
  const state = table.struct('runtime.v1.PodSandboxStatus')
  assert.deepEqual(decodeProtobuf(new Uint8Array(), state), { state: 'SANDBOX_READY' })
})
