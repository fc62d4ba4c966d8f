/** CEL's standard operators and functions. */
import { utf8Decode, utf8Encode } from '#base/bytes.ts'
import { compilePattern } from '../regular-expression.ts'
import { compares, fail, joins, matchesPattern, member, plain, reads, searches, add, one, type Costs } from './declare.ts'
import { EvaluationError } from './issues.ts'
import type { Functions, Overload } from './environment.ts'
import { formatDouble, formatDurationSeconds, formatTimestamp, parseCelDuration, parseTimestamp } from './time.ts'
import {
  boolType, bytesType, doubleType, durationType, dynType, intType, listOf, mapOf, optionalOf, parameter,
  stringType, timestampType, typeOf, uintType, type Type,
} from './types.ts'
import {
  compare, Duration, EntryMap, equal, isMapValue, Optional, sizeOf, textLength, Timestamp, typeNameOf,
  TypeValue, Uint, type MapValue, type Value,
} from './values.ts'

const [a, b] = [parameter('A'), parameter('B')]
const minInt = -(2n ** 63n)
const maxInt = 2n ** 63n - 1n
const maxUint = 2n ** 64n - 1n

const int = (value: bigint): bigint => (value < minInt || value > maxInt ? fail('integer overflow') : value)
const uint = (value: bigint): Uint => (
  value < 0n || value > maxUint ? fail('unsigned integer overflow') : new Uint(value))

const orders: Readonly<Record<'_<_' | '_<=_' | '_>_' | '_>=_', readonly [string, (order: number) => boolean]>> = {
  '_<_': ['less', (order) => order < 0], '_<=_': ['less_equals', (order) => order <= 0],
  '_>_': ['greater', (order) => order > 0], '_>=_': ['greater_equals', (order) => order >= 0],
}

const operators = (): Functions => new Map<string, readonly Overload[]>([
  ['_?_:_', [plain('conditional', [boolType, a, a], a, () => null)]],
  ['_&&_', [plain('logical_and', [boolType, boolType], boolType, () => false)]],
  ['_||_', [plain('logical_or', [boolType, boolType], boolType, () => false)]],
  ['@not_strictly_false', [plain('not_strictly_false', [boolType], boolType, () => true)]],
  ['!_', [plain('logical_not', [boolType], boolType, (value: boolean) => !value)]],
  ['_==_', [plain('equals', [a, a], boolType, equal, compares)]],
  ['_!=_', [plain('not_equals', [a, a], boolType, (left: Value, right: Value) => !equal(left, right), compares)]],
  ['@in', [
    plain('in_list', [a, listOf(a)], boolType, (item: Value, list: readonly Value[]) =>
      list.some((each) => equal(each, item)),
    { cost: ([, list]) => sizeOf(list!), estimate: ([, list]) => ({ cost: list! }) }),
    plain('in_map', [a, mapOf(a, b)], boolType, (key: Value, map: MapValue) => map.get(key) !== undefined),
  ]],
  ['_[_]', [
    plain('index_list', [listOf(a), intType], a, () => null),
    plain('index_map', [mapOf(a, b), a], b, () => null),
    plain('optional_list_index_value', [optionalOf(listOf(a)), intType], optionalOf(a), () => null),
    plain('optional_map_index_value', [optionalOf(mapOf(a, b)), a], optionalOf(b), () => null),
  ]],
  ['_[?_]', [
    plain('list_optindex_optional_int', [listOf(a), intType], optionalOf(a), () => null),
    plain('map_optindex_optional_value', [mapOf(a, b), a], optionalOf(b), () => null),
    plain('optional_list_optindex_optional_int', [optionalOf(listOf(a)), intType], optionalOf(a), () => null),
    plain('optional_map_optindex_optional_value', [optionalOf(mapOf(a, b)), a], optionalOf(b), () => null),
  ]],
  ...(['_<_', '_<=_', '_>_', '_>=_'] as const).map((name) => [name, comparisons(name)] as const),
])

function comparisons(name: keyof typeof orders): readonly Overload[] {
  const [id, holds] = orders[name]
  const compared = (left: Value, right: Value): boolean => {
    const order = compare(left, right)
    return order === undefined ? fail('no such overload') : holds(order)
  }
  const numbers = [intType, uintType, doubleType]
  const same = [boolType, stringType, bytesType, timestampType, durationType]
  return [
    ...same.map((type) => plain(`${id}_${type.kind}`, [type, type], boolType, compared,
      type === stringType || type === bytesType ? compares : {})),
    ...numbers.flatMap((left) => numbers.map((right) =>
      plain(`${id}_${left.kind}_${right.kind}`, [left, right], boolType, compared))),
  ]
}

