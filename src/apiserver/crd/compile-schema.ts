/** From a structural schema to the form that server-side apply works with. */
import type { FieldSchema, Shape, StructSchema } from '#machinery/schema/schema.ts'
import type { Structural } from './structural.ts'

/** `name` is the OpenAPI definition's: `com.example.stable.v1.CronTab`. */
export function compileSchema(structural: Structural, name: string, objectMeta: StructSchema): StructSchema {
  return structOf({ ...structural, embedded: true }, name, objectMeta)
}

function structOf(structural: Structural, name: string, objectMeta: StructSchema): StructSchema {
  const fields: FieldSchema[] = []
  if (structural.embedded) {
    fields.push(
      fieldOf('apiVersion', { type: 'string' }), fieldOf('kind', { type: 'string' }),
      fieldOf('metadata', { type: 'struct', struct: objectMeta }),
    )
  }
  for (const [key, property] of structural.properties) {
    if (structural.embedded && (key === 'apiVersion' || key === 'kind' || key === 'metadata')) continue
    fields.push(fieldOf(key, shapeOf(property, `${name}.${key}`, objectMeta), property.defaultValue))
  }
  // An object of which nothing is declared may hold anything; pruning has seen to what it does hold.
  const open = structural.preserve || (structural.properties.size === 0 && !structural.embedded)
  return {
    name, fields, mapType: structural.mapType ?? 'granular',
    fieldsByName: new Map(fields.map((field) => [field.name, field])), fieldsByNumber: new Map(),
    ...(open && { preserveUnknownFields: true }),
  }
}

function shapeOf(structural: Structural | 'any', name: string, objectMeta: StructSchema): Shape {
  if (structural === 'any') return { type: 'json' }
  if (structural.intOrString) return { type: 'intOrString' }
  switch (structural.type) {
    case 'object':
      if (structural.additional !== undefined && !structural.embedded) {
        const values = shapeOf(structural.additional, name, objectMeta)
        return { type: 'map', values, mapType: structural.mapType ?? 'granular' }
      }
      return { type: 'struct', struct: structOf(structural, name, objectMeta) }
    case 'array': return {
      type: 'list', items: structural.items ? shapeOf(structural.items, name, objectMeta) : { type: 'json' },
      listType: structural.listType ?? 'atomic', mapKeys: structural.mapKeys, patchStrategy: [],
      patchMergeKey: undefined,
    }
    case 'string': return { type: 'string' }
    case 'boolean': return { type: 'bool' }
    case 'integer': return { type: 'int64' }
    case 'number': return { type: 'double' }
    default: return { type: 'json' }
  }
}

function fieldOf(name: string, shape: Shape, defaultValue?: unknown): FieldSchema {
  return {
    name, shape, defaultValue, required: false, omitEmpty: true, pointer: true, protoNumber: undefined, enum: undefined,
    patchStrategy: [],
  }
}
