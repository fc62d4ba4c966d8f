/** What an expression may use: variables and functions. */
import type { Type } from './types.ts'
import type { Value } from './values.ts'

/** Sizes, and costs, between two bounds. */
export interface Range {
  readonly min: number
  readonly max: number
}

export interface Overload {
  readonly id: string
  /** Called as `first.name(rest)`; else `name(all)`. */
  readonly isMember: boolean
  readonly parameters: readonly Type[]
  readonly result: Type
  /** Throws EvaluationError. Arguments have the parameters' types. */
  readonly evaluate: (...values: readonly Value[]) => Value
  /** What a call cost, by the actual values; default 1. */
  readonly cost?: (values: readonly Value[], result: Value) => number
  /** What a call may cost, by the sizes of arguments; default 1. `result` is the size of the result. */
  readonly estimate?: (sizes: readonly Range[]) => { readonly cost: Range; readonly result?: Range }
}

export type Functions = ReadonlyMap<string, readonly Overload[]>

export interface Environment {
  readonly functions: Functions
  readonly variables: ReadonlyMap<string, Type>
  /** Types by the names with which expressions construct them: `Object.spec{…}`. */
  readonly structs?: (name: string) => Type | undefined
}

/** Functions by name, from lists of them; overloads of the same name are put together. */
export function joinFunctions(...libraries: readonly Functions[]): Functions {
  const joined = new Map<string, readonly Overload[]>()
  for (const library of libraries) {
    for (const [name, overloads] of library) joined.set(name, [...(joined.get(name) ?? []), ...overloads])
  }
  return joined
}
