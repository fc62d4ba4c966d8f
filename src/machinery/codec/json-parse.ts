/**
 * A JSON parser that keeps what the platform's own loses: exact numbers, keys given twice, and Go's words for what is
 * wrong.
 */

/** The message is Go's. */
export class JsonError extends Error {}

/** A number whose text says more than its value: `1.0`, `1e3`, or more digits than 64 bits hold. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  valueOf(): number {
    return Number(this.text)
  }
}

/** The value of a JsonNumber; anything else as it is. */
export function plainNumber(value: unknown): unknown {
  return value instanceof JsonNumber ? Number(value.text) : value
}

/** By container: of a list by index, of an object by key. */
export interface NumberTexts {
  readonly lists: ReadonlyMap<object, readonly (string | undefined)[]>
  readonly objects: ReadonlyMap<object, ReadonlyMap<string, string>>
}

export interface ParsedJson {
  /** Integers beyond 2^53 are bigints, as far as 64 bits go. */
  readonly value: unknown
  /**
   * The texts of numbers that say more than their value (`1.0`, `1e3`), by the object or list that they are in, and
   * their key or index.
   */
  readonly numbers?: NumberTexts
  /** For an object that has keys more than once: its repetitions, in the order of the text. */
  readonly duplicates: ReadonlyMap<object, readonly Repetition[]>
}

export interface Repetition {
  readonly key: string
  /** How many different keys of the object stand before it. */
  readonly behind: number
}

export const maxJsonDepth = 10_000

/** Throws JsonError. */
export function parseJsonExactly(text: string): ParsedJson {
  return new Parser(text).parse()
}

const literals: Readonly<Record<string, readonly [word: string, value: boolean | null]>> = {
  t: ['true', true], f: ['false', false], n: ['null', null],
}
const escapes: Readonly<Record<string, string>> = {
  '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t',
}

type Container =
  | {
      readonly kind: 'object'; readonly value: Record<string, unknown>; key: string; keys: number
      state: 'first' | 'key' | 'after'
    }
  | { readonly kind: 'array'; readonly value: unknown[]; state: 'first' | 'value' | 'after' }

