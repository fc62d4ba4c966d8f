/** Reads a protobuf message into an object, by its schema. The bytes may be hostile. */
import { base64Encode, utf8Decode } from '#base/bytes.ts'
import { ProtobufError, type ProtobufReader } from '#base/protobuf-reader.ts'
import { formatDuration } from '../duration.ts'
import { canonicalQuantity, QuantityError } from '../quantity.ts'
import type { FieldSchema, Shape, StructSchema } from '../schema/schema.ts'
import { formatInstant, formatMicroInstant } from '../time.ts'
import { planOf, type Plan } from './protobuf-plan.ts'
import { fillZeros, isEmpty, zeroOf } from './zero.ts'

const maxDepth = 1000
type MutableObject = Record<string, unknown>

/** Decodes what a RawExtension holds when that is not JSON. */
export type RawDecoder = (bytes: Uint8Array) => unknown

interface Context {
  readonly reader: ProtobufReader
  readonly raw: RawDecoder
}

export function readStruct(reader: ProtobufReader, struct: StructSchema, end: number, raw: RawDecoder): MutableObject {
  return readNestedStruct({ reader, raw }, struct, end, 0)
}

function readNestedStruct(context: Context, struct: StructSchema, end: number, depth: number): MutableObject {
  const object: MutableObject = {}
  const plan = planOf(struct)
  readFields(context, plan, object, end, depth, struct.name)
  if (plan.proto3) {
    for (const { name, enum: names } of plan.enums) object[name] ??= names![0]
  } else {
    fillZeros(object, struct)
  }
  return object
}

function readFields(
  context: Context, plan: Plan, object: MutableObject, end: number, depth: number, message: string,
): void {
  if (depth > maxDepth) throw new ProtobufError('exceeded max depth')
  const { reader } = context
  while (reader.position < end) {
    const tag = reader.varint(end)
    const wireType = tag % 8
    const number = (tag - wireType) / 8
    if (wireType === 4) throw new ProtobufError(`proto: ${shortName(message)}: wiretype end group for non-group`)
    if (number <= 0 || tag > 0xffffffff) {
      throw new ProtobufError(`proto: ${shortName(message)}: illegal tag ${number} (wire type ${wireType})`)
    }
    const entry = plan.byNumber[number]
    if (!entry) {
      reader.skip(wireType, end)
    } else if (entry.kind === 'embedded') {
      expect(wireType, 2, String(number))
      const inner = reader.end(end)
      readFields(context, entry.plan, object, inner, depth + 1, message)
      finish(reader, inner)
    } else {
      readField(context, plan, entry.field, object, wireType, end, depth)
    }
  }
}

function readField(
  context: Context, plan: Plan, field: FieldSchema, object: MutableObject, wireType: number, end: number, depth: number,
): void {
  const { name, shape } = field
  if (shape.type === 'list' && !shape.wrapped) {
    const list = (object[name] ??= []) as unknown[]
    if (wireType === 2 && wireTypeOf(shape.items) !== 2) readPacked(context, shape.items, list, end)
    else list.push(readValue(context, plan, shape.items, wireType, end, depth, field))
  } else if (shape.type === 'map') {
    if (!Object.hasOwn(object, name)) object[name] = {}
    readMapEntry(context, plan, shape.values, object[name] as MutableObject, wireType, end, depth, field)
  } else {
    const value = readValue(context, plan, shape, wireType, end, depth, field)
    // Scalars that JSON would leave out are left out here too, so that objects are the same whichever way they came.
    const leftOut = value === undefined || (!plan.proto3 && field.omitEmpty && !field.pointer && isEmpty(value, shape))
    if (leftOut) delete object[name]
    else object[name] = value
  }
}

function readPacked({ reader }: Context, items: Shape, list: unknown[], limit: number): void {
  const end = reader.end(limit)
  while (reader.position < end) list.push(readScalar(reader, items, end))
}

