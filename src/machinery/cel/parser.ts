/** Reads a CEL expression (github.com/google/cel-spec, langdef) into a tree; macros are unfolded on the way. */
import type { Expression, Literal, MapEntry, StructEntry } from './ast.ts'
import { CompileError, type Issue } from './issues.ts'
import { tokenize, type Token } from './lexer.ts'
import { expandMacro, MacroError } from './macros.ts'

/** As upstream's parser: deeper expressions are refused, so that nobody's stack overflows. */
const maxDepth = 250
const maxLength = 100_000
/** Chains (`a.b.c`, `1 + 2 + 3`) are read in a loop, but whoever walks the tree goes as deep as they are long. */
const maxChain = 1000

const reserved = new Set([
  'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace',
  'return', 'var', 'void', 'while',
])
/** Of the grammar itself: no field has such a name. */
const keywords: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null'])
const primaryWords = "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, "
  + 'IDENTIFIER'
const maxInt = 2n ** 63n - 1n
const maxUint = 2n ** 64n - 1n

/** Throws CompileError. */
export function parse(source: string): Expression {
  const issues: Issue[] = []
  if (source.length > maxLength) {
    const message = `expression code point size exceeds limit: size: ${source.length}, limit ${maxLength}`
    throw new CompileError('', [{ position: 0, message }])
  }
  const parser = new Parser(tokenize(source, issues))
  try {
    const expression = parser.parseAll()
    if (issues.length === 0) return expression
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    issues.push({ position: error.position, message: error.message })
  }
  throw new CompileError(source, issues)
}

class SyntaxFault extends Error {
  readonly position: number

  constructor(position: number, message: string) {
    super(message)
    this.position = position
  }
}

const binaryNames: Readonly<Record<string, string>> = {
  '+': '_+_', '-': '_-_', '*': '_*_', '/': '_/_', '%': '_%_', '==': '_==_', '!=': '_!=_', '<': '_<_', '<=': '_<=_',
  '>': '_>_', '>=': '_>=_', '&&': '_&&_', '||': '_||_', in: '@in',
}
const relations = new Set(['==', '!=', '<', '<=', '>', '>=', 'in'])

class Parser {
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parseAll(): Expression {
    const expression = this.#expression()
    const next = this.#peek()
    if (next.type !== 'end') throw this.#unexpected(next, '<EOF>')
    return expression
  }

