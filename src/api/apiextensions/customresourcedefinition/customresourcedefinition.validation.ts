/** Validation of CustomResourceDefinitions. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1035Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../../gen/apiextensions-v1.ts'
import { validateConversion } from './conversion.validation.ts'
import { validateSchemaRules } from './schema-rules.validation.ts'
import { validateRootSchema } from './schema.validation.ts'

const approvedAnnotation = 'api-approved.kubernetes.io'

export function validateCustomResourceDefinition(object: CustomResourceDefinition): FieldError[] {
  const spec = object.spec ?? {}
  const name = object.metadata?.name ?? ''
  const errors: FieldError[] = []
  if (name !== `${spec.names?.plural ?? ''}.${spec.group ?? ''}`) {
    errors.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'))
  }
  return [
    ...errors,
    ...validateGroup(spec.group ?? ''),
    ...validateScope(spec.scope ?? ''),
    ...validateVersions(spec),
    ...validateNames(spec.names ?? ({} as CustomResourceDefinitionNames), 'spec.names'),
    ...validateConversion(spec.conversion ?? ({} as CustomResourceConversion), 'spec.conversion'),
    ...validateStoredVersions(object),
  ]
}

/** Groups of the project itself need its approval: a link to the review, or the word that there is none. */
export function validateNewCustomResourceDefinition({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? '')) return []
  const path = `metadata.annotations[${approvedAnnotation}]`
  const value = metadata?.annotations?.[approvedAnnotation]
  if (value === undefined) {
    return [required(path, 'protected groups must have approval annotation "api-approved.kubernetes.io", see ' +
      'https://github.com/kubernetes/enhancements/pull/1111')]
  }
  if (value.startsWith('unapproved') || URL.canParse(value)) return []
  return [
    invalidValue(
      path,
      value,
      'protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a '
        + 'reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111',
    ),
  ]
}

function validateGroup(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const problems = validateDns1123Subdomain(group)
  if (problems.length > 0) return [invalidValue('spec.group', group, problems.join(','))]
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')]
}

function validateScope(scope: string): FieldError[] {
  if (scope === '') return [required('spec.scope')]
  const scopes = ['Cluster', 'Namespaced']
  return scopes.includes(scope) ? [] : [notSupported('spec.scope', scope, scopes)]
}

function validateVersions({ versions = [] }: CustomResourceDefinitionSpec): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    const path = `spec.versions[${index}]`
    errors.push(...validateSchemaOf(version, path))
    const problems = validateDns1035Label(version.name ?? '')
    if (problems.length > 0) errors.push(invalidValue(`${path}.name`, version.name ?? '', problems.join(',')))
    errors.push(
      ...validateDeprecation(version, path), ...validateSubresources(version.subresources, `${path}.subresources`)
    )
    errors.push(...(version.additionalPrinterColumns ?? []).flatMap((column, at) =>
      validateColumn(column, `${path}.additionalPrinterColumns[${at}]`)))
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(invalidValue('spec.versions', versions, 'must contain unique version names'))
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'))
  }
  return errors
}

function validateSchemaOf({ schema, subresources }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const root = schema?.openAPIV3Schema
  if (!root) return [required(`${path}.schema.openAPIV3Schema`)]
  const at = `${path}.schema.openAPIV3Schema`
  const errors = validateRootSchema(root, at, subresources?.status !== undefined)
  // Of a schema that is at fault itself, what is said about its rules would not help.
  return errors.length > 0 ? errors : validateSchemaRules(root, at)
}

