/**
 * Makes an object of any schema with a value in every field, so that codecs can be tested without upstream's vectors.
 */
import type { FieldSchema, Shape, StructSchema } from '#machinery/schema/schema.ts'

/** Values differ from field to field; recursion ends where a struct repeats on the way. */
export function sampleOf(struct: StructSchema, above: readonly string[] = []): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  const inProtobuf = struct.fields.some(({ protoNumber }) => protoNumber !== undefined)
  struct.fields.forEach((field, index) => {
    // Apiversion and kind are beside a message, not in it.
    if (inProtobuf && field.protoNumber === undefined) return
    const value = valueOf(field, field.shape, index + 1, [...above, struct.name], struct.protobuf === 'proto3')
    if (value !== undefined) object[field.name] = value
  })
  return object
}

function valueOf(field: FieldSchema, shape: Shape, seed: number, above: readonly string[], proto3: boolean): unknown {
  switch (shape.type) {
    case 'struct':
      return above.includes(shape.struct.name)
        ? field.pointer || field.omitEmpty
          ? undefined
          : {}
        : sampleOf(shape.struct, above)
    case 'list': {
      const item = valueOf(field, shape.items, seed, above, proto3)
      return item === undefined ? undefined : [item]
    }
    case 'map': {
      const value = valueOf(field, shape.values, seed, above, proto3)
      return value === undefined ? undefined : { [`${field.name}Key`]: value }
    }
    case 'string':
      return field.enum?.[seed % field.enum.length] || `${field.name}Value`
    case 'enum':
      return field.enum![seed % field.enum!.length]
    case 'bool':
      return true
    case 'int32':
    case 'uint32':
    case 'float':
      return seed
    case 'int64':
    case 'uint64':
      return seed % 2 === 0 ? seed : 2n ** 60n + BigInt(seed)
    case 'double':
      return seed + 0.5
    case 'bytes':
      return proto3 ? Uint8Array.of(0, 1, 2, 3) : 'AAECAw=='
    case 'time':
      return '2004-01-01T01:01:01Z'
    case 'microTime':
      return '2004-01-01T01:01:01.000123Z'
    case 'duration':
      return `${seed}m0s`
    case 'quantity':
      return `${seed}m`
    case 'intOrString':
      return seed % 2 === 0 ? seed : 'name'
    case 'rawExtension':
    case 'fieldsV1':
      return { apiVersion: 'example.com/v1', kind: 'CustomType', spec: { replicas: seed } }
    case 'json':
      return { any: ['value', seed, null, true] }
    case 'jsonSchemaOrBool':
      return seed % 2 === 0
    case 'jsonSchemaOrList':
      return []
    case 'jsonSchemaOrStrings':
      return [`${field.name}Value`]
  }
}
