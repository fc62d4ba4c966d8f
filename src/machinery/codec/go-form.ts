/**
 * Objects as upstream's typed ones look in JSON: fields in the order of Go's declarations, empty optional fields left
 * out, `null` for the empty lists, maps and times that are not optional. (Upstream keeps its objects as protobuf, in
 * which an empty list cannot be told from none.) Inside this process such lists are `[]` and such times are absent.
 */
import type { ListShape, Shape, StructSchema } from '../schema/schema.ts'
import { escapeForHtml, writeSortedValue, writeStruct } from './json-encode.ts'
import { sortedKeys } from './sorted-keys.ts'
import { isEmpty, zeroOf } from './zero.ts'

type Object = Readonly<Record<string, unknown>>
type MutableObject = Record<string, unknown>

interface GoField {
  readonly name: string
  readonly shape: Shape
  /** Values of it are taken over as they are, unless they are left out. */
  readonly isLeaf: boolean
  /** What an absent one is written as; undefined: not at all. */
  readonly absent: { readonly shape: Shape } | undefined
  readonly leftOutWhenEmpty: boolean
}

const plans = new WeakMap<StructSchema, readonly GoField[]>()

function planOf(struct: StructSchema): readonly GoField[] {
  let plan = plans.get(struct)
  if (!plan) {
    plan = struct.fields.map(({ name, shape, omitEmpty, pointer }) => ({
      name, shape, isLeaf: isLeaf(shape), absent: omitEmpty ? undefined : { shape: pointer ? { type: 'json' } : shape },
      leftOutWhenEmpty: omitEmpty && !pointer,
    }))
    plans.set(struct, plan)
  }
  return plan
}

function isLeaf(shape: Shape): boolean {
  switch (shape.type) {
    case 'struct': case 'list': case 'map': case 'json': return false
    case 'jsonSchemaOrList': case 'jsonSchemaOrBool': case 'jsonSchemaOrStrings': return false
    default: return true
  }
}

/** Told when a value has an order of keys that no JavaScript object has. */
interface Copy {
  hasIndices: boolean
}

/**
 * A copy that is ready for JSON.stringify; leaves are shared. Maps have their keys sorted, but for those that look like
 * numbers, which JavaScript puts first: for exact text see `goText`.
 */
export function goValue(object: object, struct: StructSchema): Record<string, unknown> {
  return copyStruct({ hasIndices: false }, object as Object, struct)
}

/** The same for a value without a schema: every key sorted. */
export function sortedValue(value: object): unknown {
  return sortedCopy({ hasIndices: false }, value)
}

/**
 * The text of an object without the fields in `without`, escaped as Go's encoder does it. `isExact` tells that it has
 * integers which a double cannot hold.
 */
export function goText(
  object: object, struct: StructSchema, without: ReadonlySet<string> = none,
): { readonly text: string; readonly isExact: boolean } {
  const copy = { hasIndices: false }
  const ordered = copyStruct(copy, object as Object, struct, without)
  if (copy.hasIndices) return { text: writeStruct(object as Object, struct, without), isExact: hasBigInt(ordered) }
  try {
    return { text: escapeForHtml(JSON.stringify(ordered)), isExact: false }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { text: writeStruct(object as Object, struct, without), isExact: true }
  }
}

/** The same for an object without a schema, a custom resource: every key sorted. */
export function sortedText(object: object): { readonly text: string; readonly isExact: boolean } {
  const copy = { hasIndices: false }
  const ordered = sortedCopy(copy, object)
  if (copy.hasIndices) return { text: writeSortedValue(object), isExact: hasBigInt(ordered) }
  try {
    return { text: escapeForHtml(JSON.stringify(ordered)), isExact: false }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { text: writeSortedValue(object), isExact: true }
  }
}

const none: ReadonlySet<string> = new Set()

function hasBigInt(value: unknown): boolean {
  return typeof value === 'bigint' || (typeof value === 'object' && value !== null && Object.values(value).some(hasBigInt))
}

function copyStruct(
  copy: Copy, object: Object, struct: StructSchema, without: ReadonlySet<string> = none,
): MutableObject {
  const result: MutableObject = {}
  for (const { name, shape, isLeaf: takenOver, absent, leftOutWhenEmpty } of planOf(struct)) {
    const value = object[name]
    if (without.size > 0 && without.has(name)) continue
    if (value === undefined || value === null) {
      if (absent) result[name] = zeroInGo(copy, absent.shape)
    } else if (!leftOutWhenEmpty || !isEmpty(value, shape)) {
      result[name] = takenOver ? value : copyValue(copy, value, shape)
    }
  }
  return result
}

function zeroInGo(copy: Copy, shape: Shape): unknown {
  if (shape.type === 'list' || shape.type === 'map') return null
  return shape.type === 'struct' ? copyStruct(copy, {}, shape.struct) : zeroOf(shape) ?? null
}

function copyValue(copy: Copy, value: unknown, shape: Shape): unknown {
  switch (shape.type) {
    case 'struct': return copyStruct(copy, value as Object, shape.struct)
    case 'list': return copyList(copy, value as readonly unknown[], shape)
    case 'map': return copyMap(copy, value as Object, shape.values)
    case 'json': return sortedCopy(copy, value)
    case 'jsonSchemaOrList': case 'jsonSchemaOrBool': case 'jsonSchemaOrStrings': {
      if (!shape.of || typeof value !== 'object' || value === null) return value
      if (!Array.isArray(value)) return copyStruct(copy, value as Object, shape.of)
      const { of } = shape
      return shape.type === 'jsonSchemaOrList' ? value.map((item) => copyStruct(copy, item as Object, of)) : value
    }
    default: return value
  }
}

