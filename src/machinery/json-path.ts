/** Kubernetes' JSONPath templates: text with `{expressions}`, ranges, filters, unions, slices and recursive descent. */
import { encodeUnstructured } from './codec/json.ts'
import { isJsonObject as isObject } from './patch/json.ts'

/** The message is upstream's. */
export class JsonPathError extends Error {}

export type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'path'; readonly steps: readonly Step[] }
  | { readonly type: 'range'; readonly steps: readonly Step[]; readonly body: readonly Node[] }

export type Step =
  | { readonly type: 'root' }
  | { readonly type: 'current' }
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'wildcard' }
  | { readonly type: 'recursive' }
  | {
      readonly type: 'slice'
      readonly start: number | undefined
      readonly end: number | undefined
      readonly step: number
    }
  | { readonly type: 'union'; readonly choices: readonly (readonly Step[])[] }
  | { readonly type: 'filter'; readonly left: Operand; readonly operator: string; readonly right: Operand | undefined }
  | { readonly type: 'literal'; readonly value: unknown }

type Operand = { readonly value: unknown } | { readonly steps: readonly Step[] }

/** Throws JsonPathError for what is no template. */
export function parseJsonPath(template: string): readonly Node[] {
  const parser = new TemplateParser(template)
  return parser.parse(false)
}

class TemplateParser {
  readonly #template: string
  #at = 0

  constructor(template: string) {
    this.#template = template
  }

  parse(inRange: boolean): Node[] {
    const nodes: Node[] = []
    while (this.#at < this.#template.length) {
      const open = this.#template.indexOf('{', this.#at)
      const text = this.#template.slice(this.#at, open < 0 ? undefined : open)
      if (text !== '') nodes.push({ type: 'text', text })
      if (open < 0) {
        this.#at = this.#template.length
        break
      }
      const action = this.#action(open + 1).trim()
      if (action === 'end') {
        if (!inRange) {
          throw new JsonPathError('error parsing jsonpath ' + this.#template + ', not in range, nothing to end')
        }
        return nodes
      }
      const range = /^range\s+([^]*)$/.exec(action)
      if (range) nodes.push({ type: 'range', steps: parseSteps(range[1]!.trim()), body: this.parse(true) })
      else nodes.push({ type: 'path', steps: parseSteps(action) })
    }
    if (inRange) throw new JsonPathError(`error parsing jsonpath ${this.#template}, unclosed action`)
    return nodes
  }

  /** Up to the closing brace that is not within quotes. */
  #action(start: number): string {
    let quote = ''
    for (let index = start; index < this.#template.length; index++) {
      const letter = this.#template[index]!
      if (quote !== '') {
        if (letter === '\\') index++
        else if (letter === quote) quote = ''
      } else if (letter === '"' || letter === "'") quote = letter
      else if (letter === '}') {
        this.#at = index + 1
        return this.#template.slice(start, index)
      }
    }
    throw new JsonPathError(`error parsing jsonpath ${this.#template}, unclosed action`)
  }
}

const fieldEnd = /[\s.,[\]$@{}]/

