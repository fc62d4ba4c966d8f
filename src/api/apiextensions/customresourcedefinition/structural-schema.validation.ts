/**
 * What makes a schema structural: every field has a type, and logic (anyOf, not) only restricts what is declared
 * outside of it (upstream: apiextensions-apiserver pkg/apiserver/schema/validation.go, complete.go).
 */
import { deepEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { compilePattern } from '#machinery/regular-expression.ts'
import { isSchema, type Schema } from './hoisted-spec.ts'

type Level = 'root' | 'item' | 'field'

/** A schema deeper than this is refused: every check walks it. */
export const maxDepth = 100

const unsupported = ['id', '$schema', '$ref', 'patternProperties', 'dependencies', 'additionalItems', 'definitions'] as const
/** How upstream calls them in this sentence. */
const titles: Readonly<Record<string, string>> = { $schema: 'schema' }

/** Why no structural schema can be made of it at all; undefined: one can. */
export function whyNotStructural(schema: Schema): string | undefined {
  for (const field of unsupported) {
    const value: unknown = schema[field]
    const isEmpty = value === undefined || value === ''
      || (typeof value === 'object' && field !== 'additionalItems' && Object.keys(value as object).length === 0)
    if (!isEmpty) return `OpenAPIV3Schema '${titles[field] ?? field}' is not supported`
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    return "'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  }
  const parts: readonly unknown[] = [
    schema.items, schema.additionalProperties, schema.not, ...(schema.allOf ?? []), ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []), ...Object.values(schema.properties ?? {}),
  ]
  for (const part of parts) {
    const why = isSchema(part) ? whyNotStructural(part) : undefined
    if (why !== undefined) return why
  }
  return undefined
}

/** Of a schema that `whyNotStructural` has nothing to say about. In the order of their texts. */
export function validateStructural(schema: Schema, path: string): FieldError[] {
  const errors = [...validateLevel(schema, path, 'root', 0), ...validateCompleteness(schema, schema, path, path)]
  const text = ({ field, message }: FieldError): string => `${field}: ${message}`
  return errors.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
}

function validateLevel(schema: Schema, path: string, level: Level, depth: number): FieldError[] {
  if (depth > maxDepth) return [invalidValue(path, '', `must not be nested deeper than ${maxDepth} levels`)]
  const errors: FieldError[] = []
  const { items, additionalProperties } = schema
  if (schema.type === 'array' && !items) errors.push(required(`${path}.items`, 'must be specified'))
  if (isSchema(items)) errors.push(...validateLevel(items, `${path}.items`, 'item', depth + 1))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...validateLevel(property, `${path}.properties[${name}]`, 'field', depth + 1))
  }
  if (additionalProperties !== undefined && level === 'root') {
    errors.push(forbiddenValue(`${path}.additionalProperties`, 'must not be used at the root'))
  }
  if (isSchema(additionalProperties)) {
    errors.push(...validateLevel(additionalProperties, `${path}.additionalProperties`, 'field', depth + 1))
  }
  return [
    ...errors, ...validateExtensions(schema, path), ...validateLogic(schema, path, intOrStringIn(schema), depth),
    ...validateType(schema, path, level), ...validateMetaFields(schema, path, level),
  ]
}

function validateExtensions(schema: Schema, path: string): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return []
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((field) => schema[field])
    .map((field) => invalidValue(`${path}.${field}`, true, 'must be false if x-kubernetes-int-or-string is true'))
}

