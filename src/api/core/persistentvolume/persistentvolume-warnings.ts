/** What is allowed in PersistentVolumes but hardly meant. */
import type { PersistentVolume, PersistentVolumeSpec } from '../../gen/core-v1.ts'
import { nodeSelectorTermWarnings } from '../../label-warnings.ts'
import { storageClassAnnotation } from '../../storage/storageclass/storage-class-name.ts'

const mountOptionsAnnotation = 'volume.beta.kubernetes.io/mount-options'

/** Drivers that are no more, by the name of their field. */
const deprecations: readonly (readonly [field: keyof PersistentVolumeSpec, shown: string, message: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

export function persistentVolumeWarnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const warnings: string[] = []
  for (const [key, message] of [
    [storageClassAnnotation, 'deprecated since v1.8; use "storageClassName" attribute instead'],
    [mountOptionsAnnotation, 'deprecated since v1.31; use "mountOptions" attribute instead'],
  ] as const) {
    if (metadata?.annotations?.[key] !== undefined) warnings.push(`metadata.annotations[${key}]: ${message}`)
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    warnings.push('spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. ' +
      'Instead, the recommended approach is to use dynamic provisioning.')
  }
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
  warnings.push(...terms.flatMap((term, index) =>
    nodeSelectorTermWarnings(term, false, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`)))
  for (const [field, shown, message] of deprecations) {
    if (spec[field] !== undefined) warnings.push(`spec.${shown}: ${message}`)
  }
  return warnings
}
