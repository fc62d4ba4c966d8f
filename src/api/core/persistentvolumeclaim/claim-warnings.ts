/** What is allowed in claims but hardly meant. */
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../gen/core-v1.ts'
import { isWholeQuantity } from '../../quantities.ts'
import { storageClassAnnotation } from '../../storage/storageclass/storage-class-name.ts'

export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  return [
    ...(metadata?.annotations?.[storageClassAnnotation] === undefined ? []
      : [`metadata.annotations[${storageClassAnnotation}]: ` +
        'deprecated since v1.8; use "storageClassName" attribute instead']),
    ...(spec ? claimSpecWarnings(spec, 'spec') : []),
  ]
}

/** Also of the claims that pods and StatefulSets make. */
export function claimSpecWarnings({ resources }: PersistentVolumeClaimSpec, path: string): string[] {
  return (['requests', 'limits'] as const).flatMap((list) => {
    const storage = resources?.[list]?.['storage']
    return storage === undefined || isWholeQuantity(storage) ? []
      : [`${path}.resources.${list}[storage]: fractional byte value "${storage}" is invalid, must be an integer`]
  })
}
