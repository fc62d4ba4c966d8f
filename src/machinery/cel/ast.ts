/** The tree of a CEL expression after parsing, with macros already unfolded into comprehensions. */
import type { Type } from './types.ts'

/** A constant as written: ints are bigint, doubles are number. */
export type Literal =
  | { readonly type: 'null' }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'uint'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }

export interface MapEntry {
  readonly key: Expression
  readonly value: Expression
  /** `{?key: value}`: left out when the value is an empty optional. */
  readonly optional: boolean
}

export interface StructEntry {
  /** Of the colon. */
  readonly position: number
  readonly field: string
  readonly value: Expression
  readonly optional: boolean
}

interface Node {
  /** Where it begins, in characters from the expression's start. */
  readonly position: number
  /** Set by the checker. */
  checkedType?: Type
}

export type Expression =
  | Node & { readonly kind: 'literal'; readonly literal: Literal }
  | Node & { readonly kind: 'ident'; readonly name: string }
  /** `test`: `has(operand.field)`; `optional`: `operand.?field`. */
  | Select
  | Call
  | Node & { readonly kind: 'list'; readonly items: readonly Expression[]; readonly optional: ReadonlySet<number> }
  | Node & { readonly kind: 'map'; readonly entries: readonly MapEntry[] }
  | Node & { readonly kind: 'struct'; readonly name: string; readonly entries: readonly StructEntry[] }
  | Comprehension

export interface Select extends Node {
  readonly kind: 'select'
  readonly operand: Expression
  readonly field: string
  readonly test: boolean
  readonly optional: boolean
  /** Set by the checker where the whole is a variable with a dotted name, as `params.spec` never is. */
  qualifiedName?: string
}

export interface Call extends Node {
  readonly kind: 'call'
  readonly name: string
  readonly target: Expression | undefined
  readonly arguments: readonly Expression[]
  /** Set by the checker: the overloads that may be meant. */
  overloads?: readonly string[]
}

/** Folds a list or map: `result` after `accumulator = step` for every item, as long as `condition` holds. */
export interface Comprehension extends Node {
  readonly kind: 'comprehension'
  readonly range: Expression
  /** The item of a list, or the key of a map; with `variable2` the index or key. */
  readonly variable: string
  /** The item or value, where both are asked for. */
  readonly variable2: string | undefined
  readonly accumulator: string
  readonly initial: Expression
  readonly condition: Expression
  readonly step: Expression
  readonly result: Expression
}
