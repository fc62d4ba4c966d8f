/** Validation of PersistentVolumeClaims. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../gen/core-v1.ts'
import { internalDiff } from '../../internal-form.ts'
import { compareQuantities, signOfQuantity, unitsOf } from '../../quantities.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'
import { storageClassAnnotation } from '../../storage/storageclass/storage-class-name.ts'
import { isNativeResource } from '../pod/resources.validation.ts'
import { validateClaimSpec } from './claim-spec.validation.ts'

export function validateNewClaim({ spec = {} }: PersistentVolumeClaim): FieldError[] {
  return validateClaimSpec(spec, 'spec')
}

/** A claim gets a volume once; a bound one may ask for more room, and for other attributes. */
export function validateClaimUpdate(object: PersistentVolumeClaim, old: Stored<PersistentVolumeClaim>): FieldError[] {
  const spec = object.spec ?? {}
  const oldSpec = (old.spec ?? {}) as PersistentVolumeClaimSpec
  const errors = validateClaimSpec(spec, 'spec', {
    allowInvalidAPIGroup: oldSpec.dataSource?.apiGroup !== undefined || oldSpec.dataSourceRef?.apiGroup !== undefined,
    allowInvalidLabelValue: validateLabelSelector(oldSpec.selector, '').length > 0,
  })
  const upgradesClass = takesClassFromAnnotation(object, old)
  const oldBeta = old.metadata.annotations?.[storageClassAnnotation] ?? ''
  const beta = object.metadata?.annotations?.[storageClassAnnotation] ?? ''
  if (!upgradesClass && oldBeta !== beta) {
    errors.push(invalidValue(`metadata.annotations.${storageClassAnnotation}`, beta, 'field is immutable'))
  }
  const unchanged = withMutableFieldsOf(spec, oldSpec, object.status?.phase === 'Bound')
  if (upgradesClass || takesClassFromNothing(spec, old)) restore(unchanged, oldSpec, 'storageClassName')
  if (!semanticEqual(unchanged, oldSpec)) {
    errors.push(
      forbiddenValue(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName '
          + `for bound claims\n${internalDiff('PersistentVolumeClaimSpec', oldSpec, unchanged)}`,
      ),
    )
  }
  const size = spec.resources?.requests?.['storage']
  const shrinks = compareQuantities(size, oldSpec.resources?.requests?.['storage']) < 0
  // An expansion that failed may be taken back, to no less than what the volume has.
  if (shrinks && compareQuantities(size, old.status?.capacity?.['storage']) <= 0) {
    errors.push(forbiddenValue('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  return [
    ...errors,
    ...validateImmutable(spec.volumeMode, oldSpec.volumeMode, 'volumeMode'),
    ...validateAttributesUpdate(spec, old),
  ]
}

/** The new spec with what may change put back to what it was. */
function withMutableFieldsOf(
  spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec, bound: boolean,
): PersistentVolumeClaimSpec {
  const copy = { ...spec }
  if (!old.volumeName) restore(copy, old, 'volumeName')
  if (!bound) return copy
  restore(copy, old, 'volumeAttributesClassName')
  const storage = old.resources?.requests?.['storage']
  if (spec.resources?.requests && storage !== undefined) {
    copy.resources = { ...spec.resources, requests: { ...spec.resources.requests, storage } }
  }
  return copy
}

/** Attributes that the volume has can be exchanged, not given up. */
function validateAttributesUpdate(
  { volumeAttributesClassName: name }: PersistentVolumeClaimSpec, { spec, status }: Stored<PersistentVolumeClaim>,
): FieldError[] {
  if (name === spec?.volumeAttributesClassName) return []
  if (status?.currentVolumeAttributesClassName === undefined || name) return []
  const to = name === undefined ? 'nil' : 'empty string'
  return [forbiddenValue('spec.volumeAttributesClassName',
    `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`)]
}

/** A claim of no class gets one once. An annotation of old must name the same one. */
function takesClassFromNothing(
  { storageClassName }: PersistentVolumeClaimSpec, { metadata, spec }: Stored<PersistentVolumeClaim>,
): boolean {
  const annotated = metadata.annotations?.[storageClassAnnotation]
  return storageClassName !== undefined && spec?.storageClassName === undefined
    && (annotated === undefined || annotated === storageClassName)
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

const resizeStatuses = [
  'ControllerResizeInProgress', 'ControllerResizeInfeasible', 'NodeResizePending', 'NodeResizeInProgress',
  'NodeResizeInfeasible',
].toSorted()

export function validateClaimStatusUpdate({ spec, status = {} }: PersistentVolumeClaim): FieldError[] {
  const errors = spec?.accessModes?.length ? [] : [required('Spec.accessModes')]
  for (const [name, quantity] of Object.entries(status.capacity ?? {})) {
    errors.push(...validateNoNegative(quantity, `status.capacity[${name}]`))
  }
  for (const [name, value] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    const path = 'status.allocatedResourceStatuses'
    errors.push(...validateResourceKey(name, path))
    if (!resizeStatuses.includes(value)) errors.push(notSupported(path, name, resizeStatuses))
  }
  for (const [name, quantity] of Object.entries(status.allocatedResources ?? {})) {
    const faults = validateResourceKey(name, 'status.allocatedResources')
    errors.push(...(faults.length > 0 ? faults : validateNoNegative(quantity, `status.allocatedResources[${name}]`)))
  }
  return errors
}

function validateNoNegative(quantity: string, path: string): FieldError[] {
  return signOfQuantity(quantity) < 0 ? [invalidValue(path, unitsOf(quantity), 'must be a valid resource quantity')] : []
}

/** Storage, or something of a driver's own. */
function validateResourceKey(name: string, path: string): FieldError[] {
  const errors = invalidFor(path, name, validateQualifiedName(name))
  if (errors.length > 0 || name === 'storage' || !isNativeResource(name)) return errors
  return [notSupported(path, name, ['storage'])]
}
