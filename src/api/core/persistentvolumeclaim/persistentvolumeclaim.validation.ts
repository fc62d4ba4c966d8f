/** Validation of PersistentVolumeClaims. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { describeChanges } from '../../changes.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../gen/core-v1.ts'
import { compareQuantities, signOfQuantity } from '../../quantities.ts'
import { storageClassAnnotation } from '../../storage/storageclass/storage-class-name.ts'
import { validateClaimSpec } from './claim-spec.validation.ts'

export function validatePersistentVolumeClaim({ spec = {} }: PersistentVolumeClaim): FieldError[] {
  return validateClaimSpec(spec, 'spec')
}

/** A claim gets a volume once; a bound one may ask for more room, and for other attributes. */
export function validatePersistentVolumeClaimUpdate(
  object: PersistentVolumeClaim, old: Stored<PersistentVolumeClaim>,
): FieldError[] {
  const spec = object.spec ?? {}
  const oldSpec = (old.spec ?? {}) as PersistentVolumeClaimSpec
  const errors: FieldError[] = []
  const upgradesClass = takesClassFromAnnotation(object, old)
  const oldBeta = old.metadata.annotations?.[storageClassAnnotation] ?? ''
  const beta = object.metadata?.annotations?.[storageClassAnnotation] ?? ''
  if (!upgradesClass && oldBeta !== beta) {
    errors.push(invalidValue(`metadata.annotations.${storageClassAnnotation}`, beta, 'field is immutable'))
  }

  const bound = object.status?.phase === 'Bound'
  const unchanged: PersistentVolumeClaimSpec = { ...spec }
  if (!oldSpec.volumeName) restore(unchanged, oldSpec, 'volumeName')
  if (upgradesClass || classWasUnset(oldSpec, old)) restore(unchanged, oldSpec, 'storageClassName')
  if (bound) restore(unchanged, oldSpec, 'resources')
  if (mayChangeAttributes(spec, oldSpec)) restore(unchanged, oldSpec, 'volumeAttributesClassName')
  if (!semanticEqual(unchanged, oldSpec)) {
    errors.push(
      forbiddenValue(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName '
          + `for bound claims\n${describeChanges(oldSpec, unchanged)}`,
      ),
    )
  }
  const size = spec.resources?.requests?.['storage']
  const oldSize = oldSpec.resources?.requests?.['storage']
  const shrinks = compareQuantities(size, oldSize) < 0
  // An expansion that failed may be taken back, to no less than what the volume has.
  const recovers = bound && compareQuantities(size, old.status?.capacity?.['storage']) > 0
  if (shrinks && !recovers) {
    errors.push(forbiddenValue('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  return [...errors, ...validateImmutable(spec.volumeMode, oldSpec.volumeMode, 'volumeMode')]
}

/** Attributes can be chosen and exchanged, not given up. */
function mayChangeAttributes(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec): boolean {
  return spec.volumeAttributesClassName !== undefined || old.volumeAttributesClassName === undefined
}

function classWasUnset(spec: PersistentVolumeClaimSpec, old: Stored<PersistentVolumeClaim>): boolean {
  return (
    spec.storageClassName === undefined
    && old.metadata.annotations?.[storageClassAnnotation] === undefined
    && !spec.volumeName
  )
}

function takesClassFromAnnotation(object: PersistentVolumeClaim, old: Stored<PersistentVolumeClaim>): boolean {
  const annotated = old.metadata.annotations?.[storageClassAnnotation]
  if (
    annotated === undefined
    || old.spec?.storageClassName !== undefined
    || object.spec?.storageClassName !== annotated
  ) {
    return false
  }
  const now = object.metadata?.annotations?.[storageClassAnnotation]
  return now === undefined || now === annotated
}

function restore<Key extends keyof PersistentVolumeClaimSpec>(
  spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec, field: Key,
): void {
  if (old[field] === undefined) delete spec[field]
  else spec[field] = old[field]
}

export function validateClaimStatusUpdate({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors = spec?.accessModes?.length ? [] : [required('Spec.accessModes')]
  for (const [name, quantity] of Object.entries(status?.capacity ?? {})) {
    if (signOfQuantity(quantity) < 0) {
      errors.push(invalidValue(`status.capacity[${name}]`, quantity, 'must be a valid resource quantity'))
    }
  }
  return errors
}
