import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { pod } from '#api/core/pod/pod.ts'
import { controllerOf, controllerReferenceTo } from './owner-references.ts'

test('a controller marks what it makes with its group, version, name and uid', () => {
  const reference = controllerReferenceTo(replicaSet, { metadata: { name: 'web', uid: 'u1' } })
  assert.deepEqual(reference, {
    apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u1', controller: true, blockOwnerDeletion: true,
  })
  assert.equal(controllerReferenceTo(pod, { metadata: { name: 'p', uid: 'u2' } }).apiVersion, 'v1')
})

test('of several owners, the controller is the one that says so', () => {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u2' }
  const controller = controllerReferenceTo(replicaSet, { metadata: { name: 'web', uid: 'u1' } })
  assert.equal(controllerOf({ metadata: { ownerReferences: [owner, controller] } })?.uid, 'u1')
  assert.equal(controllerOf({ metadata: { ownerReferences: [owner, { ...owner, controller: false }] } }), undefined)
  assert.equal(controllerOf({}), undefined)
})
