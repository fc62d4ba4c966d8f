/** `'%s is %d'.format([…])` (cel-go's ext.Strings, version 1 and later). */
import { fail } from './declare.ts'
import { formatDouble, formatDurationSeconds, formatTimestamp } from './time.ts'
import {
  Duration, formatKey, isList, isMapValue, Timestamp, typeNameOf, TypeValue, Uint, type Value,
} from './values.ts'

/** Throws EvaluationError for a clause that does not suit its argument. */
export function formatText(pattern: string, values: readonly Value[]): string {
  let next = 0
  const result = pattern.replaceAll(/%(?:%|(?:\.(\d+))?([a-zA-Z])|)/g, (clause, precision?: string, verb?: string) => {
    if (clause === '%%') return '%'
    if (verb === undefined) fail('could not parse formatting clause: unexpected end of string')
    if (next >= values.length) fail(`index ${next} out of range`)
    return formatClause(verb, precision, values[next++]!)
  })
  return next < values.length ? fail('too many arguments supplied to string.format') : result
}

function formatClause(verb: string, precision: string | undefined, value: Value): string {
  switch (verb) {
    case 's': return textOf(value)
    case 'd': return decimal(value)
    case 'f': return fixed(number(value, 'f'), Number(precision ?? 6))
    case 'e': return number(value, 'e').toExponential(Number(precision ?? 6)).replace(/e([+-])(\d)$/, 'e$10$2')
    case 'b': return typeof value === 'boolean' ? (value ? '1' : '0') : integer(value, 'b').toString(2)
    case 'o': return integer(value, 'o').toString(8)
    case 'x': return hexadecimal(value)
    case 'X': return hexadecimal(value).toUpperCase()
    default: return fail(`could not parse formatting clause: unrecognized formatting clause "${verb}"`)
  }
}

function textOf(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? formatDouble(value) : String(value)
  if (value instanceof Uint8Array) return String.fromCharCode(...value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Timestamp) return formatTimestamp(value.nanoseconds)
  if (value instanceof Duration) return formatDurationSeconds(value.nanoseconds)
  if (value instanceof TypeValue) return value.name
  if (isList(value)) return `[${value.map(textOf).join(', ')}]`
  if (isMapValue(value)) {
    const keys = [...value.keys()].toSorted((left, right) => formatKey(left) < formatKey(right) ? -1 : 1)
    return `{${keys.map((key) => `${formatKey(key)}: ${textOf(value.get(key)!)}`).join(', ')}}`
  }
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  return fail(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, `
    + `types, durations, and timestamps, was given ${typeNameOf(value)}`)
}

function decimal(value: Value): string {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return fail(
    `error during formatting: decimal clause can only be used on integers, was given ${typeNameOf(value)}`)
}

/** As Go: what lies exactly between two goes to the even one. */
function fixed(value: number, digits: number): string {
  const text = value.toFixed(Math.min(digits, 100))
  const unit = 10 ** -digits
  const isHalf = Number.isFinite(value) && Math.abs(Math.abs(value % unit) - unit / 2) === 0
  const last = Number(text.at(-1))
  return isHalf && last % 2 === 1 ? (value - Math.sign(value) * unit / 2).toFixed(digits) : text
}

function number(value: Value, verb: 'f' | 'e'): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  const name = verb === 'f' ? 'fixed-point' : 'scientific'
  return fail(`error during formatting: ${name} clause can only be used on doubles, was given ${typeNameOf(value)}`)
}

function integer(value: Value, verb: 'b' | 'o'): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return value.value
  const wanted = verb === 'b' ? 'only integers and bools can be formatted as binary' : 'octal clause can only be used on integers'
  return fail(`error during formatting: ${wanted}, was given ${typeNameOf(value)}`)
}

function hexadecimal(value: Value): string {
  if (typeof value === 'string') return hexadecimal(new TextEncoder().encode(value))
  if (value instanceof Uint8Array) return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  if (typeof value === 'bigint') return value.toString(16)
  if (value instanceof Uint) return value.value.toString(16)
  return fail(
    `error during formatting: only integers, byte buffers, and strings can be formatted as hex, was given `
    + typeNameOf(value))
}
