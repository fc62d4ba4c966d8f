/** OpenAPI schemas as types of CEL (upstream: apiserver/pkg/cel/common), with the sizes that a request can have. */
import { escapeFieldName, isReservedFieldName } from './json-values.ts'
import {
  boolType, doubleType, durationType, dynType, intType, listOf, mapOf, stringType, timestampType, type FieldType,
  type Type,
} from './types.ts'

/** What is read of a schema. */
export interface SchemaLike {
  readonly type?: string | undefined
  readonly format?: string | undefined
  readonly default?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly maxLength?: number | undefined
  readonly maxItems?: number | undefined
  readonly maxProperties?: number | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: unknown
  readonly properties?: Readonly<Record<string, SchemaLike>> | undefined
  readonly additionalProperties?: unknown
  readonly 'x-kubernetes-int-or-string'?: boolean | undefined
  readonly 'x-kubernetes-embedded-resource'?: boolean | undefined
}

export interface Declared {
  readonly type: Type
  /** Bytes that a value takes in a request at least. */
  readonly minSize: number
}

const maxRequestSize = 3 * 1024 * 1024
/** UTF-8 may take four bytes for a character. */
const bytesOfCharacter = 4

/** undefined: values of the schema cannot be used in expressions. `isRoot`: it is a whole object of the API. */
export function declareSchema(schema: SchemaLike, isRoot: boolean): Declared | undefined {
  if (schema['x-kubernetes-int-or-string']) return { type: dynType, minSize: 1 }
  switch (schema.type) {
    case 'array': return declareList(schema)
    case 'object': return declareObject(schema, isRoot)
    case 'string': return declareText(schema)
    case 'boolean': return { type: boolType, minSize: 4 }
    case 'number': return { type: doubleType, minSize: 1 }
    case 'integer': return { type: intType, minSize: 1 }
    default: return undefined
  }
}

/** How many values of this size fit into a request, each with a comma. */
export function maxItemsOf(minSize: number): number {
  return Math.floor((maxRequestSize - 2) / (minSize + 1))
}

/** How many entries fit whose values are of this size: quotes, a key, a colon, a comma. */
function maxEntriesOf(minSize: number): number {
  return Math.floor((maxRequestSize - 2) / (minSize + 6))
}

/** The schema of items or of additional properties, where it is one. */
export function schemaOf(part: unknown): SchemaLike | undefined {
  return typeof part === 'object' && part !== null && !Array.isArray(part) ? part : undefined
}

function declareNested(schema: SchemaLike | undefined): Declared | undefined {
  return schema && declareSchema(schema, schema['x-kubernetes-embedded-resource'] === true)
}

function declareList({ items, maxItems }: SchemaLike): Declared | undefined {
  const item = declareNested(schemaOf(items))
  return item && { type: listOf(item.type, Math.max(0, maxItems ?? maxItemsOf(item.minSize))), minSize: 2 }
}

const namesOnly: SchemaLike = {
  type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } },
}

function declareObject(schema: SchemaLike, isRoot: boolean): Declared | undefined {
  const additional = schemaOf(schema.additionalProperties)
  if (additional) {
    const value = declareNested(additional)
    const max = Math.max(0, schema.maxProperties ?? (value ? maxEntriesOf(value.minSize) : 0))
    return value && { type: mapOf(stringType, value.type, max), minSize: 2 }
  }
  const properties: Readonly<Record<string, SchemaLike>> = isRoot
    ? { ...schema.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: namesOnly }
    : schema.properties ?? {}
  const fields = new Map<string, FieldType>()
  let minSize = 2
  for (const [name, property] of Object.entries(properties)) {
    const declared = declareNested(property)
    if (!declared) continue
    const escaped = escapeFieldName(name)
    if (escaped !== undefined) fields.set(escaped, { type: declared.type, name })
    if (isReservedFieldName(name)) fields.set(name, { type: declared.type, name })
    if (schema.required?.includes(name) && property.default === undefined) {
      minSize += name.length + declared.minSize + 4
    }
  }
  return { type: { kind: 'object', name: 'object', fields }, minSize }
}

function declareText(schema: SchemaLike): Declared {
  const { maxLength } = schema
  switch (schema.format) {
    case 'byte': return { type: { kind: 'bytes', maxElements: Math.max(0, maxLength ?? maxRequestSize - 2) }, minSize: 2 }
    case 'duration': return { type: durationType, minSize: 3 }
    case 'date': return { type: timestampType, minSize: 12 }
    case 'date-time': return { type: timestampType, minSize: 21 }
    default: break
  }
  const longest = schema.enum?.length
    ? Math.max(0, ...schema.enum.map((value) => typeof value === 'string' ? value.length : 0))
    : maxRequestSize - 2
  const maxElements = maxLength === undefined ? longest : Math.max(0, maxLength) * bytesOfCharacter
  return { type: { kind: 'string', maxElements }, minSize: 2 }
}
