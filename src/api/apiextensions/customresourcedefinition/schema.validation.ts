/**
 * Rules of structural schemas: every field has a type, and logic (anyOf, not) only restricts what is declared
 * outside of it.
 */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { compilePattern } from '#machinery/regular-expression.ts'
import type { JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool } from '../../gen/apiextensions-v1.ts'
import { validateLists } from './schema-lists.validation.ts'

type Level = 'root' | 'item' | 'field'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
/** A schema deeper than this is refused: every check walks it. */
const maxDepth = 100

export function validateRootSchema(schema: JSONSchemaProps, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (hasStatus && schema.type !== undefined && schema.type !== 'object') {
    errors.push(invalidValue(`${path}.type`, schema.type,
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'))
  }
  if (schema.nullable) errors.push(forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root'))
  return [...errors, ...validateSchema(schema, path, 'root', 0)]
}

function validateSchema(schema: JSONSchemaProps, path: string, level: Level, depth: number): FieldError[] {
  if (depth > maxDepth) return [invalidValue(path, '', `must not be nested deeper than ${maxDepth} levels`)]
  const errors = [
    ...validateUnsupported(schema, path),
    ...validateType(schema, path, level),
    ...validateLists(schema, path),
    ...validateRules(schema, path),
    ...validateEmbedded(schema, path), ...validateLogic(schema, path, depth),
  ]
  const items = asSchema(schema.items)
  if (schema.type === 'array' && !schema.items) errors.push(required(`${path}.items`, 'must be specified'))
  if (items) errors.push(...validateSchema(items, `${path}.items`, 'item', depth + 1))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    // Metadata of the object itself is the server's; a schema may only restrict its names.
    if (level === 'root' && name === 'metadata') {
      errors.push(...validateMetadata(property, `${path}.properties[metadata]`))
    } else errors.push(...validateSchema(property, `${path}.properties[${name}]`, 'field', depth + 1))
  }
  const additional = asSchema(schema.additionalProperties)
  if (additional) errors.push(...validateSchema(additional, `${path}.additionalProperties`, 'field', depth + 1))
  return errors
}

function asSchema(value: JSONSchemaPropsOrArray | JSONSchemaPropsOrBool | undefined): JSONSchemaProps | undefined {
  return typeof value === 'object' && !Array.isArray(value) ? value : undefined
}

const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

function validateUnsupported(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors = unsupported.filter((field) => schema[field] !== undefined && schema[field] !== '')
    .map((field) => forbiddenValue(`${path}.${field}`, `${field} is not supported`))
  if (schema.uniqueItems) {
    errors.push(
      forbiddenValue(
        `${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    )
  }
  if (
    schema.additionalProperties !== undefined
    && schema.additionalProperties !== false
    && Object.keys(schema.properties ?? {}).length > 0
  ) {
    errors.push(
      forbiddenValue(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    )
  }
  if (schema.type === 'null') {
    errors.push(forbiddenValue(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'))
  }
  if (Array.isArray(schema.items)) {
    errors.push(forbiddenValue(`${path}.items`, 'items must be a schema object and not an array'))
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  }
  if (schema.pattern) errors.push(...validatePattern(schema.pattern, `${path}.pattern`))
  return errors
}

function validatePattern(pattern: string, path: string): FieldError[] {
  const compiled = compilePattern(pattern)
  if (typeof compiled !== 'string') return []
  return [invalidValue(path, pattern, `must be a valid regular expression, but isn't: ${compiled}`)]
}

function validateType(schema: JSONSchemaProps, path: string, level: Level): FieldError[] {
  const { type = '' } = schema
  if (type !== '' && type !== 'null' && !types.includes(type)) return [notSupported(`${path}.type`, type, types)]
  const untyped = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields']
  const errors: FieldError[] = []
  if (type === '') {
    if (level === 'root') errors.push(required(`${path}.type`, 'must not be empty at the root'))
    else if (!untyped) {
      errors.push(
        required(
          `${path}.type`,
          level === 'item'
            ? 'must not be empty for specified array items'
            : 'must not be empty for specified object fields',
        ),
      )
    }
  } else if (level === 'root' && type !== 'object') {
    errors.push(invalidValue(`${path}.type`, type, 'must be object at the root'))
  }
  if (level === 'root' && schema.additionalProperties !== undefined) {
    errors.push(forbiddenValue(`${path}.additionalProperties`, 'must not be used at the root'))
  }
  return errors
}

function validateEmbedded(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (schema['x-kubernetes-int-or-string']) {
    for (const field of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) {
      if (schema[field]) {
        errors.push(invalidValue(`${path}.${field}`, true, 'must be false if x-kubernetes-int-or-string is true'))
      }
    }
  }
  if (!schema['x-kubernetes-embedded-resource']) return errors
  const detail = 'must be object if x-kubernetes-embedded-resource is true'
  if (!schema.type) errors.push(required(`${path}.type`, detail))
  else if (schema.type !== 'object') errors.push(invalidValue(`${path}.type`, schema.type, detail))
  if (schema.additionalProperties !== undefined) {
    errors.push(
      forbiddenValue(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
    )
  }
  if (!schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(schema.properties ?? {}).length === 0) {
    errors.push(required(`${path}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'))
  }
  return errors
}

function validateMetadata(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors = schema.type === 'object' ? [] : [invalidValue(`${path}.type`, schema.type ?? '', 'must be object')]
  const others = Object.keys(schema.properties ?? {}).filter((name) => name !== 'name' && name !== 'generateName')
  if (others.length > 0) {
    errors.push(
      forbiddenValue(
        path, 'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    )
  }
  return errors
}

/** What is wrong with rules without a look at their expressions. */
function validateRules(schema: JSONSchemaProps, path: string): FieldError[] {
  const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
  return (schema['x-kubernetes-validations'] ?? []).flatMap(
    ({ rule = '', message = '', reason, messageExpression, fieldPath = '' }, index) => {
      const at = `${path}.x-kubernetes-validations[${index}]`
      const errors: FieldError[] = []
      if (rule.trim() === '') errors.push(required(`${at}.rule`, 'rule is not specified'))
      if (message !== '' && message.trim() === '') {
        errors.push(invalidValue(`${at}.message`, message, 'must be non-empty if specified'))
      } else if (message.includes('\n')) {
        errors.push(invalidValue(`${at}.message`, message, 'must not contain line breaks'))
      } else if (rule.includes('\n') && message === '') {
        errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'))
      }
      if (messageExpression !== undefined && messageExpression !== '' && messageExpression.trim() === '') {
        errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'))
      }
      if (fieldPath !== '' && fieldPath.trim() === '') {
        errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified'))
      }
      if (/[\n\r]/.test(fieldPath)) errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'))
      if (fieldPath !== '' && !isFieldPath(schema, fieldPath)) {
        errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be a valid path'))
      }
      if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, reasons))
      return errors
    },
  )
}

/** Whether `.a.b['c']` leads through fields of the schema. */
function isFieldPath(schema: JSONSchemaProps, path: string): boolean {
  const steps = [...path.matchAll(/\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/gy)]
  if (steps.map(([step]) => step).join('') !== path || path === '') return false
  let at: JSONSchemaProps | undefined = schema
  for (const [, field, key] of steps) {
    const name: string = field ?? key!.replaceAll(/\\(.)/g, '$1')
    const properties: Readonly<Record<string, JSONSchemaProps>> = at?.properties ?? {}
    const additional: JSONSchemaProps | undefined = field === undefined ? asSchema(at?.additionalProperties) : undefined
    at = Object.hasOwn(properties, name) ? properties[name] : additional
    if (!at) return false
  }
  return true
}

const declarations = [
  ['type', 'must be empty to be structural'], ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'], ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'], ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
] as const

function validateLogic(schema: JSONSchemaProps, path: string, depth: number): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, part] of (schema[field] ?? []).entries()) {
      // Integer or string is said by type inside anyOf, the one exception.
      const mayType = field === 'anyOf' && schema['x-kubernetes-int-or-string'] === true
      errors.push(...validateNested(part, `${path}.${field}[${index}]`, mayType, depth + 1))
    }
  }
  if (schema.not) errors.push(...validateNested(schema.not, `${path}.not`, false, depth + 1))
  return errors
}

function validateNested(schema: JSONSchemaProps, path: string, mayType: boolean, depth: number): FieldError[] {
  if (depth > maxDepth) return [invalidValue(path, '', `must not be nested deeper than ${maxDepth} levels`)]
  const errors = declarations.filter(([field]) => schema[field] && !(mayType && field === 'type'))
    .map(([field, detail]) => forbiddenValue(`${path}.${field}`, detail))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (name === 'metadata' && depth === 1) {
      errors.push(forbiddenValue(`${path}.properties[metadata]`, 'must not be specified in a nested context'))
    }
    errors.push(...validateNested(property, `${path}.properties[${name}]`, false, depth + 1))
  }
  const items = asSchema(schema.items)
  if (items) errors.push(...validateNested(items, `${path}.items`, false, depth + 1))
  return [...errors, ...validateLogic(schema, path, depth)]
}
