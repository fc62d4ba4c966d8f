/** Turns parsed Go packages into the schema model: flattened structs, shapes, enums, markers. */
import type { GoConstant, GoDeclaration, GoField, GoPackage, GoType, Markers } from './go-source.ts'
import { apiextensionsBetaPackage, apiextensionsPackage, metaPackage } from './packages.ts'

export type ModelShape =
  | { readonly kind: 'scalar'; readonly scalar: string }
  | { readonly kind: 'struct'; readonly name: string }
  | { readonly kind: 'list'; readonly items: ModelShape; readonly wrapped: boolean }
  | { readonly kind: 'map'; readonly values: ModelShape }
  | { readonly kind: 'schemaOr'; readonly alternative: 'list' | 'bool' | 'strings'; readonly name: string }

export interface ModelField {
  readonly name: string
  readonly shape: ModelShape
  /** Numbers of the embedded messages on the way, then the field's own. Empty: not in protobuf. */
  readonly protoPath: readonly number[]
  readonly required: boolean
  readonly omitEmpty: boolean
  readonly pointer: boolean
  readonly enum: readonly string[] | undefined
  readonly defaultValue: unknown
  readonly listType: string | undefined
  readonly mapKeys: readonly string[]
  readonly mapType: string | undefined
  readonly patchStrategy: readonly string[]
  readonly patchMergeKey: string | undefined
  /** Go's own word for the type, where that does not follow from the shape: upstream's messages name it. */
  readonly goType: string | undefined
}

export interface ModelStruct {
  readonly name: string
  readonly mapType: string | undefined
  readonly fields: readonly ModelField[]
}

export interface Universe {
  readonly packages: ReadonlyMap<string, GoPackage>
}

const runtimePackage = 'k8s.io/apimachinery/pkg/runtime'

/** Go types whose JSON or protobuf is not that of their declaration. */
const specials: Readonly<Record<string, string>> = {
  [`${metaPackage}.Time`]: 'time',
  [`${metaPackage}.MicroTime`]: 'microTime',
  [`${metaPackage}.Duration`]: 'duration',
  [`${metaPackage}.FieldsV1`]: 'fieldsV1',
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'quantity',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'intOrString',
  [`${runtimePackage}.RawExtension`]: 'rawExtension',
  [`${runtimePackage}.Object`]: 'rawExtension',
  [`${apiextensionsPackage}.JSON`]: 'json',
  [`${apiextensionsBetaPackage}.JSON`]: 'json',
  'k8s.io/apimachinery/pkg/types.UID': 'string',
  'k8s.io/apimachinery/pkg/types.NodeName': 'string',
  'k8s.io/apimachinery/pkg/types.NamespacedName': 'string',
}

const schemaAlternatives: Readonly<Record<string, 'list' | 'bool' | 'strings'>> = Object.fromEntries(
  [apiextensionsPackage, apiextensionsBetaPackage].flatMap((path) => [
    [`${path}.JSONSchemaPropsOrArray`, 'list'],
    [`${path}.JSONSchemaPropsOrBool`, 'bool'],
    [`${path}.JSONSchemaPropsOrStringArray`, 'strings'],
  ]),
)

const builtinScalars: Readonly<Record<string, string>> = {
  any: 'json', string: 'string', bool: 'bool', int: 'int64', int32: 'int32', int64: 'int64', uint32: 'uint32',
  uint64: 'uint64', uint8: 'uint32', int8: 'int32', int16: 'int32', uint16: 'uint32', float32: 'float',
  float64: 'double',
}

export function specialOf(type: GoType): string | undefined {
  return type.kind === 'name' ? specials[`${type.package}.${type.name}`] : undefined
}

export function schemaAlternativeOf(type: GoType): 'list' | 'bool' | 'strings' | undefined {
  return type.kind === 'name' ? schemaAlternatives[`${type.package}.${type.name}`] : undefined
}

/** Follows aliases to the declaration that has the type's name on the wire. */
export function declarationOf(
  universe: Universe, type: GoType & { kind: 'name' },
): { readonly package: GoPackage; readonly declaration: GoDeclaration } {
  const found = universe.packages.get(type.package)
  const declaration = found?.declarations.get(type.name)
  if (!found || !declaration) throw new Error(`unknown type ${type.package}.${type.name}`)
  const { definition } = declaration
  if (definition.kind === 'alias' && definition.type.kind === 'name' && definition.type.package !== '') {
    return declarationOf(universe, definition.type)
  }
  return { package: found, declaration }
}

