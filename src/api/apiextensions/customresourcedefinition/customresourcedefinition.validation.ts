/** Validation of CustomResourceDefinitions. */
import { utf8Length } from '#base/bytes.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue, invalidFor, invalidValue, notSupported, required, tooMany,
} from '#machinery/errors/field-errors.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateDns1035Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
} from '../../gen/apiextensions-v1.ts'
import { validateCaBundle, validateConversion } from './conversion.validation.ts'
import {
  hoistSpec, schemasOf, someSchema, type HoistedSpec, type Schema, type Spec, type Version,
} from './hoisted-spec.ts'
import { rulesForUpdate } from './ratcheting.ts'
import { followFieldPath } from './schema-rule-texts.validation.ts'
import { validateRootSchema } from './schema.validation.ts'
import { allRules, maxSelectableFields, type Strictness } from './strictness.ts'

type Names = DeepReadonly<CustomResourceDefinitionNames>
type Column = DeepReadonly<CustomResourceColumnDefinition>

const approvedAnnotation = 'api-approved.kubernetes.io'

type Definition = DeepReadonly<CustomResourceDefinition>

/** A new definition: every rule holds. */
export function validateNewDefinition(definition: CustomResourceDefinition): FieldError[] {
  const name = definition.metadata?.name ?? ''
  const { names, group = '' } = definition.spec ?? ({} as Spec)
  const errors = name === `${names?.plural ?? ''}.${group}` ? []
    : [invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]
  return [...errors, ...validateDefinition(definition, undefined, allRules)]
}

/** Where objects are stored follows from group and plural; once established, scope and kind stay as well. */
export function validateDefinitionUpdate(
  definition: CustomResourceDefinition, old: Stored<CustomResourceDefinition>,
): FieldError[] {
  const { spec } = definition
  const bundle = old.spec?.conversion?.webhook?.clientConfig?.caBundle
  const strictness = rulesForUpdate(definition, old, Boolean(bundle) && validateCaBundle(bundle!, '').length > 0)
  const established = isConditionTrue(old.status?.conditions, 'Established')
  return [
    ...validateDefinition(definition, old, strictness),
    ...(established ? [
      ...validateImmutable(spec?.scope, old.spec?.scope, 'spec.scope'),
      ...validateImmutable(spec?.names?.kind, old.spec?.names?.kind, 'spec.names.kind'),
    ] : []),
    ...validateImmutable(spec?.group, old.spec?.group, 'spec.group'),
    ...validateImmutable(spec?.names?.plural, old.spec?.names?.plural, 'spec.names.plural'),
  ]
}

/** The status endpoint changes accepted names and conditions. */
export function validateDefinitionStatus({ status }: Definition): FieldError[] {
  return validateNames(status?.acceptedNames ?? ({} as Names), 'status.acceptedNames')
}

function validateDefinition(
  definition: Definition, old: Definition | undefined, strictness: Strictness,
): FieldError[] {
  const { spec = {} as Spec } = definition
  return [
    ...validateGroup(spec.group ?? ''),
    ...validateScope(spec.scope ?? ''),
    ...validateDefaulting(spec),
    ...validateVersions(spec, strictness),
    ...validateRequiredNames(spec.names),
    ...validateNames(spec.names ?? ({} as Names), 'spec.names'),
    ...validateConversion(spec.conversion, spec.preserveUnknownFields === true, strictness, 'spec.conversion'),
    ...validateDefinitionStatus(definition),
    ...validateStoredVersions(definition),
    ...validateApproval(definition, old),
    ...validatePreserving(spec, old?.spec),
  ]
}

type Approval = 'missing' | 'invalid' | 'approved' | 'unapproved'

function approvalOf({ metadata }: Definition): Approval {
  const value = metadata?.annotations?.[approvedAnnotation] ?? ''
  if (value === '') return 'missing'
  if (value.startsWith('unapproved')) return 'unapproved'
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(value) && URL.canParse(value) ? 'approved' : 'invalid'
}

