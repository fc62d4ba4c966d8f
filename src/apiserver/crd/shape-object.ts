/** What happens to a custom resource between its text and its rules: typed metadata, pruning, defaults. */
import { decodeValue, JsonError } from '#machinery/codec/json.ts'
import { formatFieldValue } from '#machinery/errors/field-errors.ts'
import { cloneJson, isJsonObject, setKey } from '#machinery/patch/json.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { pruneObject, structuralOf, type Structural } from './structural.ts'

type MutableObject = Record<string, unknown>

/**
 * Brings a decoded object into its version's shape, in place (upstream: unstructuredSchemaCoercer). Gives what strict
 * decoding complains about; throws JsonError for metadata that cannot be ObjectMeta. Does not default.
 */
export function shapeObject(
  object: MutableObject, structural: Structural, objectMeta: StructSchema,
): readonly string[] {
  const problems = [...coerceMetadata(object, objectMeta, '')]
  for (const path of pruneObject(object, structural)) problems.push(`unknown field ${JSON.stringify(path)}`)
  dropNulls(object, structural)
  coerceEmbedded(object, structural, objectMeta, '', problems)
  return problems
}

function coerceMetadata(object: MutableObject, objectMeta: StructSchema, path: string): readonly string[] {
  const { metadata } = object
  if (metadata === undefined) return []
  if (metadata === null) {
    object['metadata'] = {}
    return []
  }
  const { object: typed, problems } = decodeValue(metadata, objectMeta, { strict: 'Strict' })
  object['metadata'] = typed
  const prefix = path === '' ? 'metadata' : `${path}.metadata`
  return problems.map((problem) => problem.replace('field "', `field "${prefix}.`))
}

/** Objects within the object (`x-kubernetes-embedded-resource`) have metadata of their own. */
function coerceEmbedded(
  value: unknown, structural: Structural | 'any' | 'undeclared', objectMeta: StructSchema, path: string,
  problems: string[],
): void {
  if (typeof structural === 'string' || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    const { items } = structural
    if (items) value.forEach((item, index) => coerceEmbedded(item, items, objectMeta, `${path}[${index}]`, problems))
    return
  }
  const object = value as MutableObject
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  if (structural.embedded) {
    for (const key of ['apiVersion', 'kind']) {
      if (object[key] !== undefined && typeof object[key] !== 'string') {
        throw new JsonError(`${at(key)}: Invalid value: ${formatFieldValue(object[key])}: must be a string`)
      }
    }
    problems.push(...coerceMetadata(object, objectMeta, path))
  }
  if (structural.properties.size === 0 && structural.additional === undefined) return
  for (const key of Object.keys(object)) {
    coerceEmbedded(object[key], structuralOf(structural, key), objectMeta, at(key), problems)
  }
}

/** A null that the schema does not allow is as good as absent. Where there is a default, that will take its place. */
function dropNulls(value: unknown, structural: Structural | 'any' | 'undeclared' | undefined): void {
  if (structural === undefined || typeof structural === 'string') return
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item, structural.items)
    return
  }
  if (!isJsonObject(value)) return
  const object = value as MutableObject
  for (const key of Object.keys(object)) {
    const below = structuralOf(structural, key)
    if (typeof below === 'string') continue
    if (object[key] === null && !below.nullable) {
      if (below.defaultValue === undefined) delete object[key]
    } else dropNulls(object[key], below)
  }
}

/** Fills in the schema's defaults, in place. */
export function applyDefaults(value: unknown, structural: Structural | 'any' | 'undeclared' | undefined): void {
  if (structural === undefined || typeof structural === 'string') return
  if (Array.isArray(value)) {
    const { items } = structural
    if (!items) return
    value.forEach((item: unknown, index) => {
      if (isUnwantedNull(item, items) && items.defaultValue !== undefined) value[index] = cloneJson(items.defaultValue)
      applyDefaults(value[index], items)
    })
    return
  }
  if (!isJsonObject(value)) return
  const object = value as MutableObject
  for (const [key, property] of structural.properties) {
    if (property.defaultValue === undefined) continue
    if (!Object.hasOwn(object, key) || isUnwantedNull(object[key], property)) {
      setKey(object, key, cloneJson(property.defaultValue))
    }
  }
  if (structural.properties.size === 0 && structural.additional === undefined) return
  for (const key of Object.keys(object)) {
    const below = structuralOf(structural, key)
    if (typeof below === 'string') continue
    if (isUnwantedNull(object[key], below) && below.defaultValue !== undefined) {
      object[key] = cloneJson(below.defaultValue)
    }
    applyDefaults(object[key], below)
  }
}

function isUnwantedNull(value: unknown, structural: Structural): boolean {
  return value === null && !structural.nullable
}