function parseSteps(expression: string): Step[] {
  const steps: Step[] = []
  let at = 0
  while (at < expression.length) {
    const rest = expression.slice(at)
    const letter = rest[0]!
    if (/\s/.test(letter)) at++
    else if (letter === '$') {
      steps.push({ type: 'root' })
      at++
    } else if (letter === '@') {
      steps.push({ type: 'current' })
      at++
    } else if (rest.startsWith('..')) {
      steps.push({ type: 'recursive' })
      at += 2
      if (/[^[*.\s]/.test(expression[at] ?? ' ')) at = takeField(expression, at, steps)
    } else if (letter === '*') {
      steps.push({ type: 'wildcard' })
      at++
    } else if (letter === '.') {
      at =
        expression[at + 1] === '*' || expression[at + 1] === '[' || expression[at + 1] === undefined
          ? at + 1
          : takeField(expression, at + 1, steps)
    } else if (letter === '[') {
      const end = closingBracket(expression, at)
      steps.push(parseBracket(expression.slice(at + 1, end)))
      at = end + 1
    } else if (letter === '"' || letter === "'") {
      const end = closingQuote(expression, at)
      steps.push({ type: 'literal', value: unquote(expression.slice(at, end + 1)) })
      at = end + 1
    } else if (/[-\d]/.test(letter)) {
      const [number] = /^-?\d+(\.\d+)?/.exec(rest) ?? ['']
      if (number === '') throw new JsonPathError(`unrecognized identifier ${rest}`)
      steps.push({ type: 'literal', value: Number(number) })
      at += number.length
    } else {
      const [word] = /^[a-zA-Z]+/.exec(rest) ?? ['']
      if (word !== 'true' && word !== 'false') {
        throw new JsonPathError(
          word === ''
            ? `unrecognized character in action: U+${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} '${letter}'`
            : `unrecognized identifier ${word}`,
        )
      }
      steps.push({ type: 'literal', value: word === 'true' })
      at += word.length
    }
  }
  return steps
}

/** A backslash makes the next character part of the name: `.metadata.labels.app\.kubernetes\.io/name`. */
function takeField(expression: string, from: number, steps: Step[]): number {
  let name = ''
  let at = from
  for (; at < expression.length && !fieldEnd.test(expression[at]!); at++) {
    if (expression[at] === '\\' && at + 1 < expression.length) at++
    name += expression[at]
  }
  steps.push(name === '*' ? { type: 'wildcard' } : { type: 'field', name })
  return at
}

function closingQuote(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === text[from]) return at
  }
  throw new JsonPathError('unterminated quoted string')
}

function closingBracket(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const letter = text[at]!
    if (letter === '"' || letter === "'") at = closingQuote(text, at)
    else if (letter === '[') depth++
    else if (letter === ']' && --depth === 0) return at
  }
  throw new JsonPathError('unterminated array')
}

function unquote(text: string): string {
  const inner = text.slice(1, -1)
  return inner.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? letter)
}

