/** What strategic merge patch needs to know of a type: how lists merge, what identifies their items, what replaces. */
import { quoteGo } from '../errors/field-errors.ts'
import type { FieldSchema, Shape, StructSchema } from '../schema/schema.ts'

/** A fault of a patch; the message is upstream's. `status` is the HTTP status that the API server answers with. */
export class StrategicPatchError extends Error {
  readonly status: 400 | 422 | 500
  constructor(message: string, status: 400 | 422 | 500 = 500) {
    super(message)
    this.name = 'StrategicPatchError'
    this.status = status
  }
}

export interface PatchField {
  /** Of the field; of a list, of its items. */
  readonly type: Shape
  readonly strategy: 'merge' | 'replace' | ''
  readonly retainKeys: boolean
  readonly mergeKey: string
}

/** The field of an object-valued key. Throws StrategicPatchError when the type has no such field. */
export function mapField(type: Shape, key: string): PatchField {
  const field = lookUp(type, key)
  return { type: field.shape, ...strategyOf(field.patchStrategy), mergeKey: '' }
}

/** The field of a list-valued key. */
export function listField(type: Shape, key: string): PatchField {
  const field = lookUp(type, key)
  if (field.shape.type !== 'list') throw new StrategicPatchError('expected slice or array type, but got: struct')
  const { items, patchStrategy, patchMergeKey } = field.shape
  if (items.type === 'list') throw new StrategicPatchError('unexpected slice of slice')
  return { type: items, ...strategyOf(patchStrategy), mergeKey: patchMergeKey ?? '' }
}

export function structShape(struct: StructSchema): Shape {
  return { type: 'struct', struct }
}

function lookUp(type: Shape, key: string): FieldSchema {
  if (type.type === 'map' || type.type === 'list') {
    const kind = type.type === 'list' ? 'slice' : 'map'
    throw new StrategicPatchError(`merging an object in json but data type is not struct, instead is: ${kind}`)
  }
  const struct = type.type === 'struct' ? type.struct : undefined
  const field =
    struct?.fieldsByName.get(key) ?? struct?.fields.find(({ name }) => name.toLowerCase() === key.toLowerCase())
  if (field) return field
  throw new StrategicPatchError(`unable to find api field in struct ${goName(type)} for the json field ${quoteGo(key)}`)
}

function goName(type: Shape): string {
  if (type.type === 'struct') return type.struct.name.slice(type.struct.name.lastIndexOf('.') + 1)
  return type.type === 'json' ? 'JSON' : type.type[0]!.toUpperCase() + type.type.slice(1)
}

function strategyOf(
  strategies: readonly ('merge' | 'replace' | 'retainKeys')[],
): Pick<PatchField, 'strategy' | 'retainKeys'> {
  const rest = strategies.filter((strategy) => strategy !== 'retainKeys')
  if (rest.length > 1) throw new StrategicPatchError(`unexpected patch strategy: [${strategies.join(' ')}]`)
  return { strategy: rest[0] ?? '', retainKeys: rest.length < strategies.length }
}
