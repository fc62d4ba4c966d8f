/** JSON as values of CEL, read as far as an expression asks; the type says what texts and numbers mean. */
import { base64Decode } from '#base/bytes.ts'
import { parseCelDuration, parseTimestamp } from './time.ts'
import { dynType, type FieldType, type ObjectType, type Type } from './types.ts'
import { Duration, isList, isMapValue, Optional, Timestamp, Uint, type MapValue, type Value } from './values.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Whatever is not of its type is taken for what it is. */
export function fromJson(value: unknown, type: Type): Value {
  switch (typeof value) {
    case 'string': return fromText(value, type)
    case 'number': return type.kind === 'double' || !Number.isInteger(value) ? value : BigInt(value)
    case 'bigint': return type.kind === 'double' ? Number(value) : value
    case 'boolean': return value
    case 'object': break
    default: return null
  }
  if (value === null) return null
  if (Array.isArray(value)) {
    const items = type.kind === 'list' ? type.items : dynType
    return value.map((item) => fromJson(item, items))
  }
  return type.kind === 'object' ? new JsonStruct(value as JsonObject, type)
    : new JsonMap(value as JsonObject, type.kind === 'map' ? type.value : dynType)
}

function fromText(text: string, { kind }: Type): Value {
  switch (kind) {
    case 'bytes': return base64Decode(text) ?? text
    case 'duration': {
      const nanoseconds = parseCelDuration(text)
      return nanoseconds === undefined ? text : new Duration(nanoseconds)
    }
    case 'timestamp': {
      const nanoseconds = parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
      return nanoseconds === undefined ? text : new Timestamp(nanoseconds)
    }
    default: return text
  }
}

/** An object with declared fields; others are not seen. */
class JsonStruct implements MapValue {
  readonly isMap = true
  readonly typeName: string
  readonly #object: JsonObject
  readonly #fields: ReadonlyMap<string, FieldType>

  constructor(object: JsonObject, { name, fields }: ObjectType) {
    this.typeName = name
    this.#object = object
    this.#fields = fields
  }

  get size(): number { return [...this.keys()].length }

  get(key: Value): Value | undefined {
    const field = typeof key === 'string' ? this.#fields.get(key) : undefined
    if (field === undefined || !Object.hasOwn(this.#object, field.name)) return undefined
    const value = this.#object[field.name]
    return value === undefined ? undefined : fromJson(value, field.type)
  }

  keys(): readonly string[] {
    return [...this.#fields].filter(([, { name }]) => this.#object[name] !== undefined).map(([key]) => key)
  }
}

/** An object whose keys are anybody's. */
class JsonMap implements MapValue {
  readonly isMap = true
  readonly typeName = 'map'
  readonly #object: JsonObject
  readonly #values: Type

  constructor(object: JsonObject, values: Type) {
    this.#object = object
    this.#values = values
  }

  get size(): number { return Object.keys(this.#object).length }

  get(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#object, key)) return undefined
    const value = this.#object[key]
    return value === undefined ? undefined : fromJson(value, this.#values)
  }

  keys(): readonly string[] { return Object.keys(this.#object) }
}

/** What an expression has made, as JSON; undefined for what has no such form. */
export function toJson(value: Value): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof Uint) return toJson(value.value)
  if (isList(value)) return value.map(toJson)
  if (value instanceof Optional) return value.value === undefined ? undefined : toJson(value.value)
  if (typeof value === 'object' && value !== null && isMapValue(value)) {
    return Object.fromEntries([...value.keys()].map((key) => [String(key), toJson(value.get(key)!)]))
  }
  return typeof value === 'object' && value !== null ? undefined : value
}

const celWords = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let',
  'loop', 'package', 'namespace', 'return', 'var', 'void', 'while',
])
const escapes: readonly (readonly [RegExp, string])[] = [
  [/__/g, '__underscores__'], [/\./g, '__dot__'], [/-/g, '__dash__'], [/\//g, '__slash__'],
]

/** Reserved as the name of a variable, and no more than that: behind a dot it may stand as it is. */
export function isReservedFieldName(name: string): boolean {
  return celWords.has(name) && !['true', 'false', 'null', 'in'].includes(name)
}

/** A field's name as expressions write it; undefined if they cannot. */
export function escapeFieldName(name: string): string | undefined {
  if (celWords.has(name)) return `__${name}__`
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/.test(name)) return undefined
  return escapes.reduce((text, [pattern, replacement]) => text.replaceAll(pattern, replacement), name)
}