/** The fields of a declaration, through `type X Y`. */
export function structFieldsOf(universe: Universe, declaration: GoDeclaration): readonly GoField[] | undefined {
  const { definition } = declaration
  if (definition.kind === 'struct') return definition.fields
  if (definition.type.kind !== 'name' || definition.type.package === '' || specialOf(definition.type)) return undefined
  return structFieldsOf(universe, declarationOf(universe, definition.type).declaration)
}

export function modelNameOf(goPackage: GoPackage, name: string): string {
  const known = goPackage.modelNames.get(name)
  if (known) return known
  const [domain, ...rest] = goPackage.path.split('/')
  return [...domain!.split('.').toReversed(), ...rest, name].join('.')
}

function shapeOf(universe: Universe, type: GoType): ModelShape {
  switch (type.kind) {
    case 'pointer': return shapeOf(universe, type.to)
    case 'slice':
      if (type.of.kind === 'name' && type.of.package === '' && type.of.name === 'byte') {
        return { kind: 'scalar', scalar: 'bytes' }
      }
      return { kind: 'list', items: shapeOf(universe, type.of), wrapped: false }
    case 'map': return { kind: 'map', values: shapeOf(universe, type.values) }
    case 'name': return namedShapeOf(universe, type)
  }
}

function namedShapeOf(universe: Universe, type: GoType & { kind: 'name' }): ModelShape {
  if (type.package === '') {
    const scalar = builtinScalars[type.name]
    if (!scalar) throw new Error(`no shape for ${type.name}`)
    return { kind: 'scalar', scalar }
  }
  const special = specialOf(type)
  if (special) return { kind: 'scalar', scalar: special }
  const { package: goPackage, declaration } = declarationOf(universe, type)
  const alternative = schemaAlternativeOf(type)
  if (alternative) return { kind: 'schemaOr', alternative, name: modelNameOf(goPackage, 'JSONSchemaProps') }
  if (structFieldsOf(universe, declaration)) return { kind: 'struct', name: modelNameOf(goPackage, declaration.name) }
  if (declaration.definition.kind === 'struct') throw new Error('unreachable')
  const shape = shapeOf(universe, declaration.definition.type)
  return shape.kind === 'list' && declaration.markers.has('protobuf.nullable') ? { ...shape, wrapped: true } : shape
}

/** Values of a `+enum` string type, sorted as openapi-gen does; undefined for every other type. */
export function enumOf(universe: Universe, type: GoType): readonly string[] | undefined {
  if (type.kind === 'pointer') return enumOf(universe, type.to)
  if (type.kind !== 'name' || type.package === '' || specialOf(type)) return undefined
  const { package: goPackage, declaration } = declarationOf(universe, type)
  if (!declaration.markers.has('enum') && !declaration.markers.has('k8s:enum')) return undefined
  const values = goPackage.constants.get(declaration.name)?.map((constant) => valueOf(universe, constant))
  return values && [...new Set(values)].toSorted()
}

function valueOf(universe: Universe, constant: GoConstant): string {
  if ('value' in constant) return constant.value
  const { package: path, name } = constant.sameAs
  const found = [...universe.packages.get(path)?.constants.values() ?? []].flat().find((other) => other.name === name)
  if (!found) throw new Error(`${constant.name} converts ${path}.${name}, which is not known`)
  return valueOf(universe, found)
}

export function structOf(universe: Universe, goPackage: GoPackage, name: string): ModelStruct | undefined {
  const declaration = goPackage.declarations.get(name)
  const fields = declaration && structFieldsOf(universe, declaration)
  if (!fields) return undefined
  return {
    name: modelNameOf(goPackage, name),
    mapType: declaration.markers.get('structType')?.[0] ?? declaration.markers.get('mapType')?.[0],
    fields: fields.flatMap((field) => fieldsOf(universe, goPackage, field, [])),
  }
}

