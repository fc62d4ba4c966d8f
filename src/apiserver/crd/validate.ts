/**
 * Whether a value fits its schema (upstream: kube-openapi validation/validate). What an update leaves as it was is not
 * held against it (KEP-4008, ratcheting).
 */
import { deepEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import { getKey, isJsonObject, type JsonObject } from '#machinery/patch/json.ts'
import {
  fieldless,
  forbiddenProperty,
  missing,
  ResultBuilder,
  tooFewProperties,
  tooManyProperties,
  type SchemaResult,
} from './schema-faults.ts'
import type { JsonSchema, Structural } from './structural.ts'
import { checkEnum, checkFormat, checkItems, checkNumber, checkText, checkType, typeOfValue } from './value-rules.ts'

/** What a value was before, and the schema that tells which of its parts correspond. */
interface Before {
  readonly value: unknown
  readonly structural: Structural
}

/**
 * Faults of a whole object, or of one field of it (`path`: `status`). With `old`, faults of parts that have not
 * changed are left out.
 */
export function validateSchema(
  value: unknown, structural: Structural, path = '', old?: { readonly value: unknown },
): readonly FieldError[] {
  const before = old && { value: old.value, structural }
  const { faults } = validatePart(structural.schema, value, '', before)
  return [...faults.values()].map((fault) => {
    const inner = (fault.path ?? '').replace(/^\./, '')
    const at = [path, inner].filter((part) => part !== '').join('.')
    return fault.toFieldError(at === '' ? '<nil>' : at)
  })
}

function validateChanged(schema: JsonSchema, value: unknown, path: string, before: Before): SchemaResult {
  const result = validateValue(schema, value, path, before)
  if (result.faults.size === 0 || !deepEqual(value, before.value)) return result
  return { faults: new Map(), matches: result.matches }
}

function validateValue(schema: JsonSchema, value: unknown, path: string, before: Before | undefined): SchemaResult {
  const result = new ResultBuilder()
  const type = typeOfValue(value)
  const checked = checkType(schema, type, path)
  if (type === 'null') {
    result.matches = 1
    result.add(checked.fault)
    result.add(checkEnum(schema.enum, value, path))
    return result
  }
  // One for every validator that applies, and one more for the whole: what alternatives are compared by.
  if (checked.applies) result.matches += checked.fault ? 1 : 2
  result.add(checked.fault)
  validateLogic(schema, value, path, before, result)
  if (typeof value === 'string') {
    result.add(checkText(schema, value, path))
    result.matches++
    const format = checkFormat(schema, value, path)
    result.add(format.fault)
    if (format.applies) result.matches++
  } else if (typeof value === 'number' || typeof value === 'bigint') {
    result.merge(checkNumber(schema, value, path))
    result.matches++
  } else if (Array.isArray(value)) {
    validateItems(schema, value, path, before, result)
    result.matches += 2
  }
  result.add(checkEnum(schema.enum, value, path))
  result.matches++
  if (isJsonObject(value)) {
    validateFields(schema, value, path, before, result)
    result.matches++
  }
  result.matches++
  return result
}

function validateItems(
  schema: JsonSchema, list: readonly unknown[], path: string, before: Before | undefined, result: ResultBuilder,
): void {
  const { items } = schema
  if (items && !Array.isArray(items)) {
    const correlated = before && correlateItems(before)
    list.forEach((item, index) => {
      result.merge(validatePart(items as JsonSchema, item, `${path}[${index}]`, correlated?.(item)))
    })
  }
  checkItems(schema, list, path, result)
}

function validateFields(
  schema: JsonSchema, object: JsonObject, path: string, before: Before | undefined, result: ResultBuilder,
): void {
  const keys = Object.keys(object)
  const { minProperties, maxProperties, properties = {}, additionalProperties, required = [] } = schema
  const size = keys.length
  if (minProperties !== undefined && size < minProperties) result.add(tooFewProperties(path, size, minProperties))
  if (maxProperties !== undefined && size > maxProperties) result.add(tooManyProperties(path, size, maxProperties))
  for (const key of keys) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property) {
      const isType = path === '' && (key === 'apiVersion' || key === 'kind')
      const below = isType ? undefined : correlateField(before, key)
      result.merge(validatePart(property, object[key], path === '' ? key : `${path}.${key}`, below))
    } else if (additionalProperties === false) result.add(forbiddenProperty(path, key))
    else if (typeof additionalProperties === 'object') {
      const below = correlateField(before, key)
      result.merge(validatePart(additionalProperties as JsonSchema, object[key], `${path}.${key}`, below))
    }
  }
  for (const key of required) if (!Object.hasOwn(object, key)) result.add(missing(`${path}.${key}`))
}

