/** Schemas of OpenAPI from the schema table: what kubectl explains, validates and merges with. */
import type { FieldSchema, Shape, StructSchema } from '#machinery/schema/schema.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** Where the two versions of OpenAPI differ. */
export interface Dialect {
  readonly version: 2 | 3
  /** `#/definitions/` or `#/components/schemas/`. */
  readonly prefix: string
}

export const openApiV2: Dialect = { version: 2, prefix: '#/definitions/' }
export const openApiV3: Dialect = { version: 3, prefix: '#/components/schemas/' }

const metaPrefix = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
export const patchDefinition = `${metaPrefix}Patch`
const apiextensionsPrefix = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.'

/** Scalars that have a definition of their own. */
const namedScalars: Readonly<Record<string, string>> = {
  time: `${metaPrefix}Time`,
  microTime: `${metaPrefix}MicroTime`,
  duration: `${metaPrefix}Duration`,
  fieldsV1: `${metaPrefix}FieldsV1`,
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  intOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  rawExtension: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
  json: `${apiextensionsPrefix}JSON`,
  jsonSchemaOrList: `${apiextensionsPrefix}JSONSchemaPropsOrArray`,
  jsonSchemaOrBool: `${apiextensionsPrefix}JSONSchemaPropsOrBool`,
  jsonSchemaOrStrings: `${apiextensionsPrefix}JSONSchemaPropsOrStringArray`,
}

const plainScalars: Readonly<Record<string, JsonObject>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  uint32: { type: 'integer', format: 'int64' },
  uint64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  float: { type: 'number', format: 'float' },
  bytes: { type: 'string', format: 'byte' },
  enum: { type: 'string' },
}

const zeros: Readonly<Record<string, Json>> = {
  string: '', bool: false, int32: 0, int64: 0, uint32: 0, uint64: 0, double: 0, float: 0,
}

function scalarDefinition(name: string, { version }: Dialect): JsonObject {
  switch (name.slice(name.lastIndexOf('.') + 1)) {
    case 'Time': case 'MicroTime': return { type: 'string', format: 'date-time' }
    case 'Duration': return { type: 'string' }
    case 'Quantity': return version === 3 ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' }
    case 'IntOrString':
      return version === 3
        ? { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
        : { type: 'string', format: 'int-or-string' }
    case 'FieldsV1':
    case 'RawExtension':
    case 'Patch':
      return { type: 'object' }
    default:
      return {}
  }
}

/** Every definition that the named ones lead to, with themselves, by name. */
export function definitionsFor(roots: Iterable<string>, table: SchemaTable, dialect: Dialect): JsonObject {
  const kinds = kindsByStruct(table)
  const definitions = new Map<string, JsonObject>()
  const pending = [...roots]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (definitions.has(name)) continue
    if (table.has(name)) {
      const struct = table.struct(name)
      definitions.set(name, structDefinition(struct, dialect, kinds.get(name) ?? []))
      for (const field of struct.fields) pending.push(...namesIn(field.shape))
    } else {
      definitions.set(name, scalarDefinition(name, dialect))
    }
  }
  return Object.fromEntries([...definitions].toSorted(([left], [right]) => left < right ? -1 : 1))
}

function kindsByStruct(table: SchemaTable): ReadonlyMap<string, readonly JsonObject[]> {
  const kinds = new Map<string, JsonObject[]>()
  for (const { group, version, kind, struct } of table.kinds()) {
    const list = kinds.get(struct.name) ?? []
    list.push({ group, version, kind })
    kinds.set(struct.name, list)
  }
  return kinds
}

function namesIn(shape: Shape): string[] {
  switch (shape.type) {
    case 'struct':
      return [shape.struct.name]
    case 'list':
      return namesIn(shape.items)
    case 'map':
      return namesIn(shape.values)
    default:
      return [...(namedScalars[shape.type] ? [namedScalars[shape.type]!] : []), ...(shape.of ? [shape.of.name] : [])]
  }
}

function structDefinition(struct: StructSchema, dialect: Dialect, kinds: readonly JsonObject[]): JsonObject {
  const required = struct.fields.filter((field) => field.required).map(({ name }) => name).toSorted()
  const properties = Object.fromEntries([...struct.fields]
    .toSorted((left, right) => left.name < right.name ? -1 : 1)
    .map((field) => [field.name, fieldSchema(field, dialect)]))
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(struct.fields.length > 0 && { properties }),
    ...(kinds.length > 0 && { 'x-kubernetes-group-version-kind': kinds }),
    ...(struct.mapType === 'atomic' && { 'x-kubernetes-map-type': 'atomic' }),
  }
}

function fieldSchema(field: FieldSchema, dialect: Dialect): JsonObject {
  const { shape } = field
  const schema = shapeSchema(shape, dialect, !field.pointer && !field.omitEmpty)
  const defaultValue = field.defaultValue === undefined ? {} : { default: field.defaultValue as Json }
  return withSiblings(schema, dialect, {
    ...defaultValue,
    ...(field.enum && { enum: [...field.enum] }),
    ...extensions(field),
  })
}

/** In OpenAPI 3.0 nothing may stand beside a $ref, so it goes into an allOf. */
function withSiblings(schema: JsonObject, dialect: Dialect, siblings: JsonObject): JsonObject {
  if (Object.keys(siblings).length === 0) return schema
  if (dialect.version === 3 && schema['$ref'] !== undefined) return { allOf: [schema], ...siblings }
  return { ...schema, ...siblings }
}

function extensions({ shape, patchStrategy }: FieldSchema): JsonObject {
  const strategy = shape.type === 'list' ? shape.patchStrategy : patchStrategy
  return {
    ...(shape.type === 'list' && { 'x-kubernetes-list-type': shape.listType }),
    ...(shape.type === 'list' && shape.mapKeys.length > 0 && { 'x-kubernetes-list-map-keys': [...shape.mapKeys] }),
    ...(shape.type === 'list' && shape.patchMergeKey && { 'x-kubernetes-patch-merge-key': shape.patchMergeKey }),
    ...(strategy.length > 0 && { 'x-kubernetes-patch-strategy': strategy.join(',') }),
    ...(shape.type === 'map' && shape.mapType === 'atomic' && { 'x-kubernetes-map-type': 'atomic' }),
    ...(shape.type === 'struct' && shape.mapType && { 'x-kubernetes-map-type': shape.mapType }),
  }
}

/** `withZero`: the value is never absent, which OpenAPI v3 tells by a default. */
function shapeSchema(shape: Shape, dialect: Dialect, withZero: boolean): JsonObject {
  const zeroed = dialect.version === 3 && withZero
  switch (shape.type) {
    case 'struct':
      return withSiblings({ $ref: dialect.prefix + shape.struct.name }, dialect, zeroed ? { default: {} } : {})
    case 'list':
      return { type: 'array', items: shapeSchema(shape.items, dialect, true) }
    case 'map':
      return { type: 'object', additionalProperties: shapeSchema(shape.values, dialect, true) }
    default: {
      const name = namedScalars[shape.type]
      if (name) return { $ref: dialect.prefix + name }
      const zero = zeros[shape.type]
      return { ...plainScalars[shape.type]!, ...(zeroed && zero !== undefined && { default: zero }) }
    }
  }
}