function readMapEntry(
  context: Context, plan: Plan, values: Shape, map: MutableObject, wireType: number, limit: number, depth: number,
  field: FieldSchema,
): void {
  const { reader } = context
  expect(wireType, 2, field.name)
  const end = reader.end(limit)
  let key = ''
  let value: unknown
  while (reader.position < end) {
    const tag = reader.varint(end)
    if (tag >>> 3 === 1) {
      expect(tag % 8, 2, field.name)
      key = reader.text(end)
    } else if (tag >>> 3 === 2) value = readValue(context, plan, values, tag % 8, end, depth, field)
    else reader.skip(tag % 8, end)
  }
  value ??=
    plan.proto3 && values.type === 'bytes' ? new Uint8Array() : values.type === 'bytes' ? '' : (zeroOf(values) ?? null)
  if (key === '__proto__') {
    Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true })
  } else map[key] = value
}

function wireTypeOf(shape: Shape): number {
  switch (shape.type) {
    case 'bool': case 'int32': case 'int64': case 'uint32': case 'uint64': case 'enum': return 0
    case 'double': return 1
    case 'float': return 5
    default: return 2
  }
}

function readScalar(reader: ProtobufReader, shape: Shape, end: number): unknown {
  switch (shape.type) {
    case 'bool': return reader.int64(end) !== 0
    case 'int32': return reader.int32(end)
    case 'int64': return reader.int64(end)
    case 'uint32': return reader.uint32(end)
    case 'uint64': return reader.uint64(end)
    case 'double': return reader.double(end)
    default: return reader.float(end)
  }
}

function readValue(
  context: Context, plan: Plan, shape: Shape, wireType: number, limit: number, depth: number, field: FieldSchema,
): unknown {
  const { reader } = context
  const expected = wireTypeOf(shape)
  expect(wireType, expected, field.name)
  if (shape.type === 'enum') {
    const value = reader.int32(limit)
    return field.enum?.[value] || String(value)
  }
  if (expected !== 2) return readScalar(reader, shape, limit)
  if (shape.type === 'string') return reader.text(limit)
  if (shape.type === 'bytes') return plan.proto3 ? reader.view(limit).slice() : base64Encode(reader.view(limit))
  const end = reader.end(limit)
  const value = readNested(context, shape, end, depth + 1)
  finish(reader, end)
  return value
}

function readNested(context: Context, shape: Shape, end: number, depth: number): unknown {
  const { reader } = context
  switch (shape.type) {
    case 'struct': return readNestedStruct(context, shape.struct, end, depth)
    case 'list': {
      const list: unknown[] = []
      eachField(reader, end, (_, wireType) =>
        list.push(readValue(context, emptyPlan, shape.items, wireType, end, depth, anonymous)),
      )
      return list
    }
    case 'time': case 'microTime': {
      if (reader.position === end) return undefined
      const [, seconds = 0, nanos = 0] = readNumbers(reader, end)
      if (Math.abs(seconds) > 253402300799) throw new ProtobufError('proto: time out of range')
      return shape.type === 'time' ? formatInstant({ seconds, nanos: 0 }) : formatMicroInstant({ seconds, nanos })
    }
    case 'duration': {
      let duration = 0n
      eachField(reader, end, () => { duration = BigInt(reader.int64(end)) })
      return formatDuration(duration)
    }
    case 'quantity':
      return readText(reader, end, readQuantity) ?? '0'
    case 'intOrString':
      return readIntOrString(reader, end)
    case 'rawExtension':
    case 'json':
    case 'fieldsV1':
      return readRaw(context, end)
    case 'jsonSchemaOrList':
    case 'jsonSchemaOrBool':
    case 'jsonSchemaOrStrings':
      return readSchemaOr(context, shape, end, depth)
    default:
      throw new ProtobufError(`proto: ${shape.type} is not a message`)
  }
}

