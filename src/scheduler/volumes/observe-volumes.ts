/** Claims, volumes and classes from informers, and which volumes decisions on their way have promised. */
import { persistentVolume } from '#api/core/persistentvolume/persistentvolume.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { storageClassNameOf } from '#api/storage/storageclass/storage-class-name.ts'
import { storageClass } from '#api/storage/storageclass/storageclass.ts'
import type { Informers } from '#client/informers.ts'
import type { ClusterChange } from '../plugin.ts'
import type { VolumePlan } from '../plugins/volume-binding.ts'
import type { VolumeView } from './volume-view.ts'

export interface VolumeObservation {
  readonly view: VolumeView
  /** Nobody else gets the volumes of the plan. */
  promise(plan: VolumePlan): void
  /** The plan has been carried out, or given up. */
  release(plan: VolumePlan): void
  stop(): void
}

export function observeVolumes(informers: Informers, changed: (change: ClusterChange) => void): VolumeObservation {
  const [claims, volumes, classes] = [
    informers.of(persistentVolumeClaim), informers.of(persistentVolume), informers.of(storageClass),
  ]
  volumes.addIndex('storageClass', (volume) => [storageClassNameOf(volume)])
  const promised = new Map<string, string>()
  const on = (change: ClusterChange) => ({ onAdd: () => changed(change), onUpdate: () => changed(change) })
  const unsubscribe = [
    claims.subscribe(on('claim changed')),
    volumes.subscribe(on('volume changed')),
    classes.subscribe(on('storage class changed')),
  ]
  return {
    view: {
      claim: (namespace, name) => claims.get(name, namespace),
      volume: (name) => volumes.get(name),
      volumesOfClass: (name) => volumes.byIndex('storageClass', name),
      storageClass: (name) => classes.get(name),
      promisedTo: (volume) => promised.get(volume),
    },
    promise({ bind }) {
      for (const { claim, volume } of bind) promised.set(volume.metadata.name, claim.metadata.uid)
    },
    release({ bind }) {
      for (const { volume } of bind) promised.delete(volume.metadata.name)
    },
    stop: () => { for (const end of unsubscribe) end() },
  }
}
