/** The rules of a schema for one value by itself: type, format, bounds (upstream: kube-openapi validation/validate). */
import { deepEqual } from '#base/deep-equal.ts'
import { compilePattern } from '#machinery/regular-expression.ts'
import { effectiveFormat, textFormat } from '#machinery/schema-formats.ts'
import {
  duplicateItems,
  factorNotPositive,
  fieldless,
  longerThan,
  notMultiple,
  notOneOf,
  outOfRange,
  ResultBuilder,
  shorterThan,
  tooFewItems,
  tooManyItems,
  unmatched,
  wrongType,
  type SchemaFault,
} from './schema-faults.ts'
import type { JsonSchema } from './structural.ts'

/** JSON's types as the validator tells them apart; a whole number is an integer, however it was written. */
export type ValueType = 'null' | 'boolean' | 'string' | 'integer' | 'number' | 'array' | 'object'

export function typeOfValue(value: unknown): ValueType {
  switch (typeof value) {
    case 'string': return 'string'
    case 'boolean': return 'boolean'
    case 'bigint': return 'integer'
    case 'number': return Number.isInteger(value) ? 'integer' : 'number'
    default: return value === null || value === undefined ? 'null' : Array.isArray(value) ? 'array' : 'object'
  }
}

const formatOfType: Readonly<Record<string, string>> = { integer: 'int64', number: 'float64' }

/** undefined: fits. `applies` is false where the schema says nothing about types. */
export function checkType(
  schema: JsonSchema, type: ValueType, path: string,
): { readonly applies: boolean; readonly fault?: SchemaFault } {
  const types = typesOf(schema)
  const format = formatOf(schema)
  if (types.length === 0 && format === '') return { applies: false }
  if (type === 'null') {
    const fits = types.length === 0 || schema.nullable
    return fits ? { applies: true } : { applies: true, fault: wrongType(path, types.join(','), 'null') }
  }
  const fits = types.includes(type) || (type === 'integer' && types.includes('number'))
  const isTextOrList = type === 'string' || type === 'array'
  if (!isTextOrList && format !== '' && !fits) {
    return { applies: true, fault: wrongType(path, format, formatOfType[type] ?? '') }
  }
  const isNumeric = types.includes('number') || types.includes('integer')
  if (!isNumeric && format !== '' && isTextOrList) return { applies: true }
  return fits ? { applies: true } : { applies: true, fault: wrongType(path, types.join(','), type) }
}

function typesOf(schema: JsonSchema): readonly string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string']
  return schema.type ? [schema.type] : []
}

function formatOf(schema: JsonSchema): string {
  if (!schema.format) return ''
  return effectiveFormat(schema['x-kubernetes-int-or-string'] ? '' : schema.type ?? '', schema.format)
}

export function checkText(
  { maxLength, minLength, pattern }: JsonSchema, value: string, path: string,
): SchemaFault | undefined {
  if (maxLength !== undefined || minLength !== undefined) {
    const length = countCodePoints(value)
    if (maxLength !== undefined && length > maxLength) return longerThan(path, maxLength)
    if (minLength !== undefined && length < minLength) return shorterThan(path, value, minLength)
  }
  if (!pattern) return undefined
  const matcher = compilePattern(pattern)
  if (typeof matcher === 'string') return unmatched(path, value, `${pattern}, but pattern is invalid: ${matcher}`)
  return matcher(value) ? undefined : unmatched(path, value, pattern)
}

function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Whether the schema has a format for texts, and what is wrong with this one. */
export function checkFormat(
  schema: JsonSchema, value: string, path: string,
): { readonly applies: boolean; readonly fault?: SchemaFault } {
  const format = formatOf(schema)
  const check = format === '' ? undefined : textFormat(format)
  if (!check) return { applies: false }
  return check(value) ? { applies: true } : { applies: true, fault: wrongType(path, format, value) }
}

