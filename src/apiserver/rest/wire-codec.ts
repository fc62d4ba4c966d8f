/** Objects to bytes in the three media types. */
import { utf8Encode } from '#base/bytes.ts'
import { asGoWrites } from '#api/schemas.ts'
import { escapeForHtml, writeValue } from '#machinery/codec/json-encode.ts'
import {
  encodeKubernetesProtobuf,
  encodeProtobuf,
  encodeProtobufWatchFrame,
  kubernetesEnvelope,
  type WatchEventType,
} from '#machinery/codec/protobuf.ts'
import { encodeYamlValue } from '#machinery/codec/yaml.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import type { MediaType } from './negotiate.ts'

export interface WireCodec {
  /** The bytes of an object that has kind and apiVersion. Throws ApiError 406 when the form cannot express it. */
  encode(media: MediaType, object: KubeObject, pretty: boolean): Uint8Array
  /** The bytes of a long list. `frame` is the list with nothing in `field`; `items` come some at a time. */
  encodeList(
    media: MediaType, frame: KubeObject, field: string, items: AsyncIterable<readonly unknown[]>, pretty: boolean,
  ): AsyncIterable<Uint8Array>
  /** One watch event, framed for a stream. */
  encodeEvent(media: MediaType, type: WatchEventType, object: KubeObject): Uint8Array
}

export function createWireCodec(schemas: SchemaTable): WireCodec {
  const protobuf = (object: KubeObject): Uint8Array => {
    const schema = schemaOf(schemas, object)
    if (!schema) throw notMarshalable(object)
    return encodeKubernetesProtobuf(object, schema)
  }
  return {
    encode(media, object, pretty) {
      switch (media) {
        case 'json': return utf8Encode(stringify(object, pretty) + (pretty ? '' : '\n'))
        case 'protobuf': return protobuf(object)
        case 'yaml': return utf8Encode(encodeYamlValue(asWritten(object)))
      }
    },
    encodeList(media, frame, field, items, pretty) {
      switch (media) {
        case 'json': return pretty ? encodeIndentedList(frame, field, items) : encodeJsonList(frame, field, items)
        case 'yaml': return encodeYamlList(frame, field, items)
        case 'protobuf': {
          const schema = schemaOf(schemas, frame)
          if (!schema) throw notMarshalable(frame)
          return encodeProtobufList(frame, schema, field, items)
        }
      }
    },
    encodeEvent(media, type, object) {
      switch (media) {
        case 'json': return utf8Encode(`{"type":${JSON.stringify(type)},"object":${stringify(object, false)}}\n`)
        case 'protobuf': return encodeProtobufWatchFrame(type, protobuf(object))
        case 'yaml': return utf8Encode(`---\n${encodeYamlValue({ type, object: asWritten(object) })}`)
      }
    },
  }
}

/** Integers beyond 2^53 are bigints, which JSON.stringify refuses; such an object is never indented. */
function stringify(object: KubeObject, pretty: boolean): string {
  const ordered = asWritten(object)
  try {
    return escapeForHtml(pretty ? JSON.stringify(ordered, undefined, 2) : JSON.stringify(ordered))
  } catch (error) {
    if (error instanceof TypeError) return writeValue(ordered)
    throw error
  }
}

/**
 * In upstream's order, with its nulls. Lists and tables, whose frame is ours, have items that are so already; the frame
 * of a list of custom resources is sorted, and so begins with its apiVersion.
 */
function asWritten(object: KubeObject): KubeObject {
  if ('items' in object || 'rows' in object) {
    if (Object.keys(object)[0] === 'apiVersion') return object
    const { kind, apiVersion, metadata, ...rest } = object
    return { kind, apiVersion, metadata, ...rest } as KubeObject
  }
  return asGoWrites(object)
}

async function* encodeJsonList(
  frame: KubeObject, field: string, items: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const [head, tail] = aroundItems(stringify(frame, false), `"${field}":[`)
  let before = head
  for await (const slice of items) {
    yield utf8Encode(before + stringifyItems(slice).slice(1, -1))
    before = ','
  }
  yield utf8Encode(`${tail}\n`)
}

/** The text of a list without items, up to where they go and from there. */
function aroundItems(frame: string, opening: string): readonly [head: string, tail: string] {
  const at = frame.indexOf(opening) + opening.length
  return [frame.slice(0, at), frame.slice(at)]
}

async function* encodeIndentedList(
  frame: KubeObject, field: string, items: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const [head, tail] = aroundItems(stringify(frame, true), `"${field}": [`)
  let before = head
  for await (const slice of items) {
    const text = stringifyItems(slice, 2)
    const isIndented = text.startsWith('[\n')
    yield utf8Encode(before + (isIndented ? text.slice(1, -2).replaceAll('\n', '\n  ') : text.slice(1, -1)))
    before = ','
  }
  yield utf8Encode(`\n  ${tail}`)
}

function stringifyItems(items: readonly unknown[], indent = 0): string {
  try {
    return escapeForHtml(JSON.stringify(items, undefined, indent))
  } catch (error) {
    if (error instanceof TypeError) return writeValue(items)
    throw error
  }
}

async function* encodeYamlList(
  frame: KubeObject, field: string, items: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const text = encodeYamlValue(frame)
  const empty = `\n${field}: []\n`
  const at = text.indexOf(empty)
  yield utf8Encode(`${text.slice(0, at)}\n${field}:\n`)
  // In a mapping a list is not indented, and so looks as it does alone.
  for await (const slice of items) yield utf8Encode(encodeYamlValue(slice))
  yield utf8Encode(text.slice(at + empty.length))
}

/** The length goes first, so all is encoded before anything is sent. */
async function* encodeProtobufList(
  frame: KubeObject, schema: StructSchema, field: string, items: AsyncIterable<readonly unknown[]>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const head = encodeProtobuf(frame, schema)
  const pieces: Uint8Array[] = [head]
  let length = head.length
  for await (const slice of items) {
    // Fields follow one another, and the items are the last one: behind the bytes of the frame are theirs.
    const piece = encodeProtobuf({ ...frame, [field]: slice }, schema).subarray(head.length)
    pieces.push(piece)
    length += piece.length
  }
  const { before, after } = kubernetesEnvelope(frame, length)
  yield before
  yield* pieces
  yield after
}

/** 406, in the words of upstream's serializer. */
function notMarshalable(object: KubeObject): ApiError {
  const type = 'items' in object ? 'UnstructuredList' : 'Unstructured'
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'NotAcceptable',
    code: 406,
    message: `object *unstructured.${type} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
  })
}

/** Custom resources are in no table, and so have no protobuf form. */
function schemaOf(schemas: SchemaTable, object: KubeObject): StructSchema | undefined {
  const parsed = parseApiVersion(object.apiVersion ?? '')
  return parsed && schemas.kind(parsed.group, parsed.version, object.kind ?? '')
}
