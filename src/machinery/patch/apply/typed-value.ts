/** How server-side apply sees a value of a type: as a scalar, a list or a map, each whole (atomic) or made of parts. */
import type { ListShape, Shape } from '../../schema/schema.ts'
import { formatGo } from '../go-format.ts'
import { getKey, isJsonObject, type JsonObject } from '../json.ts'
import { compareText, keyElement, singleKeyElement, valueElement } from './path-element.ts'

/** An object that does not fit its type; the message is upstream's. */
export class TypedValueError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TypedValueError'
  }
}

/** Values without a schema: objects are merged field by field, lists are atomic. */
export const untyped: Shape = { type: 'json' }

export type Kind = 'scalar' | 'list' | 'map'

/** Without a schema (`untyped`), the value decides. */
export function kindOf(shape: Shape, value: unknown): Kind {
  switch (shape.type) {
    case 'struct': case 'map': return 'map'
    case 'list': return 'list'
    default:
      if (!isUntyped(shape)) return 'scalar'
      if (Array.isArray(value)) return 'list'
      return typeof value === 'object' || value === undefined ? 'map' : 'scalar'
  }
}

export function isUntyped(shape: Shape): boolean {
  switch (shape.type) {
    case 'json': case 'rawExtension': case 'fieldsV1': return true
    case 'jsonSchemaOrList': case 'jsonSchemaOrBool': case 'jsonSchemaOrStrings': return true
    default: return false
  }
}

export function isAtomicList(shape: Shape): boolean {
  return shape.type !== 'list' || shape.listType === 'atomic'
}

export function isAtomicMap(shape: Shape): boolean {
  if (shape.type === 'struct') return (shape.mapType ?? shape.struct.mapType) === 'atomic'
  // A foreign object has one owner, whatever is in it.
  if (shape.type === 'rawExtension') return true
  return shape.type === 'map' && shape.mapType === 'atomic'
}

/** The type of a map's value. A field that the schema does not know has none. */
export function childShape(shape: Shape, key: string): Shape {
  if (shape.type === 'struct') return shape.struct.fieldsByName.get(key)?.shape ?? untyped
  return shape.type === 'map' ? shape.values : untyped
}

/** Whether the schema names this key, as it does for fields of structs and not for keys of maps. */
export function isNamedField(shape: Shape, key: string): boolean {
  return shape.type === 'struct' && shape.struct.fieldsByName.has(key)
}

export function itemShape(shape: Shape): Shape {
  return shape.type === 'list' ? shape.items : untyped
}

/** The type below an element of a field set. */
export function shapeBelow(shape: Shape, element: string): Shape {
  return element.startsWith('f:') ? childShape(shape, element.slice(2)) : itemShape(shape)
}

/** The keys that are there: undefined values do not exist in JSON. */
export function keysOf(map: JsonObject): string[] {
  const keys = Object.keys(map)
  return keys.some((key) => map[key] === undefined) ? keys.filter((key) => map[key] !== undefined) : keys
}

export function asMap(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}

export function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}

export function isEmptyMap(map: JsonObject | undefined): boolean {
  if (map) for (const key in map) if (map[key] !== undefined) return false
  return true
}

const sortedKeys = new WeakMap<ListShape, readonly string[]>()

/** What identifies an item of a granular list. Throws TypedValueError for an item that nothing identifies. */
export function itemElement(shape: ListShape, item: unknown): string {
  if (shape.listType === 'map') return mapItemElement(shape, item)
  if (isJsonObject(item)) throw new TypedValueError("associative list without keys has an element that's a map type")
  if (Array.isArray(item)) throw new TypedValueError('not supported: associative list with lists as elements')
  if (item === null || item === undefined) {
    throw new TypedValueError("associative list without keys has an element that's an explicit null")
  }
  return valueElement(item)
}

function mapItemElement(shape: ListShape, item: unknown): string {
  if (item === null || item === undefined) {
    throw new TypedValueError('associative list with keys may not have a null element')
  }
  if (!isJsonObject(item)) throw new TypedValueError('associative list with keys may not have non-map elements')
  let names = sortedKeys.get(shape)
  if (!names) sortedKeys.set(shape, names = shape.mapKeys.toSorted(compareText))
  if (names.length === 1) {
    const value = getKey(item, names[0]!) ?? defaultOf(shape.items, names[0]!)
    if (value === undefined || value === null) throw withoutKeys(shape)
    return singleKeyElement(names[0]!, value)
  }
  const present: string[] = []
  const values: unknown[] = []
  for (const name of names) {
    const value = getKey(item, name) ?? defaultOf(shape.items, name)
    if (value === undefined || value === null) continue
    present.push(name)
    values.push(value)
  }
  if (present.length === 0) throw withoutKeys(shape)
  return keyElement(present, values)
}

function withoutKeys({ mapKeys }: ListShape): TypedValueError {
  return new TypedValueError('associative list with keys has an element that omits all key fields ' +
    `[${mapKeys.map((name) => JSON.stringify(name)).join(' ')}] ` +
    "(and doesn't have default values for any key fields)")
}

function defaultOf(shape: Shape, name: string): unknown {
  return shape.type === 'struct' ? shape.struct.fieldsByName.get(name)?.defaultValue : undefined
}

/** `%v` of the wrapper in which upstream keeps a value. */
export function formatWrapped(value: unknown): string {
  return `&{${formatGo(value)}}`
}
