/**
 * From a parsed JSON value to an object of a schema, in place: Go's type rules, zero values and canonical forms, and
 * unknown fields.
 */
import { base64Decode } from '#base/bytes.ts'
import { canonicalDuration } from '../duration.ts'
import { canonicalQuantity } from '../quantity.ts'
import type { FieldSchema, Shape, StructSchema } from '../schema/schema.ts'
import { canonicalMicroTime, canonicalTime } from '../time.ts'
import { JsonError, JsonNumber, plainNumber, type NumberTexts, type ParsedJson, type Repetition } from './json-parse.ts'
import { fillZeros, isEmpty, zeroOf } from './zero.ts'

type MutableObject = Record<string, unknown>

/** Typed values nest less deeply than this; foreign ones inside may go on. */
const maxDepth = 1000
const maxProblems = 100

export interface DecodeContext {
  /** Collect unknown and duplicate fields. */
  readonly strict: boolean
  readonly root: StructSchema
  readonly problems: string[]
  /** See ParsedJson. */
  readonly duplicates: ParsedJson['duplicates'] | undefined
  readonly numbers: NumberTexts | undefined
  /** Where we are: names and indices of the first `depth` levels. */
  readonly path: (string | number)[]
}

export function makeDecodeContext(root: StructSchema, strict: boolean, parsed?: ParsedJson): DecodeContext {
  const duplicates = parsed && parsed.duplicates.size > 0 ? parsed.duplicates : undefined
  return { root, strict, problems: [], duplicates, numbers: parsed?.numbers, path: [] }
}

/** Throws JsonError with Go's message at the first value of a wrong type. */
export function applyStruct(context: DecodeContext, object: MutableObject, struct: StructSchema, depth: number): void {
  if (depth > maxDepth) throw new JsonError('exceeded max depth')
  const { fieldsByName } = struct
  const repeated = repeatedKeys(context, object, depth, struct)
  for (const key in object) {
    repeated?.pass()
    const field = fieldsByName.get(key)
    if (!field) {
      if (context.strict) report(context, 'unknown', depth, key)
      delete object[key]
      continue
    }
    const value = object[key]
    if (value === null || value === undefined) {
      delete object[key]
      continue
    }
    context.path[depth] = key
    const result = convert(context, exactly(context, object, key, value), field.shape, field, struct, depth + 1)
    if (result === undefined || (field.omitEmpty && !field.pointer && isEmpty(result, field.shape))) delete object[key]
    else if (result !== value) object[key] = result
  }
  repeated?.pass()
  fillZeros(object, struct)
}

/** The number with its text, where that says more than the value. */
function exactly(context: DecodeContext, container: object, key: string | number, value: unknown): unknown {
  const { numbers } = context
  if (!numbers) return value
  const text = typeof key === 'number' ? numbers.lists.get(container)?.[key] : numbers.objects.get(container)?.get(key)
  return text === undefined ? value : new JsonNumber(text)
}

function convert(
  context: DecodeContext, value: unknown, shape: Shape, field: FieldSchema, struct: StructSchema, depth: number,
): unknown {
  switch (shape.type) {
    case 'string': case 'enum':
      if (typeof value === 'string') return value
      break
    case 'bool':
      if (typeof value === 'boolean') return value
      break
    case 'int32':
      if (typeof value === 'number' && value >= -2147483648 && value <= 2147483647) return value
      break
    case 'int64':
      if (typeof value === 'number' || (typeof value === 'bigint' && value < 2n ** 63n)) return value
      break
    case 'uint32':
      if (typeof value === 'number' && value >= 0 && value <= 4294967295) return value
      break
    case 'uint64':
      if ((typeof value === 'number' || typeof value === 'bigint') && value >= 0) return value
      break
    case 'float': case 'double':
      if (typeof value === 'number' || typeof value === 'bigint' || value instanceof JsonNumber) return Number(value)
      break
    case 'struct':
      if (!isObject(value)) break
      applyStruct(context, value, shape.struct, depth)
      return value
    case 'list': return convertList(context, value, shape.items, shape, field, struct, depth)
    case 'map': return convertMap(context, value, shape.values, shape, field, struct, depth)
    default: return convertSpecial(context, value, shape, field, struct, depth)
  }
  failType(context, value, shape, field, struct, depth)
}

