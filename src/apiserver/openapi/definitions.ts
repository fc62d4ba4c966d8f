/** Schemas of OpenAPI from the schema table: what kubectl explains, validates and merges with. */
import { describeField, describeType } from '#api/descriptions/descriptions.ts'
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
/** The definition of one of meta/v1's types. */
export const metaDefinition = (name: string): string => metaPrefix + name
export const patchDefinition = metaDefinition('Patch')
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

const versionFields = [
  'buildDate', 'compiler', 'gitCommit', 'gitTreeState', 'gitVersion', 'goVersion', 'major', 'minor', 'platform',
]
const laterVersionFields = ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor']
const versionInfo: JsonObject = {
  type: 'object',
  required: [...versionFields],
  properties: Object.fromEntries(
    [...versionFields, ...laterVersionFields].toSorted().map((name) => [name, { type: 'string' }]),
  ),
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
    case 'Info': return versionInfo
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
      definitions.set(name, structDefinition(struct, dialect, kinds(name)))
      for (const field of struct.fields) pending.push(...namesIn(field.shape))
    } else {
      definitions.set(name, { ...description(describeType(name)), ...scalarDefinition(name, dialect) })
    }
  }
  return Object.fromEntries([...definitions].toSorted(([left], [right]) => left < right ? -1 : 1))
}

/** Kinds that every group-version has, in its own name: what watches send, and what a DELETE may carry. */
const everywhere: ReadonlySet<string> = new Set([metaDefinition('WatchEvent'), metaDefinition('DeleteOptions')])

/** Groups of which only answers are read, so that upstream registers no options with them. */
const withoutOptions = /^(apidiscovery|metrics|custom\.metrics|external\.metrics)\./

/** The kinds whose objects a struct is, as `x-kubernetes-group-version-kind` tells them. */
function kindsByStruct(table: SchemaTable): (name: string) => readonly JsonObject[] {
  const kinds = new Map<string, JsonObject[]>()
  const groupVersions = new Map<string, { readonly group: string; readonly version: string }>()
  for (const { group, version, kind, struct } of table.kinds()) {
    const list = kinds.get(struct.name) ?? []
    list.push({ group, version, kind })
    kinds.set(struct.name, list)
    groupVersions.set(`${group}/${version}`, { group, version })
  }
  const all = [...groupVersions]
    .filter(([key]) => !withoutOptions.test(key))
    .toSorted(([left], [right]) => left < right ? -1 : 1)
    .map(([, each]) => each)
  return (name) =>
    everywhere.has(name)
      ? all.map(({ group, version }) => ({ group, version, kind: name.slice(metaPrefix.length) }))
      : kinds.get(name) ?? []
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
    .map((field) => [field.name, fieldSchema(struct, field, dialect)]))
  return {
    ...description(describeType(struct.name)),
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(struct.fields.length > 0 && { properties }),
    ...(kinds.length > 0 && { 'x-kubernetes-group-version-kind': kinds }),
    ...(struct.mapType === 'atomic' && { 'x-kubernetes-map-type': 'atomic' }),
    ...unionExtension(struct.name),
  }
}

/** Fields of which exactly one is set, and the field that says which (upstream: +union, +unionDiscriminator). */
const unions: Readonly<Record<string, { readonly discriminator?: string; readonly members: readonly string[] }>> = {
  'core.SeccompProfile': { discriminator: 'type', members: ['localhostProfile'] },
  'core.AppArmorProfile': { discriminator: 'type', members: ['localhostProfile'] },
  'core.PodSchedulingGroup': { members: ['podGroupName'] },
  'flowcontrol.LimitResponse': { discriminator: 'type', members: ['queuing'] },
  'flowcontrol.PriorityLevelConfigurationSpec': { discriminator: 'type', members: ['exempt', 'limited'] },
  'flowcontrol.Subject': { discriminator: 'kind', members: ['group', 'serviceAccount', 'user'] },
  'scheduling.PodGroupSchedulingPolicy': { members: ['basic', 'gang'] },
  'scheduling.PodGroupTemplateReference': { members: ['workload'] },
}

function unionExtension(name: string): JsonObject {
  const parts = name.split('.')
  const union = unions[`${parts.at(-3)}.${parts.at(-1)}`]
  if (!union) return {}
  const { discriminator, members } = union
  const fields = Object.fromEntries(members.map((member) => [member, member[0]!.toUpperCase() + member.slice(1)]))
  return { 'x-kubernetes-unions': [{ ...(discriminator && { discriminator }), 'fields-to-discriminateBy': fields }] }
}

function description(text: string | undefined): JsonObject {
  return text === undefined ? {} : { description: text }
}

function fieldSchema(struct: StructSchema, field: FieldSchema, dialect: Dialect): JsonObject {
  const { shape } = field
  const schema = shapeSchema(shape, dialect, !field.pointer && !field.omitEmpty)
  const defaultValue = dialect.version === 2 || field.defaultValue === undefined
    ? {}
    : { default: field.defaultValue as Json }
  return withSiblings(schema, dialect, {
    ...description(describeField(struct, field)),
    ...defaultValue,
    ...(field.enum && { enum: [...field.enum].toSorted() }),
    ...extensions(struct, field),
  })
}

/** In OpenAPI 3.0 nothing may stand beside a $ref, so it goes into an allOf. */
export function withSiblings(schema: JsonObject, dialect: Dialect, siblings: JsonObject): JsonObject {
  if (Object.keys(siblings).length === 0) return schema
  if (dialect.version === 3 && schema['$ref'] !== undefined) return { allOf: [schema], ...siblings }
  return { ...schema, ...siblings }
}

/** Bytes that upstream marks as if they were a list. */
const markedBytes = /\.CertificateSigningRequest(Spec\.request|Status\.certificate)$/

function extensions(struct: StructSchema, { name, shape, patchStrategy }: FieldSchema): JsonObject {
  const strategy = shape.type === 'list' ? shape.patchStrategy : patchStrategy
  // Upstream marks every list but the items of its lists of objects.
  const isMarked = shape.type === 'list' && !(name === 'items' && struct.fieldsByName.has('metadata'))
  return {
    ...(isMarked && { 'x-kubernetes-list-type': shape.listType }),
    ...(markedBytes.test(`${struct.name}.${name}`) && { 'x-kubernetes-list-type': 'atomic' }),
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
