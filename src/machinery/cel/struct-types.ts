/** Built-in types as types of CEL: what an object of the API has, by the schema table. */
import type { FieldSchema, Shape, StructSchema } from '../schema/schema.ts'
import { escapeFieldName } from './json-values.ts'
import {
  boolType, bytesType, doubleType, dynType, intType, listOf, mapOf, stringType, timestampType, type FieldType,
  type Type,
} from './types.ts'

/** Types may contain themselves, and so their fields are found when they are asked for. */
class StructFields extends Map<string, FieldType> {
  readonly #struct: StructSchema
  #byEscapedName: ReadonlyMap<string, FieldSchema> | undefined

  constructor(struct: StructSchema) {
    super()
    this.#struct = struct
  }

  override get(name: string): FieldType | undefined {
    this.#byEscapedName ??= new Map(this.#struct.fields.map((field) => [escapeFieldName(field.name) ?? '', field]))
    const field = this.#byEscapedName.get(name)
    const type = field && typeOfShape(field.shape)
    return type && { type, name: field.name }
  }
}

/** Only for the checker, which asks for fields by name. */
export function declareStruct(struct: StructSchema): Type {
  return { kind: 'object', name: struct.name, fields: new StructFields(struct) }
}

/** undefined: upstream's schema of it has no single type (quantities may be numbers), so nothing can name it. */
function typeOfShape(shape: Shape): Type | undefined {
  switch (shape.type) {
    case 'struct': return declareStruct(shape.struct)
    case 'list': {
      const items = typeOfShape(shape.items)
      return items && listOf(items)
    }
    case 'map': {
      const values = typeOfShape(shape.values)
      return values && mapOf(stringType, values)
    }
    case 'string': case 'enum': case 'duration': return stringType
    case 'bool': return boolType
    case 'int32': case 'int64': case 'uint32': case 'uint64': return intType
    case 'float': case 'double': return doubleType
    case 'bytes': return bytesType
    case 'time': case 'microTime': return timestampType
    case 'intOrString': return dynType
    case 'rawExtension': case 'fieldsV1': return { kind: 'object', name: 'object', fields: new Map() }
    default: return undefined
  }
}
