/** What happens to a custom resource between its text and its rules: typed metadata, pruning, defaults. */
import { decodeValue, JsonError } from '#machinery/codec/json.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import { cloneJson, isJsonObject, setKey } from '#machinery/patch/json.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { pruneObject, structuralOf, type Structural } from './structural.ts'

type MutableObject = Record<string, unknown>

/**
 * Brings a decoded object into its version's shape, in place (upstream: unstructuredSchemaCoercer). Gives what strict
 * decoding complains about; throws JsonError for metadata that cannot be ObjectMeta. Does not default. `keepNulls`:
 * leaves nulls that the schema does not allow, for the validation to refuse, as upstream does after an apply.
 */
export function shapeObject(
  object: MutableObject, structural: Structural, objectMeta: StructSchema, keepNulls = false,
): readonly string[] {
  const problems = [...coerceMetadata(object, objectMeta, '')]
  for (const path of pruneObject(object, structural)) problems.push(`unknown field ${JSON.stringify(path)}`)
  if (!keepNulls) dropNulls(object, structural)
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

/** A part of an object of the API that cannot be what it has to be. */
class EmbeddedFault extends JsonError {
  readonly fault: FieldError
  constructor(fault: FieldError) {
    super(`${fault.field}: ${fault.message}`)
    this.fault = fault
  }
}

/**
 * Types the metadata of all objects within a value, and of the value itself where its schema says that it is one, in
 * place. Gives the first fault.
 */
export function coerceObjects(
  value: unknown, structural: Structural, objectMeta: StructSchema, path: string,
): FieldError | undefined {
  try {
    coerceEmbedded(value, structural, objectMeta, path, [])
    return undefined
  } catch (error) {
    if (error instanceof EmbeddedFault) return error.fault
    throw error
  }
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
        throw new EmbeddedFault(invalidValue(at(key), object[key], 'must be a string'))
      }
    }
    problems.push(...coerceEmbeddedMetadata(object, objectMeta, path, at('metadata')))
  }
  if (structural.properties.size === 0 && structural.additional === undefined) return
  for (const key of Object.keys(object)) {
    coerceEmbedded(object[key], structuralOf(structural, key), objectMeta, at(key), problems)
  }
}

function coerceEmbeddedMetadata(
  object: MutableObject, objectMeta: StructSchema, path: string, at: string,
): readonly string[] {
  const given = object['metadata']
  try {
    return coerceMetadata(object, objectMeta, path)
  } catch (error) {
    if (error instanceof JsonError) throw new EmbeddedFault(invalidValue(at, given, error.message))
    throw error
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
