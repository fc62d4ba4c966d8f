/** Protobuf messages of etcd: each is an interface and, beside it, the numbers and kinds of its fields. */
import { KnownTexts } from '#base/known-texts.ts'
import { ProtobufError, ProtobufReader } from '#base/protobuf-reader.ts'
import { ProtobufWriter } from '#base/protobuf-writer.ts'

/**
 * How a value looks on the wire. `int`: any varint whose value is exact as a number; `long`: int64 and `ulong`: uint64
 * as bigint; `key`: bytes as a string with one character for each, so that keys compare as bytes do.
 */
type Kind<Value> =
  [Value] extends [boolean] ? 'bool'
  : [Value] extends [number] ? 'int'
  : [Value] extends [bigint] ? 'long' | 'ulong'
  : [Value] extends [string] ? 'text' | 'key'
  : [Value] extends [Uint8Array] ? 'bytes'
  : () => MessageType<Value>

type FieldOf<Value> = Value extends readonly (infer Item)[]
  ? readonly [number: number, kind: Kind<Item>, repeated: 'repeated']
  : readonly [number: number, kind: Kind<Value>]

type FieldsOf<Message> = { readonly [Name in keyof Message]-?: FieldOf<NonNullable<Message[Name]>> }

/** What may be left out of a message that is to be encoded: everything. */
export type Partially<Message> = { readonly [Name in keyof Message]?: PartialValue<Message[Name]> }
type PartialValue<Value> =
  | (Value extends Uint8Array | string | number | bigint | boolean | undefined ? Value
    : Value extends readonly (infer Item)[] ? readonly PartialValue<Item>[]
    : Partially<Value>)
  | undefined

type ScalarKind = 'bool' | 'int' | 'long' | 'ulong' | 'text' | 'key' | 'bytes'

interface Field {
  readonly name: string
  readonly number: number
  readonly kind: ScalarKind | 'message'
  readonly type: (() => MessageType<unknown>) | undefined
  readonly isRepeated: boolean
}

export interface MessageType<Message> {
  /** In the order of their numbers. */
  readonly fields: readonly Field[]
  readonly byNumber: readonly (Field | undefined)[]
  /** A message without any field set; copied, never given out. Its type holds the parameter. */
  readonly empty: Message
}

type Fields = Record<string, unknown>

/** Fields of another message that are not named here are passed over when they are read. */
export function messageType<Message extends object>(shape: FieldsOf<Message>): MessageType<Message> {
  const fields: Field[] = []
  const empty: Fields = {}
  for (const name of Object.keys(shape)) {
    const [number, kind, repeated] = (shape as Record<string, readonly [number, unknown, string?]>)[name]!
    const isMessage = typeof kind === 'function'
    const field: Field = {
      name,
      number,
      kind: isMessage ? 'message' : (kind as ScalarKind),
      type: isMessage ? (kind as () => MessageType<unknown>) : undefined,
      isRepeated: repeated === 'repeated',
    }
    fields.push(field)
    empty[name] = field.isRepeated ? noItems : emptyValue(field.kind)
  }
  fields.sort((a, b) => a.number - b.number)
  const byNumber: (Field | undefined)[] = []
  for (const field of fields) byNumber[field.number] = field
  return { fields, byNumber, empty: empty as Message }
}

/** Keys are asked for again and again. */
const knownKeys = new KnownTexts()

/** Told from a list that was read, so that no message without items needs one of its own. */
const noItems: unknown[] = []
const noBytes = new Uint8Array(0)
/** Deeper nesting than any client means (txn within txn), and no overflow of the stack. */
const depthMax = 100

function emptyValue(kind: Field['kind']): unknown {
  switch (kind) {
    case 'bool': return false
    case 'int': return 0
    case 'long': case 'ulong': return 0n
    case 'text': case 'key': return ''
    case 'bytes': return noBytes
    case 'message': return undefined
  }
}

/**
 * Bytes that anybody may have sent. Throws ProtobufError. Values of `bytes` fields are views of `bytes`: who keeps one
 * copies it.
 */
export function decode<Message>(type: MessageType<Message>, bytes: Uint8Array): Message {
  const reader = new ProtobufReader(bytes)
  return readMessage(type, reader, bytes.length, 0) as Message
}

