/**
 * Label selectors: the text form of `kubectl -l` and list requests, and the LabelSelector of API types, as matchers.
 */
import type { FieldError } from '../errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, quoteGo, required } from '../errors/field-errors.ts'
import { validateLabelValue, validateQualifiedName } from './validate-names.ts'

export type Labels = Readonly<Record<string, string>>

/** `gt` and `lt` compare integers; the text form has `>` and `<` for them. */
export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'gt' | 'lt' | 'exists' | '!'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

/** metav1.LabelSelector. */
export interface LabelSelector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly LabelSelectorRequirement[]
}

export interface LabelSelectorRequirement {
  readonly key: string
  /** In, NotIn, Exists or DoesNotExist; anything else is an error when it is used. */
  readonly operator: string
  readonly values?: readonly string[]
}

/** A selector ready for use. */
export interface LabelMatcher {
  /** All must hold. Sorted by key. Undefined: nothing matches. */
  readonly requirements: readonly LabelRequirement[] | undefined
  matches(labels: Labels | undefined): boolean
}

/** A selector that cannot be understood; the message is upstream's. API servers answer it with 400. */
export class SelectorError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SelectorError'
  }
}

const noLabels: Labels = {}

export const everyLabels: LabelMatcher = { requirements: [], matches: () => true }
export const noneLabels: LabelMatcher = { requirements: undefined, matches: () => false }

/** A matcher of requirements that are known to be valid. */
export function matcherOf(requirements: readonly LabelRequirement[]): LabelMatcher {
  if (requirements.length === 0) return everyLabels
  const sorted = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return {
    requirements: sorted,
    matches: (labels = noLabels) => sorted.every((requirement) => requirementMatches(requirement, labels)),
  }
}

/**
 * The matcher of a metav1.LabelSelector: absent matches nothing, empty matches everything.
 * Throws SelectorError as upstream's LabelSelectorAsSelector.
 */
export function labelSelectorMatcher(selector: LabelSelector | undefined | null): LabelMatcher {
  if (!selector) return noneLabels
  const requirements = Object.entries(selector.matchLabels ?? {})
    .map(([key, value]) => newRequirement(key, '=', [value]))
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = apiOperators[operator]
    if (!known) throw new SelectorError(`${quoteGo(operator)} is not a valid label selector operator`)
    requirements.push(newRequirement(key, known, values ?? []))
  }
  return matcherOf(requirements)
}

/** All of these labels with these values; no validation. Absent or empty matches everything. */
export function labelSetMatcher(set: Labels | undefined): LabelMatcher {
  return matcherOf(Object.entries(set ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

/** Throws SelectorError with upstream's sentence (labels.Parse). Empty text matches everything. */
export function parseLabelSelector(text: string): LabelMatcher {
  return matcherOf(parseRequirements(text))
}

/** The text as a metav1.LabelSelector: what `kubectl` does with a Service's selector. Throws SelectorError. */
export function parseToLabelSelector(text: string): LabelSelector {
  const matchLabels: Record<string, string> = {}
  const matchExpressions: LabelSelectorRequirement[] = []
  let requirements: readonly LabelRequirement[]
  try {
    requirements = parseRequirements(text)
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error
    throw new SelectorError(`couldn't parse the selector string "${text}": ${error.message}`)
  }
  for (const { key, operator, values } of requirements) {
    if (operator === '=' || operator === '==') matchLabels[key] = values[0]!
    else if (operator !== 'gt' && operator !== 'lt') {
      matchExpressions.push({ key, operator: apiOperatorOf(operator), ...(values.length > 0 ? { values } : {}) })
    } else {
      throw new SelectorError(`"${operator}" isn't supported in label selectors`)
    }
  }
  return { matchLabels, matchExpressions }
}

/**
 * The canonical text, which parses to the same matcher; empty for one that matches everything (or nothing, as
 * upstream).
 */
export function formatLabelMatcher(matcher: LabelMatcher): string {
  return (matcher.requirements ?? []).map(formatRequirement).join(',')
}

/** For people: `<none>` when nothing is selected by it, `<error>` when it is invalid. */
export function formatLabelSelector(selector: LabelSelector | undefined | null): string {
  try {
    return formatLabelMatcher(labelSelectorMatcher(selector)) || '<none>'
  } catch (error) {
    if (error instanceof SelectorError) return '<error>'
    throw error
  }
}

/** Upstream's ValidateLabelSelector. `field` is the selector's path. */
export function validateLabelSelector(selector: LabelSelector | undefined | null, field: string): FieldError[] {
  if (!selector) return []
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    errors.push(...invalidFor(`${field}.matchLabels`, key, validateQualifiedName(key)))
    errors.push(...invalidFor(`${field}.matchLabels`, value, validateLabelValue(value)))
  }
  for (const [i, requirement] of (selector.matchExpressions ?? []).entries()) {
    errors.push(...validateRequirement(requirement, `${field}.matchExpressions[${i}]`))
  }
  return errors
}

function validateRequirement({ key, operator, values = [] }: LabelSelectorRequirement, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
      errors.push(forbiddenValue(`${field}.values`, detail))
    }
  } else {
    errors.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'))
  }
  errors.push(...invalidFor(`${field}.key`, key, validateQualifiedName(key)))
  for (const [i, value] of values.entries()) {
    errors.push(...invalidFor(`${field}.values[${i}]`, value, validateLabelValue(value)))
  }
  return errors
}

