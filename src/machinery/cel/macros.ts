/** Macros: `has`, the comprehensions with one and two variables, `optMap`. */
import type { Comprehension, Expression, Literal } from './ast.ts'

export class MacroError extends Error {
  readonly position: number

  constructor(position: number, message: string) {
    super(message)
    this.position = position
  }
}

/** The variable that a comprehension folds into; no user can write it. */
export const accumulatorName = '@result'

/** undefined: the call is no macro. Throws MacroError for a macro with wrong arguments. */
export function expandMacro(
  name: string, target: Expression | undefined, list: readonly Expression[], position: number,
): Expression | undefined {
  if (target === undefined) return name === 'has' && list.length === 1 ? expandHas(list[0]!, position) : undefined
  const macro = memberMacros[`${name}/${list.length}`]
  return macro?.({ range: target, list, position })
}

/** A macro in use: `range.name(list)`. */
interface MemberCall {
  readonly range: Expression
  readonly list: readonly Expression[]
  readonly position: number
}

const memberMacros: Readonly<Record<string, (use: MemberCall) => Expression>> = {
  'all/2': (use) => quantify(use, 1, 'all'),
  'exists/2': (use) => quantify(use, 1, 'exists'),
  'exists_one/2': (use) => quantify(use, 1, 'one'),
  'existsOne/2': (use) => quantify(use, 1, 'one'),
  'all/3': (use) => quantify(use, 2, 'all'),
  'exists/3': (use) => quantify(use, 2, 'exists'),
  'existsOne/3': (use) => quantify(use, 2, 'one'),
  'exists_one/3': (use) => quantify(use, 2, 'one'),
  'map/2': (use) => collect(use, 1, undefined, use.list[1]!),
  'map/3': (use) => collect(use, 1, use.list[1]!, use.list[2]!),
  'filter/2': (use) => collect(use, 1, use.list[1]!, use.list[0]!),
  'transformList/3': (use) => collect(use, 2, undefined, use.list[2]!),
  'transformList/4': (use) => collect(use, 2, use.list[2]!, use.list[3]!),
  'transformMap/3': (use) => collectMap(use, undefined, use.list[2]!, false),
  'transformMap/4': (use) => collectMap(use, use.list[2]!, use.list[3]!, false),
  'transformMapEntry/3': (use) => collectMap(use, undefined, use.list[2]!, true),
  'transformMapEntry/4': (use) => collectMap(use, use.list[2]!, use.list[3]!, true),
  'optMap/2': (use) => optional(use, false),
  'optFlatMap/2': (use) => optional(use, true),
}

function expandHas(argument: Expression, position: number): Expression {
  if (argument.kind !== 'select' || argument.test) {
    throw new MacroError(argument.position, 'invalid argument to has() macro')
  }
  return { ...argument, position, test: true }
}

/** `result`, where `variable` stands for the value. */
function bindVariable(variable: Expression, value: Expression, result: Expression, position: number): Expression {
  return fold(position, {
    range: { kind: 'list', position, items: [], optional: new Set() },
    variable: '#unused', variable2: undefined, accumulator: nameOf(variable, position),
    initial: value, condition: bool(position, false), step: variable, result,
  })
}

function quantify({ range, list, position }: MemberCall, variables: 1 | 2, how: 'all' | 'exists' | 'one'): Expression {
  const predicate = list[variables]!
  const result = ident(position, accumulatorName)
  const names = variablesOf(list, variables)
  if (how === 'one') {
    const one: Literal = { type: 'int', value: 1n }
    return fold(position, {
      range, ...names, accumulator: accumulatorName,
      initial: literal(position, { type: 'int', value: 0n }), condition: bool(position, true),
      step: call('_?_:_', position, [predicate, call('_+_', position, [result, literal(position, one)]), result]),
      result: call('_==_', position, [result, literal(position, one)]),
    })
  }
  const isAll = how === 'all'
  const goesOn = isAll ? result : call('!_', position, [result])
  return fold(position, {
    range, ...names, accumulator: accumulatorName, initial: bool(position, isAll),
    condition: call('@not_strictly_false', position, [goesOn]),
    step: call(isAll ? '_&&_' : '_||_', position, [result, predicate]), result,
  })
}

function collect(
  { range, list, position }: MemberCall, variables: 1 | 2, filter: Expression | undefined, item: Expression,
): Expression {
  const result = ident(position, accumulatorName)
  const appended = call('_+_', position, [result, { kind: 'list', position, items: [item], optional: new Set() }])
  return fold(position, {
    range, ...variablesOf(list, variables), accumulator: accumulatorName,
    initial: { kind: 'list', position, items: [], optional: new Set() }, condition: bool(position, true),
    step: filter ? call('_?_:_', position, [filter, appended, result]) : appended, result,
  })
}

function collectMap(
  { range, list, position }: MemberCall, filter: Expression | undefined, value: Expression, isEntry: boolean,
): Expression {
  const result = ident(position, accumulatorName)
  const names = variablesOf(list, 2)
  const inserted = isEntry
    ? call('cel.@mapInsert', position, [result, value])
    : call('cel.@mapInsert', position, [result, ident(position, names.variable), value])
  return fold(position, {
    range, ...names, accumulator: accumulatorName,
    initial: { kind: 'map', position, entries: [] }, condition: bool(position, true),
    step: filter ? call('_?_:_', position, [filter, inserted, result]) : inserted, result,
  })
}

/** The optional is named first: written twice, a chain of these would double with every link. */
function optional({ range, list, position }: MemberCall, isFlat: boolean): Expression {
  const target = ident(position, '@optional')
  const value = bindVariable(list[0]!, memberCall(target, 'value', position), list[1]!, position)
  const present = isFlat ? value : call('optional.of', position, [value])
  const has = memberCall(target, 'hasValue', position)
  const choice = call('_?_:_', position, [has, present, call('optional.none', position, [])])
  return bindVariable(target, range, choice, position)
}

function variablesOf(list: readonly Expression[], count: 1 | 2): Pick<Comprehension, 'variable' | 'variable2'> {
  const first = nameOf(list[0]!, list[0]!.position)
  if (count === 1) return { variable: first, variable2: undefined }
  const second = nameOf(list[1]!, list[1]!.position)
  if (first === second) throw new MacroError(list[1]!.position, `duplicate variable name: ${first}`)
  return { variable: first, variable2: second }
}

function nameOf(expression: Expression, position: number): string {
  if (expression.kind === 'ident' && !expression.name.startsWith('.')) return expression.name
  throw new MacroError(position, 'argument must be a simple name')
}

function fold(position: number, parts: Omit<Comprehension, 'kind' | 'position'>): Expression {
  return { kind: 'comprehension', position, ...parts }
}

function ident(position: number, name: string): Expression {
  return { kind: 'ident', position, name }
}

function bool(position: number, value: boolean): Expression {
  return literal(position, { type: 'bool', value })
}

function literal(position: number, value: Literal): Expression {
  return { kind: 'literal', position, literal: value }
}

function call(name: string, position: number, list: readonly Expression[]): Expression {
  return { kind: 'call', position, name, target: undefined, arguments: list }
}

function memberCall(target: Expression, name: string, position: number): Expression {
  return { kind: 'call', position, name, target, arguments: [] }
}
