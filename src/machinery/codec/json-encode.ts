/**
 * Objects to JSON as upstream's server writes it: Go's order of fields, omitempty, sorted maps, `<`, `>` and `&`
 * escaped.
 */
import type { FieldSchema, ListShape, Shape, StructSchema } from '../schema/schema.ts'
import { sortedKeys } from './sorted-keys.ts'
import { isEmpty } from './zero.ts'

type Object = Readonly<Record<string, unknown>>

interface EncodeField {
  readonly name: string
  /** `"name":`. */
  readonly key: string
  readonly shape: Shape
  /** Left out when it is empty, or absent. */
  readonly omitEmpty: boolean
  readonly pointer: boolean
  /** What is written for an absent value; undefined: nothing. */
  readonly absent: string | undefined
}

const plans = new WeakMap<StructSchema, readonly EncodeField[]>()

function planOf(struct: StructSchema): readonly EncodeField[] {
  let plan = plans.get(struct)
  if (!plan) {
    plan = struct.fields.map((field) => ({
      name: field.name, key: `${quoteJson(field.name)}:`, shape: field.shape, omitEmpty: field.omitEmpty,
      pointer: field.pointer,
      absent: field.omitEmpty ? undefined : absentText(field),
    }))
    plans.set(struct, plan)
  }
  return plan
}

function absentText({ pointer, shape }: FieldSchema): string {
  if (pointer) return 'null'
  switch (shape.type) {
    case 'struct':
      return writeStruct({}, shape.struct)
    case 'string':
      return '""'
    case 'bool':
      return 'false'
    case 'quantity':
      return '"0"'
    case 'duration':
      return '"0s"'
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'float':
    case 'double':
    case 'intOrString':
      return '0'
    default:
      return 'null'
  }
}

/** Without the fields in `without`. */
export function writeStruct(object: Object, struct: StructSchema, without?: ReadonlySet<string>): string {
  let text = ''
  for (const field of planOf(struct)) {
    if (without?.has(field.name)) continue
    const value = object[field.name]
    if (value === undefined || value === null) {
      if (field.absent !== undefined) text += text === '' ? field.key + field.absent : `,${field.key}${field.absent}`
    } else if (!field.omitEmpty || field.pointer || !isEmpty(value, field.shape)) {
      text += text === '' ? field.key : `,${field.key}`
      text += writeShape(value, field.shape)
    }
  }
  return `{${text}}`
}

function writeShape(value: unknown, shape: Shape): string {
  switch (shape.type) {
    case 'string': case 'bytes': case 'time': case 'microTime': case 'duration': case 'quantity': case 'enum':
      return quoteJson(value as string)
    case 'bool': case 'int32': case 'int64': case 'uint32': case 'uint64': case 'float': case 'double':
      return String(value)
    case 'struct':
      return writeStruct(value as Object, shape.struct)
    case 'list':
      return writeList(value as readonly unknown[], shape)
    case 'map':
      return writeMap(value as Object, shape.values)
    case 'json':
      return writeSortedValue(value)
    case 'jsonSchemaOrList':
    case 'jsonSchemaOrBool':
    case 'jsonSchemaOrStrings':
      if (Array.isArray(value) && shape.of && shape.type === 'jsonSchemaOrList') {
        return `[${value.map((item) => writeStruct(item as Object, shape.of!)).join(',')}]`
      }
      return typeof value === 'object' && value !== null && !Array.isArray(value) && shape.of
        ? writeStruct(value as Object, shape.of)
        : writeValue(value)
    default:
      return writeValue(value)
  }
}

/**
 * In protobuf, as which upstream keeps its objects, an empty list is none, unless it is a message of its own; so it
 * comes back as null.
 */
function writeList(list: readonly unknown[], { items, wrapped }: ListShape): string {
  if (list.length === 0) return wrapped ? '[]' : 'null'
  let text = ''
  for (let index = 0; index < list.length; index++) {
    const item = list[index]
    const written = item === undefined || item === null ? 'null' : writeShape(item, items)
    text += index === 0 ? written : `,${written}`
  }
  return `[${text}]`
}

function writeMap(map: Object, values: Shape): string {
  let text = ''
  for (const key of sortedKeys(map)) {
    const value = map[key]
    const written = value === undefined || value === null ? 'null' : writeShape(value, values)
    text += `${text === '' ? '' : ','}${quoteJson(key)}:${written}`
  }
  return text === '' ? 'null' : `{${text}}`
}

/** A foreign value, its keys in their own order (Go copies its text). */
export function writeValue(value: unknown): string {
  if (typeof value === 'string') return quoteJson(value)
  if (typeof value !== 'object') {
    return value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? 'null' : String(value)
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(writeValue).join(',')}]`
  return `{${Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${quoteJson(key)}:${writeValue(inner)}`)
    .join(',')}}`
}

/** A value without a schema, its keys sorted, as Go writes its maps: custom resources. */
export function writeSortedValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return writeValue(value)
  if (Array.isArray(value)) return `[${value.map(writeSortedValue).join(',')}]`
  const map = value as Object
  let text = ''
  for (const key of sortedKeys(map)) {
    if (map[key] !== undefined) text += `${text === '' ? '' : ','}${quoteJson(key)}:${writeSortedValue(map[key])}`
  }
  return `{${text}}`
}

const plain = /^[^<>&"\\\u0000-\u001f\u2028\u2029\ud800-\udfff]*$/
const forHtml: Readonly<Record<string, string>> = {
  '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029',
}

/** JSON with what Go's encoder escapes besides; these characters are nowhere but in strings. */
export function escapeForHtml(json: string): string {
  return /[<>&\u2028\u2029]/.test(json) ? json.replace(/[<>&\u2028\u2029]/g, (character) => forHtml[character]!) : json
}

/** A JSON string as Go's encoder writes it. */
export function quoteJson(text: string): string {
  if (plain.test(text)) return `"${text}"`
  return escapeForHtml(JSON.stringify(text.toWellFormed()))
}
