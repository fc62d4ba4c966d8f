/** Functions on texts (cel-go's ext.Strings), and upstream's regular expressions. */
import { compileFinder, type TextFinder } from '../../regular-expression.ts'
import { add, fail, matchesPattern, member, plain, reads, scale, type Costs } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import { formatText } from '../format-text.ts'
import { dynType, intType, listOf, stringType, type Type } from '../types.ts'
import { characters, sizeOf, textLength, type Value } from '../values.ts'

const readsWhole = reads(0, true)
/** Reads the text and writes another. */
const readsTwice: Costs = {
  cost: ([text]) => Math.ceil(sizeOf(text!) * 2 * 0.1),
  estimate: ([text]) => ({ cost: scale(text!, 0.2), result: text! }),
}

function at(text: string, index: bigint, message: string): number {
  return index < 0n || index > BigInt(textLength(text)) ? fail(`${message}: ${index}`) : Number(index)
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const all = characters(text)
  const start = at(text, from, 'index out of range')
  if (part === '') return BigInt(start)
  const found = all.slice(start).join('').indexOf(part)
  return found < 0 ? -1n : BigInt(start + textLength(all.slice(start).join('').slice(0, found)))
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const all = characters(text)
  const last = from === undefined ? all.length : at(text, from, 'index out of range')
  if (part === '') return BigInt(last)
  for (let start = Math.min(last, all.length - textLength(part)); start >= 0; start--) {
    if (all.slice(start).join('').startsWith(part)) return BigInt(start)
  }
  return -1n
}

function substring(text: string, start: bigint, end = BigInt(textLength(text))): string {
  const [from, to] = [at(text, start, 'index out of range'), at(text, end, 'index out of range')]
  if (from > to) fail(`invalid substring range. start: ${from}, end: ${to}`)
  return characters(text).slice(from, to).join('')
}

function split(text: string, separator: string, limit = -1n): readonly Value[] {
  if (limit === 0n) return []
  if (limit === 1n) return [text]
  const parts = separator === '' ? [...characters(text)] : text.split(separator)
  if (limit < 0n || BigInt(parts.length) <= limit) return parts
  const kept = parts.slice(0, Number(limit) - 1)
  return [...kept, parts.slice(Number(limit) - 1).join(separator)]
}

function replace(text: string, old: string, by: string, limit = -1n): string {
  if (limit < 0n) return text.replaceAll(old, () => by)
  let [result, rest] = ['', text]
  for (let count = 0n; count < limit; count++) {
    const found = rest.indexOf(old)
    if (found < 0) break
    result += rest.slice(0, found) + by
    rest = rest.slice(found + old.length)
    if (old === '') {
      result += rest.slice(0, 1)
      rest = rest.slice(1)
    }
  }
  return result + rest
}

/** Go's unicode.IsSpace, which is not JavaScript's. */
const space = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const spaceAround = new RegExp(`^${space}|${space}$`, 'g')
const trim = (text: string): string => text.replaceAll(spaceAround, '')

const asciiLower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
const asciiUpper = (text: string): string => text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())
const quoted: Readonly<Record<string, string>> = {
  '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"',
}

const joined: Costs = {
  cost: (_values, result) => Math.ceil(sizeOf(result) * 2 * 0.1),
  estimate: ([list, separator]) => {
    const size = list!.max === Number.POSITIVE_INFINITY ? list! : add(list!, separator ?? { min: 0, max: 0 })
    return { cost: scale(size, 0.2), result: { min: 0, max: size.max } }
  },
}

/** A function on a text. */
function ofText(
  id: string, more: readonly Type[], result: Type, evaluate: (...values: readonly never[]) => Value, costs?: Costs,
): Overload {
  return member(id, [stringType, ...more], result, evaluate, costs)
}

export const stringFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['charAt', [ofText('string_char_at_int', [intType], stringType, (value: string, index: bigint) =>
    characters(value)[at(value, index, 'index out of range')] ?? '')]],
  ['indexOf', [
    ofText('string_index_of_string', [stringType], intType, indexOf, readsWhole),
    ofText('string_index_of_string_int', [stringType, intType], intType, indexOf, readsWhole),
  ]],
  ['lastIndexOf', [
    ofText('string_last_index_of_string', [stringType], intType, lastIndexOf, readsWhole),
    ofText('string_last_index_of_string_int', [stringType, intType], intType, lastIndexOf, readsWhole),
  ]],
  ['join', [
    member('list_join', [listOf(stringType)], stringType, (list: readonly string[]) => list.join(''), joined),
    member('list_join_string', [listOf(stringType), stringType], stringType,
      (list: readonly string[], separator: string) => list.join(separator), joined),
  ]],
  ['lowerAscii', [ofText('string_lower_ascii', [], stringType, asciiLower, readsWhole)]],
  ['upperAscii', [ofText('string_upper_ascii', [], stringType, asciiUpper, readsWhole)]],
  ['replace', [
    ofText('string_replace_string_string', [stringType, stringType], stringType, replace, readsTwice),
    ofText('string_replace_string_string_int', [stringType, stringType, intType], stringType, replace, readsTwice),
  ]],
  ['split', [
    ofText('string_split_string', [stringType], listOf(stringType), split, readsTwice),
    ofText('string_split_string_int', [stringType, intType], listOf(stringType), split, readsTwice),
  ]],
  ['substring', [
    ofText('string_substring_int', [intType], stringType, substring, readsWhole),
    ofText('string_substring_int_int', [intType, intType], stringType, substring, readsWhole),
  ]],
  ['trim', [ofText('string_trim', [], stringType, trim, readsWhole)]],
  ['reverse', [ofText('string_reverse', [], stringType, (value: string) =>
    characters(value).toReversed().join(''), readsWhole)]],
  ['format', [ofText('string_format', [listOf(dynType)], stringType, formatText, readsWhole)]],
  ['jsonpatch.escapeKey', [plain('string_jsonpatch_escapeKey_string', [stringType], stringType, (value: string) =>
    value.replaceAll('~', '~0').replaceAll('/', '~1'), readsWhole)]],
  ['strings.quote', [plain('strings_quote', [stringType], stringType, (value: string) =>
    `"${value.replaceAll(/[\x07\b\f\n\r\t\v\\"]/g, (character) => quoted[character]!)}"`, readsWhole)]],
])

function finder(pattern: string): TextFinder {
  const found = compileFinder(pattern)
  return typeof found === 'string' ? fail(`Illegal regex: ${found}`) : found
}

function findAll(value: string, pattern: string, limit = -1n): readonly Value[] {
  const matches: string[] = []
  if (limit === 0n) return matches
  for (const match of finder(pattern)(value)) {
    matches.push(match)
    if (BigInt(matches.length) === limit) break
  }
  return matches
}

export const regexFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['find', [ofText('string_find_string', [stringType], stringType, (value: string, pattern: string) => {
    for (const match of finder(pattern)(value)) return match
    return ''
  }, matchesPattern)]],
  ['findAll', [
    ofText('string_find_all_string', [stringType], listOf(stringType), findAll, matchesPattern),
    ofText('string_find_all_string_int', [stringType, intType], listOf(stringType), findAll, matchesPattern),
  ]],
])
