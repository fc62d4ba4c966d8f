/**
 * YAML as sigs.k8s.io/yaml writes it: sorted keys, lists not indented, lines folded after 80 columns, Go's choice of
 * quotes.
 */

import { utf8Length } from '#base/bytes.ts'
import { resolvePlain } from './yaml-resolve.ts'

const bestWidth = 80
const bestIndent = 2

/**
 * A JSON-shaped value (objects, arrays, texts, numbers, bigints, booleans, null) as one YAML document, with a line
 * feed at its end.
 */
export function writeYaml(value: unknown): string {
  const writer = new YamlWriter()
  writer.node(value, { indent: -1, inMapping: false, root: true })
  return writer.finish()
}

interface Place {
  /** Column of the enclosing collection's items; -1 at the root. */
  readonly indent: number
  /** The enclosing collection is a mapping, under whose key a list is not indented. */
  readonly inMapping: boolean
  readonly root: boolean
}

class YamlWriter {
  #text = ''
  /** Where the last line of the text starts. Nothing is on it yet if that is where the text ends. */
  #lineStart = 0

  finish(): string {
    return this.#isAtLineStart() ? this.#text : `${this.#text}\n`
  }

  /** Told from lengths alone: to look at the end of a text that grows would put it together anew for every line. */
  #isAtLineStart(): boolean {
    return this.#lineStart === this.#text.length && this.#lineStart > 0
  }

  /** Writes a value where the text ends: after `key:`, after `-`, or at the start. */
  node(value: unknown, place: Place): void {
    if (Array.isArray(value)) this.#sequence(value, place)
    else if (typeof value === 'object' && value !== null) {
      this.#mapping(value as Readonly<Record<string, unknown>>, place)
    } else this.#scalar(value, place)
  }

  #sequence(items: readonly unknown[], place: Place): void {
    if (items.length === 0) return this.#put(place.root ? '[]' : ' []')
    const indent = place.root ? 0 : place.inMapping ? place.indent : place.indent + bestIndent
    items.forEach((item, index) => {
      this.#startItem(indent, place, index)
      this.#put('-')
      this.node(item, { indent, inMapping: false, root: false })
    })
  }

  #mapping(map: Readonly<Record<string, unknown>>, place: Place): void {
    const keys = Object.keys(map).filter((key) => map[key] !== undefined).toSorted(compareKeys)
    if (keys.length === 0) return this.#put(place.root ? '{}' : ' {}')
    const indent = place.indent < 0 ? 0 : place.indent + bestIndent
    keys.forEach((key, index) => {
      this.#startItem(indent, place, index)
      this.#key(key, indent)
      this.node(map[key], { indent, inMapping: true, root: false })
    })
  }

  /** The first item of a collection in a list stands behind the list's dash; every other one starts a line. */
  #startItem(indent: number, place: Place, index: number): void {
    if (index === 0 && place.root) return
    if (index === 0 && !place.inMapping) this.#put(' ')
    else this.#newLine(indent)
  }

  #key(key: string, indent: number): void {
    if (isSimpleKey(key)) {
      this.#text += formatScalar(key, { indent: indent + bestIndent, column: indent, isKey: true })
      this.#put(':')
    } else {
      this.#put('? ')
      this.#put(formatScalar(key, { indent: indent + bestIndent, column: indent + 2, isKey: false }).replace(/^ /, ''))
      this.#newLine(indent)
      this.#put(':')
    }
  }

  #scalar(value: unknown, place: Place): void {
    const lead = place.root ? '' : ' '
    const indent = place.indent < 0 ? 0 : place.indent + bestIndent
    if (typeof value === 'string') {
      const column = this.#text.length - this.#lineStart + lead.length
      this.#put(lead + formatScalar(value, { indent, column, isKey: false }))
    } else {
      this.#put(lead + formatNumberOrWord(value))
    }
  }

  #put(text: string): void {
    this.#text += text
    const last = text.lastIndexOf('\n')
    if (last >= 0) this.#lineStart = this.#text.length - text.length + last + 1
  }

  #newLine(indent: number): void {
    if (!this.#isAtLineStart()) this.#text += '\n'
    this.#lineStart = this.#text.length
    this.#text += ' '.repeat(indent)
  }
}

