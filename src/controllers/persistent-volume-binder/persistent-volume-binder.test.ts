/** Claims find the smallest volume that serves them, and keep it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { persistentVolume } from '#api/core/persistentvolume/persistentvolume.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '#api/gen/core-v1.ts'
import { storageClass } from '#api/storage/storageclass/storageclass.ts'
import { claimProtectionController } from '../storage-protection/storage-protection.ts'
import { Model } from '../testing/model.ts'
import { claimBinder, volumeBinder } from './persistent-volume-binder.ts'

const volume = (
  name: string,
  size: string,
  extra: Partial<NonNullable<PersistentVolume['spec']>> = {},
): PersistentVolume => ({
  metadata: { name },
  spec: { capacity: { storage: size }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, ...extra },
})
const claim = (
  name: string,
  size: string,
  extra: Partial<NonNullable<PersistentVolumeClaim['spec']>> = {},
): PersistentVolumeClaim => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } }, ...extra },
})
const settle = (model: Model) => model.settle([claimBinder, volumeBinder], 20)
const bound = (model: Model, name: string): string => {
  const { spec, status } = model.get(persistentVolumeClaim, `default/${name}`)!
  return `${spec?.volumeName ?? '-'} ${status?.phase ?? '-'}`
}

test('binds to the smallest volume that is large enough and of the right class', async () => {
  const model = new Model()
  for (const [name, size, extra] of [
    ['tiny', '1Gi', {}],
    ['huge', '100Gi', {}],
    ['fit', '10Gi', {}],
    ['fast', '8Gi', { storageClassName: 'fast' }],
  ] as const) {
    model.put(persistentVolume, volume(name, size, extra))
  }
  await settle(model)
  model.put(persistentVolumeClaim, claim('data', '8Gi'))
  await settle(model)
  assert.equal(bound(model, 'data'), 'fit Bound')
  assert.equal(model.get(persistentVolume, 'fit')!.status!.phase, 'Bound')
  assert.equal(model.get(persistentVolume, 'huge')!.status!.phase, 'Available')
  assert.equal(model.get(persistentVolumeClaim, 'default/data')!.status!.capacity!['storage'], '10Gi')
})

test('two claims never share a volume; the second waits until another comes', async () => {
  const model = new Model()
  model.put(persistentVolume, volume('one', '10Gi'))
  await settle(model)
  for (const name of ['a', 'b']) model.put(persistentVolumeClaim, claim(name, '1Gi'))
  await model.settle([claimBinder, volumeBinder], 20)
  assert.deepEqual([bound(model, 'a'), bound(model, 'b')], ['one Bound', '- -'])
  model.put(persistentVolume, volume('two', '1Gi'))
  await settle(model)
  assert.equal(bound(model, 'b'), 'two Bound')
})

test('a class that waits for a consumer binds nothing until the scheduler has chosen', async () => {
  const model = new Model()
  model.put(storageClass, {
    metadata: { name: 'local' },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  })
  model.put(persistentVolume, volume('one', '10Gi', { storageClassName: 'local' }))
  model.put(persistentVolumeClaim, claim('data', '1Gi', { storageClassName: 'local' }))
  await settle(model)
  assert.equal(bound(model, 'data'), '- -')
  model.change(persistentVolume, 'one', (copy) => { copy.spec!.claimRef = { namespace: 'default', name: 'data' } })
  await settle(model)
  assert.equal(bound(model, 'data'), 'one Bound')
})

test('a volume whose claim is gone is released, a claim whose volume is gone is lost', async () => {
  const model = new Model()
  for (const name of ['one', 'two']) model.put(persistentVolume, volume(name, '1Gi'))
  await settle(model)
  for (const name of ['a', 'b']) model.put(persistentVolumeClaim, claim(name, '1Gi'))
  await settle(model)
  model.remove(persistentVolumeClaim, 'default/a')
  model.remove(persistentVolume, model.get(persistentVolumeClaim, 'default/b')!.spec!.volumeName!)
  await settle(model)
  assert.equal(model.list(persistentVolume)[0]!.status!.phase, 'Released')
  assert.equal(model.get(persistentVolumeClaim, 'default/b')!.status!.phase, 'Lost')
})

test('a claim that a pod uses stays until the pod is gone', async () => {
  const model = new Model()
  const finalizers = ['kubernetes.io/pvc-protection']
  model.put(persistentVolumeClaim, {
    ...claim('data', '1Gi'),
    metadata: { name: 'data', finalizers, deletionTimestamp: '2026-01-01T00:00:00Z' },
  })
  model.put(pod, {
    metadata: { name: 'user' },
    spec: { containers: [], nodeName: 'a', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
  })
  await model.settle([claimProtectionController])
  assert.deepEqual(model.get(persistentVolumeClaim, 'default/data')!.metadata.finalizers, finalizers)
  model.remove(pod, 'default/user')
  await model.settle([claimProtectionController])
  assert.deepEqual(model.get(persistentVolumeClaim, 'default/data')!.metadata.finalizers, [])
})
