/** What an expression may cost at most, by the sizes that its variables' types allow (cel-go's checker/cost.go). */
import type { Call, Comprehension, Expression } from './ast.ts'
import { add, multiply, one } from './declare.ts'
import type { Environment, Range } from './environment.ts'
import type { Type } from './types.ts'

/** After `check` in the same environment. Infinite where something has no bound. */
export function estimateCost(expression: Expression, environment: Environment): Range {
  return new Estimator(environment).estimate(expression, undefined).cost
}

interface Estimate {
  readonly cost: Range
  /** Of the value. */
  readonly size: Range
}

/** Sizes of the variables of comprehensions, the innermost first. */
interface Scope {
  readonly name: string
  readonly size: Range
  readonly outer: Scope | undefined
}

const nothing: Range = { min: 0, max: 0 }
const unknown: Range = { min: 0, max: Number.POSITIVE_INFINITY }

class Estimator {
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  estimate(expression: Expression, scope: Scope | undefined): Estimate {
    switch (expression.kind) {
      case 'literal': return { cost: nothing, size: exactly(literalSize(expression)) }
      case 'ident': return { cost: one, size: sizeOfVariable(expression, scope) }
      case 'select': {
        if (expression.qualifiedName !== undefined) return { cost: one, size: sizeByType(expression.checkedType) }
        const { cost } = this.estimate(expression.operand, scope)
        if (expression.test) return { cost, size: one }
        const isCharged = ['map', 'object', 'dyn', 'optional'].includes(expression.operand.checkedType?.kind ?? 'dyn')
        return { cost: isCharged ? add(cost, one) : cost, size: sizeByType(expression.checkedType) }
      }
      case 'call': return this.#call(expression, scope)
      case 'list': return { cost: this.#sum(expression.items, scope, 10), size: exactly(expression.items.length) }
      case 'map': {
        const parts = expression.entries.flatMap(({ key, value }) => [key, value])
        return { cost: this.#sum(parts, scope, 30), size: exactly(expression.entries.length) }
      }
      case 'struct': {
        return { cost: this.#sum(expression.entries.map(({ value }) => value), scope, 40), size: one }
      }
      case 'comprehension': return this.#comprehension(expression, scope)
    }
  }

  #sum(parts: readonly Expression[], scope: Scope | undefined, base: number): Range {
    return parts.reduce((sum, part) => add(sum, this.estimate(part, scope).cost), exactly(base))
  }

  #call(call: Call, scope: Scope | undefined): Estimate {
    const list = (call.target ? [call.target, ...call.arguments] : call.arguments)
      .map((argument) => this.estimate(argument, scope))
    const costs = list.map(({ cost }) => cost)
    const total = costs.reduce(add, nothing)
    const byType = sizeByType(call.checkedType)
    switch (call.name) {
      case '_&&_': case '_||_': return { cost: { min: costs[0]!.min, max: total.max }, size: one }
      case '_?_:_': return {
        cost: add(costs[0]!, union(costs[1]!, costs[2]!)), size: union(list[1]!.size, list[2]!.size),
      }
    }
    const overloads = (this.#environment.functions.get(call.name) ?? [])
      .filter(({ id }) => call.overloads?.includes(id))
    const sizes = list.map(({ size }) => size)
    const estimates = overloads.map(({ estimate }) => estimate ? estimate(sizes) : { cost: one })
    const own = estimates.map(({ cost }) => cost).reduce(union, estimates[0]?.cost ?? one)
    const results = estimates.flatMap(({ result }) => result ? [result] : [])
    return { cost: add(total, own), size: results.length > 0 ? results.reduce(union) : byType }
  }

  #comprehension(fold: Comprehension, scope: Scope | undefined): Estimate {
    const range = this.estimate(fold.range, scope)
    const initial = this.estimate(fold.initial, scope)
    const type = fold.range.checkedType
    const accumulated: Scope = { name: fold.accumulator, size: initial.size, outer: scope }
    const item = type?.kind === 'list' ? type.items : type?.kind === 'map' ? type.key : undefined
    const first: Scope = {
      name: fold.variable, size: fold.variable2 === undefined || type?.kind === 'map' ? sizeByType(item) : one,
      outer: accumulated,
    }
    const value = type?.kind === 'map' ? type.value : item
    const inner: Scope = fold.variable2 === undefined ? first
      : { name: fold.variable2, size: sizeByType(value), outer: first }
    const condition = this.estimate(fold.condition, inner)
    const step = this.estimate(fold.step, inner)
    const result = this.estimate(fold.result, accumulated)
    const loops = multiply(range.size, add(condition.cost, step.cost))
    // `map` and `filter` give a list that is at most as long as what they go through.
    const grows = fold.checkedType?.kind === 'list' || fold.checkedType?.kind === 'map'
    return {
      cost: [range.cost, initial.cost, loops, result.cost].reduce(add),
      size: grows ? { min: 0, max: range.size.max } : result.size,
    }
  }
}

function exactly(size: number): Range {
  return { min: size, max: size }
}

function union(left: Range, right: Range): Range {
  return { min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) }
}

function literalSize({ literal }: Expression & { readonly kind: 'literal' }): number {
  return literal.type === 'string' || literal.type === 'bytes' ? literal.value.length : 1
}

function sizeOfVariable({ name, checkedType }: Expression & { readonly kind: 'ident' }, scope: Scope | undefined): Range {
  for (let each = scope; each; each = each.outer) if (each.name === name) return each.size
  return sizeByType(checkedType)
}

function sizeByType(type: Type | undefined): Range {
  switch (type?.kind) {
    case 'string': case 'bytes': case 'list': case 'map': case 'dyn':
      return type.maxElements === undefined ? unknown : { min: 0, max: type.maxElements }
    case 'parameter': case undefined: return unknown
    case 'optional': return sizeByType(type.of)
    default: return one
  }
}
