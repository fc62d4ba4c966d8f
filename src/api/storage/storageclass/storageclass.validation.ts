/** Validation of StorageClasses. */
import { utf8Length } from '#base/bytes.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  required,
  tooLong,
} from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { TopologySelectorTerm } from '../../gen/core-v1.ts'
import type { StorageClass } from '../../gen/storage-v1.ts'
import { validateChoice } from '../../numbers.validation.ts'

const maxParameters = 512
const maxParameterBytes = 256 * 1024

export function validateStorageClass(object: StorageClass): FieldError[] {
  const { provisioner = '', parameters, reclaimPolicy, volumeBindingMode, allowedTopologies = [] } = object
  return [
    ...validateProvisioner(provisioner, 'provisioner'),
    ...validateParameters(parameters, 'parameters'),
    ...validateChoice(reclaimPolicy || undefined, ['Delete', 'Retain'], 'reclaimPolicy'),
    ...(volumeBindingMode === undefined ? [required('volumeBindingMode')]
      : validateChoice(volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], 'volumeBindingMode')),
    ...validateTopologies(allowedTopologies, 'allowedTopologies'),
  ]
}

export function validateProvisioner(provisioner: string, path: string): FieldError[] {
  const lower = provisioner.toLowerCase()
  return lower ? invalidFor(path, lower, validateQualifiedName(lower)) : [required(path)]
}

/** Also of VolumeAttributesClasses. */
export function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined, path: string,
): FieldError[] {
  const entries = Object.entries(parameters ?? {})
  if (entries.length > maxParameters) return [tooLong(path, maxParameters)]
  const errors = entries
    .filter(([key]) => key === '')
    .map(([key]) => invalidValue(path, key, 'field can not be empty.'))
  const bytes = entries.reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0)
  return bytes > maxParameterBytes ? [...errors, tooLong(path, maxParameterBytes)] : errors
}

/** Terms that say the same, in whatever order, are one too many. */
function validateTopologies(terms: readonly TopologySelectorTerm[], path: string): FieldError[] {
  const seen: string[] = []
  return terms.flatMap((term, index) => {
    const values = new Map((term.matchLabelExpressions ?? []).map(({ key, values: own = [] }) => [key, own]))
    const meaning = JSON.stringify([...values].map(([key, own]) => [key, [...new Set(own)].toSorted()]).toSorted())
    const errors = validateTopologyTerm(term, `${path}[${index}]`)
    for (const other of seen) {
      if (other === meaning) errors.push(duplicateValue(`${path}[${index}].matchLabelExpressions`, ''))
    }
    seen.push(meaning)
    return errors
  })
}

function validateTopologyTerm({ matchLabelExpressions = [] }: TopologySelectorTerm, path: string): FieldError[] {
  const seen = new Set<string>()
  return matchLabelExpressions.flatMap(({ key, values = [] }, index) => {
    const at = `${path}.matchLabelExpressions[${index}]`
    const errors = values.length === 0 ? [required(`${at}.values`)] : []
    for (const [position, value] of values.entries()) {
      if (values.indexOf(value) < position) errors.push(duplicateValue(`${at}.values[${position}]`, value))
    }
    errors.push(...invalidFor(`${at}.key`, key, validateQualifiedName(key)))
    if (seen.has(key)) errors.push(duplicateValue(`${at}.key`, key))
    seen.add(key)
    return errors
  })
}

export function validateStorageClassUpdate(object: StorageClass, old: Stored<StorageClass>): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (!semanticEqual(object[field], old[field])) {
      errors.push(forbiddenValue(field, `updates to ${field} are forbidden.`))
    }
  }
  return [...errors, ...validateImmutable(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode')]
}
