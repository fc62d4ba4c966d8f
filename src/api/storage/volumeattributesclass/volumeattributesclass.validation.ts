/** Validation of VolumeAttributesClasses. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { VolumeAttributesClass } from '../../gen/storage-v1.ts'
import { validateParameters, validateProvisioner } from '../storageclass/storageclass.validation.ts'

export function validateVolumeAttributesClass({ driverName = '', parameters }: VolumeAttributesClass): FieldError[] {
  const errors = [...validateProvisioner(driverName, 'driverName'), ...validateParameters(parameters, 'parameters')]
  return Object.keys(parameters ?? {}).length > 0 ? errors
    : [...errors, required('parameters', 'must contain at least one key/value pair')]
}

export function validateVolumeAttributesClassUpdate(
  object: VolumeAttributesClass, old: Stored<VolumeAttributesClass>,
): FieldError[] {
  const errors: FieldError[] = []
  if (object.driverName !== old.driverName) {
    errors.push(forbiddenValue('driverName', 'updates to driverName are forbidden.'))
  }
  if (!semanticEqual(object.parameters, old.parameters)) {
    errors.push(forbiddenValue('parameters', 'updates to parameters are forbidden.'))
  }
  return errors
}
