/**
 * Short forms in which libraries declare their functions. Each library is a function that makes them, so that nothing
 * is made before the first expression.
 */
import type { Overload, Range } from './environment.ts'
import { EvaluationError } from './issues.ts'
import type { Type } from './types.ts'
import { sizeOf, type Value } from './values.ts'

export type Costs = Pick<Overload, 'cost' | 'estimate'>
type Evaluate = (...values: readonly never[]) => Value

/** `name(…)`. The arguments have the types that are declared. */
export function plain(
  id: string, parameters: readonly Type[], result: Type, evaluate: Evaluate, costs?: Costs,
): Overload {
  return { id, isMember: false, parameters, result, evaluate: evaluate as Overload['evaluate'], ...costs }
}

/** `first.name(…)`. */
export function member(
  id: string, parameters: readonly Type[], result: Type, evaluate: Evaluate, costs?: Costs,
): Overload {
  return { id, isMember: true, parameters, result, evaluate: evaluate as Overload['evaluate'], ...costs }
}

export function fail(message: string): never {
  throw new EvaluationError(message)
}

/** What reading a character costs (upstream: StringTraversalCostFactor). */
const characterCost = 0.1
/** What a character of a regular expression costs (RegexStringLengthCostFactor). */
const patternCost = 0.25

export const scale = ({ min, max }: Range, factor: number): Range => (
  { min: Math.ceil(min * factor), max: Math.ceil(max * factor) })
export const multiply = (left: Range, right: Range): Range => (
  { min: left.min * right.min, max: times(left.max, right.max) })
export const add = (left: Range, right: Range): Range => (
  { min: left.min + right.min, max: left.max + right.max })
export const one: Range = { min: 1, max: 1 }

/** Nothing times anything is nothing, even if there is no bound. */
function times(left: number, right: number): number {
  return left === 0 || right === 0 ? 0 : left * right
}

/** Reads the argument at `at` from end to end. */
export function reads(at: number, resultAsLong = false): Costs {
  return {
    cost: (values) => Math.ceil(sizeOf(values[at]!) * characterCost),
    estimate: (sizes) => ({
      cost: scale(sizes[at]!, characterCost),
      ...(resultAsLong && { result: sizes[at]! }),
    }),
  }
}

/** Goes through the list at `at` once. */
export function walks(at: number): Costs {
  return { cost: (values) => sizeOf(values[at]!), estimate: (sizes) => ({ cost: sizes[at]! }) }
}

/** Looks for the second argument everywhere in the first. */
export const searches: Costs = {
  cost: ([text, part]) => Math.ceil(sizeOf(text!) * characterCost) * Math.ceil(sizeOf(part!) * characterCost),
  estimate: ([text, part]) => ({ cost: multiply(scale(text!, characterCost), scale(part!, characterCost)) }),
}

/** Matches the first argument with the pattern that is the second. */
export const matchesPattern: Costs = {
  cost: ([text, pattern]) =>
    Math.ceil((1 + sizeOf(text!)) * characterCost) * Math.ceil(sizeOf(pattern!) * patternCost),
  estimate: ([text, pattern]) => (
    { cost: multiply(scale(add(text!, one), characterCost), scale(pattern!, patternCost)) }),
}

/** Compares two values as far as the shorter one goes. */
export const compares: Costs = {
  cost: ([left, right]) => Math.ceil(Math.min(sizeOf(left!), sizeOf(right!)) * characterCost),
  estimate: ([left, right]) => {
    const max = Math.min(left!.max, right!.max)
    return { cost: scale({ min: max > 0 ? 1 : 0, max }, characterCost) }
  },
}

/** Makes one text of two. */
export const joins: Costs = {
  cost: ([left, right]) => Math.ceil((sizeOf(left!) + sizeOf(right!)) * characterCost),
  estimate: ([left, right]) => {
    const result = add(left!, right!)
    return { cost: scale(result, characterCost), result }
  },
}