interface ScalarPlace {
  /** Where continuation lines begin. */
  readonly indent: number
  readonly column: number
  readonly isKey: boolean
}

function isSimpleKey(key: string): boolean {
  return key.length <= 128 && utf8Length(key) <= 128
}

/** Most names and values: nothing in them means anything to YAML, unless the whole is a word or a number. */
const ordinary = /^[A-Za-z][A-Za-z0-9_./-]*$/

function formatScalar(text: string, place: ScalarPlace): string {
  if (ordinary.test(text) && resolvePlain(text).isText) return text
  const facts = analyze(text)
  const multiline = text.includes('\n')
  if (multiline && place.isKey) return doubleQuote(text, place)
  if (multiline && facts.blockAllowed) return literal(text, place)
  if (multiline) return doubleQuote(text, place)
  const { isText } = resolvePlain(text)
  if (!isText || /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)) return doubleQuote(text, place)
  if (facts.plainAllowed) return fold(text, place, (character) => character, '')
  return facts.singleAllowed
    ? fold(text, place, (character) => (character === "'" ? "''" : character), "'")
    : doubleQuote(text, place)
}

interface Facts {
  readonly plainAllowed: boolean
  readonly singleAllowed: boolean
  readonly blockAllowed: boolean
}

/** libyaml's analysis of a scalar, as far as block context goes. */
function analyze(text: string): Facts {
  const characters = [...text]
  let indicators = text.startsWith('---') || text.startsWith('...')
  let special = false
  let breakSpace = false
  let spaceBreak = false
  characters.forEach((character, index) => {
    const before = characters[index - 1]
    const after = characters[index + 1]
    const followed = after === undefined || isBlank(after)
    if (index === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(character) || ('?:-'.includes(character) && followed)) indicators = true
    } else if ((character === ':' && followed) || (character === '#' && before !== undefined && isBlank(before))) {
      indicators = true
    }
    if (!isPrintable(character)) special = true
    if (character === ' ' && before === '\n') breakSpace = true
    if (character === '\n' && before === ' ') spaceBreak = true
  })
  const bounded = /^[ \n]|[ \n]$/.test(text)
  const lineBreaks = /[\n\u0085\u2028\u2029]/.test(text)
  return {
    plainAllowed: !indicators && !special && !bounded && !lineBreaks,
    singleAllowed: !breakSpace && !spaceBreak && !special,
    blockAllowed: !text.endsWith(' ') && !spaceBreak && !special,
  }
}

function isBlank(character: string): boolean {
  return /[ \t\n\r\u0085\u2028\u2029]/.test(character)
}

function isPrintable(character: string): boolean {
  const point = character.codePointAt(0)!
  return point === 10 || (point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xd7ff)
    || (point >= 0xe000 && point <= 0xfffd && point !== 0xfeff)
}

/** Plain and single-quoted scalars: a line may end at a single space once it is wider than 80 columns. */
function fold(text: string, place: ScalarPlace, escape: (character: string) => string, quote: string): string {
  const characters = [...text]
  let result = quote
  let column = place.column + quote.length
  let previousSpace = false
  characters.forEach((character, index) => {
    const inside = quote === '' || (index > 0 && index < characters.length - 1)
    if (
      character === ' '
      && !place.isKey
      && !previousSpace
      && column > bestWidth
      && inside
      && characters[index + 1] !== ' '
    ) {
      result += `\n${' '.repeat(place.indent)}`
      column = place.indent
    } else {
      const written = escape(character)
      result += written
      column += written.length
    }
    previousSpace = character === ' '
  })
  return result + quote
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0', '\u0007': '\\a', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r',
  '\u001b': '\\e', '"': '\\"', '\\': '\\\\', '\u0085': '\\N', '\u00a0': '\\_', '\u2028': '\\L', '\u2029': '\\P',
}