function validatePart(schema: JsonSchema, value: unknown, path: string, before: Before | undefined): SchemaResult {
  return before ? validateChanged(schema, value, path, before) : validateValue(schema, value, path, undefined)
}

function correlateField(before: Before | undefined, key: string): Before | undefined {
  if (!before || !isJsonObject(before.value) || !Object.hasOwn(before.value, key)) return undefined
  const { properties, additional } = before.structural
  const structural = properties.get(key) ?? (additional === 'any' ? undefined : additional)
  return structural && { value: getKey(before.value, key), structural }
}

/** Only the items of a list that is a map correspond: by their keys. */
function correlateItems({ value, structural }: Before): ((item: unknown) => Before | undefined) | undefined {
  const { items, listType, mapKeys } = structural
  if (!Array.isArray(value) || !items || listType !== 'map') return undefined
  const keyOf = (item: unknown): string =>
    JSON.stringify(mapKeys.map((key) => (isJsonObject(item) ? (getKey(item, key) ?? null) : null)))
  const byKey = new Map((value as readonly unknown[]).toReversed().map((item) => [keyOf(item), item]))
  return (item) => {
    const old = byKey.get(keyOf(item))
    return old === undefined ? undefined : { value: old, structural: items }
  }
}

function validateLogic(
  schema: JsonSchema, value: unknown, path: string, before: Before | undefined, result: ResultBuilder,
): void {
  const quoted = quoteGo(path)
  const check = (part: JsonSchema): SchemaResult => validateValue(part, value, path, before)
  if (schema.anyOf?.length) {
    const results = collect(schema.anyOf, check, true)
    const valid = results.find(({ faults }) => faults.size === 0)
    if (!valid) result.add(fieldless(`${quoted} must validate at least one schema (anyOf)`))
    result.merge(valid ?? best(results))
  }
  if (schema.oneOf?.length) {
    const results = collect(schema.oneOf, check, false)
    const valid = results.filter(({ faults }) => faults.size === 0)
    if (valid.length === 1) result.merge(valid[0]!)
    else {
      const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`
      result.add(fieldless(`${quoted} must validate one and only one schema (oneOf). ${found}`))
      if (valid.length === 0) result.merge(best(results))
    }
  }
  if (schema.allOf?.length) {
    const results = schema.allOf.map((part) => check(part))
    for (const each of results) result.merge(each)
    const valid = results.filter(({ faults }) => faults.size === 0).length
    if (valid < results.length) {
      result.add(fieldless(`${quoted} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`))
    }
  }
  if (schema.not && check(schema.not).faults.size === 0) {
    result.add(fieldless(`${quoted} must not validate the schema (not)`))
  }
  result.matches += 2
}

function collect(
  schemas: readonly JsonSchema[], check: (schema: JsonSchema) => SchemaResult, untilValid: boolean,
): readonly SchemaResult[] {
  const results: SchemaResult[] = []
  for (const schema of schemas) {
    const result = check(schema)
    results.push(result)
    if (untilValid && result.faults.size === 0) break
  }
  return results
}

/** The alternative of which the most was right: probably the one that was meant. */
function best(results: readonly SchemaResult[]): SchemaResult {
  return results.reduce((chosen, result) => (result.matches > chosen.matches ? result : chosen))
}