const typeMissing: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root', item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function validateType(schema: Schema, path: string, level: Level): FieldError[] {
  const { type = '' } = schema
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  const preserved = schema['x-kubernetes-preserve-unknown-fields'] === true
  const errors: FieldError[] = []
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(type === '' ? required(`${path}.type`, detail) : invalidValue(`${path}.type`, type, detail))
  } else if (type === '' && !schema['x-kubernetes-int-or-string'] && !preserved) {
    errors.push(required(`${path}.type`, typeMissing[level]))
  }
  if (embedded && schema.additionalProperties !== undefined) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set'
    errors.push(forbiddenValue(`${path}.additionalProperties`, detail))
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.push(invalidValue(`${path}.type`, type, 'must be object at the root'))
  }
  if (embedded && !preserved && Object.keys(schema.properties ?? {}).length === 0) {
    errors.push(required(`${path}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'))
  }
  return errors
}

/** Of a whole object kind, apiVersion and metadata are the server's; a schema may only restrict its names. */
function validateMetaFields(schema: Schema, path: string, level: Level): FieldError[] {
  if (level !== 'root' && !schema['x-kubernetes-embedded-resource']) return []
  const errors: FieldError[] = []
  for (const [name, type] of [['kind', 'string'], ['apiVersion', 'string'], ['metadata', 'object']] as const) {
    const property = schema.properties?.[name]
    if (property && property.type !== type) {
      errors.push(invalidValue(`${path}.properties[${name}].type`, property.type ?? '', `must be ${type}`))
    }
  }
  const metadata = schema.properties?.['metadata']
  if (level === 'root' && metadata && !onlyNames(metadata)) {
    errors.push(forbiddenValue(`${path}.properties[metadata]`,
      'must not specify anything other than name and generateName, but metadata is implicitly specified'))
  }
  return errors
}

function onlyNames({ properties = {}, type: _, default: __, ...rest }: Schema): boolean {
  const names = Object.keys(properties)
  const some = names.every((name) => name === 'name' || name === 'generateName')
  return some && Object.values(rest).every((value) => value === undefined || value === '' || value === false)
}

interface Exempt {
  readonly anyOf: boolean
  readonly firstAllOf: boolean
}

const nothingExempt: Exempt = { anyOf: false, firstAllOf: false }
const intOrString = [{ type: 'integer' }, { type: 'string' }]

/** Where an integer or a string is said by type inside logic, the one exception. */
function intOrStringIn({ anyOf, allOf }: Schema): Exempt {
  return { anyOf: deepEqual(anyOf, intOrString), firstAllOf: deepEqual(allOf?.[0]?.anyOf, intOrString) }
}

function validateLogic(schema: Schema, path: string, exempt: Exempt, depth: number): FieldError[] {
  if (depth > maxDepth) return [invalidValue(path, '', `must not be nested deeper than ${maxDepth} levels`)]
  const errors: FieldError[] = []
  const nested = (parts: readonly Schema[] | undefined, field: string): void => {
    for (const [index, part] of (parts ?? []).entries()) {
      const own = { anyOf: field === 'allOf' && index === 0 && exempt.firstAllOf, firstAllOf: false }
      errors.push(...validateNested(part, `${path}.${field}[${index}]`, own, depth + 1))
    }
  }
  if (!exempt.anyOf) nested(schema.anyOf, 'anyOf')
  nested(schema.allOf, 'allOf')
  nested(schema.oneOf, 'oneOf')
  if (schema.not) errors.push(...validateNested(schema.not, `${path}.not`, nothingExempt, depth + 1))
  if (schema.pattern) {
    const compiled = compilePattern(schema.pattern)
    if (typeof compiled === 'string') {
      const detail = `must be a valid regular expression, but isn't: ${compiled}`
      errors.push(invalidValue(`${path}.pattern`, schema.pattern, detail))
    }
  }
  return errors
}

const declarations = [
  ['type', 'must be empty to be structural'], ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'], ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
] as const

function validateNested(schema: Schema, path: string, exempt: Exempt, depth: number): FieldError[] {
  const errors = validateLogic(schema, path, exempt, depth)
  if (isSchema(schema.items)) {
    errors.push(...validateNested(schema.items, `${path}.items`, nothingExempt, depth + 1))
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...validateNested(property, `${path}.properties[${name}]`, nothingExempt, depth + 1))
  }
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
    errors.push(forbiddenValue(`${path}.additionalProperties`, 'must be undefined to be structural'))
  }
  for (const [field, detail] of declarations) {
    const value: unknown = schema[field]
    const isSet = field === 'default' ? value !== undefined && value !== null
      : Array.isArray(value) ? value.length > 0 : field.endsWith('-type') ? value !== undefined : Boolean(value)
    if (isSet) errors.push(forbiddenValue(`${path}.${field}`, detail))
  }
  if (schema.properties && Object.hasOwn(schema.properties, 'metadata')) {
    errors.push(forbiddenValue(`${path}.properties[metadata]`, 'must not be specified in a nested context'))
  }
  return errors
}

/** Whatever logic speaks of must be declared: `nested` within logic at `at`, `declared` outside of it at `path`. */
function validateCompleteness(nested: Schema, declared: Schema, path: string, at: string): FieldError[] {
  const errors: FieldError[] = []
  const parts = (field: 'allOf' | 'anyOf' | 'oneOf'): void => {
    for (const [index, part] of (nested[field] ?? []).entries()) {
      errors.push(...validateNestedCompleteness(part, declared, path, `${at}.${field}[${index}]`))
    }
  }
  if (nested.not) errors.push(...validateNestedCompleteness(nested.not, declared, path, `${at}.not`))
  parts('allOf')
  parts('anyOf')
  parts('oneOf')
  return errors
}

function validateNestedCompleteness(
  nested: Schema, declared: Schema | undefined, path: string, at: string,
): FieldError[] {
  if (!declared) return [required(path, `because it is defined in ${at}`)]
  const errors = validateCompleteness(nested, declared, path, at)
  if (isSchema(nested.items)) {
    const items = isSchema(declared.items) ? declared.items : undefined
    errors.push(...validateNestedCompleteness(nested.items, items, `${path}.items`, `${at}.items`))
  }
  const properties = declared.properties ?? {}
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined
    const key = `properties[${name}]`
    errors.push(...validateNestedCompleteness(property, own, `${path}.${key}`, `${at}.${key}`))
  }
  return errors
}
