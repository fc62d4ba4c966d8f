/** Rules of how lists and maps of a schema are merged by server-side apply. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { isSchema, type Schema } from './hoisted-spec.ts'
import type { Strictness } from './strictness.ts'

const listType = 'x-kubernetes-list-type'
const mapType = 'x-kubernetes-map-type'
const mapKeys = 'x-kubernetes-list-map-keys'

export function validateLists(schema: Schema, path: string, strictness: Strictness): FieldError[] {
  const errors: FieldError[] = []
  const kind = schema[listType]
  const keys = schema[mapKeys] ?? []
  const ofMap = schema[mapType]
  if (ofMap !== undefined) {
    errors.push(...requireType(schema, 'object', mapType, path))
    if (!['atomic', 'granular'].includes(ofMap)) {
      errors.push(notSupported(`${path}.${mapType}`, ofMap, ['atomic', 'granular']))
    }
  }
  if (kind !== undefined) {
    const ofType = requireType(schema, 'array', listType, path)
    errors.push(...ofType)
    if (ofType.length === 0 && strictness.atomicSets) errors.push(...validateSetItems(schema, path))
    if (!['atomic', 'set', 'map'].includes(kind)) {
      errors.push(notSupported(`${path}.${listType}`, kind, ['atomic', 'set', 'map']))
    }
  }
  if (keys.length > 0 && kind !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
    errors.push(
      kind === undefined ? required(`${path}.${listType}`, detail) : invalidValue(`${path}.${listType}`, kind, detail),
    )
  }
  if (kind === 'map') errors.push(...validateKeys(schema, keys, path))
  return strictness.mapKeys ? [...errors, ...validateMapKeys(schema, path)] : errors
}

function requireType(schema: Schema, type: string, extension: string, path: string): FieldError[] {
  if (schema.type === type) return []
  const detail = `must be ${type} if ${extension} is specified`
  return [schema.type ? invalidValue(`${path}.type`, schema.type, detail) : required(`${path}.type`, detail)]
}

/** Items of a set are compared whole. */
function validateSetItems(schema: Schema, path: string): FieldError[] {
  const items = itemsOf(schema)
  if (schema[listType] !== 'set' || !items) return []
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const itemList = items[listType]
  if (items.type === 'array' && itemList !== undefined && itemList !== 'atomic') {
    return [invalidValue(`${path}.items.${listType}`, itemList, detail)]
  }
  // Upstream shows the type of the list here, and not that of the map.
  if (items.type === 'object' && items[mapType] !== 'atomic') {
    return [invalidValue(`${path}.items.${mapType}`, itemList, detail)]
  }
  return []
}

/** Whether the schema is a list of type set with items that are not compared whole. */
export function isNonAtomicSet(schema: Schema): boolean {
  return validateSetItems(schema, '').length > 0
}

/** Whether `validateMapKeys` has anything to say of the schema. */
export function hasMapKeyFaults(schema: Schema): boolean {
  return validateMapKeys(schema, '').length > 0
}

function itemsOf({ items }: Schema): Schema | undefined {
  return isSchema(items) ? items : undefined
}

/** Keys identify an item, so each is a scalar. */
function validateKeys(schema: Schema, keys: readonly string[], path: string): FieldError[] {
  const items = itemsOf(schema)
  const errors: FieldError[] = []
  if (keys.length === 0) {
    errors.push(required(`${path}.${mapKeys}`, 'must not be empty if x-kubernetes-list-type is map'))
  }
  if (schema.items === undefined) {
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'))
  } else if (!items) {
    const detail = 'must only have a single schema if x-kubernetes-list-type is map'
    errors.push(invalidValue(`${path}.items`, schema.items, detail))
  } else if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map"
    errors.push(invalidValue(`${path}.items.type`, items.type ?? '', detail))
  }
  if (items?.type !== 'object') return errors
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key]
    if (!property) {
      errors.push(invalidValue(`${path}.${mapKeys}`, keys, 'entries must all be names of item properties'))
    } else if (property.type === 'array' || property.type === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      errors.push(invalidValue(`${path}.items.properties[${key}].type`, items.type, detail))
    }
    if (keys.indexOf(key) < index) {
      errors.push(invalidValue(`${path}.${mapKeys}`, keys, 'must not contain duplicate entries'))
    }
  }
  return errors
}

/** Every item is there, and has its keys. */
function validateMapKeys(schema: Schema, path: string): FieldError[] {
  const items = itemsOf(schema)
  const kind = schema[listType]
  if (!items || (kind !== 'set' && kind !== 'map')) return []
  const errors: FieldError[] = []
  if (items.nullable) {
    errors.push(forbiddenValue(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${kind}`))
  }
  for (const key of kind === 'map' ? schema[mapKeys] ?? [] : []) {
    const property = items.properties?.[key]
    if (!property) continue
    const at = `${path}.items.properties[${key}]`
    if (property.default === undefined && !items.required?.includes(key)) {
      errors.push(required(`${at}.default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'))
    }
    if (property.nullable) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'
      errors.push(forbiddenValue(`${at}.nullable`, detail))
    }
  }
  return errors
}
