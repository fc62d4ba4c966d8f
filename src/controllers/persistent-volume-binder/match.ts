/** Which volume serves a claim: pure. */
import type { PersistentVolume, PersistentVolumeClaim } from '#api/gen/core-v1.ts'
import { compareQuantities } from '#api/quantities.ts'
import { storageClassNameOf } from '#api/storage/storageclass/storage-class-name.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { Stored } from '#machinery/meta/object.ts'

/** The volume says that it is this claim's; without a uid it is meant for the claim but not yet given. */
export function isReservedFor(
  { spec }: Stored<PersistentVolume>,
  { metadata }: Stored<PersistentVolumeClaim>,
): boolean {
  const reference = spec?.claimRef
  return (
    reference?.name === metadata.name
    && reference.namespace === metadata.namespace
    && (!reference.uid || reference.uid === metadata.uid)
  )
}

/** A volume reserved for the claim, else the smallest free one that is large enough and right in every way. */
export function findVolume(
  claim: Stored<PersistentVolumeClaim>,
  volumes: readonly Stored<PersistentVolume>[],
): Stored<PersistentVolume> | undefined {
  const usable = volumes.filter(
    (volume) =>
      !volume.metadata.deletionTimestamp
      && (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem'),
  )
  const reserved = usable.find((volume) => isReservedFor(volume, claim))
  if (reserved) return isLargeEnough(reserved, claim) ? reserved : undefined
  const selector = claim.spec?.selector ? labelSelectorMatcher(claim.spec.selector) : undefined
  return usable
    .filter(
      (volume) =>
        !volume.spec?.claimRef
        && volume.status?.phase === 'Available'
        && storageClassNameOf(volume) === storageClassNameOf(claim)
        && (claim.spec?.accessModes ?? []).every((mode) => (volume.spec?.accessModes ?? []).includes(mode))
        && (claim.spec?.volumeAttributesClassName ?? '') === (volume.spec?.volumeAttributesClassName ?? '')
        && (selector?.matches(volume.metadata.labels) ?? true)
        && isLargeEnough(volume, claim),
    )
    .toSorted(
      (a, b) =>
        compareQuantities(a.spec?.capacity?.['storage'], b.spec?.capacity?.['storage'])
        || (a.metadata.name < b.metadata.name ? -1 : 1),
    )[0]
}

function isLargeEnough({ spec }: Stored<PersistentVolume>, claim: Stored<PersistentVolumeClaim>): boolean {
  return compareQuantities(spec?.capacity?.['storage'], claim.spec?.resources?.requests?.['storage']) >= 0
}
