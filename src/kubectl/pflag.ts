/**
 * Reads command lines as pflag does: `--a=b`, `--a b`, `-nns`, `-n ns`, `-o=json`, grouped shorthands,
 * flags between words.
 */
import { DurationError, parseDuration } from '#machinery/duration.ts'

export type FlagType =
  'bool' | 'string' | 'int' | 'int32' | 'int64' | 'uint' | 'duration' | 'stringSlice' | 'stringArray'

export interface FlagSpecification {
  readonly type: FlagType
  readonly shorthand?: string
  /** As it would be written on the command line. */
  readonly default?: string
  /** The value of the flag given without one; a bool's is `true`. */
  readonly withoutValue?: string
  readonly usage: string
  /** The command does not run without it. */
  readonly required?: boolean
}

export type FlagSpecifications = Readonly<Record<string, FlagSpecification>>

/** What the user wrote cannot be read; the message is pflag's. */
export class FlagError extends Error {}

/** The values of flags by name; asking for a flag that was not declared is a programmer's error. */
export class Flags {
  readonly #specifications: FlagSpecifications
  readonly #given = new Map<string, string[]>()

  constructor(specifications: FlagSpecifications) {
    this.#specifications = specifications
  }

  specification(name: string): FlagSpecification | undefined {
    return Object.hasOwn(this.#specifications, name) ? this.#specifications[name] : undefined
  }

  /** Records a value, or throws a FlagError that says why it is none. `written` is how the user named the flag. */
  set(name: string, value: string): void {
    const specification = this.specification(name)!
    const problem = problemOf(specification.type, value)
    if (problem !== undefined) {
      const written = specification.shorthand ? `-${specification.shorthand}, --${name}` : `--${name}`
      throw new FlagError(`invalid argument ${JSON.stringify(value)} for ${JSON.stringify(written)} flag: ${problem}`)
    }
    const values = specification.type === 'stringSlice' ? splitComma(value) : [value]
    const list = specification.type === 'stringSlice' || specification.type === 'stringArray'
    this.#given.set(name, list ? [...(this.#given.get(name) ?? []), ...values] : values)
  }

  /** The flags of `specifications` alone, without those that `hidden` has too. */
  restrict(specifications: FlagSpecifications, hidden: FlagSpecifications): Flags {
    const restricted = new Flags(specifications)
    for (const [name, values] of this.#given) {
      if (Object.hasOwn(specifications, name) && !Object.hasOwn(hidden, name)) restricted.#given.set(name, values)
    }
    return restricted
  }

  changed(name: string): boolean {
    return this.#given.has(name)
  }

  has(name: string): boolean {
    return this.specification(name) !== undefined
  }

  string(name: string): string {
    return this.#last(name) ?? ''
  }

  bool(name: string): boolean {
    return parseBool(this.#last(name) ?? 'false')!
  }

  int(name: string): number {
    return Number(this.#last(name) ?? '0')
  }

  /** In milliseconds. */
  duration(name: string): number {
    return Number(parseDuration(this.#last(name) ?? '0s')) / 1e6
  }

  list(name: string): readonly string[] {
    const given = this.#given.get(name)
    if (given) return given
    const initial = this.#require(name).default
    return initial === undefined || initial === '' ? [] : splitComma(initial)
  }

  #last(name: string): string | undefined {
    return this.#given.get(name)?.at(-1) ?? this.#require(name).default
  }

  #require(name: string): FlagSpecification {
    const specification = this.specification(name)
    if (!specification) throw new Error(`flag --${name} is not declared`)
    return specification
  }
}

export interface ParsedLine {
  readonly flags: Flags
  /** Words that are no flags, in order; everything after `--` is among them. */
  readonly words: readonly string[]
  /** How many words came before `--`; undefined without it. */
  readonly dash: number | undefined
}

/**
 * Throws FlagError. `--help` and `-h` are left to the caller: they must be declared. With `interspersed` false, flags
 * end at the first word.
 */
export function parseLine(
  line: readonly string[],
  specifications: FlagSpecifications,
  interspersed = true,
): ParsedLine {
  const flags = new Flags(specifications)
  const byShorthand = new Map(
    Object.entries(specifications).flatMap(([name, { shorthand }]) => (shorthand ? [[shorthand, name]] : [])),
  )
  const words: string[] = []
  for (let index = 0; index < line.length; index++) {
    const word = line[index]!
    if (word === '--') return { flags, words: [...words, ...line.slice(index + 1)], dash: words.length }
    if (!word.startsWith('-') || word === '-') {
      if (!interspersed) return { flags, words: line.slice(index), dash: undefined }
      words.push(word)
    } else if (word.startsWith('--')) {
      if (takeLong(word, line[index + 1], flags)) index++
    } else if (takeShorthands(word, line[index + 1], flags, byShorthand)) index++
  }
  return { flags, words, dash: undefined }
}

/** True: the next word was the flag's value. */
function takeLong(word: string, next: string | undefined, flags: Flags): boolean {
  const [, name = '', value] = /^--([^=]*)(?:=([^]*))?$/.exec(word)!
  if (name === '' || name.startsWith('-')) throw new FlagError(`bad flag syntax: ${word}`)
  const specification = flags.specification(name)
  if (!specification) throw new FlagError(`unknown flag: --${name}`)
  const implied = impliedValue(specification)
  if (value === undefined && implied === undefined && next === undefined) {
    throw new FlagError(`flag needs an argument: --${name}`)
  }
  flags.set(name, value ?? implied ?? next!)
  return value === undefined && implied === undefined
}

function takeShorthands(
  word: string,
  next: string | undefined,
  flags: Flags,
  byShorthand: ReadonlyMap<string, string>,
): boolean {
  let rest = word.slice(1)
  while (rest !== '') {
    const letter = rest[0]!
    const name = byShorthand.get(letter)
    if (name === undefined) throw new FlagError(`unknown shorthand flag: ${quoteRune(letter)} in -${rest}`)
    const implied = impliedValue(flags.specification(name)!)
    if (rest.length > 2 && rest[1] === '=') {
      flags.set(name, rest.slice(2))
      return false
    }
    if (implied !== undefined) {
      flags.set(name, implied)
      rest = rest.slice(1)
      continue
    }
    if (rest.length > 1) {
      flags.set(name, rest.slice(1))
      return false
    }
    if (next === undefined) throw new FlagError(`flag needs an argument: ${quoteRune(letter)} in -${rest}`)
    flags.set(name, next)
    return true
  }
  return false
}

/**
 * True for `--flag` and `-f` words whose value is the next word: what must be skipped to find a command's
 * name among flags.
 */
export function takesNextWord(word: string, specifications: FlagSpecifications): boolean {
  if (!word.startsWith('-') || word === '-' || word === '--' || word.includes('=')) return false
  const long = word.startsWith('--')
  if (!long && word.length > 2) return false
  const name = long
    ? word.slice(2)
    : Object.keys(specifications).find((key) => specifications[key]!.shorthand === word[1])
  const specification = name !== undefined && Object.hasOwn(specifications, name) ? specifications[name] : undefined
  return specification !== undefined && impliedValue(specification) === undefined
}

function impliedValue(specification: FlagSpecification): string | undefined {
  return specification.withoutValue ?? (specification.type === 'bool' ? 'true' : undefined)
}

function problemOf(type: FlagType, value: string): string | undefined {
  const quoted = JSON.stringify(value)
  switch (type) {
    case 'bool':
      return parseBool(value) === undefined ? `strconv.ParseBool: parsing ${quoted}: invalid syntax` : undefined
    case 'int':
    case 'int32':
    case 'int64':
    case 'uint': {
      const parser = type === 'uint' ? 'strconv.ParseUint' : 'strconv.ParseInt'
      if (!/^[+-]?(0x[0-9a-f]+|0o[0-7]+|0b[01]+|\d+)$/i.test(value) || (type === 'uint' && /^[+-]/.test(value))) {
        return `${parser}: parsing ${quoted}: invalid syntax`
      }
      const bits = type === 'int32' ? 31n : 63n
      const number = BigInt(value.replace(/^[+-]/, ''))
      return number >= 1n << bits ? `${parser}: parsing ${quoted}: value out of range` : undefined
    }
    case 'duration':
      try {
        parseDuration(value)
        return undefined
      } catch (error) {
        if (!(error instanceof DurationError)) throw error
        return error.message
      }
    default:
      return undefined
  }
}

const booleans: Readonly<Record<string, boolean>> = {
  1: true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  0: false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
}

/** Go's strconv.ParseBool. */
function parseBool(text: string): boolean | undefined {
  return Object.hasOwn(booleans, text) ? booleans[text] : undefined
}

/** One CSV record, as pflag reads string slices: a part may be in double quotes. */
function splitComma(value: string): string[] {
  if (value === '') return []
  if (!value.includes('"')) return value.split(',')
  return [...value.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
  )
}

function quoteRune(letter: string): string {
  return letter === "'" ? "'\\''" : `'${letter}'`
}
