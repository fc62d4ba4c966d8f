/** One step of a field path, as text in the format of FieldsV1: `f:name`, `k:{"name":"a"}`, `v:"x"`, `i:0`. */
import { deepEqual } from '#base/deep-equal.ts'
import { quoteGo } from '../../errors/field-errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'

export function fieldElement(name: string): string {
  return `f:${name}`
}

/** `names` sorted; `values` in their order. */
export function keyElement(names: readonly string[], values: readonly unknown[]): string {
  return `k:{${names.map((name, i) => `${goJson(name)}:${goJson(values[i])}`).join(',')}}`
}

/** The same for one name: nearly every list has one, and some lists are long. */
export function singleKeyElement(name: string, value: unknown): string {
  return `k:{${goJson(name)}:${goJson(value)}}`
}

export function valueElement(value: unknown): string {
  return `v:${goJson(value)}`
}

/**
 * The element in its one canonical spelling; undefined for kinds of elements that are not known. Throws SyntaxError.
 */
export function canonicalElement(text: string): string | undefined {
  if (text.length < 2 || text[1] !== ':') {
    throw new SyntaxError(text.length < 2 ? 'key must be 2 characters long:' : `missing colon: ${text}`)
  }
  const rest = text.slice(2)
  switch (text[0]) {
    case 'f': return text
    case 'v': return valueElement(JSON.parse(rest))
    case 'k': {
      const key: unknown = JSON.parse(rest)
      if (!isJsonObject(key)) throw new SyntaxError(`the key is no object: ${text}`)
      const names = Object.keys(key).toSorted(compareText)
      return keyElement(names, names.map((name) => key[name]))
    }
    case 'i': {
      if (!/^[+-]?[0-9]+$/.test(rest)) throw new SyntaxError(`strconv.Atoi: parsing ${quoteGo(rest)}: invalid syntax`)
      return `i:${Number(rest)}`
    }
    default: return undefined
  }
}

/** How people read it: `.name`, `[name="a",port=80]`, `[="x"]`, `[0]`. */
export function formatElement(element: string): string {
  const rest = element.slice(2)
  switch (element[0]) {
    case 'f': return `.${rest}`
    case 'k': {
      const key = JSON.parse(rest) as JsonObject
      return `[${Object.keys(key).map((name) => `${name}=${formatValue(key[name])}`).join(',')}]`
    }
    case 'v': return `[=${formatValue(JSON.parse(rest))}]`
    default: return `[${rest}]`
  }
}

export function formatPath(path: readonly string[]): string {
  return path.map(formatElement).join('')
}

/**
 * As upstream orders a set: fields, keys, values, indices, each kind by what it holds. `.` is first. Gives the same
 * list if it is in order.
 */
export function sortElements(elements: readonly string[]): readonly string[] {
  if (elements.length < 2) return elements
  if (elements.every(isPlainField)) return isAscending(elements) ? elements : elements.toSorted()
  // Read once each, and not in every comparison.
  return elements.map(sortable).toSorted(compareSortable).map(({ element }) => element)
}

interface SortableElement {
  readonly element: string
  readonly kind: number
  /** What a key, value or index holds. */
  readonly value: unknown
  /** The names in a key, which its spelling has in order. */
  readonly names: readonly string[]
}

function sortable(element: string): SortableElement {
  const kind = kindOrder(element)
  const value: unknown = element[0] === 'f' || element === '.' ? undefined : JSON.parse(element.slice(2))
  return { element, kind, value, names: element[0] === 'k' ? Object.keys(value as JsonObject) : [] }
}

function compareSortable(a: SortableElement, b: SortableElement): number {
  if (a.kind !== b.kind) return a.kind - b.kind
  if (a.element === b.element) return 0
  switch (a.element[0]) {
    case 'f': return compareText(a.element, b.element)
    case 'k': return compareFields(a.value as JsonObject, a.names, b.value as JsonObject, b.names)
    default: return compareValues(a.value, b.value)
  }
}

function isAscending(texts: readonly string[]): boolean {
  for (let i = 1; i < texts.length; i++) if (texts[i]! < texts[i - 1]!) return false
  return true
}

/** A field whose name is ASCII, which every order of texts orders alike. */
function isPlainField(element: string): boolean {
  return element.startsWith('f:') && !/[^\x00-\x7f]/.test(element)
}

/** By UTF-8 bytes, as Go compares strings: differs from `<` only where a surrogate meets a character after it. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return byCodePoint(left) - byCodePoint(right)
  }
  return a.length - b.length
}

/** Surrogates stand for characters beyond all single units. */
function byCodePoint(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function kindOrder(element: string): number {
  return '.fkvi'.indexOf(element[0]!)
}

function compareKeys(a: JsonObject, b: JsonObject): number {
  return compareFields(a, Object.keys(a).toSorted(compareText), b, Object.keys(b).toSorted(compareText))
}

function compareFields(a: JsonObject, left: readonly string[], b: JsonObject, right: readonly string[]): number {
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareText(left[i]!, right[i]!) || compareValues(a[left[i]!], b[right[i]!])
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** Numbers, then texts, booleans, lists, objects, null. */
function compareValues(a: unknown, b: unknown): number {
  const kind = valueOrder(a) - valueOrder(b)
  if (kind !== 0) return kind
  if (typeof a === 'number') return a - (b as number)
  if (typeof a === 'string') return compareText(a, b as string)
  if (typeof a === 'boolean') return Number(a) - Number(b)
  if (Array.isArray(a)) {
    const other = b as unknown[]
    for (let i = 0; i < a.length && i < other.length; i++) {
      const order = compareValues(a[i], other[i])
      if (order !== 0) return order
    }
    return a.length - other.length
  }
  return deepEqual(a, b) ? 0 : compareKeys(a as JsonObject, b as JsonObject)
}

function valueOrder(value: unknown): number {
  if (typeof value === 'number') return 0
  if (typeof value === 'string') return 1
  if (typeof value === 'boolean') return 2
  if (Array.isArray(value)) return 3
  return value === null ? 5 : 4
}

/** JSON as Go writes it: some characters are always escaped. */
function goJson(value: unknown): string {
  if (typeof value === 'string' && /^[\w ./:-]*$/.test(value)) return `"${value}"`
  const json = JSON.stringify(value)
  if (!/[<>&\u2028\u2029]|\\[bf]/.test(json)) return json
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/(?<!\\)((?:\\\\)*)\\([bf])/g, (_, before: string, char: string) =>
      `${before}\\u${char === 'b' ? '0008' : '000c'}`)
}

function formatValue(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return quoteGo(value)
  if (Array.isArray(value)) return `[${value.map(formatValue).join(',')}]`
  if (isJsonObject(value)) return Object.keys(value).map((key) => `${key}=${formatValue(value[key])}`).join('')
  return String(value)
}
