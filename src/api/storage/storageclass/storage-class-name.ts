/** Which StorageClass a claim asks for and a volume is of. */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../gen/core-v1.ts'

/** Older than the field; where both are, it decides. */
export const storageClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

/** Empty: of no class. */
export function storageClassNameOf(
  object: DeepReadonly<PersistentVolume> | DeepReadonly<PersistentVolumeClaim>,
): string {
  return object.metadata?.annotations?.[storageClassAnnotation] ?? object.spec?.storageClassName ?? ''
}
