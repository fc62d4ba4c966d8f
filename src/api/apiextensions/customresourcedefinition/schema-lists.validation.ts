/** Rules of how lists and maps of a schema are merged by server-side apply. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { JSONSchemaProps } from '../../gen/apiextensions-v1.ts'

const listType = 'x-kubernetes-list-type'
const mapType = 'x-kubernetes-map-type'
const mapKeys = 'x-kubernetes-list-map-keys'

export function validateLists(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = []
  const kind = schema[listType]
  const keys = schema[mapKeys] ?? []
  if (schema[mapType] !== undefined) {
    errors.push(...requireType(schema, 'object', mapType, path))
    if (!['atomic', 'granular'].includes(schema[mapType])) {
      errors.push(notSupported(`${path}.${mapType}`, schema[mapType], ['atomic', 'granular']))
    }
  }
  if (kind !== undefined) {
    errors.push(...requireType(schema, 'array', listType, path), ...validateKind(schema, kind, path))
  }
  if (keys.length > 0 && kind !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
    errors.push(
      kind === undefined ? required(`${path}.${listType}`, detail) : invalidValue(`${path}.${listType}`, kind, detail),
    )
  }
  return kind === 'map' ? [...errors, ...validateKeys(schema, keys, path)] : errors
}

function requireType(schema: JSONSchemaProps, type: string, extension: string, path: string): FieldError[] {
  if (schema.type === type) return []
  const detail = `must be ${type} if ${extension} is specified`
  return [schema.type ? invalidValue(`${path}.type`, schema.type, detail) : required(`${path}.type`, detail)]
}

function validateKind(schema: JSONSchemaProps, kind: string, path: string): FieldError[] {
  if (!['atomic', 'set', 'map'].includes(kind)) {
    return [notSupported(`${path}.${listType}`, kind, ['atomic', 'set', 'map'])]
  }
  const items = itemsOf(schema)
  if (kind === 'atomic' || !items) return []
  const errors: FieldError[] = []
  if (items.nullable) {
    errors.push(forbiddenValue(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${kind}`))
  }
  if (kind !== 'set') return errors
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  if (items.type === 'array' && items[listType] !== 'atomic' && items[listType] !== undefined) {
    errors.push(invalidValue(`${path}.items.${listType}`, items[listType], detail))
  }
  if (items.type === 'object' && items[mapType] !== 'atomic') {
    errors.push(invalidValue(`${path}.items.${mapType}`, items[mapType], detail))
  }
  return errors
}

function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return items === undefined || Array.isArray(items) ? undefined : items
}

/** Keys identify an item, so each is a scalar that every item has. */
function validateKeys(schema: JSONSchemaProps, keys: readonly string[], path: string): FieldError[] {
  const items = itemsOf(schema)
  const errors: FieldError[] = []
  if (keys.length === 0) {
    errors.push(required(`${path}.${mapKeys}`, 'must not be empty if x-kubernetes-list-type is map'))
  }
  if (!items) return [...errors, required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')]
  if (items.type !== 'object') {
    errors.push(
      invalidValue(
        `${path}.items.type`, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map",
      ),
    )
  }
  for (const key of keys) {
    const property = items.properties?.[key]
    const at = `${path}.items.properties[${key}]`
    if (!property) {
      errors.push(invalidValue(`${path}.${mapKeys}`, keys, 'entries must all be names of item properties'))
      continue
    }
    if (property.type === 'array' || property.type === 'object') {
      errors.push(
        invalidValue(`${at}.type`, items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"),
      )
    }
    if (property.default === undefined && !items.required?.includes(key)) {
      errors.push(required(`${at}.default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'))
    }
    if (property.nullable) {
      errors.push(
        forbiddenValue(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'),
      )
    }
  }
  if (new Set(keys).size < keys.length) {
    errors.push(invalidValue(`${path}.${mapKeys}`, keys, 'must not contain duplicate entries'))
  }
  return errors
}
