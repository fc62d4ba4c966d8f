/** Words of a CEL expression. */
import { utf8Encode } from '#base/bytes.ts'
import type { Issue } from './issues.ts'

export type Token =
  | { readonly type: 'identifier' | 'symbol' | 'end'; readonly text: string; readonly position: number }
  | { readonly type: 'escaped'; readonly text: string; readonly position: number }
  | { readonly type: 'int' | 'uint'; readonly value: bigint; readonly text: string; readonly position: number }
  | { readonly type: 'double'; readonly value: number; readonly text: string; readonly position: number }
  | { readonly type: 'string'; readonly value: string; readonly text: string; readonly position: number }
  | { readonly type: 'bytes'; readonly value: Uint8Array; readonly text: string; readonly position: number }

const symbols = [
  '&&', '||', '==', '!=', '<=', '>=', '(', ')', '[', ']', '{', '}', '.', ',', ':', '?', '-', '!', '+', '*', '/', '%',
  '<', '>',
]
const space = /[\t\n\f\r ]+|\/\/[^\n]*/y
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y
const escaped = /`[A-Za-z0-9_.\-/ ]+`/y
const double = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y
const integer = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?/y
const text = /([rRbB]{0,2})("""[^]*?(?<!\\)"""|'''[^]*?(?<!\\)'''|"(?:\\.|[^"\\\n\r])*"|'(?:\\.|[^'\\\n\r])*')/y
const rawText = /([bB]?[rR][bB]?)("""[^]*?"""|'''[^]*?'''|"[^"\n\r]*"|'[^'\n\r]*')/y

function at(pattern: RegExp, source: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position
  return pattern.exec(source)
}

/** Reads all words; what is none is reported as upstream's lexer does, and skipped. */
export function tokenize(source: string, issues: Issue[]): readonly Token[] {
  const tokens: Token[] = []
  let position = 0
  while (position < source.length) {
    const blank = at(space, source, position)
    if (blank) {
      position += blank[0].length
      continue
    }
    const token = readToken(source, position, issues)
    if (token) {
      tokens.push(token)
      position += token.text.length
    } else {
      const character = String.fromCodePoint(source.codePointAt(position)!)
      issues.push({ position, message: `Syntax error: token recognition error at: '${character}'` })
      position += character.length
    }
  }
  tokens.push({ type: 'end', text: '<EOF>', position })
  return tokens
}

function readToken(source: string, position: number, issues: Issue[]): Token | undefined {
  const string = at(rawText, source, position) ?? at(text, source, position)
  if (string) return readText(string, position, issues)
  const word = at(identifier, source, position)
  if (word) return { type: 'identifier', text: word[0], position }
  const quoted = at(escaped, source, position)
  if (quoted) return { type: 'escaped', text: quoted[0], position }
  const fraction = at(double, source, position)
  if (fraction) return { type: 'double', value: Number(fraction[0]), text: fraction[0], position }
  const whole = at(integer, source, position)
  if (whole) {
    const isUnsigned = /[uU]$/.test(whole[0])
    const value = BigInt(isUnsigned ? whole[0].slice(0, -1) : whole[0])
    return { type: isUnsigned ? 'uint' : 'int', value, text: whole[0], position }
  }
  const symbol = symbols.find((each) => source.startsWith(each, position))
  return symbol === undefined ? undefined : { type: 'symbol', text: symbol, position }
}

function readText(match: RegExpExecArray, position: number, issues: Issue[]): Token {
  const [whole, prefix = '', quoted = ''] = match
  const quotes = /^("""|'''|"|')/.exec(quoted)![0].length
  const inner = quoted.slice(quotes, -quotes).replaceAll('\r\n', '\n')
  const isRaw = /r/i.test(prefix)
  const isBytes = /b/i.test(prefix)
  try {
    if (isBytes) {
      const value = isRaw ? utf8Encode(inner) : unescapeBytes(inner)
      return { type: 'bytes', value, text: whole, position }
    }
    return { type: 'string', value: isRaw ? inner : unescapeText(inner), text: whole, position }
  } catch (error) {
    issues.push({ position, message: (error as Error).message })
    return { type: 'string', value: '', text: whole, position }
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '\'': '\'', '"': '"', '`': '`', '?': '?',
}
const escapes = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]))/g

function unescapeText(inner: string): string {
  return inner.replaceAll(escapes, (...match: readonly (string | undefined)[]) => {
    const [, hex, short, long, octal, one] = match
    if (one !== undefined) return simpleEscape(one)
    const code = octal === undefined ? Number.parseInt((hex ?? short ?? long)!, 16) : Number.parseInt(octal, 8)
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw new Error('invalid unicode code point')
    return String.fromCodePoint(code)
  })
}

function unescapeBytes(inner: string): Uint8Array {
  const parts: number[] = []
  let position = 0
  for (const match of inner.matchAll(escapes)) {
    parts.push(...utf8Encode(inner.slice(position, match.index)))
    position = match.index + match[0].length
    const [, hex, short, long, octal, one] = match
    if (short !== undefined || long !== undefined) throw new Error('unable to unescape string')
    if (one !== undefined) parts.push(...utf8Encode(simpleEscape(one)))
    else parts.push(octal === undefined ? Number.parseInt(hex!, 16) : Number.parseInt(octal, 8))
  }
  return Uint8Array.from([...parts, ...utf8Encode(inner.slice(position))])
}

function simpleEscape(character: string): string {
  const found = simpleEscapes[character]
  if (found === undefined) throw new Error('unable to unescape string')
  return found
}
