/** Turns request bodies into objects of a kind, and prunes and defaults what patches and callers in process hand in. */
import { utf8DecodeStrict } from '#base/bytes.ts'
import { decodeKubernetesProtobuf, ProtobufError } from '#machinery/codec/protobuf.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { BodyError } from './body-error.ts'
import type { MediaType } from './negotiate.ts'

export interface DecodedObject {
  readonly object: KubeObject
  /** What strict decoding complains about: `unknown field "spec.foo"`, `duplicate field "spec.replicas"`. */
  readonly strictErrors: readonly string[]
}

export interface ObjectCodec {
  /**
   * Brings a JSON value into the kind's shape: unknown fields are dropped (and reported), values of a wrong type throw BodyError,
   * defaults are filled in. The value is not kept or changed.
   */
  shape(kind: AnyKind, version: KindVersion, value: KubeObject): DecodedObject
}

export interface BodyDecoder {
  /** The JSON value of a body. Throws BodyError. */
  decode(media: MediaType, body: Uint8Array, target: { readonly struct: string; readonly strict: boolean }): DecodedObject
  /** Any JSON value: a patch. Throws BodyError. */
  decodeValue(media: 'json' | 'yaml', body: Uint8Array, strict: boolean): { readonly value: unknown; readonly strictErrors: readonly string[] }
}

export function createObjectCodec(): ObjectCodec {
  return {
    shape(kind, _version, value) {
      const object = cloneJson(value)
      kind.setDefaults?.(object)
      return { object, strictErrors: [] }
    },
  }
}

export function createBodyDecoder(schemas: SchemaTable): BodyDecoder {
  return {
    decode(media, body) {
      if (media === 'protobuf') return { object: decodeProtobufBody(schemas, body), strictErrors: [] }
      const value = parseJson(body)
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new BodyError('json: cannot unmarshal the value into Go value of type struct')
      }
      return { object: value, strictErrors: [] }
    },
    decodeValue: (_media, body) => ({ value: parseJson(body), strictErrors: [] }),
  }
}

function decodeProtobufBody(schemas: SchemaTable, body: Uint8Array): KubeObject {
  try {
    return decodeKubernetesProtobuf(body, (group, version, kind) => schemas.kind(group, version, kind))
  } catch (error) {
    if (error instanceof ProtobufError) throw new BodyError(error.message)
    throw error
  }
}

function parseJson(body: Uint8Array): unknown {
  const text = utf8DecodeStrict(body)
  if (text === undefined) throw new BodyError('invalid UTF-8')
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new BodyError(error.message)
    throw error
  }
}