/** A list that is a message of its own in protobuf is there even when it is empty. */
function copyList(copy: Copy, list: readonly unknown[], { items, wrapped }: ListShape): unknown {
  if (list.length === 0) return wrapped ? list : null
  if (isLeaf(items)) return list
  return list.map((item) => item === null || item === undefined ? null : copyValue(copy, item, items))
}

function copyMap(copy: Copy, map: Object, values: Shape): unknown {
  const keys = sortedKeys(map)
  if (keys.length === 0) return null
  const result: MutableObject = {}
  for (const key of keys) {
    const value = map[key]
    setOwn(result, key, value === undefined || value === null ? null : copyValue(copy, value, values))
  }
  noteIndices(copy, keys)
  return result
}

/** What Go holds as a map of anything. */
function sortedCopy(copy: Copy, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => sortedCopy(copy, item))
  const keys = sortedKeys(value)
  const result: MutableObject = {}
  for (const key of keys) setOwn(result, key, sortedCopy(copy, (value as Object)[key]))
  noteIndices(copy, keys)
  return result
}

/** The sorted keys of a map: the digits of indices sort before letters, but not before all signs. */
function noteIndices(copy: Copy, keys: readonly string[]): void {
  if (keys.length > 1 && keys.some((key) => /^\d{1,10}$/.test(key))) copy.hasIndices = true
}

function setOwn(object: MutableObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
  } else object[key] = value
}

interface NullableField {
  readonly name: string
  readonly shape: Shape
  /** Its zero value is written as null. */
  readonly isNull: boolean
}

/** Of a struct: the fields below which a null can be that we hold as something else, or as nothing. */
const nullable = new WeakMap<StructSchema, readonly NullableField[]>()

/** The same object with the nulls that Go would write; what needs none is shared. */
export function withNulls<T extends object>(object: T, struct: StructSchema): T {
  let copy: MutableObject | undefined
  for (const { name, shape, isNull } of nullableOf(struct)) {
    const value = (object as Object)[name]
    const inner = isNull && (value === undefined || isEmptyList(value, shape)) ? null : nullsInside(value, shape)
    if (inner !== value) (copy ??= { ...object } as MutableObject)[name] = inner
  }
  return (copy ?? object) as T
}

function isEmptyList(value: unknown, shape: Shape): boolean {
  return (shape.type === 'list' || shape.type === 'map') && value !== null && isEmpty(value, shape)
}

function nullsInside(value: unknown, shape: Shape): unknown {
  if (typeof value !== 'object' || value === null) return value
  switch (shape.type) {
    case 'struct': return withNulls(value, shape.struct)
    case 'list': {
      const list = value as readonly unknown[]
      let copy: unknown[] | undefined
      for (let index = 0; index < list.length; index++) {
        const inner = nullsInside(list[index], shape.items)
        if (inner !== list[index]) (copy ??= [...list])[index] = inner
      }
      return copy ?? list
    }
    case 'map': {
      let copy: MutableObject | undefined
      for (const key in value) {
        const inner = nullsInside((value as Object)[key], shape.values)
        if (inner !== (value as Object)[key]) setOwn(copy ??= { ...value }, key, inner)
      }
      return copy ?? value
    }
    default: return value
  }
}

/** Makes of JSON that was written in Go's form what this process works on, in place: no nulls for what has a schema. */
export function fromGoValue(value: object, struct: StructSchema): void {
  const object = value as MutableObject
  for (const { name, shape } of nullableOf(struct)) {
    const inner = object[name]
    if (inner === undefined) continue
    if (inner !== null) reviveInside(inner, shape)
    else if (shape.type === 'list' || shape.type === 'map') object[name] = zeroOf(shape)
    else delete object[name]
  }
}

function reviveInside(value: unknown, shape: Shape): void {
  if (typeof value !== 'object' || value === null) return
  switch (shape.type) {
    case 'struct': fromGoValue(value, shape.struct); break
    case 'list': case 'map': {
      const container = value as MutableObject
      const inside = shape.type === 'list' ? shape.items : shape.values
      for (const key in container) {
        if (container[key] === null) container[key] = zeroOf(inside) ?? null
        else reviveInside(container[key], inside)
      }
      break
    }
    default: break
  }
}

function nullableOf(struct: StructSchema): readonly NullableField[] {
  let fields = nullable.get(struct)
  if (!fields) {
    fields = struct.fields.flatMap(({ name, shape, omitEmpty, pointer }) => {
      const isNull = !omitEmpty && (pointer || zeroIsNull(shape))
      return isNull || leadsToNull(shape, new Set([struct])) ? [{ name, shape, isNull }] : []
    })
    nullable.set(struct, fields)
  }
  return fields
}

function zeroIsNull(shape: Shape): boolean {
  return shape.type === 'list' || shape.type === 'map' || zeroOf(shape) === undefined
}

function leadsToNull(shape: Shape, above: ReadonlySet<StructSchema>): boolean {
  switch (shape.type) {
    case 'list': return zeroIsNull(shape.items) || leadsToNull(shape.items, above)
    case 'map': return zeroIsNull(shape.values) || leadsToNull(shape.values, above)
    case 'struct': {
      // A struct within itself: whether it leads to one is what is asked, so it is looked into.
      if (above.has(shape.struct)) return true
      const within = new Set([...above, shape.struct])
      return shape.struct.fields.some((field) =>
        (!field.omitEmpty && (field.pointer || zeroIsNull(field.shape))) || leadsToNull(field.shape, within))
    }
    default: return false
  }
}
