/** Evaluates checked expressions: each node becomes a closure once, which counts what it costs as upstream does. */
import type { Call, Comprehension, Expression, MapEntry } from './ast.ts'
import type { Environment, Overload } from './environment.ts'
import { CostLimitError, EvaluationError } from './issues.ts'
import { accumulatorName } from './macros.ts'
import type { Type } from './types.ts'
import {
  EntryMap, formatKey, isList, isMapValue, Optional, typeNameOf, TypeValue, Uint, type MapValue, type Value,
} from './values.ts'

/** Values of variables; asked for when needed. undefined: there is no such variable. */
export type Activation = (name: string) => Value | undefined

export interface Outcome {
  readonly value: Value
  readonly cost: number
}

export interface Program {
  /**
   * Throws EvaluationError, and CostLimitError when the evaluation costs more than `limit`. `spent` is raised by the
   * cost, also when the evaluation fails.
   */
  evaluate(activation: Activation, limit?: number, spent?: { cost: number }): Outcome
}

/** Makes the program of an expression that `check` has seen, in the same environment. */
export function createProgram(expression: Expression, environment: Environment): Program {
  const run = compile(expression, environment)
  return {
    evaluate(activation, limit = Number.POSITIVE_INFINITY, spent) {
      const meter = { cost: 0, limit }
      try {
        const value = run({ activation, locals: undefined, meter })
        return { value, cost: meter.cost }
      } finally {
        if (spent) spent.cost += meter.cost
      }
    },
  }
}

interface Locals {
  readonly name: string
  /** An accumulator may hold the error of a step: it is thrown by whoever reads it. */
  value: Value | EvaluationError
  readonly outer: Locals | undefined
}

interface Frame {
  readonly activation: Activation
  readonly locals: Locals | undefined
  readonly meter: { cost: number; readonly limit: number }
}

type Run = (frame: Frame) => Value

const listCost = 10
const mapCost = 30
const structCost = 40

function charge(frame: Frame, cost: number): void {
  const { meter } = frame
  meter.cost += cost
  if (meter.cost > meter.limit) throw new CostLimitError()
}

function compile(expression: Expression, environment: Environment): Run {
  switch (expression.kind) {
    case 'literal': {
      const value = literalValue(expression)
      return () => value
    }
    case 'ident': return compileVariable(expression.name)
    case 'select': return compileSelect(expression, environment)
    case 'call': return compileCall(expression, environment)
    case 'list': return compileList(expression, environment)
    case 'map': return compileMap(expression.entries, environment)
    case 'struct': return compileStruct(expression, environment)
    case 'comprehension': return compileFold(expression, environment)
  }
}

function literalValue({ literal }: Expression & { readonly kind: 'literal' }): Value {
  if (literal.type === 'null') return null
  return literal.type === 'uint' ? new Uint(literal.value) : literal.value
}

const typeIdentifiers = new Set([
  'bool', 'int', 'uint', 'double', 'string', 'bytes', 'list', 'map', 'null_type', 'type', 'optional_type',
  'google.protobuf.Timestamp', 'google.protobuf.Duration',
])

function compileVariable(written: string): Run {
  const name = written.replace(/^\./, '')
  return (frame) => {
    charge(frame, 1)
    for (let local = frame.locals; local; local = local.outer) {
      if (local.name !== name) continue
      if (local.value instanceof EvaluationError) throw local.value
      return local.value
    }
    const value = frame.activation(name)
    if (value !== undefined) return value
    if (typeIdentifiers.has(name) || name.includes('.')) return new TypeValue(name)
    throw new EvaluationError(`no such attribute(s): ${name}`)
  }
}