const arithmetic = (): Functions => new Map<string, readonly Overload[]>([
  ['_+_', [
    plain('add_int64', [intType, intType], intType, (left: bigint, right: bigint) => int(left + right)),
    plain('add_uint64', [uintType, uintType], uintType, (left: Uint, right: Uint) => uint(left.value + right.value)),
    plain('add_double', [doubleType, doubleType], doubleType, (left: number, right: number) => left + right),
    plain('add_string', [stringType, stringType], stringType, (left: string, right: string) => left + right, joins),
    plain('add_bytes', [bytesType, bytesType], bytesType, (left: Uint8Array, right: Uint8Array) =>
      Uint8Array.of(...left, ...right), joins),
    plain('add_list', [listOf(a), listOf(a)], listOf(a), (left: readonly Value[], right: readonly Value[]) =>
      [...left, ...right], { estimate: ([left, right]) => ({ cost: one, result: add(left!, right!) }) }),
    plain('add_timestamp_duration', [timestampType, durationType], timestampType, (time: Timestamp, by: Duration) =>
      timestamp(time.nanoseconds + by.nanoseconds)),
    plain('add_duration_timestamp', [durationType, timestampType], timestampType, (by: Duration, time: Timestamp) =>
      timestamp(time.nanoseconds + by.nanoseconds)),
    plain('add_duration_duration', [durationType, durationType], durationType, (left: Duration, right: Duration) =>
      new Duration(int(left.nanoseconds + right.nanoseconds))),
  ]],
  ['_-_', [
    plain('subtract_int64', [intType, intType], intType, (left: bigint, right: bigint) => int(left - right)),
    plain('subtract_uint64', [uintType, uintType], uintType, (left: Uint, right: Uint) =>
      uint(left.value - right.value)),
    plain('subtract_double', [doubleType, doubleType], doubleType, (left: number, right: number) => left - right),
    plain('subtract_timestamp_timestamp', [timestampType, timestampType], durationType,
      (left: Timestamp, right: Timestamp) => new Duration(int(left.nanoseconds - right.nanoseconds))),
    plain('subtract_timestamp_duration', [timestampType, durationType], timestampType,
      (time: Timestamp, by: Duration) => timestamp(time.nanoseconds - by.nanoseconds)),
    plain('subtract_duration_duration', [durationType, durationType], durationType,
      (left: Duration, right: Duration) => new Duration(int(left.nanoseconds - right.nanoseconds))),
  ]],
  ['_*_', [
    plain('multiply_int64', [intType, intType], intType, (left: bigint, right: bigint) => int(left * right)),
    plain('multiply_uint64', [uintType, uintType], uintType, (left: Uint, right: Uint) =>
      uint(left.value * right.value)),
    plain('multiply_double', [doubleType, doubleType], doubleType, (left: number, right: number) => left * right),
  ]],
  ['_/_', [
    plain('divide_int64', [intType, intType], intType, (left: bigint, right: bigint) =>
      right === 0n ? fail('division by zero') : int(left / right)),
    plain('divide_uint64', [uintType, uintType], uintType, (left: Uint, right: Uint) =>
      right.value === 0n ? fail('division by zero') : uint(left.value / right.value)),
    plain('divide_double', [doubleType, doubleType], doubleType, (left: number, right: number) => left / right),
  ]],
  ['_%_', [
    plain('modulo_int64', [intType, intType], intType, (left: bigint, right: bigint) =>
      right === 0n ? fail('modulus by zero') : left % right),
    plain('modulo_uint64', [uintType, uintType], uintType, (left: Uint, right: Uint) =>
      right.value === 0n ? fail('modulus by zero') : uint(left.value % right.value)),
  ]],
  ['-_', [
    plain('negate_int64', [intType], intType, (value: bigint) => int(-value)),
    plain('negate_double', [doubleType], doubleType, (value: number) => -value),
  ]],
])

const firstTime = -62_135_596_800_000_000_000n
const lastTime = 253_402_300_799_999_999_999n

function timestamp(nanoseconds: bigint): Timestamp {
  return nanoseconds < firstTime || nanoseconds > lastTime ? fail('timestamp overflow') : new Timestamp(nanoseconds)
}

function sizes(): readonly Overload[] {
  const size = (value: Value): bigint => BigInt(
    typeof value === 'string' ? textLength(value) : isMapValue(value) ? value.size : (value as readonly Value[]).length)
  const types: readonly (readonly [string, Type])[] = [
    ['string', stringType], ['bytes', bytesType], ['list', listOf(a)], ['map', mapOf(a, b)],
  ]
  return types.flatMap(([name, type]) => [
    plain(`size_${name}`, [type], intType, size), member(`${name}_size`, [type], intType, size),
  ])
}