/** Groups of the project itself need its approval: a link to the review, or the word that there is none. */
function validateApproval(definition: Definition, old: Definition | undefined): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(definition.spec?.group ?? '')) return []
  const approval = approvalOf(definition)
  if (old && approvalOf(old) === approval) return []
  const path = `metadata.annotations[${approvedAnnotation}]`
  const demand = 'protected groups must have approval annotation "api-approved.kubernetes.io"'
  const link = 'see https://github.com/kubernetes/enhancements/pull/1111'
  if (approval === 'missing') return [required(path, `${demand}, ${link}`)]
  if (approval !== 'invalid') return []
  const value = definition.metadata?.annotations?.[approvedAnnotation]
  return [invalidValue(path, value, `${demand} with either a URL or a reason starting with "unapproved", ${link}`)]
}

function validatePreserving({ preserveUnknownFields }: Spec, old: Spec | undefined): FieldError[] {
  if (!preserveUnknownFields || old?.preserveUnknownFields) return []
  return [invalidValue('spec.preserveUnknownFields', true,
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead')]
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

function validateVersions(spec: Spec, strictness: Strictness): FieldError[] {
  const { versions = [] } = spec
  const hoisted = hoistSpec(spec)
  const { top } = hoisted
  const hasStatus = ({ subresources }: typeof top): boolean => (top.subresources ?? subresources)?.status !== undefined
  const errors = [
    ...validateSchemasThere(spec, strictness),
    ...hoisted.versions.flatMap((version, index) =>
      validateVersion(version, `spec.versions[${index}]`, hasStatus(version), strictness)),
  ]
  const shown = spec.versions ? hoisted.versions.map(internalVersion) : null
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(invalidValue('spec.versions', shown, 'must contain unique version names'))
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalidValue('spec.versions', shown, 'must have exactly one version marked as storage version'))
  }
  const anyStatus = versions.some(({ subresources }) => subresources?.status !== undefined)
  // The first version is upstream's `spec.version` as well.
  const first = versions[0]?.name ?? ''
  const problems = first === '' ? [] : validateDns1035Label(first)
  if (problems.length > 0) errors.push(invalidValue('spec.version', first, problems.join(',')))
  return [...errors, ...validateTop(top, anyStatus, first, strictness)]
}

/** What all versions have alike. */
function validateTop(
  top: HoistedSpec['top'], hasStatus: boolean, first: string, strictness: Strictness,
): FieldError[] {
  const schema = top.schema?.openAPIV3Schema
  return [
    ...validateSchemaOf(top.schema, 'spec.validation', hasStatus, first, strictness),
    ...validateSubresources(top.subresources, 'spec.subresources'),
    ...validateColumns(top.additionalPrinterColumns, 'spec'),
    ...(!top.selectableFields?.length ? []
      : !schema ? [invalidValue('spec.selectableFields', '', 'may only be set when validations.schema is included')]
      : validateSelectableFields(top.selectableFields, schema, 'spec.selectableFields',
        strictness.manySelectableFields.has(''))),
  ]
}

/** What is not pruned is not defaulted. */
function validateDefaulting(spec: Spec): FieldError[] {
  const hasDefaults = (schema: Schema): boolean => schema.default !== undefined && schema.default !== null
  if (!spec.preserveUnknownFields || !schemasOf(spec).some((schema) => someSchema(schema, hasDefaults))) return []
  return [invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema')]
}

/** Without a schema everything would be pruned. */
function validateSchemasThere({ versions = [], preserveUnknownFields }: Spec, strictness: Strictness): FieldError[] {
  return versions.flatMap(({ schema, served }, index) => {
    if (schema?.openAPIV3Schema) return []
    const path = `spec.versions[${index}].schema.openAPIV3Schema`
    if (strictness.schema) return [required(path)]
    return served && !preserveUnknownFields ? [required(path, 'because otherwise all fields are pruned')] : []
  })
}

function validateVersion(version: Version, path: string, hasStatus: boolean, strictness: Strictness): FieldError[] {
  const { name = '', schema, selectableFields } = version
  const problems = validateDns1035Label(name)
  return [
    ...(problems.length > 0 ? [invalidValue(`${path}.name`, name, problems.join(','))] : []),
    ...validateDeprecation(version, path),
    ...validateSchemaOf(schema, `${path}.schema`, hasStatus, name, strictness),
    ...validateSubresources(version.subresources, `${path}.subresources`),
    ...validateColumns(version.additionalPrinterColumns, path),
    ...(!selectableFields?.length ? []
      : !schema?.openAPIV3Schema ? [invalidValue(`${path}.selectableFields`, '',
        'may only be set when `version.schema.openAPIV3Schema` is not included')]
      : validateSelectableFields(selectableFields, schema.openAPIV3Schema, `${path}.selectableFields`,
        strictness.manySelectableFields.has(name))),
  ]
}

/** Upstream shows its internal type, whose fields have Go's names. */
function internalVersion(version: Version): object {
  const { name, served, storage, deprecated = false, deprecationWarning = null } = version
  const { schema = null, subresources = null, additionalPrinterColumns = null, selectableFields = null } = version
  return {
    Name: name, Served: served, Storage: storage, Deprecated: deprecated, DeprecationWarning: deprecationWarning,
    Schema: schema, Subresources: subresources, AdditionalPrinterColumns: additionalPrinterColumns,
    SelectableFields: selectableFields,
  }
}

function validateSchemaOf(
  schema: Version['schema'], path: string, hasStatus: boolean, version: string, strictness: Strictness,
): FieldError[] {
  const root = schema?.openAPIV3Schema
  if (!root) return []
  const isUnchanged = strictness.unchangedVersions.has(version)
  return validateRootSchema(root, `${path}.openAPIV3Schema`, { hasStatus, strictness, isUnchanged })
}

function validateDeprecation({ deprecated, deprecationWarning: warning }: Version, path: string): FieldError[] {
  if (warning === undefined) return []
  const problems: string[] = []
  if (!deprecated) problems.push('can only be set for deprecated versions')
  else {
    if (utf8Length(warning) > 256) problems.push('must be <= 256 characters long')
    if (warning === '') problems.push('must not be an empty string')
    const at = [...warning].findIndex((char) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char))
    if (at >= 0) {
      const index = utf8Length([...warning].slice(0, at).join(''))
      problems.push(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`)
    }
  }
  return invalidFor(`${path}.deprecationWarning`, warning, problems)
}

function validateSelectableFields(
  fields: NonNullable<Version['selectableFields']>, schema: Schema, path: string, mayBeMany: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  const known = new Set<string>()
  for (const [index, { jsonPath }] of fields.entries()) {
    const at = `${path}[${index}].jsonPath`
    if (!jsonPath) {
      errors.push(required(at))
      continue
    }
    const found = followFieldPath(schema, jsonPath, false)
    if (typeof found === 'string') {
      errors.push(invalidValue(at, jsonPath, `is an invalid path: ${found}`))
      continue
    }
    const key = JSON.stringify(found.names)
    if (found.names[0] === 'metadata') errors.push(invalidValue(at, jsonPath, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? '')) {
      errors.push(invalidValue(at, jsonPath, 'must point to a field of type string, boolean or integer. '
        + 'Enum string fields and strings with formats are allowed.'))
    }
    if (known.has(key)) errors.push(duplicateValue(at, jsonPath))
    known.add(key)
  }
  if (known.size > maxSelectableFields && !mayBeMany) errors.push(tooMany(path, known.size, maxSelectableFields))
  return errors
}

function validateColumns(columns: Version['additionalPrinterColumns'], path: string): FieldError[] {
  return (columns ?? []).flatMap((column, at) => validateColumn(column, `${path}.additionalPrinterColumns[${at}]`))
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function validateColumn({ name, type, format, jsonPath }: Column, path: string): FieldError[] {
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

function validateSubresources(subresources: Version['subresources'], path: string): FieldError[] {
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
    else if (!parts.some((part) => value.startsWith(part))) {
      errors.push(invalidValue(at, value, `should be a json path under ${place}`))
    }
  }
  check('specReplicasPath', ['.spec.'], '.spec')
  check('statusReplicasPath', ['.status.'], '.status')
  check('labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status')
  return errors
}

function validateRequiredNames(names: Names | undefined): FieldError[] {
  return (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((field) => !names?.[field]).map((field) => required(`spec.names.${field}`))
}

function validateNames(names: Names, path: string): FieldError[] {
  const errors: FieldError[] = []
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
function validateStoredVersions({ spec, status }: Definition): FieldError[] {
  const path = 'status.storedVersions'
  const stored = status?.storedVersions ?? []
  if (stored.length === 0) return [invalidValue(path, null, 'must have at least one stored version')]
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