function compileSelect(select: Expression & { readonly kind: 'select' }, environment: Environment): Run {
  const { qualifiedName, field, test, optional } = select
  if (qualifiedName !== undefined) return compileVariable(qualifiedName)
  const operand = compile(select.operand, environment)
  if (test) {
    return (frame) => {
      const value = operand(frame)
      const inner = value instanceof Optional ? value.value : value
      if (inner === undefined) return false
      if (!isMapValue(inner)) throw new EvaluationError('no such overload')
      return inner.get(field) !== undefined
    }
  }
  return (frame) => {
    const value = operand(frame)
    charge(frame, 1)
    if (optional || value instanceof Optional) return selectOptional(value, field)
    if (!isMapValue(value)) throw new EvaluationError(`no such key: ${field}`)
    return value.get(field) ?? missing(field)
  }
}

function missing(key: Value): never {
  throw new EvaluationError(`no such key: ${formatKey(key)}`)
}

function selectOptional(value: Value, field: string): Value {
  const inner = value instanceof Optional ? value.value : value
  if (inner === undefined) return new Optional(undefined)
  if (!isMapValue(inner)) throw new EvaluationError('no such overload')
  return new Optional(inner.get(field))
}

function compileCall(call: Call, environment: Environment): Run {
  const list = (call.target ? [call.target, ...call.arguments] : call.arguments)
    .map((argument) => compile(argument, environment))
  switch (call.name) {
    case '_&&_': return compileLogic(list[0]!, list[1]!, false)
    case '_||_': return compileLogic(list[0]!, list[1]!, true)
    case '_?_:_': return compileChoice(list[0]!, list[1]!, list[2]!)
    case '@not_strictly_false': return compileNotFalse(list[0]!)
    case '_[_]': case '_[?_]': return compileIndex(list[0]!, list[1]!, call.name === '_[?_]')
    case 'or': case 'orValue': if (isOptionalCall(call)) return compileOr(list[0]!, list[1]!, call.name === 'or')
  }
  const all = environment.functions.get(call.name) ?? []
  const overloads = all.filter(({ id }) => call.overloads?.includes(id))
  const single = overloads.length === 1 && call.arguments.concat(call.target ?? []).every(hasKnownType)
    ? overloads[0] : undefined
  const [first, second] = list
  if (single && second && list.length === 2) return compileBinary(first!, second, single)
  return (frame) => {
    const values = list.map((run) => run(frame))
    const overload = single ?? overloads.find((each) => each.parameters.every((type, at) => fits(values[at]!, type)))
    if (!overload) throw new EvaluationError('no such overload')
    const result = overload.evaluate(...values)
    charge(frame, overload.cost ? overload.cost(values, result) : 1)
    return result
  }
}

/** The most frequent form, without a list of arguments where nothing is charged by it. */
function compileBinary(first: Run, second: Run, { evaluate, cost }: Overload): Run {
  return (frame) => {
    const left = first(frame)
    const right = second(frame)
    const result = evaluate(left, right)
    charge(frame, cost ? cost([left, right], result) : 1)
    return result
  }
}

function isOptionalCall({ target, arguments: list }: Call): boolean {
  return target !== undefined && list.length === 1
}

/** Whether values can only be of the type that the checker has found. */
function hasKnownType({ checkedType }: Expression): boolean {
  const isKnown = (type: Type | undefined): boolean => {
    if (type === undefined || type.kind === 'dyn' || type.kind === 'parameter') return false
    return type.kind !== 'list' && type.kind !== 'map' && type.kind !== 'optional' && type.kind !== 'object'
  }
  return isKnown(checkedType)
}

/** `decisive || error` is decisive: an error counts only if the other side does not settle the matter. */
function compileLogic(left: Run, right: Run, decisive: boolean): Run {
  return (frame) => {
    let fault: EvaluationError | undefined
    try {
      if (truth(left(frame)) === decisive) return decisive
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      fault = error
    }
    if (truth(right(frame)) === decisive) return decisive
    if (fault) throw fault
    return !decisive
  }
}

function truth(value: Value): boolean {
  if (typeof value === 'boolean') return value
  throw new EvaluationError('no such overload')
}

function compileChoice(condition: Run, yes: Run, no: Run): Run {
  return (frame) => truth(condition(frame)) ? yes(frame) : no(frame)
}