function validateDeprecation(
  { deprecated, deprecationWarning }: CustomResourceDefinitionVersion, path: string,
): FieldError[] {
  if (deprecationWarning === undefined) return []
  const problems: string[] = []
  if (!deprecated) problems.push('can only be set for deprecated versions')
  else if (deprecationWarning.length > 256) problems.push('must be <= 256 characters long')
  else if (deprecationWarning === '') problems.push('must not be an empty string')
  else if (/[^\P{C}]/u.test(deprecationWarning)) problems.push('must only contain printable UTF-8 characters')
  return invalidFor(`${path}.deprecationWarning`, deprecationWarning, problems)
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['binary', 'byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function validateColumn({ name, type, format, jsonPath }: CustomResourceColumnDefinition, path: string): FieldError[] {
  const errors = name ? [] : [required(`${path}.name`)]
  const types = `must be one of ${columnTypes.join(',')}`
  if (!type) errors.push(required(`${path}.type`, types))
  else if (!columnTypes.includes(type)) errors.push(invalidValue(`${path}.type`, type, types))
  if (format && !columnFormats.includes(format)) {
    errors.push(invalidValue(`${path}.format`, format, `must be one of ${columnFormats.join(',')}`))
  }
  return [...errors, ...(jsonPath ? validateSimplePath(jsonPath, `${path}.JSONPath`) : [required(`${path}.JSONPath`)])]
}

/** `.spec.replicas`, or `.metadata.labels['app']`. */
function validateSimplePath(value: string, path: string): FieldError[] {
  if (value === '') return [invalidValue(path, value, 'must not be empty')]
  return value.startsWith('.') ? [] : [invalidValue(path, value, 'must be a simple json path starting with .')]
}

function validateSubresources(subresources: CustomResourceSubresources | undefined, path: string): FieldError[] {
  const scale = subresources?.scale
  if (!scale) return []
  const errors: FieldError[] = []
  const check = (
    field: 'specReplicasPath' | 'statusReplicasPath' | 'labelSelectorPath',
    parts: readonly string[],
    place: string,
  ): void => {
    const value = scale[field]
    const at = `${path}.scale.${field}`
    if (!value) {
      if (field !== 'labelSelectorPath') errors.push(required(at))
      return
    }
    if (!value.startsWith('.')) errors.push(invalidValue(at, value, 'must be a simple json path starting with .'))
    else if (/[[\]]/.test(value)) errors.push(invalidValue(at, value, 'must be a json path in the dot notation'))
    else if (!parts.some((part) => value.startsWith(part))) {
      errors.push(invalidValue(at, value, `should be a json path under ${place}`))
    }
  }
  check('specReplicasPath', ['.spec.'], '.spec')
  check('statusReplicasPath', ['.status.'], '.status')
  check('labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status')
  return errors
}

function validateNames(names: CustomResourceDefinitionNames, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!names[field]) errors.push(required(`${path}.${field}`))
  }
  const label = (field: string, value: string | undefined, prefix = ''): void => {
    if (!value) return
    const problems = validateDns1035Label(prefix === '' ? value : value.toLowerCase())
    if (problems.length > 0) errors.push(invalidValue(`${path}.${field}`, value, prefix + problems.join(',')))
  }
  const mixed = 'may have mixed case, but should otherwise match: '
  label('plural', names.plural)
  label('singular', names.singular)
  label('kind', names.kind, mixed)
  label('listKind', names.listKind, mixed)
  for (const [index, name] of (names.shortNames ?? []).entries()) label(`shortNames[${index}]`, name)
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalidValue(`${path}.listKind`, names.listKind, 'kind and listKind may not be the same'))
  }
  for (const [index, category] of (names.categories ?? []).entries()) label(`categories[${index}]`, category)
  return errors
}

/** Objects may still lie in the store in every version that has ever been the storage version. */
function validateStoredVersions({ spec, status }: CustomResourceDefinition): FieldError[] {
  const path = 'status.storedVersions'
  const stored = status?.storedVersions ?? []
  if (stored.length === 0) return [invalidValue(path, stored, 'must have at least one stored version')]
  const versions = spec?.versions ?? []
  const errors = versions
    .filter(({ name, storage }) => storage && !stored.includes(name))
    .map(({ name }) => invalidValue(path, stored, `must have the storage version ${name}`))
  for (const [index, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue
    errors.push(
      invalidValue(
        `${path}[${index}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain `
          + `in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    )
  }
  return errors
}

/** Where objects are stored follows from group and plural; once established, scope and kind stay as well. */
export function validateCustomResourceDefinitionUpdate(
  { spec }: CustomResourceDefinition, old: Stored<CustomResourceDefinition>,
): FieldError[] {
  const established =
    old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
  return [
    ...(established ? [
      ...validateImmutable(spec?.scope, old.spec?.scope, 'spec.scope'),
      ...validateImmutable(spec?.names?.kind, old.spec?.names?.kind, 'spec.names.kind'),
    ] : []),
    ...validateImmutable(spec?.group, old.spec?.group, 'spec.group'),
    ...validateImmutable(spec?.names?.plural, old.spec?.names?.plural, 'spec.names.plural'),
  ]
}
