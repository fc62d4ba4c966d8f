/**
 * Go's zero values. A decoded object has, like upstream's typed one, a value in every field that is neither a pointer
 * nor optional:
 * `''`, 0, false, `{}` with its own zero values, `[]`. So readers need no checks that the types say are needless, and
 * equal objects
 * are equal whether they came as JSON, YAML or protobuf.
 */
import type { FieldSchema, Shape, StructSchema } from '../schema/schema.ts'

interface ZeroField {
  readonly name: string
  readonly shape: Shape
}

const zeroFields = new WeakMap<StructSchema, readonly ZeroField[]>()

/** The fields that are never absent. */
function zeroFieldsOf(struct: StructSchema): readonly ZeroField[] {
  let fields = zeroFields.get(struct)
  if (!fields) {
    fields = struct.fields.filter((field) => !field.omitEmpty && !field.pointer && hasZero(field))
    zeroFields.set(struct, fields)
  }
  return fields
}

function hasZero({ shape }: FieldSchema): boolean {
  switch (shape.type) {
    case 'bytes': case 'time': case 'microTime': case 'rawExtension': case 'json': case 'fieldsV1': case 'enum':
    case 'jsonSchemaOrList': case 'jsonSchemaOrBool': case 'jsonSchemaOrStrings':
      return false
    default:
      return true
  }
}

/** Puts zero values where a field that may not be absent is. */
export function fillZeros(object: Record<string, unknown>, struct: StructSchema): void {
  for (const { name, shape } of zeroFieldsOf(struct)) {
    if (object[name] === undefined) object[name] = zeroOf(shape)
  }
}

/** A fresh zero value. undefined for those whose zero is null in JSON. */
export function zeroOf(shape: Shape): unknown {
  switch (shape.type) {
    case 'struct': {
      const object: Record<string, unknown> = {}
      fillZeros(object, shape.struct)
      return object
    }
    case 'list': return []
    case 'map': return {}
    case 'string': return ''
    case 'bool': return false
    case 'int32': case 'int64': case 'uint32': case 'uint64': case 'float': case 'double': case 'intOrString': return 0
    case 'quantity': return '0'
    case 'duration': return '0s'
    default: return undefined
  }
}

/** What Go's omitempty leaves out: empty texts, lists and maps, zero, false. */
export function isEmpty(value: unknown, shape: Shape): boolean {
  switch (shape.type) {
    case 'struct': return false
    case 'list': return (value as readonly unknown[]).length === 0
    case 'map': {
      for (const _ in value as object) return false
      return true
    }
    default: return value === '' || value === 0 || value === false || value === 0n
  }
}
