/** Rules of lists and maps whose items have rules of their own: how many, and which twice. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, tooMany } from '#machinery/errors/field-errors.ts'

/** The rules of one item. `path` leads to it. */
type ItemRules<Item> = (item: Item, path: string) => FieldError[]

/** A list that is too long is refused whole: nobody reads the faults of ten thousand items. */
export function validateList<Item>(
  items: readonly Item[] | undefined, limit: number, rules: ItemRules<Item>, path: string,
): FieldError[] {
  if (!items) return []
  if (items.length > limit) return [tooMany(path, items.length, limit)]
  return items.flatMap((item, index) => rules(item, `${path}[${index}]`))
}

/** A list in which no two items may have the same key. The key of a repeated item is its fault's value. */
export function validateSet<Item>(
  items: readonly Item[] | undefined,
  limit: number,
  rules: ItemRules<Item>,
  keyOf: (item: Item) => string,
  path: string,
): FieldError[] {
  const errors = validateList(items, limit, rules, path)
  if (!items || items.length > limit) return errors
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const key = keyOf(item)
    if (seen.has(key)) errors.push(duplicateValue(`${path}[${index}]`, key))
    seen.add(key)
  }
  return errors
}

export interface MapRules<Value> {
  readonly limit: number
  /** A longer key is shown without its middle in the paths of faults. */
  readonly shownKeyLength: number
  readonly key: (key: string, path: string) => FieldError[]
  readonly value: (value: Value, path: string) => FieldError[]
}

/** Faults of keys are told at the map, faults of values at `path[key]`. */
export function validateMap<Value>(
  map: Readonly<Record<string, Value>> | undefined, rules: MapRules<Value>, path: string,
): FieldError[] {
  const entries = Object.entries(map ?? {})
  if (entries.length > rules.limit) return [tooMany(path, entries.length, rules.limit)]
  return entries.flatMap(([key, value]) => [
    ...rules.key(key, path),
    ...rules.value(value, `${path}[${withoutMiddle(key, rules.shownKeyLength)}]`),
  ])
}

function withoutMiddle(key: string, limit: number): string {
  if (key.length <= limit) return key
  const kept = limit - '...'.length
  return `${key.slice(0, Math.ceil(kept / 2))}...${key.slice(key.length - Math.floor(kept / 2))}`
}