const texts = (): Functions => new Map<string, readonly Overload[]>([
  ['size', sizes()],
  ['contains', [member('contains_string', [stringType, stringType], boolType, (text: string, part: string) =>
    text.includes(part), searches)]],
  ['startsWith', [member('starts_with_string', [stringType, stringType], boolType, (text: string, part: string) =>
    text.startsWith(part), reads(1))]],
  ['endsWith', [member('ends_with_string', [stringType, stringType], boolType, (text: string, part: string) =>
    text.endsWith(part), reads(1))]],
  ['matches', [plain, member].map((declare) => declare(
    declare === plain ? 'matches' : 'matches_string', [stringType, stringType], boolType,
    matches, matchesPattern))],
])

function matches(text: string, pattern: string): boolean {
  const matcher = compilePattern(pattern)
  return typeof matcher === 'string' ? fail(matcher) : matcher(text)
}

/** A text of at most so many characters. */
function shortText(max: number): Costs {
  return { estimate: () => ({ cost: one, result: { min: 1, max } }) }
}

const conversions = (): Functions => new Map<string, readonly Overload[]>([
  ['int', [
    plain('int64_to_int64', [intType], intType, (value: bigint) => value),
    plain('uint64_to_int64', [uintType], intType, (value: Uint) => int(value.value)),
    plain('double_to_int64', [doubleType], intType, (value: number) => truncate(value, minInt, maxInt, 'integer overflow')),
    plain('string_to_int64', [stringType], intType, (value: string) => {
      const parsed = /^[+-]?\d+$/.test(value) ? BigInt(value.replace('+', '')) : undefined
      if (parsed === undefined || parsed > maxInt || parsed < minInt) throw notConverted(value, 'int')
      return parsed
    }),
    plain('timestamp_to_int64', [timestampType], intType, (value: Timestamp) => floorSeconds(value.nanoseconds)),
    plain('duration_to_int64', [durationType], intType, (value: Duration) => value.nanoseconds),
  ]],
  ['uint', [
    plain('uint64_to_uint64', [uintType], uintType, (value: Uint) => value),
    plain('int64_to_uint64', [intType], uintType, (value: bigint) => uint(value)),
    plain('double_to_uint64', [doubleType], uintType, (value: number) =>
      new Uint(truncate(value, 0n, maxUint, 'unsigned integer overflow'))),
    plain('string_to_uint64', [stringType], uintType, (value: string) => {
      if (!/^\d+$/.test(value) || BigInt(value) > maxUint) throw notConverted(value, 'uint')
      return new Uint(BigInt(value))
    }),
  ]],
  ['double', [
    plain('double_to_double', [doubleType], doubleType, (value: number) => value),
    plain('int64_to_double', [intType], doubleType, (value: bigint) => Number(value)),
    plain('uint64_to_double', [uintType], doubleType, (value: Uint) => Number(value.value)),
    plain('string_to_double', [stringType], doubleType, (value: string) => {
      const parsed = /^[+-]?(inf|infinity)$/i.test(value) ? (value.startsWith('-') ? -Infinity : Infinity) : Number(value)
      if (value.trim() !== value || value === '' || (Number.isNaN(parsed) && !/^nan$/i.test(value))) {
        throw notConverted(value, 'double')
      }
      return parsed
    }),
  ]],
  ['string', [
    plain('string_to_string', [stringType], stringType, (value: string) => value),
    plain('bool_to_string', [boolType], stringType, (value: boolean) => String(value), shortText(5)),
    plain('int64_to_string', [intType], stringType, (value: bigint) => String(value), shortText(20)),
    plain('uint64_to_string', [uintType], stringType, (value: Uint) => String(value.value), shortText(20)),
    plain('double_to_string', [doubleType], stringType, (value: number) => formatDouble(value), shortText(24)),
    plain('bytes_to_string', [bytesType], stringType, (value: Uint8Array) => decodeText(value), {
      ...reads(0), estimate: ([size]) => ({
        cost: { min: Math.ceil(size!.min * 0.1), max: Math.ceil(size!.max * 0.1) },
        result: { min: Math.floor(size!.min / 4), max: size!.max },
      }),
    }),
    plain('timestamp_to_string', [timestampType], stringType, (value: Timestamp) => formatTimestamp(value.nanoseconds), shortText(30)),
    plain('duration_to_string', [durationType], stringType, (value: Duration) =>
      formatDurationSeconds(value.nanoseconds), shortText(30)),
  ]],
  ['bytes', [
    plain('bytes_to_bytes', [bytesType], bytesType, (value: Uint8Array) => value),
    plain('string_to_bytes', [stringType], bytesType, (value: string) => utf8Encode(value), {
      ...reads(0), estimate: ([size]) => ({
        cost: { min: Math.ceil(size!.min * 0.1), max: Math.ceil(size!.max * 0.1) },
        result: { min: size!.min, max: size!.max * 4 },
      }),
    }),
  ]],
  ['bool', [
    plain('bool_to_bool', [boolType], boolType, (value: boolean) => value),
    plain('string_to_bool', [stringType], boolType, (value: string) => {
      if (['1', 't', 'true', 'TRUE', 'True', 'T'].includes(value)) return true
      if (['0', 'f', 'false', 'FALSE', 'False', 'F'].includes(value)) return false
      throw notConverted(value, 'bool')
    }),
  ]],
  ['timestamp', [
    plain('timestamp_to_timestamp', [timestampType], timestampType, (value: Timestamp) => value),
    plain('int64_to_timestamp', [intType], timestampType, (value: bigint) => timestamp(value * 1_000_000_000n)),
    plain('string_to_timestamp', [stringType], timestampType, (value: string) => {
      const parsed = parseTimestamp(value)
      return parsed === undefined ? fail('type conversion error from \'string\' to \'google.protobuf.Timestamp\'')
        : timestamp(parsed)
    }),
  ]],
  ['duration', [
    plain('duration_to_duration', [durationType], durationType, (value: Duration) => value),
    plain('int64_to_duration', [intType], durationType, (value: bigint) => new Duration(value)),
    plain('string_to_duration', [stringType], durationType, (value: string) => {
      const parsed = parseCelDuration(value)
      return parsed === undefined ? fail('type conversion error from \'string\' to \'google.protobuf.Duration\'')
        : new Duration(parsed)
    }),
  ]],
  ['dyn', [plain('to_dyn', [a], dynType, (value: Value) => value)]],
  ['type', [plain('type', [a], typeOf(a), (value: Value) => new TypeValue(typeNameOf(value)))]],
])