function convertList(
  context: DecodeContext, value: unknown, items: Shape, shape: Shape, field: FieldSchema, struct: StructSchema,
  depth: number,
): unknown {
  if (!Array.isArray(value)) failType(context, value, shape, field, struct, depth)
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index]
    context.path[depth] = index
    const result = item === null
      ? zeroOf(items) ?? null
      : convert(context, exactly(context, value, index, item), items, field, struct, depth + 1)
    if (result !== item) value[index] = result
  }
  return value
}

function convertMap(
  context: DecodeContext, value: unknown, values: Shape, shape: Shape, field: FieldSchema, struct: StructSchema,
  depth: number,
): unknown {
  if (!isObject(value)) failType(context, value, shape, field, struct, depth)
  const repeated = repeatedKeys(context, value, depth)
  for (const key in value) {
    repeated?.pass()
    const item = value[key]
    context.path[depth] = key
    const result = item === null
      ? zeroOf(values) ?? (values.type === 'bytes' ? '' : null)
      : convert(context, exactly(context, value, key, item), values, field, struct, depth + 1) ?? null
    // Assigning to an own `__proto__` would call the setter of Object.prototype only if there were no own property;
    // there is one.
    if (result !== item) value[key] = result
  }
  repeated?.pass()
  return value
}

function convertSpecial(
  context: DecodeContext, value: unknown, shape: Shape, field: FieldSchema, struct: StructSchema, depth: number,
): unknown {
  switch (shape.type) {
    case 'bytes': return convertBytes(context, value, shape, field, struct, depth)
    case 'time': return reworded(() => canonicalTime(textOf(context, value, field, struct, depth)))
    case 'microTime': return reworded(() => canonicalMicroTime(textOf(context, value, field, struct, depth)))
    case 'duration': return reworded(() => canonicalDuration(textOf(context, value, field, struct, depth)))
    case 'quantity':
      return reworded(() =>
        canonicalQuantity(
          typeof value === 'string'
            ? value.trim()
            : isObject(value) || Array.isArray(value)
              ? JSON.stringify(value)
              : numberText(value),
        ),
      )
    case 'intOrString':
      return convertIntOrString(context, value, field, struct, depth)
    case 'rawExtension':
    case 'json':
    case 'fieldsV1':
      return plainNumber(value)
    case 'jsonSchemaOrList':
      if (Array.isArray(value)) {
        value.forEach((item, index) => {
          context.path[depth] = index
          if (isObject(item)) applyStruct(context, item, structOf(shape), depth + 1)
        })
        return value
      }
      break
    case 'jsonSchemaOrStrings':
      if (Array.isArray(value)) return value
      break
    case 'jsonSchemaOrBool':
      if (typeof value === 'boolean') return value
      break
  }
  if (!isObject(value)) {
    throw new JsonError(
      shape.type === 'jsonSchemaOrBool' ? 'boolean or JSON schema expected' : 'json: cannot unmarshal unexpected type',
    )
  }
  applyStruct(context, value, structOf(shape), depth)
  return value
}

function structOf(shape: Shape): StructSchema {
  const struct = 'of' in shape ? shape.of : undefined
  if (!struct) throw new Error(`${shape.type} has no schema`)
  return struct
}

function convertBytes(
  context: DecodeContext, value: unknown, shape: Shape, field: FieldSchema, struct: StructSchema, depth: number,
): string {
  if (typeof value !== 'string') failType(context, value, shape, field, struct, depth)
  if (value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value)) return value
  const cleaned = value.replace(/[\r\n]/g, '')
  if (base64Decode(cleaned) === undefined) {
    const bad = value.search(/[^A-Za-z0-9+/\r\n]/)
    throw new JsonError(`illegal base64 data at input byte ${bad < 0 ? value.length - value.length % 4 : bad}`)
  }
  return cleaned
}

function textOf(
  context: DecodeContext, value: unknown, field: FieldSchema, struct: StructSchema, depth: number,
): string {
  if (typeof value === 'string') return value
  failType(context, value, { type: 'string' }, { ...field, goType: 'string' }, struct, depth)
}

function convertIntOrString(
  context: DecodeContext, value: unknown, field: FieldSchema, struct: StructSchema, depth: number,
): number | string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && value >= -2147483648 && value <= 2147483647) return value
  failType(context, value, { type: 'int32' }, { ...field, goType: 'int32' }, struct, depth)
}

/** The errors of texts are upstream's own words; only their class changes. */
function reworded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof JsonError) throw error
    throw new JsonError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function numberText(value: unknown): string {
  return value instanceof JsonNumber ? value.text : String(value)
}

