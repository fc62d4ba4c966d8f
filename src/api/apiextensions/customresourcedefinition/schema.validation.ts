/** Validation of a definition's schema (upstream: validateCustomResourceDefinitionValidation and what it calls). */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, notSupported } from '#machinery/errors/field-errors.ts'
import { isSchema, type Schema } from './hoisted-spec.ts'
import { validateLists } from './schema-lists.validation.ts'
import { validateRuleTexts } from './schema-rule-texts.validation.ts'
import { validateSchemaRules } from './schema-rules.validation.ts'
import { propertyTypes, type Strictness } from './strictness.ts'
import { maxDepth, validateStructural, whyNotStructural } from './structural-schema.validation.ts'

export interface SchemaContext {
  readonly hasStatus: boolean
  readonly strictness: Strictness
  /** The schema is as it was: what its rules cost has been weighed. */
  readonly isUnchanged: boolean
}

/** `path` is that of the schema: `spec.validation.openAPIV3Schema`. */
export function validateRootSchema(schema: Schema, path: string, context: SchemaContext): FieldError[] {
  const { hasStatus, strictness, isUnchanged } = context
  const errors: FieldError[] = hasStatus ? validateBesideStatus(schema, path) : []
  if (schema.nullable) errors.push(forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root'))
  const why = strictness.structural ? whyNotStructural(schema) : undefined
  const structural = strictness.structural && why === undefined ? validateStructural(schema, path) : []
  errors.push(...structural)
  const place: Place = { path, isRoot: true, insideMeta: false, noDefaults: undefined, depth: 0 }
  const ofSchema = validateSchema(schema, place, strictness)
  errors.push(...ofSchema)
  if (errors.length === 0 && why !== undefined) errors.push(invalidValue(path, '', why))
  if (!strictness.structural || why !== undefined || structural.length > 0) return errors
  const faulty = ofSchema.map(({ field }) => field)
  return [...errors, ...validateSchemaRules(schema, path, { faulty, isUnchanged })]
}

/** Upstream names its internal fields. */
const besideStatus: readonly (readonly [field: keyof Schema, title: string])[] = [
  ['description', 'Description'], ['type', 'Type'], ['format', 'Format'], ['title', 'Title'], ['maximum', 'Maximum'],
  ['exclusiveMaximum', 'ExclusiveMaximum'], ['minimum', 'Minimum'], ['exclusiveMinimum', 'ExclusiveMinimum'],
  ['maxLength', 'MaxLength'], ['minLength', 'MinLength'], ['pattern', 'Pattern'], ['maxItems', 'MaxItems'],
  ['minItems', 'MinItems'], ['uniqueItems', 'UniqueItems'], ['multipleOf', 'MultipleOf'], ['required', 'Required'],
  ['items', 'Items'], ['properties', 'Properties'], ['externalDocs', 'ExternalDocs'], ['example', 'Example'],
  ['x-kubernetes-preserve-unknown-fields', 'XPreserveUnknownFields'], ['x-kubernetes-validations', 'XValidations'],
]

/** The status is validated by `properties.status` alone, so nothing else at the root may speak of it. */
function validateBesideStatus(schema: Schema, path: string): FieldError[] {
  if (schema.type && schema.type !== 'object') {
    return [invalidValue(`${path}.type`, schema.type,
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled')]
  }
  const known = new Set(besideStatus.map(([field]) => field))
  const isSet = (value: unknown): boolean => value !== undefined && value !== false && value !== '' && value !== null
  const other = Object.entries(schema).some(([field, value]) => isSet(value) && !known.has(field as keyof Schema))
  if (!other) return []
  const titles = besideStatus.map(([, title]) => title).join(' ')
  return [invalidValue(path, schema,
    `only [${titles}] fields are allowed at the root of the schema if the status subresource is enabled`)]
}

interface Place {
  readonly path: string
  readonly isRoot: boolean
  /** Within kind, apiVersion or metadata of an object of the API. */
  readonly insideMeta: boolean
  /** Why there may be no defaults here; undefined: there may. */
  readonly noDefaults: string | undefined
  readonly depth: number
}

const metaFields: ReadonlySet<string> = new Set(['metadata', 'kind', 'apiVersion'])

function validateSchema(schema: Schema, place: Place, strictness: Strictness): FieldError[] {
  const { path, isRoot, insideMeta, noDefaults, depth } = place
  // The structural rules have said so.
  if (depth > maxDepth) return []
  const errors = validateOwn(schema, place, strictness)
  const below = (part: unknown, at: string, more: Partial<Place> = {}): void => {
    if (!isSchema(part)) return
    const inner = { ...place, isRoot: false, depth: depth + 1, path: `${path}.${at}`, ...more }
    errors.push(...validateSchema(part, inner, strictness))
  }
  below(schema.additionalProperties, 'additionalProperties',
    insideMeta ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {})
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = (isRoot || schema['x-kubernetes-embedded-resource']) && metaFields.has(name)
    below(property, `properties[${name}]`, isMeta
      ? { insideMeta: true, noDefaults: isRoot ? `in top-level ${name}` : noDefaults } : {})
  }
  below(schema.not, 'not')
  for (const field of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [index, part] of (schema[field] ?? []).entries()) below(part, `${field}[${index}]`)
  }
  below(schema.items, 'items')
  if (Array.isArray(schema.items)) schema.items.forEach((part, index) => below(part, `items[${index}]`))
  const keys = validateLists(schema, path, strictness)
  return [...errors, ...keys, ...validateRuleTexts(schema, path)]
}

function validateOwn(schema: Schema, { path, insideMeta, noDefaults }: Place, strictness: Strictness): FieldError[] {
  const errors: FieldError[] = []
  const { type = '', additionalProperties } = schema
  if (strictness.propertyTypes && type !== '' && !propertyTypes.includes(type)) {
    errors.push(notSupported(`${path}.type`, type, propertyTypes))
  }
  if (schema.default !== undefined && schema.default !== null && noDefaults !== undefined) {
    errors.push(forbiddenValue(`${path}.default`, `must not be set ${noDefaults}`))
  }
  const set = (value: unknown): boolean => value !== undefined && value !== ''
  for (const field of ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const) {
    if (set(schema[field])) errors.push(forbiddenValue(`${path}.${field}`, `${field} is not supported`))
  }
  if (type === 'null') {
    errors.push(forbiddenValue(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'))
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    errors.push(forbiddenValue(`${path}.items`, 'items must be a schema object and not an array'))
  }
  if (insideMeta && schema['x-kubernetes-embedded-resource']) {
    errors.push(forbiddenValue(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'))
  }
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    errors.push(forbiddenValue(`${path}.uniqueItems`, detail))
  }
  const hasProperties = Object.keys(schema.properties ?? {}).length > 0
  if (additionalProperties !== undefined && additionalProperties !== true && hasProperties) {
    const detail = 'additionalProperties and properties are mutual exclusive'
    errors.push(forbiddenValue(`${path}.additionalProperties`, detail))
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  }
  return errors
}