function notConverted(value: string, type: string): EvaluationError {
  return new EvaluationError(`type conversion error from '${typeNameOf(value)}' to '${type}'`)
}

function truncate(value: number, min: bigint, max: bigint, message: string): bigint {
  if (!Number.isFinite(value)) fail(message)
  const whole = BigInt(Math.trunc(value))
  // Upstream refuses the bounds themselves too: a double cannot tell them from what is beyond.
  return whole <= min && min !== 0n || whole >= max || whole < min ? fail(message) : whole
}

function floorSeconds(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / 1_000_000_000n
  return nanoseconds % 1_000_000_000n < 0n ? seconds - 1n : seconds
}

function decodeText(bytes: Uint8Array): string {
  const text = utf8Decode(bytes)
  return text.includes('\uFFFD') && !equal(utf8Encode(text), bytes)
    ? fail('invalid UTF-8 in bytes, cannot convert to string') : text
}

const optionals = (): Functions => new Map<string, readonly Overload[]>([
  ['optional.of', [plain('optional_of', [a], optionalOf(a), (value: Value) => new Optional(value))]],
  ['optional.none', [plain('optional_none', [], optionalOf(a), () => new Optional(undefined))]],
  ['optional.ofNonZeroValue', [plain('optional_ofNonZeroValue', [a], optionalOf(a), (value: Value) =>
    new Optional(isZero(value) ? undefined : value))]],
  ['hasValue', [member('optional_hasValue', [optionalOf(a)], boolType, (value: Optional) => value.value !== undefined)]],
  ['value', [member('optional_value', [optionalOf(a)], a, ({ value }: Optional) =>
    value === undefined ? fail('optional.none() dereference') : value)]],
  ['or', [member('optional_or_optional', [optionalOf(a), optionalOf(a)], optionalOf(a), () => null)]],
  ['orValue', [member('optional_orValue_value', [optionalOf(a), a], a, () => null)]],
  ['optional.unwrap', [plain('optional_unwrap', [listOf(optionalOf(a))], listOf(a), unwrap)]],
  ['unwrapOpt', [member('optional_unwrapOpt', [listOf(optionalOf(a))], listOf(a), unwrap)]],
])

function unwrap(list: readonly Optional[]): readonly Value[] {
  return list.flatMap(({ value }) => value === undefined ? [] : [value])
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Duration) return value.nanoseconds === 0n
  if (value instanceof Timestamp) return value.nanoseconds === 0n
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0
  return isMapValue(value) && value.size === 0
}

const maps = (): Functions => new Map<string, readonly Overload[]>([
  ['cel.@mapInsert', [
    plain('@mapInsert_map_key_value', [mapOf(a, b), a, b], mapOf(a, b), (map: EntryMap, key: Value, value: Value) =>
      map.with(key, value)),
    plain('@mapInsert_map_map', [mapOf(a, b), mapOf(a, b)], mapOf(a, b), (map: EntryMap, more: MapValue) => {
      let result = map
      for (const key of more.keys()) result = result.with(key, more.get(key)!)
      return result
    }),
  ]],
])

/** Everything that every dialect has. */
export const standardFunctions = (): readonly Functions[] => [
  operators(), arithmetic(), texts(), conversions(), optionals(), maps(),
]
