/**
 * Values of CEL at run time. An int is a bigint, a double a number; what CEL has and JavaScript has not are classes
 * here.
 */
import { EvaluationError } from './issues.ts'

export type Value =
  | null | boolean | bigint | number | string | Uint8Array | readonly Value[]
  | Uint | MapValue | Timestamp | Duration | TypeValue | Optional | Foreign

export class Uint {
  readonly value: bigint
  constructor(value: bigint) { this.value = value }
}

/** A point in time: nanoseconds since 1970. */
export class Timestamp {
  readonly nanoseconds: bigint
  constructor(nanoseconds: bigint) { this.nanoseconds = nanoseconds }
}

export class Duration {
  readonly nanoseconds: bigint
  constructor(nanoseconds: bigint) { this.nanoseconds = nanoseconds }
}

/** What `type(x)` gives: types are equal if their names are. */
export class TypeValue {
  readonly name: string
  constructor(name: string) { this.name = name }
}

export class Optional {
  /** undefined: there is none. */
  readonly value: Value | undefined
  constructor(value: Value | undefined) { this.value = value }
}

/** A value of a library's own type; `data` is the library's. */
export class Foreign {
  readonly type: string
  readonly data: unknown
  /** Whether another of the same type is the same value. */
  readonly equals: (other: unknown) => boolean

  constructor(type: string, data: unknown, equals: (other: unknown) => boolean = (other) => other === data) {
    this.type = type
    this.data = data
    this.equals = equals
  }
}

/** A map, or an object whose fields are selected; it may read its values when asked for them. */
export interface MapValue {
  readonly isMap: true
  /** `map`, or the name of the object's type. */
  readonly typeName: string
  readonly size: number
  get(key: Value): Value | undefined
  keys(): Iterable<Value>
}

/** Entries in order of insertion; keys are equal as CEL's values are. */
export class EntryMap implements MapValue {
  readonly isMap = true
  readonly typeName = 'map'
  readonly #entries: ReadonlyMap<string, readonly [Value, Value]>

  constructor(entries: Iterable<readonly [Value, Value]>) {
    this.#entries = new Map([...entries].map((entry) => [keyText(entry[0]), entry]))
  }

  get size(): number { return this.#entries.size }
  get(key: Value): Value | undefined { return this.#entries.get(keyText(key))?.[1] }
  keys(): Iterable<Value> { return [...this.#entries.values()].map(([key]) => key) }

  /** With one more entry. Throws EvaluationError if the key is there. */
  with(key: Value, value: Value): EntryMap {
    if (this.#entries.has(keyText(key))) {
      throw new EvaluationError(`insert failed: key ${formatKey(key)} already exists`)
    }
    return new EntryMap([...this.#entries.values(), [key, value]])
  }
}

/** Numbers of all types that are equal are the same key. */
function keyText(key: Value): string {
  if (typeof key === 'string') return `s${key}`
  if (key instanceof Uint) return `n${key.value}`
  if (typeof key === 'number' && Number.isInteger(key)) return `n${BigInt(key)}`
  return typeof key === 'bigint' ? `n${key}` : `o${String(key)}`
}

export function formatKey(key: Value): string {
  return key instanceof Uint ? String(key.value) : String(key)
}

export function isMapValue(value: Value): value is MapValue {
  return typeof value === 'object' && value !== null && 'isMap' in value
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

/** The name that `type(x)` shows. */
export function typeNameOf(value: Value): string {
  if (value === null) return 'null_type'
  switch (typeof value) {
    case 'boolean': return 'bool'
    case 'bigint': return 'int'
    case 'number': return 'double'
    case 'string': return 'string'
    default: break
  }
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof TypeValue) return 'type'
  if (value instanceof Optional) return 'optional_type'
  if (value instanceof Foreign) return value.type
  return isMapValue(value) ? value.typeName : 'list'
}

/** Numbers as one kind of thing that can be compared exactly. */
function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return value instanceof Uint ? value.value : undefined
}

/** CEL's equality: numbers across types, everything else only within its type. */
export function equal(left: Value, right: Value): boolean {
  if (left === right) return true
  const leftNumber = numberOf(left)
  if (leftNumber !== undefined) {
    const rightNumber = numberOf(right)
    // oxlint-disable-next-line eqeqeq -- a bigint and a number of the same value are equal only this way
    return rightNumber !== undefined && leftNumber == rightNumber
  }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (isList(left)) return isList(right) && equalLists(left, right)
  if (left instanceof Uint8Array) {
    return right instanceof Uint8Array && left.length === right.length && left.every((byte, at) => byte === right[at])
  }
  if (left instanceof Timestamp) return right instanceof Timestamp && left.nanoseconds === right.nanoseconds
  if (left instanceof Duration) return right instanceof Duration && left.nanoseconds === right.nanoseconds
  if (left instanceof TypeValue) return right instanceof TypeValue && left.name === right.name
  if (left instanceof Foreign) return right instanceof Foreign && left.type === right.type && left.equals(right.data)
  if (left instanceof Optional) return right instanceof Optional && equalOptionals(left, right)
  return isMapValue(left) && isMapValue(right) && equalMaps(left, right)
}

function equalLists(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && left.every((item, index) => equal(item, right[index]!))
}

function equalOptionals(left: Optional, right: Optional): boolean {
  if (left.value === undefined || right.value === undefined) return left.value === right.value
  return equal(left.value, right.value)
}

function equalMaps(left: MapValue, right: MapValue): boolean {
  if (left.size !== right.size) return false
  for (const key of left.keys()) {
    const [mine, other] = [left.get(key), right.get(key)]
    if (mine === undefined || other === undefined || !equal(mine, other)) return false
  }
  return true
}

/** Negative, zero or positive; undefined where the two have no order. NaN is not ordered. */
export function compare(left: Value, right: Value): number | undefined {
  const [leftNumber, rightNumber] = [numberOf(left), numberOf(right)]
  if (leftNumber !== undefined && rightNumber !== undefined) {
    if (Number.isNaN(leftNumber) || Number.isNaN(rightNumber)) return Number.NaN
    return leftNumber < rightNumber ? -1 : leftNumber > rightNumber ? 1 : 0
  }
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right)
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right)
  if (left instanceof Timestamp && right instanceof Timestamp) return order(left.nanoseconds, right.nanoseconds)
  if (left instanceof Duration && right instanceof Duration) return order(left.nanoseconds, right.nanoseconds)
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right)
  return undefined
}

function order(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** By code points, as Go compares UTF-8. */
function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)]
    if (a === b) continue
    const surrogates = (a >= 0xd800 && a < 0xe000 ? 1 : 0) - (b >= 0xd800 && b < 0xe000 ? 1 : 0)
    return surrogates !== 0 && a < 0xfffe && b < 0xfffe ? surrogates : a - b
  }
  return left.length - right.length
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at] !== right[at]) return left[at]! - right[at]!
  }
  return left.length - right.length
}

/** Characters of a text, as CEL counts them. */
export function characters(text: string): readonly string[] {
  return [...text]
}

export function textLength(text: string): number {
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0xd800 || code > 0xdbff) length++
    else if (text.charCodeAt(at + 1) >= 0xdc00) { length++; at++ }
    else length++
  }
  return length
}

/** As the cost model counts: characters, bytes, items, entries; 1 for everything else. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length
  if (value instanceof Uint8Array || isList(value)) return value.length
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value)
  return isMapValue(value) ? value.size : 1
}
