/** Writes an object as a protobuf message, by its schema. */
import { base64Decode } from '#base/bytes.ts'
import { ProtobufError } from '#base/protobuf-reader.ts'
import type { ProtobufWriter } from '#base/protobuf-writer.ts'
import { parseDuration } from '../duration.ts'
import type { FieldSchema, Shape } from '../schema/schema.ts'
import { isZeroInstant, parseMicroTime, parseTime, type Instant } from '../time.ts'
import { writeValue as writeForeignValue } from './json-encode.ts'
import { planOf, type Plan } from './protobuf-plan.ts'
import { sortedKeys } from './sorted-keys.ts'
import { zeroOf } from './zero.ts'

const maxDepth = 1000
type Object = Readonly<Record<string, unknown>>

/** Writes the fields of a message; the writer runs from the back, so the last field comes first. */
export function writeMessage(writer: ProtobufWriter, plan: Plan, object: Object, depth: number): void {
  if (depth > maxDepth) throw new ProtobufError('exceeded max depth')
  const { entries } = plan
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index]!
    if (entry.kind === 'embedded') {
      const before = writer.length
      writeMessage(writer, entry.plan, object, depth + 1)
      closeMessage(writer, entry.number, before)
    } else if (plan.proto3) {
      writeProto3Field(writer, entry.number, entry.field, object[entry.field.name], depth)
    } else {
      writeField(writer, entry.number, entry.field, object[entry.field.name], depth)
    }
  }
}

/** Kubernetes' proto2: what is not a pointer is always written. */
function writeField(writer: ProtobufWriter, number: number, field: FieldSchema, value: unknown, depth: number): void {
  const { shape } = field
  const present = value !== undefined && value !== null
  if (shape.type === 'list' && !shape.wrapped) {
    if (present) writeItems(writer, number, shape.items, value as readonly unknown[], depth)
  } else if (shape.type === 'map') {
    if (present) writeMap(writer, number, shape.values, value as Object, depth, false)
  } else if (present) {
    writeValue(writer, number, shape, value, depth)
  } else if (!field.pointer && shape.type !== 'bytes' && shape.type !== 'list') {
    writeValue(writer, number, shape, zeroOf(shape), depth)
  }
}

function writeProto3Field(
  writer: ProtobufWriter, number: number, field: FieldSchema, value: unknown, depth: number,
): void {
  if (value === undefined || value === null) return
  const { shape } = field
  if (shape.type === 'list') {
    if (isPacked(shape.items)) writePacked(writer, number, shape.items, value as readonly unknown[])
    else writeItems(writer, number, shape.items, value as readonly unknown[], depth)
  } else if (shape.type === 'map') {
    writeMap(writer, number, shape.values, value as Object, depth, true)
  } else if (shape.type === 'enum') {
    writeEnum(writer, number, field, String(value))
  } else if (shape.type === 'bytes') {
    const bytes = value as Uint8Array
    if (bytes.length > 0) writeBytes(writer, number, bytes)
  } else if (
    // A member of a oneof says by being there which one it is, even with no value.
    shape.type === 'struct' || field.pointer || (value !== '' && value !== 0 && value !== false && value !== 0n)
  ) {
    writeValue(writer, number, shape, value, depth)
  }
}

function writeEnum(writer: ProtobufWriter, number: number, field: FieldSchema, name: string): void {
  const known = field.enum?.indexOf(name) ?? -1
  const value = known >= 0 ? known : Number(name)
  if (!Number.isInteger(value)) throw new ProtobufError(`proto: ${field.name} has no value ${name}`)
  if (value === 0) return
  writer.varint(value)
  writer.varint(number * 8)
}

function isPacked(items: Shape): boolean {
  return (
    items.type === 'int32'
    || items.type === 'int64'
    || items.type === 'uint32'
    || items.type === 'uint64'
    || items.type === 'bool'
    || items.type === 'double'
    || items.type === 'float'
  )
}

function writePacked(writer: ProtobufWriter, number: number, items: Shape, values: readonly unknown[]): void {
  if (values.length === 0) return
  const before = writer.length
  for (let index = values.length - 1; index >= 0; index--) {
    if (items.type === 'double') writer.double(values[index] as number)
    else if (items.type === 'float') writer.float(values[index] as number)
    else writer.varint(items.type === 'bool' ? Number(values[index]) : (values[index] as number | bigint))
  }
  closeMessage(writer, number, before)
}

function writeItems(
  writer: ProtobufWriter, number: number, items: Shape, values: readonly unknown[], depth: number,
): void {
  for (let index = values.length - 1; index >= 0; index--) {
    writeValue(writer, number, items, values[index] ?? zeroOf(items), depth)
  }
}

