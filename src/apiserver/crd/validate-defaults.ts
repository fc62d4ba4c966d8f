/** Defaults that a schema itself would refuse (upstream: apiserver/schema/defaulting/validation.go). */
import { deepEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import { cloneJson, type JsonObject } from '#machinery/patch/json.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { coerceObjects } from './shape-object.ts'
import type { Structural } from './structural.ts'
import { validateEmbedded } from './validate-object.ts'
import { validateRules } from './validate-rules.ts'
import { validateSchema } from './validate.ts'

/** Puts a value where it stands in a whole object. */
type Surround = (value: unknown) => JsonObject

interface Place {
  readonly path: string
  /** The object of the API that this is a part of. */
  readonly root: Structural
  /** Within its kind, apiVersion or metadata. */
  readonly insideMeta: boolean
  readonly surround: Surround
}

const typeMeta = { apiVersion: 'validation/v1', kind: 'Validation' }
const surroundRoot: Surround = (value) => ({ ...typeMeta, ...(value as JsonObject) })
const metaFields: ReadonlySet<string> = new Set(['metadata', 'apiVersion', 'kind'])

export interface DefaultRules {
  readonly objectMeta: StructSchema
  /** Refuse defaults with fields that the schema does not have. */
  readonly pruned: boolean
}

/** Of a schema that is good otherwise; `path` is its own. */
export function validateDefaults(structural: Structural, path: string, rules: DefaultRules): FieldError[] {
  const root = { ...structural, embedded: true }
  return validatePart(root, { path, root, insideMeta: false, surround: surroundRoot }, rules)
}

function validatePart(structural: Structural, outer: Place, rules: DefaultRules): FieldError[] {
  const { path } = outer
  const place = structural.embedded
    ? { path, root: structural, insideMeta: false, surround: surroundRoot } : outer
  const errors = structural.defaultValue === undefined ? [] : [...validateDefault(structural, place, rules)]
  const { items, properties } = structural
  if (items) {
    const surround: Surround = (value) => place.surround([value])
    errors.push(...validatePart(items, { ...place, path: `${path}.items`, surround }, rules))
  }
  for (const [key, property] of properties) {
    errors.push(...validatePart(property, {
      ...place, path: `${path}.properties[${key}]`, surround: (value) => place.surround({ [key]: value }),
      insideMeta: place.insideMeta || (structural.embedded && metaFields.has(key)),
    }, rules))
  }
  return errors
}

function validateDefault(structural: Structural, place: Place, rules: DefaultRules): readonly FieldError[] {
  const path = `${place.path}.default`
  const value: unknown = structural.schema.default
  if (place.insideMeta) {
    const faults = findMetaFaults(cloneJson(place.surround(value)), place.root, rules.objectMeta, '')
    if (faults.length > 0) {
      const sentences = [...new Set(faults.map(({ field, message }) => `${field}: ${message}`))]
      const all = sentences.length === 1 ? sentences[0]! : `[${sentences.join(', ')}]`
      return [invalidValue(path, value, `must result in valid metadata: ${all}`)]
    }
    return validateValue(value, structural, path, structural === place.root)
  }
  const errors: FieldError[] = []
  // Its metadata is shown as it has been understood.
  const coerced = cloneJson(value)
  const faults = findMetaFaults(coerced, structural, rules.objectMeta, path)
  if (rules.pruned && !deepEqual(structural.defaultValue, value)) {
    errors.push(invalidValue(path, coerced, 'must not have unknown fields'))
  }
  if (faults.length > 0) return [...errors, ...faults]
  return [...errors, ...validateValue(value, structural, path, structural === place.root)]
}

/** Of the metadata of every object of the API that the value holds: that it is some, and that it is sound. */
function findMetaFaults(
  value: unknown, structural: Structural, objectMeta: StructSchema, path: string,
): readonly FieldError[] {
  const fault = coerceObjects(value, structural, objectMeta, path)
  return fault ? [fault] : validateEmbedded(value, structural, path)
}

/** Rules may ask for the old value: a default is one that was there, and one that was not. */
function validateValue(value: unknown, structural: Structural, path: string, isRoot: boolean): readonly FieldError[] {
  const errors = validateSchema(value, structural, path)
  if (errors.length > 0) return errors
  const place = { path, isRoot }
  const unchanged = validateRules(value, structural, value, place)
  return unchanged.length > 0 ? unchanged : validateRules(value, structural, undefined, place)
}