const emptyPlan: Plan = { proto3: false, entries: [], byNumber: [], enums: [] }
const anonymous: FieldSchema = {
  name: 'items', shape: { type: 'string' }, required: false, omitEmpty: false, pointer: false, protoNumber: 1,
  enum: undefined, defaultValue: undefined, patchStrategy: [],
}

function eachField(reader: ProtobufReader, end: number, read: (number: number, wireType: number) => void): void {
  while (reader.position < end) {
    const tag = reader.varint(end)
    const before = reader.position
    read(Math.floor(tag / 8), tag % 8)
    if (reader.position === before) reader.skip(tag % 8, end)
  }
}

/** Values of a message that has only small integers, by number. */
function readNumbers(reader: ProtobufReader, end: number): number[] {
  const numbers: number[] = []
  eachField(reader, end, (number, wireType) => {
    if (wireType === 0 && number < 16) numbers[number] = Number(reader.int64(end))
  })
  return numbers
}

function readText<T>(reader: ProtobufReader, end: number, use: (text: string) => T): T | undefined {
  let result: T | undefined
  eachField(reader, end, (number, wireType) => {
    if (number === 1 && wireType === 2) result = use(reader.text(end))
  })
  return result
}

function readQuantity(text: string): string {
  try {
    return text === '' ? '0' : canonicalQuantity(text)
  } catch (error) {
    if (error instanceof QuantityError) throw new ProtobufError(error.message, { cause: error })
    throw error
  }
}

function readIntOrString(reader: ProtobufReader, end: number): number | string {
  let type = 0
  let number = 0
  let text = ''
  eachField(reader, end, (field, wireType) => {
    if (field === 1 && wireType === 0) type = reader.int32(end)
    else if (field === 2 && wireType === 0) number = reader.int32(end)
    else if (field === 3 && wireType === 2) text = reader.text(end)
  })
  return type === 1 ? text : number
}

function readRaw({ reader, raw }: Context, end: number): unknown {
  let value: unknown
  eachField(reader, end, (number, wireType) => {
    if (number !== 1 || wireType !== 2) return
    const bytes = reader.view(end)
    if (bytes.length > 0) {
      value =
        bytes[0] === 0x6b && bytes[1] === 0x38 && bytes[2] === 0x73 && bytes[3] === 0 ? raw(bytes) : parseJson(bytes)
    }
  })
  return value
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decode(bytes))
  } catch (error) {
    throw new ProtobufError('proto: raw value is not JSON', { cause: error })
  }
}

function readSchemaOr(context: Context, shape: Shape, end: number, depth: number): unknown {
  const { reader } = context
  const struct = 'of' in shape ? shape.of : undefined
  if (!struct) throw new ProtobufError(`proto: ${shape.type} has no schema`)
  let schema: unknown
  let allows = false
  const others: unknown[] = []
  const schemaNumber = shape.type === 'jsonSchemaOrBool' ? 2 : 1
  const readSchema = (): unknown => {
    const inner = reader.end(end)
    const value = readNestedStruct(context, struct, inner, depth + 1)
    finish(reader, inner)
    return value
  }
  eachField(reader, end, (number, wireType) => {
    if (number === schemaNumber && wireType === 2) schema = readSchema()
    else if (number === 1 && wireType === 0) allows = reader.int64(end) !== 0
    else if (number === 2 && wireType === 2) {
      others.push(shape.type === 'jsonSchemaOrList' ? readSchema() : reader.text(end))
    }
  })
  if (schema !== undefined) return schema
  return shape.type === 'jsonSchemaOrBool' ? allows : others
}

function expect(wireType: number, expected: number, field: string): void {
  if (wireType !== expected) {
    throw new ProtobufError(`proto: wrong wireType = ${wireType} for field ${field[0]!.toUpperCase()}${field.slice(1)}`)
  }
}

/** A nested message must end where its length says. */
function finish(reader: ProtobufReader, end: number): void {
  if (reader.position !== end) throw new ProtobufError('unexpected EOF')
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