function compileNotFalse(inner: Run): Run {
  return (frame) => {
    charge(frame, 1)
    try {
      return inner(frame) !== false
    } catch (error) {
      if (error instanceof EvaluationError) return true
      throw error
    }
  }
}

function compileOr(left: Run, right: Run, isWrapped: boolean): Run {
  return (frame) => {
    const value = left(frame)
    if (!(value instanceof Optional)) throw new EvaluationError('no such overload')
    if (value.value === undefined) return right(frame)
    return isWrapped ? value : value.value
  }
}

function compileIndex(container: Run, index: Run, isOptional: boolean): Run {
  return (frame) => {
    const value = container(frame)
    const key = index(frame)
    charge(frame, 1)
    const inner = value instanceof Optional ? value.value : value
    if (inner === undefined) return new Optional(undefined)
    const found = elementOf(inner, key)
    if (isOptional || value instanceof Optional) return new Optional(found)
    if (found !== undefined) return found
    if (isList(inner)) throw new EvaluationError(`index out of bounds: ${formatKey(key)}`)
    return missing(key)
  }
}

function elementOf(container: Value, key: Value): Value | undefined {
  if (isMapValue(container)) return container.get(key)
  if (!isList(container)) throw new EvaluationError('no such overload')
  const index = key instanceof Uint ? key.value : key
  if (typeof index === 'bigint') return container[Number(index)]
  if (typeof index === 'number' && Number.isInteger(index)) return container[index]
  throw new EvaluationError(`unsupported index type '${typeNameOf(key)}' in list`)
}

function compileList(
  { items, optional }: Expression & { readonly kind: 'list' }, environment: Environment,
): Run {
  const runs = items.map((item) => compile(item, environment))
  return (frame) => {
    const list: Value[] = []
    for (const [index, run] of runs.entries()) {
      const value = run(frame)
      if (!optional.has(index)) list.push(value)
      else if (value instanceof Optional && value.value !== undefined) list.push(value.value)
    }
    charge(frame, listCost)
    return list
  }
}

function compileMap(written: readonly MapEntry[], environment: Environment): Run {
  const entries = written.map(({ key, value, optional }) => (
    { key: compile(key, environment), value: compile(value, environment), optional }))
  return (frame) => {
    const pairs: (readonly [Value, Value])[] = []
    for (const { key, value, optional } of entries) {
      const name = key(frame)
      if (!keyTypes.has(typeNameOf(name))) throw new EvaluationError(`unsupported key type: ${typeNameOf(name)}`)
      const given = value(frame)
      const inner = optional && given instanceof Optional ? given.value : given
      if (inner !== undefined) pairs.push([name, inner])
    }
    charge(frame, mapCost)
    const map = new EntryMap(pairs)
    if (map.size < pairs.length) throw new EvaluationError('Failed with repeated key')
    return map
  }
}

const keyTypes: ReadonlySet<string> = new Set(['string', 'bool', 'int', 'uint', 'double'])