function doubleQuote(text: string, place: ScalarPlace): string {
  const characters = [...text.toWellFormed()]
  let result = '"'
  let column = place.column + 1
  let previousSpace = false
  characters.forEach((character, index) => {
    if (
      character === ' '
      && !place.isKey
      && !previousSpace
      && column > bestWidth
      && index > 0
      && index < characters.length - 1
    ) {
      result += `\n${' '.repeat(place.indent)}`
      column = place.indent
      if (characters[index + 1] === ' ') {
        result += '\\'
        column++
      }
    } else {
      const written = escapeDouble(character)
      result += written
      column += written.length
    }
    previousSpace = character === ' '
  })
  return `${result}"`
}

function escapeDouble(character: string): string {
  const isBreak = '\n\r\u0085\u2028\u2029'.includes(character)
  if (isPrintable(character) && !isBreak && character !== '"' && character !== '\\') return character
  const short = escapes[character]
  if (short !== undefined) return short
  const point = character.codePointAt(0)!
  const hex = point.toString(16).toUpperCase()
  if (point <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return point <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

function literal(text: string, place: ScalarPlace): string {
  const hint = /^[ \n]/.test(text) ? String(bestIndent) : ''
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : ''
  const indent = ' '.repeat(place.indent)
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  const body = lines.map((line) => line === '' ? '\n' : `${indent}${line}\n`).join('')
  return `|${hint}${chomp}\n${body}`
}

function formatNumberOrWord(value: unknown): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return formatFloat(value)
  return value === null || value === undefined ? 'null' : String(value)
}

/** strconv.FormatFloat(value, 'g', -1, 64): with an exponent below 1e-4 and from 1e6. */
function formatFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string]
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 6) return String(value)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u

/** go-yaml's order of keys: letters after other characters, and runs of digits by their value. */
export function compareKeys(left: string, right: string): number {
  const order = compareNames(left, right)
  if (order !== undefined) return order
  const a = [...left]
  const b = [...right]
  for (let index = 0; index < a.length && index < b.length; index++) {
    const x = a[index]!
    const y = b[index]!
    if (x === y) continue
    const xIsLetter = letter.test(x)
    const yIsLetter = letter.test(y)
    if (xIsLetter && yIsLetter) return x.codePointAt(0)! - y.codePointAt(0)!
    if (xIsLetter || yIsLetter) return yIsLetter ? -1 : 1
    const start = (x === '0' || y === '0') && hasDigitsBefore(a, index) ? 1n : 0n
    const [xNumber, xEnd] = readDigits(a, index, start)
    const [yNumber, yEnd] = readDigits(b, index, start)
    if (xNumber !== yNumber) return xNumber < yNumber ? -1 : 1
    return xEnd !== yEnd ? xEnd - yEnd : x.codePointAt(0)! - y.codePointAt(0)!
  }
  return a.length - b.length
}

/** What decides between nearly all keys: a first difference of plain letters. Undefined: something else does. */
function compareNames(left: string, right: string): number | undefined {
  let at = 0
  while (at < left.length && left[at] === right[at]) at++
  if (at >= left.length || at >= right.length) return at >= left.length && at >= right.length ? 0 : undefined
  const a = left.charCodeAt(at)
  const b = right.charCodeAt(at)
  return isPlainLetter(a) && isPlainLetter(b) ? a - b : undefined
}

function isPlainLetter(unit: number): boolean {
  return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)
}

/** A digit other than zero stands directly before: zeros that follow it count. */
function hasDigitsBefore(characters: readonly string[], index: number): boolean {
  for (let at = index - 1; at >= 0 && digit.test(characters[at]!); at--) if (characters[at] !== '0') return true
  return false
}

function readDigits(characters: readonly string[], start: number, initial: bigint): [bigint, number] {
  let value = initial
  let at = start
  for (; at < characters.length && digit.test(characters[at]!) && at - start < 40; at++) {
    value = value * 10n + BigInt(characters[at]!.codePointAt(0)! - 48)
  }
  return [value, at]
}
