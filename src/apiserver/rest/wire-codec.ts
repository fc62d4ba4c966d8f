/** Objects to bytes in the three media types. */
import { utf8Encode } from '#base/bytes.ts'
import { writeValue } from '#machinery/codec/json-encode.ts'
import { encodeKubernetesProtobuf, encodeProtobufWatchFrame, type WatchEventType } from '#machinery/codec/protobuf.ts'
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
        case 'json': return utf8Encode(`${stringify(object, pretty)}\n`)
        case 'protobuf': return protobuf(object)
        case 'yaml': return utf8Encode(encodeYamlValue(object))
      }
    },
    encodeEvent(media, type, object) {
      switch (media) {
        case 'json': return utf8Encode(`{"type":${JSON.stringify(type)},"object":${stringify(object, false)}}\n`)
        case 'protobuf': return encodeProtobufWatchFrame(type, protobuf(object))
        case 'yaml': return utf8Encode(`---\n${encodeYamlValue({ type, object })}`)
      }
    },
  }
}

/** Integers beyond 2^53 are bigints, which JSON.stringify refuses; such an object is never indented. */
function stringify(object: KubeObject, pretty: boolean): string {
  const { kind, apiVersion, metadata, ...rest } = object
  const ordered = { kind, apiVersion, metadata, ...rest }
  try {
    return pretty ? JSON.stringify(ordered, undefined, 2) : JSON.stringify(ordered)
  } catch (error) {
    if (error instanceof TypeError) return writeValue(ordered)
    throw error
  }
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
