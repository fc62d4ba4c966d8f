/** Validation of CSINodes. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateCsiDriverName } from '../../core/pod/volumes.validation.ts'
import type { CSINode, CSINodeDriver } from '../../gen/storage-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'

const maxNodeId = 192

export function validateCsiNode({ spec }: CSINode): FieldError[] {
  const names = new Set<string>()
  return (spec?.drivers ?? []).flatMap((driver, index) => {
    const path = `spec.drivers[${index}]`
    const errors = validateDriver(driver, path)
    if (names.has(driver.name)) errors.push(duplicateValue(`${path}.name`, driver.name))
    names.add(driver.name)
    return errors
  })
}

function validateDriver({ name, nodeID = '', allocatable, topologyKeys }: CSINodeDriver, path: string): FieldError[] {
  const errors = validateCsiDriverName(name, `${path}.name`)
  if (nodeID === '') errors.push(required(`${path}.nodeID`, nodeID))
  if (nodeID.length > maxNodeId) {
    errors.push(invalidValue(`${path}.nodeID`, nodeID, `must be ${maxNodeId} characters or less`))
  }
  errors.push(...validateNonNegative(allocatable?.count, `${path}.allocatable.count`))
  const keys = topologyKeys ?? []
  for (const [index, key] of keys.entries()) {
    if (key === '') errors.push(required(path, key))
    if (keys.indexOf(key) < index) errors.push(duplicateValue(path, key))
    errors.push(...invalidFor(path, key, validateQualifiedName(key)))
  }
  return errors
}

/** A driver that is registered stays what it is; its limit of volumes may change. */
export function validateCsiNodeUpdate({ spec }: CSINode, old: Stored<CSINode>): FieldError[] {
  const withoutLimit = ({ allocatable: _, ...driver }: CSINodeDriver): object => driver
  return (old.spec.drivers ?? []).flatMap((before) => {
    const driver = spec.drivers?.find(({ name }) => name === before.name)
    if (!driver || semanticEqual(withoutLimit(driver), withoutLimit(before as CSINodeDriver))) return []
    return [invalidValue('spec.drivers', withoutLimit(driver), 'field is immutable')]
  })
}