class Parser {
  readonly #text: string
  #at = 0
  readonly #duplicates = new Map<object, Repetition[]>()
  readonly #listNumbers = new Map<object, (string | undefined)[]>()
  readonly #objectNumbers = new Map<object, Map<string, string>>()
  /** The text of the number just read, if it says more than the value. */
  #numberText: string | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** Keeps its own stack, so depth costs memory and not the platform's stack. */
  parse(): ParsedJson {
    const stack: Container[] = []
    let done: { value: unknown } | undefined
    for (;;) {
      this.#skipSpace()
      const top = stack.at(-1)
      if (done && !top) {
        if (this.#at < this.#text.length) this.#fail('after top-level value')
        return {
          value: done.value, duplicates: this.#duplicates,
          ...((this.#listNumbers.size > 0 || this.#objectNumbers.size > 0) && {
            numbers: { lists: this.#listNumbers, objects: this.#objectNumbers },
          }),
        }
      }
      if (top && done) {
        this.#store(top, done.value)
        done = undefined
        continue
      }
      if (top && this.#isClosed(top)) {
        stack.pop()
        done = { value: top.value }
        continue
      }
      const character = this.#text[this.#at]
      if (character === '{' || character === '[') {
        if (stack.length >= maxJsonDepth) throw new JsonError('exceeded max depth')
        this.#at++
        stack.push(
          character === '{'
            ? { kind: 'object', value: {}, key: '', keys: 0, state: 'first' }
            : { kind: 'array', value: [], state: 'first' },
        )
      } else {
        done = { value: this.#scalar() }
      }
    }
  }

  /** Reads what stands before the next value of a container; true when it ends instead. */
  #isClosed(top: Container): boolean {
    const close = top.kind === 'object' ? '}' : ']'
    if (top.state === 'after') {
      if (this.#text[this.#at] === ',') this.#at++
      else if (this.#text[this.#at] === close) return ++this.#at > 0
      else this.#fail(top.kind === 'object' ? 'after object key:value pair' : 'after array element')
      this.#skipSpace()
    } else if (this.#text[this.#at] === close) {
      return ++this.#at > 0
    }
    if (top.kind === 'array') return false
    if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string')
    top.key = this.#string()
    this.#skipSpace()
    if (this.#text[this.#at] !== ':') this.#fail('after object key')
    this.#at++
    this.#skipSpace()
    return false
  }

  #store(top: Container, value: unknown): void {
    if (this.#numberText !== undefined) {
      this.#keepText(top, this.#numberText)
      this.#numberText = undefined
    }
    if (top.kind === 'array') {
      top.value.push(value)
    } else {
      if (Object.hasOwn(top.value, top.key)) {
        const repetition = { key: top.key, behind: top.keys }
        const others = this.#duplicates.get(top.value)
        if (others) others.push(repetition)
        else this.#duplicates.set(top.value, [repetition])
      } else top.keys++
      if (top.key === '__proto__') {
        Object.defineProperty(top.value, top.key, { value, enumerable: true, writable: true, configurable: true })
      } else top.value[top.key] = value
    }
    top.state = 'after'
  }

  #keepText(top: Container, text: string): void {
    if (top.kind === 'object') {
      const texts = this.#objectNumbers.get(top.value)
      if (texts) texts.set(top.key, text)
      else this.#objectNumbers.set(top.value, new Map([[top.key, text]]))
      return
    }
    let texts = this.#listNumbers.get(top.value)
    if (!texts) this.#listNumbers.set(top.value, texts = [])
    // One behind the other: a list with gaps would become a table of hashes.
    while (texts.length < top.value.length) texts.push(undefined)
    texts.push(text)
  }

  #scalar(): unknown {
    const character = this.#text[this.#at]
    if (character === '"') return this.#string()
    if (character === '-' || (character !== undefined && character >= '0' && character <= '9')) return this.#number()
    const literal = character === undefined ? undefined : literals[character]
    if (literal) return this.#literal(...literal)
    this.#fail('looking for beginning of value')
  }

  #literal<T>(word: string, value: T): T {
    for (let index = 1; index < word.length; index++) {
      this.#at++
      if (this.#text[this.#at] !== word[index]) this.#fail(`in literal ${word} (expecting '${word[index]}')`)
    }
    this.#at++
    return value
  }

  #number(): number | bigint {
    const start = this.#at
    if (this.#text[this.#at] === '-') {
      this.#at++
      if (!this.#isDigit()) this.#fail('in numeric literal')
    }
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits()
    let isInteger = true
    if (this.#text[this.#at] === '.') {
      isInteger = false
      this.#at++
      if (!this.#isDigit()) this.#fail('after decimal point in numeric literal')
      this.#digits()
    }
    if (this.#text[this.#at] === 'e' || this.#text[this.#at] === 'E') {
      isInteger = false
      this.#at++
      if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++
      if (!this.#isDigit()) this.#fail('in exponent of numeric literal')
      this.#digits()
    }
    const text = this.#text.slice(start, this.#at)
    const value = Number(text)
    if (!isInteger) return this.#withText(value, text)
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : value
    if (text.length > 20) return this.#withText(value, text)
    const exact = BigInt(text)
    return exact >= -(2n ** 63n) && exact < 2n ** 64n ? exact : this.#withText(value, text)
  }

  #withText(value: number, text: string): number {
    this.#numberText = text
    return value
  }

  #isDigit(): boolean {
    const unit = this.#text.charCodeAt(this.#at)
    return unit >= 48 && unit <= 57
  }

  #digits(): void {
    while (this.#isDigit()) this.#at++
  }

  #string(): string {
    let result = ''
    let start = ++this.#at
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at)
      if (unit === 34) break
      if (Number.isNaN(unit)) this.#fail('')
      if (unit < 32) this.#fail('in string literal')
      if (unit === 92) {
        result += this.#text.slice(start, this.#at)
        this.#at++
        result += this.#escape()
        start = this.#at
      } else {
        this.#at++
      }
    }
    result += this.#text.slice(start, this.#at)
    this.#at++
    return result.isWellFormed() ? result : result.toWellFormed()
  }

  #escape(): string {
    const character = this.#text[this.#at]
    if (character === 'u') {
      for (let index = 1; index <= 4; index++) {
        this.#at++
        if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape')
      }
      this.#at++
      return String.fromCharCode(Number.parseInt(this.#text.slice(this.#at - 4, this.#at), 16))
    }
    const escaped = character === undefined ? undefined : escapes[character]
    if (escaped === undefined) this.#fail('in string escape code')
    this.#at++
    return escaped
  }

  #skipSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at)
      if (unit !== 32 && unit !== 10 && unit !== 13 && unit !== 9) return
      this.#at++
    }
  }

  #fail(context: string): never {
    const point = this.#text.codePointAt(this.#at)
    throw new JsonError(
      point === undefined ? 'unexpected end of JSON input' : `invalid character ${quoteCharacter(point)} ${context}`,
    )
  }
}

/** Go reads bytes: beyond ASCII it names the first byte of the character. */
function quoteCharacter(point: number): string {
  if (point === 39) return "'\\''"
  if (point === 34) return "'\"'"
  const named = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 92: '\\\\' }[point]
  if (named) return `'${named}'`
  const byte =
    point < 0x80
      ? point
      : point < 0x800
        ? 0xc0 | (point >> 6)
        : point < 0x10000
          ? 0xe0 | (point >> 12)
          : 0xf0 | (point >> 18)
  if (byte < 32 || byte === 127) return `'\\x${byte.toString(16).padStart(2, '0')}'`
  return `'${String.fromCharCode(byte)}'`
}