export function isObject(value: unknown): value is MutableObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}

/** Says of the repetitions of one object's keys, among its other problems and in the order of the text. */
class RepeatedKeys {
  readonly #context: DecodeContext
  readonly #repetitions: readonly Repetition[]
  readonly #depth: number
  #said = 0
  #passed = 0

  constructor(context: DecodeContext, repetitions: readonly Repetition[], depth: number) {
    this.#context = context
    this.#repetitions = repetitions
    this.#depth = depth
  }

  /** To be called before each key, as often as there are different ones, and once behind the last. */
  pass(): void {
    for (; this.#repetitions[this.#said]?.behind === this.#passed; this.#said++) {
      report(this.#context, 'duplicate', this.#depth, this.#repetitions[this.#said]!.key)
    }
    this.#passed++
  }
}

/** Undefined where no key is repeated, or nobody asks. Of unknown fields it is enough that they are unknown. */
export function repeatedKeys(
  context: DecodeContext, object: object, depth: number, struct?: StructSchema,
): RepeatedKeys | undefined {
  const repetitions = context.strict ? context.duplicates?.get(object) : undefined
  if (!repetitions) return undefined
  const known = struct ? repetitions.filter(({ key }) => struct.fieldsByName.has(key)) : repetitions
  return new RepeatedKeys(context, known, depth)
}

export function report(context: DecodeContext, kind: 'unknown' | 'duplicate', depth: number, key: string): void {
  if (context.problems.length >= maxProblems) return
  const problem = `${kind} field ${JSON.stringify(formatPath([...context.path.slice(0, depth), key]))}`
  if (!context.problems.includes(problem)) context.problems.push(problem)
}

/** `spec.containers[0].name`. */
function formatPath(path: readonly (string | number)[]): string {
  return path.map((part, index) => typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`).join('')
}

function failType(
  context: DecodeContext,
  value: unknown,
  shape: Shape,
  field: FieldSchema,
  struct: StructSchema,
  depth: number,
): never {
  // Go's stack of names has struct fields only: no indices, and no keys of maps.
  const names = namesOf(context, depth)
  const type = goTypeAt(shape, field)
  throw new JsonError(
    `json: cannot unmarshal ${describe(value, shape)} into Go struct field ${shortName(struct)}.${names.join('.')} of type ${type}`,
  )
}

/** Names of the struct fields on the path, found by following it through the schema. */
function namesOf(context: DecodeContext, depth: number): readonly string[] {
  const names: string[] = []
  let shape: Shape | undefined = { type: 'struct', struct: context.root }
  for (const part of context.path.slice(0, depth)) {
    if (shape?.type === 'list' && typeof part === 'number') {
      shape = shape.items
    } else if (shape?.type === 'map') {
      shape = shape.values
    } else {
      const struct: StructSchema | undefined =
        shape?.type === 'struct' ? shape.struct : shape && 'of' in shape ? shape.of : undefined
      if (typeof part === 'string') names.push(part)
      shape = struct?.fieldsByName.get(String(part))?.shape
    }
  }
  return names
}

/** Go's word for the type of a field, or of the items or values in it. */
function goTypeAt(shape: Shape, field: FieldSchema): string {
  let at = field.shape
  let type = field.goType ?? goTypeOf(at)
  while (at !== shape && (at.type === 'list' || at.type === 'map')) {
    const prefix = at.type === 'list' ? '[]' : 'map[string]'
    at = at.type === 'list' ? at.items : at.values
    type = type.startsWith(prefix) ? type.slice(prefix.length) : goTypeOf(at)
  }
  return at === shape ? type : field.goType ?? goTypeOf(shape)
}

function goTypeOf(shape: Shape): string {
  switch (shape.type) {
    case 'struct': return shape.struct.name.split('.').slice(-2).join('.')
    case 'list': return `[]${goTypeOf(shape.items)}`
    case 'map': return `map[string]${goTypeOf(shape.values)}`
    case 'bytes': return '[]uint8'
    case 'double': return 'float64'
    case 'float': return 'float32'
    case 'rawExtension': return 'runtime.RawExtension'
    default: return shape.type
  }
}

function shortName({ name }: StructSchema): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function describe(value: unknown, shape: Shape): string {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof JsonNumber) {
    return ['int32', 'int64', 'uint32', 'uint64', 'float', 'double'].includes(shape.type)
      ? `number ${numberText(value)}`
      : 'number'
  }
  return 'object'
}
