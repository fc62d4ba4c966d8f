/** Functions that make lists of lists (cel-go's ext.Lists, version 3, but for its macro `sortBy`). */
import { fail, member, multiply, plain, type Costs } from '../declare.ts'
import type { Functions, Overload, Range } from '../environment.ts'
import {
  boolType, bytesType, doubleType, durationType, dynType, intType, listOf, parameter, stringType, timestampType,
  uintType, type Type,
} from '../types.ts'
import { compare, equal, sizeOf, type Value } from '../values.ts'

const a = parameter('A')
const ordered: readonly Type[] = [
  intType, uintType, doubleType, boolType, durationType, timestampType, stringType, bytesType,
]
/** Upstream would rather fail than fill memory. */
const longestRange = 1_000_000n
/** Of a call, and of the list that it makes. */
const baseCost = 11
const comparisonCost = 2
const textComparisonCost = 2.1

function withBase({ min, max }: Range, factor: number): Range {
  return { min: Math.floor(min * factor) + baseCost, max: Math.ceil(max * factor) + baseCost }
}

/** Goes through the list at most once. */
const once: Costs = {
  cost: ([list]) => sizeOf(list!) + baseCost,
  estimate: ([size]) => ({ cost: withBase(size!, 1), result: size! }),
}

/** Compares each with each. */
function squared(type: Type | undefined): Costs {
  const factor = type === stringType || type === bytesType ? textComparisonCost : comparisonCost
  return {
    cost: ([list]) => {
      const isText = typeof (list as readonly Value[])[0] === 'string'
      return Math.floor(sizeOf(list!) ** 2 * (isText ? textComparisonCost : factor)) + baseCost
    },
    estimate: ([size]) => ({ cost: withBase(multiply(size!, size!), factor), result: size! }),
  }
}

function slice(list: readonly Value[], start: bigint, end: bigint): readonly Value[] {
  const call = `cannot slice(${start}, ${end})`
  if (start < 0n || end < 0n) fail(`${call}, negative indexes not supported`)
  if (start > end) fail(`${call}, start index must be less than or equal to end index`)
  if (BigInt(list.length) < end) fail(`${call}, list is length ${list.length}`)
  return list.slice(Number(start), Number(end))
}

function flatten(list: readonly Value[], depth = 1n): readonly Value[] {
  if (depth < 0n) fail('level must be non-negative')
  return list.flatMap((item) =>
    (Array.isArray(item) && depth > 0n ? flatten(item as readonly Value[], depth - 1n) : [item]))
}

function sort(list: readonly Value[]): readonly Value[] {
  const form = (item: Value): unknown => Object(item).constructor
  if (list.some((item) => form(item) !== form(list[0]!))) fail('list elements must have the same type')
  return list.toSorted((left, right) => compare(left, right) ?? 0)
}

function rangeTo(size: bigint): readonly Value[] {
  if (size < 0n) fail(`lists.range: size must be non-negative, got ${size}`)
  if (size > longestRange) fail(`lists.range: size ${size} exceeds maximum allowed (${longestRange})`)
  return Array.from({ length: Number(size) }, (_, at) => BigInt(at))
}

function distinct(list: readonly Value[]): readonly Value[] {
  const found: Value[] = []
  for (const item of list) if (!found.some((each) => equal(each, item))) found.push(item)
  return found
}

export const listFormFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['slice', [member('list_slice', [listOf(a), intType, intType], listOf(a), slice, {
    ...once, cost: ([, start, end]) => Math.max(0, Number(end as bigint) - Number(start as bigint)) + baseCost,
  })]],
  ['flatten', [
    member('list_flatten', [listOf(listOf(a))], listOf(a), (list: readonly Value[]) => flatten(list), once),
    member('list_flatten_int', [listOf(dynType), intType], listOf(dynType), flatten, {
      cost: ([list, depth]) => Math.max(0, Number(depth as bigint)) * sizeOf(list!) + baseCost,
      estimate: () => ({ cost: { min: baseCost, max: Infinity } }),
    }),
  ]],
  ['sort', ordered.map((type) =>
    member(`list_${type.kind}_sort`, [listOf(type)], listOf(type), sort, squared(type)))],
  ['lists.range', [plain('lists_range', [intType], listOf(intType), rangeTo, {
    cost: ([size]) => Math.max(0, Number(size as bigint)) + baseCost,
    estimate: () => ({ cost: { min: baseCost, max: Infinity } }),
  })]],
  ['reverse', [member('list_reverse', [listOf(a)], listOf(a), (list: readonly Value[]) => list.toReversed(), once)]],
  ['distinct', [member('list_distinct', [listOf(a)], listOf(a), distinct, squared(undefined))]],
])