/** An object that an expression has made. */
class StructValue implements MapValue {
  readonly isMap = true
  readonly typeName: string
  readonly #fields: ReadonlyMap<string, Value>

  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    this.typeName = typeName
    this.#fields = fields
  }

  get size(): number { return this.#fields.size }
  get(key: Value): Value | undefined { return typeof key === 'string' ? this.#fields.get(key) : undefined }
  keys(): Iterable<Value> { return this.#fields.keys() }
}

function compileStruct(
  { name, entries }: Expression & { readonly kind: 'struct' }, environment: Environment,
): Run {
  const runs = entries.map(({ field, value, optional }) => ({ field, value: compile(value, environment), optional }))
  return (frame) => {
    const fields = new Map<string, Value>()
    for (const { field, value, optional } of runs) {
      const given = value(frame)
      const inner = optional && given instanceof Optional ? given.value : given
      if (inner !== undefined) fields.set(field, inner)
    }
    charge(frame, structCost)
    return new StructValue(name, fields)
  }
}

function compileFold(fold: Comprehension, environment: Environment): Run {
  const range = compile(fold.range, environment)
  const initial = compile(fold.initial, environment)
  const condition = compile(fold.condition, environment)
  const step = compileStep(fold, environment)
  const result = compile(fold.result, environment)
  const { variable, variable2, accumulator } = fold
  return (frame) => {
    const items = range(frame)
    const { activation, meter } = frame
    const folded: Locals = { name: accumulator, value: initial(frame), outer: frame.locals }
    // Nothing outlives a step, so that one frame does for all of them.
    const first: Locals = { name: variable, value: null, outer: folded }
    const second: Locals | undefined = variable2 === undefined ? undefined
      : { name: variable2, value: null, outer: first }
    const inner: Frame = { activation, meter, locals: second ?? first }
    const visit = (item: Value, other: Value): boolean => {
      first.value = item
      if (second) second.value = other
      if (!truth(condition(inner))) return false
      step(inner, folded)
      return true
    }
    visitItems(items, second !== undefined, visit)
    return result({ activation, meter, locals: folded })
  }
}

type Step = (frame: Frame, folded: Locals) => void

function compileStep(fold: Comprehension, environment: Environment): Step {
  const append = compileAppend(fold, environment)
  if (append) return append
  const step = compile(fold.step, environment)
  // `all` and `exists` go on after an error, because a later item may settle the matter.
  const goesOn = fold.condition.kind === 'call'
  return (frame, folded) => {
    try {
      folded.value = step(frame)
    } catch (error) {
      if (!goesOn || !(error instanceof EvaluationError)) throw error
      folded.value = error
    }
  }
}

/** `map` and `filter` grow their list in place: copying it for every item would take the square of its length. */
function compileAppend({ initial, step, accumulator }: Comprehension, environment: Environment): Step | undefined {
  if (initial.kind !== 'list' || initial.items.length > 0 || accumulator !== accumulatorName) return undefined
  const choice = step.kind === 'call' && step.name === '_?_:_' ? step : undefined
  const sum = choice ? choice.arguments[1]! : step
  if (sum.kind !== 'call' || sum.name !== '_+_' || sum.arguments[1]?.kind !== 'list') return undefined
  const item = compile(sum.arguments[1].items[0]!, environment)
  const filter = choice && compile(choice.arguments[0]!, environment)
  return (frame, folded) => {
    if (filter && !truth(filter(frame))) {
      charge(frame, 1)
      return
    }
    const value = item(frame)
    // The accumulator, the list of one, and the sum.
    charge(frame, 1 + listCost + 1)
    const list = folded.value as Value[]
    list.push(value)
  }
}

/** Items of a list, or with their indexes; keys of a map, or with their values; until `visit` has had enough. */
function visitItems(items: Value, wantsBoth: boolean, visit: (item: Value, other: Value) => boolean): void {
  if (isList(items)) {
    for (let at = 0; at < items.length; at++) {
      if (!(wantsBoth ? visit(BigInt(at), items[at]!) : visit(items[at]!, null))) return
    }
  } else if (isMapValue(items)) {
    for (const key of items.keys()) if (!visit(key, wantsBoth ? items.get(key)! : null)) return
  } else {
    throw new EvaluationError(`got '${typeNameOf(items)}', expected iterable type`)
  }
}

/** Whether a value is of a type, as far as overloads differ by it. */
function fits(value: Value, type: Type): boolean {
  switch (type.kind) {
    case 'dyn': case 'parameter': return true
    case 'list': return isList(value)
    case 'map': return isMapValue(value)
    case 'object': return isMapValue(value)
    case 'optional': return value instanceof Optional
    case 'type': return value instanceof TypeValue
    default: return typeNameOf(value) === runtimeNames[type.kind] || typeNameOf(value) === ('name' in type ? type.name : '')
  }
}

const runtimeNames: Readonly<Record<string, string>> = {
  bool: 'bool', int: 'int', uint: 'uint', double: 'double', string: 'string', bytes: 'bytes', null: 'null_type',
  timestamp: 'google.protobuf.Timestamp', duration: 'google.protobuf.Duration',
}
