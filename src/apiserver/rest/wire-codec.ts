/** Objects to bytes and back in the three media types. JSON here; YAML and protobuf come from the machinery. */
import { utf8Encode } from '#base/bytes.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { MediaType } from './negotiate.ts'
import { unacceptable } from './negotiate.ts'

export interface WireCodec {
  /** The bytes of an object that has kind and apiVersion. Throws ApiError 406 when the form cannot express it. */
  encode(media: MediaType, object: KubeObject, pretty: boolean): Uint8Array
  /** One watch event, framed for a stream. */
  encodeEvent(media: MediaType, type: string, object: KubeObject): Uint8Array
}

export function createWireCodec(): WireCodec {
  return {
    encode(media, object, pretty) {
      if (media !== 'json') throw unacceptable()
      return utf8Encode(`${pretty ? JSON.stringify(object, undefined, 2) : JSON.stringify(object)}\n`)
    },
    encodeEvent(media, type, object) {
      if (media !== 'json') throw unacceptable()
      return utf8Encode(`{"type":${JSON.stringify(type)},"object":${JSON.stringify(object)}}\n`)
    },
  }
}