  #peek(): Token {
    return this.#tokens[this.#index]!
  }

  #next(): Token {
    return this.#tokens[this.#index++]!
  }

  #is(...texts: readonly string[]): boolean {
    const { type, text } = this.#peek()
    return (type === 'symbol' || (type === 'identifier' && text === 'in')) && texts.includes(text)
  }

  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#next() : undefined
  }

  #expect(text: string): Token {
    return this.#accept(text) ?? this.#fail(`'${text}'`)
  }

  #fail(expected: string): never {
    throw this.#unexpected(this.#peek(), expected)
  }

  #unexpected({ text, position }: Token, expected: string): SyntaxFault {
    return new SyntaxFault(position, `Syntax error: mismatched input '${text}' expecting ${expected}`)
  }

  #limit(depth: number, max: number): void {
    if (depth > max) throw new SyntaxFault(this.#peek().position, `expression recursion limit exceeded: ${maxDepth}`)
  }

  #expression(): Expression {
    this.#limit(++this.#depth, maxDepth)
    const condition = this.#logical('||')
    const question = this.#accept('?')
    this.#depth--
    if (!question) return condition
    const yes = this.#logical('||')
    this.#expect(':')
    const no = this.#expression()
    return call('_?_:_', question.position, [condition, yes, no])
  }

  /** Long chains become balanced trees, so that their depth stays small. */
  #logical(operator: '||' | '&&'): Expression {
    const operand = (): Expression => operator === '||' ? this.#logical('&&') : this.#relation()
    const operands = [operand()]
    const positions: number[] = []
    for (let token = this.#accept(operator); token; token = this.#accept(operator)) {
      positions.push(token.position)
      operands.push(operand())
    }
    return balance(binaryNames[operator]!, operands, positions, 0, operands.length - 1)
  }

  #relation(): Expression {
    let left = this.#sum()
    for (let length = 0; this.#is(...relations); length++) {
      this.#limit(length, maxChain)
      const { text, position } = this.#next()
      left = call(binaryNames[text]!, position, [left, this.#sum()])
    }
    return left
  }

  #sum(): Expression {
    let left = this.#product()
    for (let length = 0; this.#is('+', '-'); length++) {
      this.#limit(length, maxChain)
      const { text, position } = this.#next()
      left = call(binaryNames[text]!, position, [left, this.#product()])
    }
    return left
  }

  #product(): Expression {
    let left = this.#unary()
    for (let length = 0; this.#is('*', '/', '%'); length++) {
      this.#limit(length, maxChain)
      const { text, position } = this.#next()
      left = call(binaryNames[text]!, position, [left, this.#unary()])
    }
    return left
  }

  #unary(): Expression {
    if (!this.#is('!', '-')) return this.#member()
    const { text, position } = this.#peek()
    let count = 0
    while (this.#accept(text)) count++
    this.#limit(count, maxDepth)
    const next = this.#peek()
    if (text === '-' && count % 2 === 1 && (next.type === 'int' || next.type === 'double')) return this.#member(position)
    const operand = this.#member()
    return count % 2 === 0 ? operand : call(text === '!' ? '!_' : '-_', position, [operand])
  }

  /** `minus`: where the sign before the number stands. */
  #member(minus?: number): Expression {
    let expression = this.#primary(minus)
    for (let length = 0; ; length++) {
      this.#limit(length, maxChain)
      const dot = this.#accept('.')
      if (dot) {
        expression = this.#afterDot(expression, dot.position)
        continue
      }
      const bracket = this.#accept('[')
      if (!bracket) return expression
      const isOptional = this.#accept('?') !== undefined
      const index = this.#expression()
      this.#expect(']')
      expression = call(isOptional ? '_[?_]' : '_[_]', bracket.position, [expression, index])
    }
  }

  #afterDot(operand: Expression, position: number): Expression {
    const isOptional = this.#accept('?') !== undefined
    const token = this.#peek()
    if (token.type === 'escaped') {
      this.#next()
      return { kind: 'select', position, operand, field: token.text.slice(1, -1), test: false, optional: isOptional }
    }
    if (token.type !== 'identifier' || keywords.has(token.text)) return this.#fail('IDENTIFIER')
    this.#next()
    const open = isOptional ? undefined : this.#accept('(')
    if (!open) return { kind: 'select', position, operand, field: token.text, test: false, optional: isOptional }
    return this.#finishCall(token.text, open.position, operand)
  }

  #finishCall(name: string, position: number, target: Expression | undefined): Expression {
    const list = this.#list(')')
    try {
      return expandMacro(name, target, list, position) ?? { ...call(name, position, list), target }
    } catch (error) {
      if (error instanceof MacroError) throw new SyntaxFault(error.position, error.message)
      throw error
    }
  }

  #list(end: string): Expression[] {
    const list: Expression[] = []
    if (this.#accept(end)) return list
    do list.push(this.#expression())
    while (this.#accept(','))
    this.#expect(end)
    return list
  }

  #primary(minus?: number): Expression {
    const token = this.#next()
    const { position } = token
    switch (token.type) {
      case 'int': case 'uint': case 'double': case 'string': case 'bytes':
        return { kind: 'literal', position: minus ?? position, literal: this.#literal(token, minus !== undefined) }
      case 'identifier':
        return this.#identifier(token, '')
      case 'symbol':
        return this.#symbol(token)
      default:
        throw this.#unexpected(token, `{${primaryWords}}`)
    }
  }

  #symbol(token: Token): Expression {
    switch (token.text) {
      case '(': {
        const inner = this.#expression()
        this.#expect(')')
        return inner
      }
      case '[': return this.#listLiteral(token.position)
      case '{': return { kind: 'map', position: token.position, entries: this.#mapEntries() }
      case '.': {
        const name = this.#next()
        if (name.type !== 'identifier') throw this.#unexpected(name, 'IDENTIFIER')
        return this.#identifier(name, '.')
      }
      default: throw this.#unexpected(token, `{${primaryWords}}`)
    }
  }

  #identifier({ text, position }: Token, dot: string): Expression {
    if (dot === '') {
      if (text === 'true' || text === 'false') return literal(position, { type: 'bool', value: text === 'true' })
      if (text === 'null') return literal(position, { type: 'null' })
      if (text === 'in') throw new SyntaxFault(position, `Syntax error: mismatched input 'in' expecting {${primaryWords}}`)
    }
    if (reserved.has(text)) throw new SyntaxFault(position, `reserved identifier: ${text}`)
    const open = this.#accept('(')
    if (open) return this.#finishCall(dot + text, open.position, undefined)
    return this.#structAfter(dot + text) ?? { kind: 'ident', position, name: dot + text }
  }

  /** `Name{…}` and `a.b.Name{…}`. */
  #structAfter(first: string): Expression | undefined {
    const start = this.#index
    let name = first
    while (this.#is('.') && this.#tokens[this.#index + 1]?.type === 'identifier') {
      name += `.${this.#tokens[this.#index + 1]!.text}`
      this.#index += 2
    }
    const open = this.#accept('{')
    if (!open) {
      this.#index = start
      return undefined
    }
    return { kind: 'struct', position: open.position, name: name.replace(/^\./, ''), entries: this.#structEntries() }
  }

  #structEntries(): readonly StructEntry[] {
    const entries: StructEntry[] = []
    while (!this.#accept('}')) {
      const optional = this.#accept('?') !== undefined
      const field = this.#next()
      if (field.type !== 'identifier' && field.type !== 'escaped') throw this.#unexpected(field, 'IDENTIFIER')
      const { position } = this.#expect(':')
      const name = field.type === 'escaped' ? field.text.slice(1, -1) : field.text
      entries.push({ position, field: name, value: this.#expression(), optional })
      if (!this.#accept(',') && !this.#is('}')) this.#fail("'}'")
    }
    return entries
  }

  #listLiteral(position: number): Expression {
    const items: Expression[] = []
    const optional = new Set<number>()
    while (!this.#accept(']')) {
      if (this.#accept('?')) optional.add(items.length)
      items.push(this.#expression())
      if (!this.#accept(',') && !this.#is(']')) this.#fail("']'")
    }
    return { kind: 'list', position, items, optional }
  }

  #mapEntries(): readonly MapEntry[] {
    const entries: MapEntry[] = []
    while (!this.#accept('}')) {
      const optional = this.#accept('?') !== undefined
      const key = this.#expression()
      this.#expect(':')
      entries.push({ key, value: this.#expression(), optional })
      if (!this.#accept(',') && !this.#is('}')) this.#fail("'}'")
    }
    return entries
  }

  #literal(token: Token & { readonly value: unknown }, isNegative: boolean): Literal {
    switch (token.type) {
      case 'int': {
        const value = isNegative ? -token.value : token.value
        if (value > maxInt || value < -maxInt - 1n) throw new SyntaxFault(token.position, 'invalid int literal')
        return { type: 'int', value }
      }
      case 'uint':
        if (token.value > maxUint) throw new SyntaxFault(token.position, 'invalid uint literal')
        return { type: 'uint', value: token.value }
      case 'double': return { type: 'double', value: isNegative ? -token.value : token.value }
      case 'string': return { type: 'string', value: token.value }
      default: return { type: 'bytes', value: token.value as Uint8Array }
    }
  }
}

function literal(position: number, value: Literal): Expression {
  return { kind: 'literal', position, literal: value }
}

function call(name: string, position: number, list: readonly Expression[]): Expression & { readonly kind: 'call' } {
  return { kind: 'call', position, name, target: undefined, arguments: list }
}

function balance(
  name: string, operands: readonly Expression[], positions: readonly number[], low: number, high: number,
): Expression {
  if (low === high) return operands[low]!
  const middle = Math.floor((low + high) / 2)
  const left = balance(name, operands, positions, low, middle)
  return call(name, positions[middle]!, [left, balance(name, operands, positions, middle + 1, high)])
}
