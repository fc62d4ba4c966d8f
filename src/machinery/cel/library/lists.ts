/** Functions on lists (upstream's Lists library) and on lists as sets (cel-go's ext.Sets). */
import { fail, member, multiply, plain, walks, type Costs } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import {
  boolType, bytesType, doubleType, durationType, intType, listOf, parameter, stringType, timestampType, uintType,
  type Type,
} from '../types.ts'
import { compare, Duration, equal, sizeOf, Uint, type Value } from '../values.ts'

const a = parameter('A')
const ordered: readonly Type[] = [
  intType, uintType, doubleType, boolType, durationType, timestampType, stringType, bytesType,
]
const summed: readonly Type[] = [intType, uintType, doubleType, durationType]
const traversal = walks(0)

function isSorted(list: readonly Value[]): boolean {
  return list.every((item, at) => at === 0 || (compare(list[at - 1]!, item) ?? 1) <= 0)
}

function extreme(list: readonly Value[], name: 'min' | 'max'): Value {
  const first = list[0] ?? fail(`${name} called on empty list`)
  return list.reduce((best, item) => {
    const order = compare(item, best) ?? 0
    return (name === 'min' ? order < 0 : order > 0) ? item : best
  }, first)
}

function sumOf(list: readonly Value[], type: Type): Value {
  switch (type.kind) {
    case 'int': return (list as readonly bigint[]).reduce((sum, item) => sum + item, 0n)
    case 'uint': return new Uint((list as readonly Uint[]).reduce((sum, item) => sum + item.value, 0n))
    case 'double': return (list as readonly number[]).reduce((sum, item) => sum + item, 0)
    default: return new Duration((list as readonly Duration[]).reduce((sum, item) => sum + item.nanoseconds, 0n))
  }
}

export const listFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['isSorted', ordered.map((type) =>
    member(`list_${type.kind}_is_sorted_bool`, [listOf(type)], boolType, isSorted, traversal))],
  ['sum', summed.map((type) => member(`list_${type.kind}_sum_${type.kind}`, [listOf(type)], type,
    (list: readonly Value[]) => sumOf(list, type), traversal))],
  ...(['min', 'max'] as const).map((name) => [name, ordered.map((type) =>
    member(`list_${type.kind}_${name}_${type.kind}`, [listOf(type)], type,
      (list: readonly Value[]) => extreme(list, name), traversal))] as const),
  ['indexOf', [member('list_a_index_of_int', [listOf(a), a], intType, (list: readonly Value[], item: Value) =>
    BigInt(list.findIndex((each) => equal(each, item))), traversal)]],
  ['lastIndexOf', [member('list_a_last_index_of_int', [listOf(a), a], intType, (list: readonly Value[], item: Value) =>
    BigInt(list.findLastIndex((each) => equal(each, item))), traversal)]],
])

const both: Costs = {
  cost: ([left, right]) => sizeOf(left!) * sizeOf(right!),
  estimate: ([left, right]) => ({ cost: multiply(left!, right!) }),
}
const within = (list: readonly Value[], item: Value): boolean => list.some((each) => equal(each, item))
const containsAll = (list: readonly Value[], items: readonly Value[]): boolean =>
  items.every((item) => within(list, item))

export const setFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['sets.contains', [plain('list_sets_contains_list', [listOf(a), listOf(a)], boolType, containsAll, both)]],
  ['sets.equivalent', [plain('list_sets_equivalent_list', [listOf(a), listOf(a)], boolType,
    (left: readonly Value[], right: readonly Value[]) => containsAll(left, right) && containsAll(right, left), both)]],
  ['sets.intersects', [plain('list_sets_intersects_list', [listOf(a), listOf(a)], boolType,
    (left: readonly Value[], right: readonly Value[]) => left.some((item) => within(right, item)), both)]],
])