export function checkNumber(schema: JsonSchema, value: number | bigint, path: string): ResultBuilder {
  const result = new ResultBuilder()
  result.matches = 1
  const type = schema['x-kubernetes-int-or-string'] ? '' : schema.type ?? ''
  const inRange = (number: number | bigint, what: string): boolean => {
    const fault = rangeFault(number, type, schema.format ?? '', what, path)
    result.add(fault)
    return fault === undefined
  }
  inRange(value, 'Checked')
  const { multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const isWhole = typeof value === 'bigint' || Number.isInteger(value)
  // Upstream compares whole numbers as such, and cuts off the bound's fraction for it.
  const boundOf = (bound: number, compatible: boolean): number => (compatible && isWhole ? Math.trunc(bound) : bound)
  if (multipleOf !== undefined) {
    result.add(checkMultiple(value, boundOf(multipleOf, inRange(multipleOf, 'MultipleOf')), path))
  }
  if (minimum !== undefined) {
    const bound = boundOf(minimum, inRange(minimum, 'Minimum boundary'))
    if (value < bound || (exclusiveMinimum && value == bound)) {
      result.add(outOfRange(path, value, exclusiveMinimum ? 'greater than' : 'greater than or equal to', bound))
    }
  }
  if (maximum !== undefined) {
    const bound = boundOf(maximum, inRange(maximum, 'Maximum boundary'))
    if (value > bound || (exclusiveMaximum && value == bound)) {
      result.add(outOfRange(path, value, exclusiveMaximum ? 'less than' : 'less than or equal to', bound))
    }
  }
  return result
}

function checkMultiple(value: number | bigint, factor: number, path: string): SchemaFault | undefined {
  if (factor <= 0) return factorNotPositive(path, factor)
  if (typeof value === 'bigint' && Number.isInteger(factor)) {
    return value % BigInt(factor) === 0n ? undefined : notMultiple(path, value, factor)
  }
  const times = factor < 1 ? (1 / factor) * Number(value) : Number(value) / factor
  return isNearlyWhole(times) ? undefined : notMultiple(path, value, factor)
}

/** Go-openapi's tolerance for what division makes of decimal fractions. */
function isNearlyWhole(value: number): boolean {
  if (!Number.isFinite(value)) return false
  const whole = Math.trunc(value)
  const difference = Math.abs(value - whole)
  if (difference === 0) return true
  return difference < 1e-9 * Math.max(Math.abs(value), Math.abs(whole)) || Math.abs(value - Math.round(value)) < 1e-9
}

function rangeFault(
  value: number | bigint, type: string, format: string, what: string, path: string,
): SchemaFault | undefined {
  if (fitsRange(value, type, format)) return undefined
  const known = type === 'integer' ? ['int32', 'int64'].includes(format) : ['float', 'double'].includes(format)
  const how = known ? `with format ${format}` : '(default format)'
  return fieldless(`${what} value must be of type ${type} ${how} in ${path}`)
}

function fitsRange(value: number | bigint, type: string, format: string): boolean {
  if (type === 'integer') {
    if (typeof value === 'number' && !Number.isInteger(value)) return false
    if (format === 'int32') return value >= -(2 ** 31) && value < 2 ** 31
    return value >= -(2 ** 63) && value < 2 ** 63
  }
  return !(type === 'number' && format === 'float') || Number.isFinite(Math.fround(Number(value)))
}

export function checkEnum(values: JsonSchema['enum'], value: unknown, path: string): SchemaFault | undefined {
  if (!values || values.length === 0) return undefined
  // Upstream never finds null, not even where it is listed.
  if (value !== null && values.some((each) => deepEqual(each, value))) return undefined
  return notOneOf(path, value, values)
}

export function checkItems(
  { minItems, maxItems, uniqueItems }: JsonSchema, list: readonly unknown[], path: string, result: ResultBuilder,
): void {
  if (minItems !== undefined && list.length < minItems) result.add(tooFewItems(path, list.length, minItems))
  if (maxItems !== undefined && list.length > maxItems) result.add(tooManyItems(path, list.length, maxItems))
  if (!uniqueItems) return
  if (new Set(list.map((item) => JSON.stringify(item))).size < list.length) result.add(duplicateItems(path))
}
