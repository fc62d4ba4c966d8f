/** Validation of CSIStorageCapacities. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { CSIStorageCapacity } from '../../gen/storage-v1.ts'
import { signOfQuantity } from '../../quantities.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'

export function validateCsiStorageCapacity(object: CSIStorageCapacity): FieldError[] {
  const { nodeTopology, storageClassName = '' } = object
  const errors = [
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
    ...invalidFor('storageClassName', storageClassName, validateDns1123Subdomain(storageClassName)),
  ]
  if (signOfQuantity(object.capacity) < 0) {
    errors.push(invalidValue('capacity', object.capacity, 'must be greater than or equal to 0'))
  }
  return errors
}

export function validateCsiStorageCapacityUpdate(
  object: CSIStorageCapacity, old: Stored<CSIStorageCapacity>,
): FieldError[] {
  return [
    ...validateImmutable(object.nodeTopology, old.nodeTopology, 'nodeTopology'),
    ...validateImmutable(object.storageClassName, old.storageClassName, 'storageClassName'),
  ]
}