const apiOperators: Readonly<Record<string, LabelOperator | undefined>> =
  { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' }

function apiOperatorOf(operator: LabelOperator): string {
  if (operator === 'in') return 'In'
  if (operator === 'exists') return 'Exists'
  if (operator === '!') return 'DoesNotExist'
  return 'NotIn'
}

function requirementMatches({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'in': case '=': case '==': return value !== undefined && values.includes(value)
    case 'notin': case '!=': return value === undefined || !values.includes(value)
    case 'exists': return value !== undefined
    case '!': return value === undefined
    case 'gt': case 'lt': {
      const left = parseInteger(value ?? '')
      const right = parseInteger(values[0] ?? '')
      if (left === undefined || right === undefined) return false
      return operator === 'gt' ? left > right : left < right
    }
  }
}

/** As Go's strconv.ParseInt(text, 10, 64). */
function parseInteger(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists': return key
    case '!': return `!${key}`
    case 'in': case 'notin': return `${key} ${operator} (${values.toSorted().join(',')})`
    case 'gt': return `${key}>${values[0]}`
    case 'lt': return `${key}<${values[0]}`
    default: return `${key}${operator}${values[0]}`
  }
}

/** Checks what labels.NewRequirement checks; `values` may be empty texts. */
function newRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const faults: string[] = []
  const fault = (error: FieldError): void => { faults.push(`${error.field}: ${error.message}`) }
  const keyFaults = validateQualifiedName(key)
  if (keyFaults.length > 0) fault(invalidValue('key', key, keyFaults.join('; ')))
  const valuesFault = (detail: string): void => fault(invalidValue('values', values, detail))
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    valuesFault("for 'in', 'notin' operators, values set can't be empty")
  } else if ((operator === 'exists' || operator === '!') && values.length > 0) {
    valuesFault('values set must be empty for exists and does not exist')
  } else if (operator === 'gt' || operator === 'lt') {
    for (const [i, value] of values.entries()) {
      if (parseInteger(value) !== undefined) continue
      fault(invalidValue(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"))
    }
  }
  for (const [i, value] of values.entries()) {
    const valueFaults = validateLabelValue(value)
    if (valueFaults.length > 0) fault(invalidValue(`values[${i}][${key}]`, value, valueFaults.join('; ')))
  }
  const distinct = [...new Set(faults)]
  if (distinct.length > 0) throw new SelectorError(distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`)
  return { key, operator, values }
}

interface Token {
  readonly type: 'identifier' | 'keyword' | 'symbol' | 'end'
  readonly text: string
}

const symbols: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '('])
const binaryOperators = 'in, notin, =, ==, !=, gt, lt'

const wordPattern = /[^=!(),><\0 \t\r\n]+/y

/**
 * `in` and `notin` are keywords only where an operator may stand; the parser decides. A NUL ends the text, as upstream.
 */
function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let position = 0
  while (position < text.length && text[position] !== '\0') {
    const char = text[position]!
    if (/[ \t\r\n]/.test(char)) {
      position++
    } else if (/[=!(),><]/.test(char)) {
      const pair = text.slice(position, position + 2)
      const symbol = symbols.has(pair) ? pair : char
      tokens.push({ type: 'symbol', text: symbol })
      position += symbol.length
    } else {
      wordPattern.lastIndex = position
      const word = wordPattern.exec(text)![0]
      tokens.push({ type: word === 'in' || word === 'notin' ? 'keyword' : 'identifier', text: word })
      position += word.length
    }
  }
  tokens.push({ type: 'end', text: '' })
  return tokens
}

function parseRequirements(text: string): LabelRequirement[] {
  return new SelectorParser(tokenize(text)).parse()
}

class SelectorParser {
  readonly #tokens: readonly Token[]
  #position = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    for (;;) {
      const token = this.#peek()
      if (token.type === 'end') return requirements
      if (!startsRequirement(token)) {
        throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`)
      }
      requirements.push(this.#wrapped())
      const next = this.#take()
      if (next.type === 'end') return requirements
      if (next.text !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (!startsRequirement(after)) throw new SelectorError(`found '${after.text}', expected: identifier after ','`)
    }
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? this.#tokens.at(-1)!
  }

  #take(): Token {
    const token = this.#peek()
    this.#position++
    return token
  }

  #wrapped(): LabelRequirement {
    try {
      return this.#requirement()
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error
      throw new SelectorError(`unable to parse requirement: ${error.message}`)
    }
  }

  #requirement(): LabelRequirement {
    let token = this.#take()
    const negated = token.text === '!' && token.type === 'symbol'
    if (negated) token = this.#take()
    if (!isWord(token)) throw new SelectorError(`found '${token.text}', expected: identifier`)
    const key = token.text
    const faults = validateQualifiedName(key)
    // Upstream formats the absent field path of its error as Go's nil.
    if (faults.length > 0) throw new SelectorError(`<nil>: ${invalidValue('', key, faults.join('; ')).message}`)
    if (negated) return newRequirement(key, '!', [])
    const next = this.#peek()
    if (next.type === 'end' || next.text === ',') return newRequirement(key, 'exists', [])
    const operator = this.#operator()
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()]
    return newRequirement(key, operator, [...new Set(values)].toSorted())
  }

  #operator(): LabelOperator {
    const token = this.#take()
    switch (token.text) {
      case 'in': case 'notin': case '=': case '==': case '!=': return token.text
      case '>': return 'gt'
      case '<': return 'lt'
      default: throw new SelectorError(`found '${token.text}', expected: ${binaryOperators}`)
    }
  }

  #exactValue(): string {
    const next = this.#peek()
    if (next.type === 'end' || next.text === ',') return ''
    this.#position++
    if (!isWord(next)) throw new SelectorError(`found '${next.text}', expected: identifier`)
    return next.text
  }

  /** `(a,b)`; an item left out is the empty text. */
  #values(): string[] {
    const open = this.#take()
    if (open.text !== '(') throw new SelectorError(`found '${open.text}' expected: '('`)
    const first = this.#peek()
    if (first.text === ')') {
      this.#position++
      return ['']
    }
    if (!isWord(first) && first.text !== ',') {
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`)
    }
    const values: string[] = []
    for (;;) {
      const token = this.#take()
      if (isWord(token)) {
        values.push(token.text)
        const next = this.#peek()
        if (next.text === ')' && next.type === 'symbol') break
        if (next.text !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or ')'`)
      } else if (token.text === ',') {
        if (values.length === 0) values.push('')
        const next = this.#peek()
        if (next.text === ',' || next.text === ')') values.push('')
        if (next.text === ')') break
      } else {
        throw new SelectorError(`found '${token.text}', expected: ',', or identifier`)
      }
    }
    this.#position++
    return values
  }
}

function isWord(token: Token): boolean {
  return token.type === 'identifier' || token.type === 'keyword'
}

function startsRequirement(token: Token): boolean {
  return isWord(token) || (token.type === 'symbol' && token.text === '!')
}
