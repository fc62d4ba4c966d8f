/**
 * Protobuf, by schema table: Kubernetes' own form (proto2 as gogo writes it, in the `k8s\0` envelope) and plain
 * proto3 (CRI).
 * Objects are in the shape that JSON has: times and quantities are texts, bytes base64 (in proto3 a Uint8Array), int-
 * or-string what it is.
 * 64-bit integers are numbers where that is exact and bigints beyond. Equal objects give equal bytes.
 */
import { concatBytes } from '#base/bytes.ts'
import { ProtobufError, ProtobufReader } from '#base/protobuf-reader.ts'
import { ProtobufWriter } from '#base/protobuf-writer.ts'
import { parseApiVersion } from '../meta/group-version.ts'
import type { KubeObject } from '../meta/object.ts'
import type { StructSchema } from '../schema/schema.ts'
import { readStruct } from './protobuf-decode.ts'
import { closeMessage, writeMessage } from './protobuf-encode.ts'
import { planOf } from './protobuf-plan.ts'

export { ProtobufError }

/** Finds the schema of a kind; undefined for a kind that nobody serves. */
export type SchemaLookup = (group: string, version: string, kind: string) => StructSchema | undefined

const magic: readonly number[] = [0x6b, 0x38, 0x73, 0x00]

/** A bare message, without an envelope. */
export function encodeProtobuf(object: object, schema: StructSchema): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter()
  writeMessage(writer, planOf(schema), object as Readonly<Record<string, unknown>>, 0)
  return writer.finish()
}

/** Throws ProtobufError. */
export function decodeProtobuf(bytes: Uint8Array, schema: StructSchema): Record<string, unknown> {
  return readStruct(new ProtobufReader(bytes), schema, bytes.length, () => {
    throw new ProtobufError('proto: nested object in a bare message')
  })
}

/** `application/vnd.kubernetes.protobuf`: the object with its apiVersion and kind beside it. */
export function encodeKubernetesProtobuf(object: KubeObject, schema: StructSchema): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter(2048)
  writeEnvelopeEnd(writer)
  const beforeRaw = writer.length
  writeMessage(writer, planOf(schema), object as Readonly<Record<string, unknown>>, 0)
  closeMessage(writer, 2, beforeRaw)
  writeEnvelopeStart(writer, object)
  return writer.finish()
}

/** What stands before and after a message of `length` bytes that is encoded piece by piece. */
export function kubernetesEnvelope(
  object: KubeObject, length: number,
): { readonly before: Uint8Array; readonly after: Uint8Array } {
  const after = new ProtobufWriter()
  writeEnvelopeEnd(after)
  const before = new ProtobufWriter()
  before.varint(length)
  before.varint(2 * 8 + 2)
  writeEnvelopeStart(before, object)
  return { before: before.finish(), after: after.finish() }
}

function writeEnvelopeEnd(writer: ProtobufWriter): void {
  writeText(writer, 4, '')
  writeText(writer, 3, '')
}

function writeEnvelopeStart(writer: ProtobufWriter, object: KubeObject): void {
  const beforeType = writer.length
  writeText(writer, 2, object.kind ?? '')
  writeText(writer, 1, object.apiVersion ?? '')
  closeMessage(writer, 1, beforeType)
  writer.bytes(Uint8Array.from(magic))
}

export interface ProtobufEnvelope {
  readonly apiVersion: string
  readonly kind: string
  /** The message itself. */
  readonly raw: Uint8Array
}

/** True for bytes that start as an envelope does. */
function isKubernetesProtobuf(bytes: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte)
}

/** Opens the envelope without decoding what is in it. Throws ProtobufError. */
export function readKubernetesEnvelope(bytes: Uint8Array): ProtobufEnvelope {
  if (!isKubernetesProtobuf(bytes)) {
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  const reader = new ProtobufReader(bytes, magic.length)
  let apiVersion = ''
  let kind = ''
  let raw: Uint8Array = new Uint8Array()
  while (reader.position < bytes.length) {
    const tag = reader.varint(bytes.length)
    if (tag === 10) {
      const end = reader.end(bytes.length)
      while (reader.position < end) {
        const inner = reader.varint(end)
        if (inner === 10) apiVersion = reader.text(end)
        else if (inner === 18) kind = reader.text(end)
        else reader.skip(inner % 8, end)
      }
    } else if (tag === 18) raw = reader.view(bytes.length)
    else reader.skip(tag % 8, bytes.length)
  }
  return { apiVersion, kind, raw }
}

/**
 * The object of an envelope. `lookup` is asked for its kind and for the kinds of objects inside RawExtensions (lists,
 * watch events).
 * Throws ProtobufError for malformed bytes and for a kind that `lookup` does not know.
 */
export function decodeKubernetesProtobuf(bytes: Uint8Array, lookup: SchemaLookup): KubeObject {
  const { apiVersion, kind, raw } = readKubernetesEnvelope(bytes)
  const groupVersion = parseApiVersion(apiVersion)
  const schema = groupVersion && lookup(groupVersion.group, groupVersion.version, kind)
  if (!schema) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`)
  const object = readStruct(new ProtobufReader(raw), schema, raw.length, (inner) =>
    decodeKubernetesProtobuf(inner, lookup),
  )
  return { kind, apiVersion, ...object }
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** A frame of a watch: four bytes of length, and a WatchEvent around the object's envelope. */
export function encodeProtobufWatchFrame(type: WatchEventType, envelope: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter(envelope.length + 64)
  const before = writer.length
  writer.bytes(envelope)
  closeMessage(writer, 1, before)
  closeMessage(writer, 2, before)
  writeText(writer, 1, type)
  const { length } = writer
  writer.bytes(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length))
  return writer.finish()
}

/** The longest frame that a reader takes: more than any object that a server stores. */
const maxFrame = 16 * 1024 * 1024

/** Cuts a stream of chunks into the events of a watch. Throws ProtobufError. */
export async function* readProtobufWatchFrames(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly type: string; readonly envelope: Uint8Array }> {
  let pending: Uint8Array = new Uint8Array()
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : concatBytes([pending, chunk])
    while (pending.length >= 4) {
      const length = new DataView(pending.buffer, pending.byteOffset, 4).getUint32(0)
      if (length > maxFrame) throw new ProtobufError(`object to decode was longer than maximum allowed size`)
      if (pending.length < 4 + length) break
      yield readWatchEvent(pending.subarray(4, 4 + length))
      pending = pending.subarray(4 + length)
    }
  }
  if (pending.length > 0) throw new ProtobufError('unexpected EOF')
}

function readWatchEvent(bytes: Uint8Array): { readonly type: string; readonly envelope: Uint8Array } {
  const reader = new ProtobufReader(bytes)
  let type = ''
  let envelope: Uint8Array = new Uint8Array()
  while (reader.position < bytes.length) {
    const tag = reader.varint(bytes.length)
    if (tag === 10) type = reader.text(bytes.length)
    else if (tag === 18) {
      const end = reader.end(bytes.length)
      while (reader.position < end) {
        const inner = reader.varint(end)
        if (inner === 10) envelope = reader.view(end)
        else reader.skip(inner % 8, end)
      }
    } else reader.skip(tag % 8, bytes.length)
  }
  return { type, envelope }
}

function writeText(writer: ProtobufWriter, number: number, text: string): void {
  const before = writer.length
  writer.text(text)
  closeMessage(writer, number, before)
}