/** An entry per key, in the order of keys, so that equal objects have equal bytes. */
function writeMap(
  writer: ProtobufWriter, number: number, values: Shape, map: Object, depth: number, proto3: boolean,
): void {
  const keys = sortedKeys(map)
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index]!
    const before = writer.length
    const value = map[key] ?? (values.type === 'bytes' ? undefined : zeroOf(values))
    if (proto3 && values.type === 'bytes') writeBytes(writer, 2, value as Uint8Array)
    else if (value !== undefined || values.type !== 'bytes') writeValue(writer, 2, values, value, depth)
    writeText(writer, 1, key)
    closeMessage(writer, number, before)
  }
}

function writeValue(writer: ProtobufWriter, number: number, shape: Shape, value: unknown, depth: number): void {
  switch (shape.type) {
    case 'string':
      return writeText(writer, number, value as string)
    case 'bool':
      return writeNumber(writer, number, value === true ? 1 : 0)
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return writeNumber(writer, number, value as number | bigint)
    case 'double':
      writer.double(value as number)
      return writer.varint(number * 8 + 1)
    case 'float':
      writer.float(value as number)
      return writer.varint(number * 8 + 5)
    case 'bytes':
      return writeBytes(writer, number, decodeBase64(value as string))
  }
  const before = writer.length
  writeNested(writer, shape, value, depth)
  closeMessage(writer, number, before)
}

/** The content of whatever is a message on the wire. */
function writeNested(writer: ProtobufWriter, shape: Shape, value: unknown, depth: number): void {
  switch (shape.type) {
    case 'struct':
      return writeMessage(writer, planOf(shape.struct), value as Object, depth + 1)
    case 'list':
      return writeItems(writer, 1, shape.items, (value as readonly unknown[]) ?? [], depth + 1)
    case 'time':
      return value === undefined ? undefined : writeInstant(writer, { ...parseTime(value as string), nanos: 0 })
    case 'microTime':
      return value === undefined ? undefined : writeInstant(writer, parseMicroTime(value as string))
    case 'duration':
      return writeNumber(writer, 1, parseDuration(value as string))
    case 'quantity':
      return writeText(writer, 1, String(value))
    case 'intOrString':
      return writeIntOrString(writer, value as number | string)
    case 'rawExtension':
    case 'json':
    case 'fieldsV1':
      return value === undefined ? undefined : writeText(writer, 1, stringify(value))
    case 'jsonSchemaOrList':
    case 'jsonSchemaOrBool':
    case 'jsonSchemaOrStrings':
      return writeSchemaOr(writer, shape, value, depth)
    default:
      throw new ProtobufError(`proto: ${shape.type} is not a message`)
  }
}

/** Integers beyond 2^53 are bigints, which JSON.stringify refuses. */
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof TypeError) return writeForeignValue(value)
    throw error
  }
}

function writeInstant(writer: ProtobufWriter, instant: Instant): void {
  if (isZeroInstant(instant)) return
  writeNumber(writer, 2, instant.nanos)
  writeNumber(writer, 1, instant.seconds)
}

function writeIntOrString(writer: ProtobufWriter, value: number | string): void {
  const isText = typeof value === 'string'
  writeText(writer, 3, isText ? value : '')
  writeNumber(writer, 2, isText ? 0 : value)
  writeNumber(writer, 1, isText ? 1 : 0)
}

function writeSchemaOr(
  writer: ProtobufWriter, shape: (Shape & { readonly of?: never }) | Shape, value: unknown, depth: number,
): void {
  const struct = 'of' in shape ? shape.of : undefined
  if (!struct) throw new ProtobufError(`proto: ${shape.type} has no schema`)
  const items: Shape = { type: 'struct', struct }
  const isSchema = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (shape.type === 'jsonSchemaOrBool') {
    if (isSchema) writeValue(writer, 2, items, value, depth)
    writeNumber(writer, 1, isSchema || value === true ? 1 : 0)
  } else if (isSchema) {
    writeValue(writer, 1, items, value, depth)
  } else if (Array.isArray(value)) {
    writeItems(writer, 2, shape.type === 'jsonSchemaOrList' ? items : { type: 'string' }, value, depth)
  }
}

function writeText(writer: ProtobufWriter, number: number, text: string): void {
  const before = writer.length
  writer.text(text)
  closeMessage(writer, number, before)
}

function writeBytes(writer: ProtobufWriter, number: number, bytes: Uint8Array): void {
  writer.bytes(bytes)
  writer.varint(bytes.length)
  writer.varint(number * 8 + 2)
}

function writeNumber(writer: ProtobufWriter, number: number, value: number | bigint): void {
  writer.varint(value)
  writer.varint(number * 8)
}

/** Puts length and tag before what was written since `before`. */
export function closeMessage(writer: ProtobufWriter, number: number, before: number): void {
  writer.varint(writer.length - before)
  writer.varint(number * 8 + 2)
}

function decodeBase64(text: string): Uint8Array {
  const bytes = base64Decode(text)
  if (!bytes) throw new ProtobufError('illegal base64 data')
  return bytes
}
