/** Reads JSON-shaped objects whose type is not known: what is absent or of another kind is empty. */

export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value under a path of keys; undefined when a part is missing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const key of path) {
    if (!isObject(current) || !Object.hasOwn(current, key)) return undefined
    current = current[key]
  }
  return current ?? undefined
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path)
  return typeof found === 'string'
    ? found
    : typeof found === 'number' || typeof found === 'bigint' || typeof found === 'boolean'
      ? String(found)
      : ''
}

export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : typeof found === 'bigint' ? Number(found) : 0
}

export function objectAt(value: unknown, ...path: readonly string[]): Json {
  const found = at(value, ...path)
  return isObject(found) ? found : {}
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

/** A map of texts: labels, annotations, selectors. */
export function textsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(objectAt(value, ...path)).map(([key, inner]) => [key, String(inner)]))
}

export function nameOf(object: unknown): string {
  return textAt(object, 'metadata', 'name')
}

export function namespaceOf(object: unknown): string {
  return textAt(object, 'metadata', 'namespace')
}

/** A copy in which the value under the path is replaced; undefined removes it. Parents are made. */
export function withValue(value: unknown, path: readonly string[], replacement: unknown): Json {
  const object = isObject(value) ? value : {}
  const [key, ...rest] = path
  if (key === undefined) return object
  const inner = rest.length === 0 ? replacement : withValue(object[key], rest, replacement)
  if (inner === undefined) return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
  return { ...object, [key]: inner }
}

/** Keys in Go's order (by bytes). */
export function sortedEntries<V>(map: Readonly<Record<string, V>>): [string, V][] {
  return Object.entries(map).toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
}

/** The items of a list object; undefined for anything that is no list. */
export function itemsIn(object: Json): readonly Json[] | undefined {
  const items = object['items']
  return Array.isArray(items) && textAt(object, 'kind').endsWith('List') ? items.filter(isObject) : undefined
}