function readMessage(type: MessageType<unknown>, reader: ProtobufReader, end: number, depth: number): unknown {
  if (depth > depthMax) throw new ProtobufError('proto: message is nested too deeply')
  const message: Fields = { ...(type.empty as Fields) }
  while (reader.position < end) {
    const tag = reader.varint(end)
    const wireType = tag & 7
    const field = type.byNumber[Math.floor(tag / 8)]
    if (!field) {
      if (tag < 8) throw new ProtobufError(`proto: illegal tag ${Math.floor(tag / 8)} (wire type ${wireType})`)
      reader.skip(wireType, end)
    } else if (field.isRepeated) {
      let items = message[field.name] as unknown[]
      if (items === noItems) message[field.name] = items = []
      if (wireType === 2 && isVarint(field.kind)) readPacked(field, reader, end, items)
      else items.push(readValue(field, wireType, reader, end, depth))
    } else {
      message[field.name] = readValue(field, wireType, reader, end, depth)
    }
  }
  return message
}

function isVarint(kind: Field['kind']): boolean {
  return kind === 'int' || kind === 'bool' || kind === 'long' || kind === 'ulong'
}

function readPacked(field: Field, reader: ProtobufReader, end: number, items: unknown[]): void {
  const packedEnd = reader.end(end)
  while (reader.position < packedEnd) items.push(readValue(field, 0, reader, packedEnd, 0))
}

function readValue(field: Field, wireType: number, reader: ProtobufReader, end: number, depth: number): unknown {
  const { kind } = field
  if (wireType !== (isVarint(kind) ? 0 : 2)) {
    throw new ProtobufError(`proto: wrong wireType = ${wireType} for field ${field.name}`)
  }
  switch (kind) {
    case 'bool': return reader.varint(end) !== 0
    case 'int': return Number(reader.int64(end))
    case 'long': return BigInt(reader.int64(end))
    case 'ulong': return BigInt(reader.uint64(end))
    case 'text': return reader.text(end)
    case 'key': {
      const keyEnd = reader.end(end)
      const keyFrom = reader.position
      reader.position = keyEnd
      return knownKeys.read(reader.bytes, keyFrom, keyEnd)
    }
    case 'bytes': return reader.view(end)
    case 'message': {
      const messageEnd = reader.end(end)
      return readMessage(field.type!(), reader, messageEnd, depth + 1)
    }
  }
}

/** One writer for all messages: nothing is written while another is being written. */
const writer = new ProtobufWriter(64 * 1024)
/** A writer that has grown beyond this is not kept. */
const keptBytes = 8 * 1024 * 1024

/** What is left out, and what has its type's empty value, takes no room. */
export function encode<Message>(type: MessageType<Message>, message: Partially<Message>): Uint8Array<ArrayBuffer> {
  writer.reset(keptBytes)
  writeMessage(type as MessageType<unknown>, message as Fields)
  return writer.finish()
}

/** How many bytes `encode` would give. */
export function encodedLength<Message>(type: MessageType<Message>, message: Partially<Message>): number {
  writer.reset(keptBytes)
  writeMessage(type as MessageType<unknown>, message as Fields)
  return writer.length
}

/** From the last field to the first, as the writer asks. */
function writeMessage(type: MessageType<unknown>, message: Fields): void {
  const { fields } = type
  for (let index = fields.length - 1; index >= 0; index--) {
    const field = fields[index]!
    const value = message[field.name]
    if (value === undefined) continue
    if (field.isRepeated) writeRepeated(field, value as readonly unknown[])
    else writeValue(field, value, false)
  }
}

function writeRepeated(field: Field, items: readonly unknown[]): void {
  if (!isVarint(field.kind)) {
    for (let index = items.length - 1; index >= 0; index--) writeValue(field, items[index], true)
    return
  }
  // Packed, as proto3 has it.
  if (items.length === 0) return
  const end = writer.length
  for (let index = items.length - 1; index >= 0; index--) writer.varint(varintOf(items[index]))
  writer.varint(writer.length - end)
  writer.varint(field.number * 8 + 2)
}

function varintOf(value: unknown): number | bigint {
  return typeof value === 'boolean' ? Number(value) : (value as number | bigint)
}

function writeValue(field: Field, value: unknown, writesEmpty: boolean): void {
  switch (field.kind) {
    case 'bool': case 'int': case 'long': case 'ulong':
      if (!writesEmpty && (value === 0 || value === false || value === 0n)) return
      writer.varint(varintOf(value))
      writer.varint(field.number * 8)
      return
    case 'text': case 'key': {
      if (!writesEmpty && value === '') return
      const end = writer.length
      if (field.kind === 'text') writer.text(value as string)
      else writer.latin1(value as string)
      writer.varint(writer.length - end)
      break
    }
    case 'bytes': {
      const bytes = value as Uint8Array
      if (!writesEmpty && bytes.length === 0) return
      writer.bytes(bytes)
      writer.varint(bytes.length)
      break
    }
    case 'message': {
      const end = writer.length
      writeMessage(field.type!(), value as Fields)
      writer.varint(writer.length - end)
      break
    }
  }
  writer.varint(field.number * 8 + 2)
}