function fieldsOf(universe: Universe, goPackage: GoPackage, field: GoField, above: readonly number[]): ModelField[] {
  const [jsonName, ...options] = (field.tags.get('json') ?? '').split(',') as [string, ...string[]]
  if (jsonName === '-') return []
  const number = Number(field.tags.get('protobuf')?.split(',')[1] ?? 0)
  if (field.embedded && jsonName === '') {
    if (field.type.kind !== 'name') throw new Error(`embedded pointer ${field.name}`)
    const inner = declarationOf(universe, field.type)
    const path = number === 0 ? above : [...above, number]
    const nested = structFieldsOf(universe, inner.declaration) ?? []
    return nested
      .flatMap((each) => fieldsOf(universe, inner.package, each, path))
      .map((each) => (number === 0 ? { ...each, protoPath: [] } : each))
  }
  if (jsonName === '') throw new Error(`field ${field.name} has no name in JSON`)
  const shape = shapeOf(universe, field.type)
  const pointer = field.type.kind === 'pointer'
  const markers = field.markers
  return [{
    name: jsonName,
    shape,
    protoPath: number === 0 ? [] : [...above, number],
    required: isRequired(markers, options),
    omitEmpty: options.includes('omitzero') || (options.includes('omitempty') && (pointer || !isGoStruct(shape))),
    pointer,
    enum: enumOf(universe, field.type),
    defaultValue: defaultOf(goPackage, markers),
    listType: first(markers, 'listType') ?? first(markers, 'k8s:listType'),
    mapKeys: markers.get('listMapKey') ?? markers.get('k8s:listMapKey')?.map((key) => key.replace(/"/g, '')) ?? [],
    mapType: first(markers, 'mapType') ?? first(markers, 'structType'),
    patchStrategy: field.tags.get('patchStrategy')?.split(',').filter((each) => each !== '') ?? [],
    patchMergeKey: field.tags.get('patchMergeKey'),
    goType: goTypeOf(field.type, shape),
  }]
}

function goTypeOf(type: GoType, shape: ModelShape): string | undefined {
  const text = formatGoType(type.kind === 'pointer' ? type.to : type)
  return text === formatShape(shape) ? undefined : text
}

function formatGoType(type: GoType): string {
  switch (type.kind) {
    case 'pointer':
      return `*${formatGoType(type.to)}`
    case 'slice':
      return type.of.kind === 'name' && type.of.name === 'byte' ? '[]uint8' : `[]${formatGoType(type.of)}`
    case 'map':
      return `map[string]${formatGoType(type.values)}`
    case 'name':
      return type.package === '' ? type.name : `${type.package.slice(type.package.lastIndexOf('/') + 1)}.${type.name}`
  }
}

/** What src/machinery/codec makes of a shape alone. */
function formatShape(shape: ModelShape): string | undefined {
  switch (shape.kind) {
    case 'scalar': {
      const names: Readonly<Record<string, string>> = {
        time: 'v1.Time', microTime: 'v1.MicroTime', duration: 'v1.Duration', quantity: 'resource.Quantity',
        intOrString: 'intstr.IntOrString', rawExtension: 'runtime.RawExtension', fieldsV1: 'v1.FieldsV1',
        json: 'v1.JSON', bytes: '[]uint8', double: 'float64', float: 'float32',
      }
      return names[shape.scalar] ?? shape.scalar
    }
    case 'struct': return shape.name.split('.').slice(-2).join('.')
    case 'list': return `[]${formatShape(shape.items)}`
    case 'map': return `map[string]${formatShape(shape.values)}`
    case 'schemaOr': return undefined
  }
}

/** encoding/json's `omitempty` does nothing to struct values. */
function isGoStruct(shape: ModelShape): boolean {
  const structs = ['time', 'microTime', 'duration', 'fieldsV1', 'quantity', 'intOrString', 'rawExtension', 'json']
  return (
    shape.kind === 'struct' || shape.kind === 'schemaOr' || (shape.kind === 'scalar' && structs.includes(shape.scalar))
  )
}

function isRequired(markers: Markers, options: readonly string[]): boolean {
  if (markers.has('required') || markers.has('k8s:required')) return true
  if (markers.has('optional') || markers.has('k8s:optional')) return false
  return !options.includes('omitempty') && !options.includes('omitzero')
}

function defaultOf(goPackage: GoPackage, markers: Markers): unknown {
  const text = first(markers, 'default')
  if (text === undefined) return undefined
  const reference = /^ref\((\w+)\)$/.exec(text)
  if (!reference) return JSON.parse(text)
  for (const constants of goPackage.constants.values()) {
    for (const constant of constants) if (constant.name === reference[1] && 'value' in constant) return constant.value
  }
  throw new Error(`no constant ${reference[1]}`)
}

function first(markers: Markers, name: string): string | undefined {
  return markers.get(name)?.[0]
}
