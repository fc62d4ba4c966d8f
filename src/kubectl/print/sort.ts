/**
 * Sorts by a field that a path names, as --sort-by does: numbers and times as such, quantities by amount,
 * texts naturally.
 */
import { compareQuantities, parseQuantity, QuantityError } from '#machinery/quantity.ts'
import { CommandError } from '../errors.ts'
import type { Json } from '../fields.ts'
import { executeJsonPath, parseJsonPath, relaxJsonPath } from '../jsonpath.ts'

/** Stable. `objectOf` gives what the path is looked up in. Throws when no object has the field. */
export function sortByField<T>(items: readonly T[], sortBy: string, objectOf: (item: T) => Json): readonly T[] {
  if (items.length === 0) return items
  const expression = /^\{.*\}$/.test(sortBy) ? sortBy : relaxJsonPath(sortBy)
  const path = parseJsonPath(expression)
  const keyed = items.map((item) => ({ item, key: executeJsonPath(path, objectOf(item), true).flat()[0] }))
  if (keyed.every(({ key }) => key === undefined)) {
    throw new CommandError(`couldn't find any field with path "${expression}" in the list of objects`)
  }
  return keyed.toSorted((a, b) => compareValues(a.key, b.key)).map(({ item }) => item)
}

function compareValues(a: unknown, b: unknown): number {
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : -1
  if (b === undefined || b === null) return 1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  return compareTexts(JSON.stringify(a), JSON.stringify(b))
}

function compareTexts(a: string, b: string): number {
  if (/^[\d.]+([KMGTPE]i?|[munk])?$/.test(a) && /^[\d.]+([KMGTPE]i?|[munk])?$/.test(b)) {
    try {
      return compareQuantities(parseQuantity(a), parseQuantity(b))
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error
    }
  }
  return compareNaturally(a, b)
}

/** Runs of digits compare as numbers, everything else by character. */
function compareNaturally(a: string, b: string): number {
  const [partsA, partsB] = [a.match(/\d+|\D/g) ?? [], b.match(/\d+|\D/g) ?? []]
  for (let index = 0; index < Math.min(partsA.length, partsB.length); index++) {
    const [x, y] = [partsA[index]!, partsB[index]!]
    if (x === y) continue
    if (/^\d/.test(x) && /^\d/.test(y)) {
      const difference = BigInt(x) - BigInt(y)
      if (difference !== 0n) return difference < 0n ? -1 : 1
      return x.length - y.length
    }
    return x < y ? -1 : 1
  }
  return partsA.length - partsB.length
}
