/** Rules of what a claim asks for; also of the claims that pods and StatefulSets make. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import type { PersistentVolumeClaimSpec, TypedObjectReference } from '../../gen/core-v1.ts'
import { validateChoice } from '../../numbers.validation.ts'
import { signOfQuantity } from '../../quantities.ts'
import { validateLabelSelector, type SelectorOptions } from '../../selectors.validation.ts'

export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
export const volumeModes = ['Block', 'Filesystem']

/** What a claim may keep. */
interface ClaimOptions extends SelectorOptions {
  /** It had a data source of some group before: then the form of the group is not asked about. */
  readonly allowInvalidAPIGroup?: boolean
}

export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec, path: string, options: ClaimOptions = {},
): FieldError[] {
  const errors: FieldError[] = []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'))
  errors.push(
    ...validateLabelSelector(spec.selector, `${path}.selector`, options),
    ...validateAccessModes(modes, `${path}.accessModes`),
  )
  const storage = spec.resources?.requests?.['storage']
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`))
  else if (signOfQuantity(storage) <= 0) {
    errors.push(invalidValue(`${path}.resources[storage]`, storage, 'must be greater than zero'))
  }
  if (spec.storageClassName) {
    errors.push(
      ...invalidFor(`${path}.storageClassName`, spec.storageClassName, validateDns1123Subdomain(spec.storageClassName)),
    )
  }
  errors.push(
    ...validateChoice(spec.volumeMode, volumeModes, `${path}.volumeMode`), ...validateDataSources(spec, path, options),
  )
  if (spec.volumeAttributesClassName) {
    const name = spec.volumeAttributesClassName
    errors.push(...invalidFor(`${path}.volumeAttributesClassName`, name, validateDns1123Subdomain(name)))
  }
  return errors
}

/** A volume for one pod is for that pod alone. */
export function validateAccessModes(modes: readonly string[], path: string): FieldError[] {
  const errors = modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported(path, mode, accessModes))
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  if (modes.includes('ReadWriteOncePod') && others) {
    errors.push(forbiddenValue(path, 'may not use ReadWriteOncePod with other access modes'))
  }
  return errors
}

function validateDataSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: string, options: ClaimOptions,
): FieldError[] {
  const errors = [
    ...(dataSource ? validateDataSource(dataSource, `${path}.dataSource`, options) : []),
    ...(dataSourceRef ? validateDataSource(dataSourceRef, `${path}.dataSourceRef`, options) : []),
  ]
  // Upstream gives a path for the value, which as JSON is an empty object.
  if (dataSourceRef?.namespace) {
    if (dataSource) {
      errors.push(invalidValue(path, {}, 'may not be specified when dataSourceRef.namespace is specified'))
    }
  } else if (dataSource && dataSourceRef && !sameSource(dataSource, dataSourceRef)) {
    errors.push(invalidValue(path, {}, 'must match dataSourceRef'))
  }
  return errors
}

function sameSource(a: TypedObjectReference, b: TypedObjectReference): boolean {
  return a.apiGroup === b.apiGroup && a.kind === b.kind && a.name === b.name
}

function validateDataSource(
  { name, kind, apiGroup, namespace }: TypedObjectReference, path: string, { allowInvalidAPIGroup }: ClaimOptions,
): FieldError[] {
  const errors: FieldError[] = []
  if (!name) errors.push(required(`${path}.name`))
  if (!kind) errors.push(required(`${path}.kind`))
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    errors.push(invalidValue(path, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
  }
  if (apiGroup && !allowInvalidAPIGroup) {
    errors.push(...invalidFor(`${path}.apiGroup`, apiGroup, validateDns1123Subdomain(apiGroup)))
  }
  if (namespace) errors.push(...invalidFor(`${path}.namespace`, namespace, validateDns1123Label(namespace)))
  return errors
}
