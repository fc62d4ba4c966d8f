/** Claims and volumes that are in use stay until they are not. */
import { persistentVolume } from '#api/core/persistentvolume/persistentvolume.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { PersistentVolumeClaim } from '#api/gen/core-v1.ts'
import { volumeAttributesClass } from '#api/storage/volumeattributesclass/volumeattributesclass.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Kind } from '#machinery/schema/define-kind.ts'
import { nothing, update, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import type { StoredPod } from '../workload/pods.ts'

export const claimProtectionController = defineController({
  name: 'persistentvolumeclaim-protection',
  serviceAccount: 'pvc-protection-controller',
  for: persistentVolumeClaim,
  watches: [wakeFrom(pod, (object) => claimsOf(object).map((name) => `${object.metadata.namespace}/${name}`),
    (old, object) => old.spec?.nodeName !== object.spec?.nodeName)],
  observe: (claim, cache) => ({
    claim,
    // A pod without a node cannot start any more with a claim that is being deleted.
    isUsed: claim.metadata.deletionTimestamp !== undefined && cache.of(pod).list(claim.metadata.namespace ?? '')
      .some((object) => object.spec?.nodeName && claimsOf(object).includes(claim.metadata.name)),
  }),
  reconcile: ({ claim, isUsed }) => protect(persistentVolumeClaim, claim, 'kubernetes.io/pvc-protection', isUsed),
})

export const volumeProtectionController = defineController({
  name: 'persistentvolume-protection',
  serviceAccount: 'pv-protection-controller',
  for: persistentVolume,
  observe: (volume) => ({ volume }),
  reconcile: ({ volume }) =>
    protect(persistentVolume, volume, 'kubernetes.io/pv-protection', volume.status?.phase === 'Bound'),
})

export const attributesClassProtectionController = defineController({
  name: 'volumeattributesclass-protection',
  serviceAccount: 'volumeattributesclass-protection-controller',
  for: volumeAttributesClass,
  watches: [persistentVolume, persistentVolumeClaim].map((kind) => wakeFrom<KubeObject>(kind, (object) => {
    const { spec, status } = object as Stored<PersistentVolumeClaim>
    return [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName].filter(
      (name) => name !== undefined,
    )
  })),
  observe: (object, cache) => {
    const { name } = object.metadata
    const isUsed = cache.of(persistentVolume).list().some(({ spec }) => spec?.volumeAttributesClassName === name)
      || cache.of(persistentVolumeClaim).list().some(({ spec, status }) =>
        spec?.volumeAttributesClassName === name || status?.currentVolumeAttributesClassName === name)
    return { object, isUsed }
  },
  reconcile: ({ object, isUsed }) => protect(volumeAttributesClass, object, 'kubernetes.io/vac-protection', isUsed),
})

/** The claims that a pod names, and those that are made for it. */
function claimsOf({ metadata, spec }: StoredPod): readonly string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim: claim, ephemeral }) =>
    claim ? [claim.claimName] : ephemeral ? [`${metadata.name}-${name}`] : [])
}

function protect<T extends KubeObject>(kind: Kind<T>, object: Stored<T>, finalizer: string, isUsed: boolean): Plan {
  const { finalizers = [], deletionTimestamp } = object.metadata
  const has = finalizers.includes(finalizer)
  if (deletionTimestamp ? !has || isUsed : has) return nothing
  const next = deletionTimestamp ? finalizers.filter((name) => name !== finalizer) : [...finalizers, finalizer]
  return {
    actions: [
      update(kind, { ...object, metadata: { ...object.metadata, finalizers: next } } as never, {
        ifGone: 'ignore',
      }),
    ],
  }
}
