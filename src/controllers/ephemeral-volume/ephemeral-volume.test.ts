/** Ephemeral volumes: a claim for each, and never another's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { PersistentVolumeClaimSpec, Pod } from '#api/gen/core-v1.ts'
import { Model } from '../testing/model.ts'
import { ephemeralVolumeController } from './ephemeral-volume.ts'

const spec: PersistentVolumeClaimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const web = (extra: object = {}): Pod => ({
  metadata: { name: 'web', ...extra },
  spec: {
    containers: [{ name: 'c', image: 'i' }],
    volumes: [
      { name: 'config', configMap: { name: 'config' } },
      { name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec } } },
    ],
  },
})
const settle = (model: Model) => model.settle([ephemeralVolumeController])

test('a pod gets a claim for each ephemeral volume, which it owns', async () => {
  const model = new Model()
  const { metadata } = model.put(pod, web())
  await settle(model)
  const [claim, ...others] = model.list(persistentVolumeClaim)
  assert.deepEqual(others, [])
  assert.equal(claim!.metadata.name, 'web-scratch')
  assert.deepEqual([claim!.metadata.labels, claim!.spec], [{ a: 'b' }, spec])
  assert.deepEqual(claim!.metadata.ownerReferences, [
    { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: metadata.uid, controller: true, blockOwnerDeletion: true },
  ])
  model.remove(persistentVolumeClaim, 'default/web-scratch')
  await settle(model)
  assert.equal(model.list(persistentVolumeClaim).length, 1, 'a claim that was deleted comes back')
})

test('a pod that ends gets none', async () => {
  const model = new Model()
  model.put(pod, web({ deletionTimestamp: '2026-01-01T00:00:00Z' }))
  model.put(pod, { ...web({ name: 'done' }), status: { phase: 'Succeeded' } })
  await settle(model)
  assert.deepEqual(model.list(persistentVolumeClaim), [])
})

test('a claim of that name that is somebody else’s stays his', async () => {
  const model = new Model()
  model.put(pod, web())
  model.put(persistentVolumeClaim, { metadata: { name: 'web-scratch' } })
  const { because } = await model.plan(ephemeralVolumeController, 'default/web')
  assert.match(because ?? '', /web-scratch was not created for this pod/)
  await settle(model)
  assert.equal(model.get(persistentVolumeClaim, 'default/web-scratch')!.metadata.ownerReferences, undefined)
})
