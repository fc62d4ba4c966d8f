import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Entry } from '#storage/store.ts'
import { decodeLean, decodeStored, encodeStored, servedChunks } from './stored-form.ts'

const metadata = {
  name: 'tägliches', namespace: 'default', uid: 'u', labels: { managedFields: '[1]' },
  creationTimestamp: '2026-01-01T00:00:00Z',
}
const managedFields = [{ manager: 'm', operation: 'Update', fieldsV1: { 'f:data': { 'f:ä': {} } } }]
const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { ...metadata, managedFields }, data: { ä: 'ö' } }

function entryOf(value: Uint8Array): Entry {
  return { key: '/registry/configmaps/default/a', value, createRevision: 7, modRevision: 7, memo: undefined }
}

test('an object is served as it was written, with its version in upstream’s place', () => {
  const text = servedChunks(entryOf(encodeStored(object))).map((chunk) => new TextDecoder().decode(chunk)).join('')
  const { name, namespace, uid, labels, creationTimestamp } = metadata
  // In upstream's order, whatever the writer's was.
  const whole = { name, namespace, uid, resourceVersion: '7', creationTimestamp, labels, managedFields }
  assert.equal(text, JSON.stringify({ ...object, metadata: whole }))
})

test('managedFields are decoded for those who need them, and everything else is shared', () => {
  const entry = entryOf(encodeStored(object))
  const lean = decodeLean(entry)
  const whole = decodeStored(entry)
  assert.deepEqual(lean, { ...object, metadata: { ...metadata, resourceVersion: '7' } })
  assert.deepEqual(whole, { ...object, metadata: { ...metadata, resourceVersion: '7', managedFields } })
  assert.equal(decodeLean(entry), lean)
  assert.equal((whole as KubeObject & { data: object }).data, (lean as KubeObject & { data: object }).data)
  assert.ok(Object.isFrozen(whole.metadata.managedFields))
})

test('values of the first format are read', () => {
  const text = '{"kind":"ConfigMap","apiVersion":"v1",' +
    '"metadata":{"name":"a","uid":"u","managedFields":[{"manager":"m"}]}}'
  const value = new Uint8Array(8 + text.length)
  value.set([1, 0, text.indexOf('"metadata"'), 0, text.indexOf('"managedFields"'), 0, 0, 0])
  value.set(new TextEncoder().encode(text), 8)
  const entry = entryOf(value)
  const expected = { name: 'a', uid: 'u', resourceVersion: '7', managedFields: [{ manager: 'm' }] }
  assert.deepEqual(decodeStored(entry), { kind: 'ConfigMap', apiVersion: 'v1', metadata: expected })
  const served = servedChunks(entry).map((chunk) => new TextDecoder().decode(chunk)).join('')
  assert.match(served, /"uid":"u","resourceVersion":"7","managedFields"/)
})