function parseBracket(inner: string): Step {
  const text = inner.trim()
  if (text.startsWith('?(') && text.endsWith(')')) return parseFilter(text.slice(2, -1).trim())
  if (text === '*') return { type: 'wildcard' }
  const bounds = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(text)
  if (bounds && text !== '') {
    const [, start = '', end, step] = bounds
    if (end === undefined) {
      const index = Number(start)
      return { type: 'slice', start: index, end: index === -1 ? undefined : index + 1, step: 1 }
    }
    return {
      type: 'slice',
      start: start === '' ? undefined : Number(start),
      end: end === '' ? undefined : Number(end),
      step: Number(step || 1),
    }
  }
  const parts = splitOutside(text, ',')
  if (parts.length > 1) return { type: 'union', choices: parts.map((part) => [parseBracket(part)]) }
  if (/^(['"])[^]*\1$/.test(text)) return { type: 'union', choices: [parseSteps(`.${text.slice(1, -1)}`)] }
  throw new JsonPathError(`invalid array index ${text}`)
}

function splitOutside(text: string, separator: string): string[] {
  const parts = ['']
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!
    if (letter === '"' || letter === "'") {
      const end = closingQuote(text, at)
      parts[parts.length - 1] += text.slice(at, end + 1)
      at = end
    } else if (letter === separator) parts.push('')
    else parts[parts.length - 1] += letter
  }
  return parts
}

function parseFilter(text: string): Step {
  const found = /^((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'!<>=])+?)\s*(==|!=|<=|>=|<|>)\s*([^]*)$/.exec(text)
  if (!found) return { type: 'filter', left: parseOperand(text), operator: 'exists', right: undefined }
  return {
    type: 'filter',
    left: parseOperand(found[1]!.trim()),
    operator: found[2]!,
    right: parseOperand(found[3]!.trim()),
  }
}

function parseOperand(text: string): Operand {
  const steps = parseSteps(text)
  return steps.length === 1 && steps[0]!.type === 'literal' ? { value: steps[0]!.value } : { steps }
}

/** What each expression found, in order; with `lenient`, missing fields find nothing instead of throwing. */
export function executeJsonPath(
  nodes: readonly Node[],
  root: unknown,
  lenient: boolean,
): readonly (readonly unknown[])[] {
  return nodes.filter((node) => node.type === 'path').map((node) => walk(node.steps, [root], root, lenient))
}

/** The template filled in; results of one expression are separated by spaces. */
export function printJsonPath(nodes: readonly Node[], root: unknown, lenient: boolean): string {
  return printNodes(nodes, root, root, lenient)
}

function printNodes(nodes: readonly Node[], current: unknown, root: unknown, lenient: boolean): string {
  return nodes.map((node) => {
    if (node.type === 'text') return node.text
    const found = walk(node.steps, [current], root, lenient)
    if (node.type === 'path') return found.map(formatValue).join(' ')
    return found.map((item) => printNodes(node.body, item, root, lenient)).join('')
  }).join('')
}

/** The values under a path of one expression. */
export function walk(
  steps: readonly Step[],
  from: readonly unknown[],
  root: unknown,
  lenient: boolean,
): readonly unknown[] {
  let values = from
  for (const step of steps) values = values.flatMap((value) => take(step, value, root, lenient))
  return values
}

function take(step: Step, value: unknown, root: unknown, lenient: boolean): readonly unknown[] {
  switch (step.type) {
    case 'root':
      return [root]
    case 'current':
      return [value]
    case 'literal':
      return [step.value]
    case 'field':
      return takeName(step.name, value, lenient)
    case 'wildcard':
      return Array.isArray(value)
        ? value
        : isObject(value)
          ? Object.keys(value)
              .toSorted()
              .map((key) => value[key])
          : []
    case 'recursive':
      return descend(value)
    case 'union':
      return step.choices.flatMap((choice) => walk(choice, [value], root, lenient))
    case 'slice':
      return slice(step, value, lenient)
    case 'filter':
      return Array.isArray(value)
        ? value.filter((item) => matches(step, item, root))
        : isObject(value)
          ? Object.values(value).filter((item) => matches(step, item, root))
          : []
  }
}

function takeName(name: string, value: unknown, lenient: boolean): readonly unknown[] {
  if (isObject(value) && Object.hasOwn(value, name)) return [value[name]]
  if (value === null || value === undefined || lenient) return []
  throw new JsonPathError(`${name} is not found`)
}

function descend(value: unknown): readonly unknown[] {
  const inner = Array.isArray(value)
    ? value
    : isObject(value)
      ? Object.keys(value)
          .toSorted()
          .map((key) => value[key])
      : []
  return [value, ...inner.filter((item) => typeof item === 'object' && item !== null).flatMap(descend)]
}

function slice(
  { start, end, step }: Extract<Step, { type: 'slice' }>,
  value: unknown,
  lenient: boolean,
): readonly unknown[] {
  if (!Array.isArray(value)) {
    if (value === null || value === undefined || lenient) return []
    throw new JsonPathError(`${typeof value} is not array or slice`)
  }
  const { length } = value
  const from = start === undefined ? 0 : start < 0 ? start + length : start
  const to = end === undefined ? length : end < 0 ? end + length : Math.min(end, length)
  if (start !== undefined && end === start + 1 && (from >= length || from < 0)) {
    if (lenient) return []
    throw new JsonPathError(`array index out of bounds: index ${start}, length ${length}`)
  }
  if (step <= 0) throw new JsonPathError('step must be > 0')
  const found: unknown[] = []
  for (let index = Math.max(from, 0); index < to; index += step) found.push(value[index])
  return found
}

function matches(filter: Extract<Step, { type: 'filter' }>, item: unknown, root: unknown): boolean {
  const evaluate = (operand: Operand): unknown =>
    'value' in operand ? operand.value : walk(operand.steps, [item], root, true)[0]
  const left = evaluate(filter.left)
  if (filter.operator === 'exists') return left !== undefined
  const right = evaluate(filter.right!)
  if (left === undefined || right === undefined) return false
  switch (filter.operator) {
    case '==': return left === right
    case '!=': return left !== right
    case '<': return typeof left === typeof right && (left as number) < (right as number)
    case '<=': return typeof left === typeof right && (left as number) <= (right as number)
    case '>': return typeof left === typeof right && (left as number) > (right as number)
    default: return typeof left === typeof right && (left as number) >= (right as number)
  }
}

function formatValue(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? encodeUnstructured(value) : String(value)
}
