/** How two OpenAPI documents differ, apart from their texts and from what a newer release has added. */

export interface Difference {
  /** Keys from the document's root, joined by spaces. */
  readonly at: string
  readonly upstream: unknown
  readonly ours: unknown
}

/** Keys under which names are the writer's own, so that a missing `description` there is a missing field. */
const containers = new Set(['properties', 'schemas', 'definitions', 'paths'])

/** What a newer release says of fields of which an older one said nothing. */
const laterKeys = new Set([
  'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type', 'enum', 'default',
])
/** Types with their own JSON form: since 1.28 no default is told for them. */
const ownForm = /\.(Quantity|Time|MicroTime|Duration|IntOrString|RawExtension|FieldsV1)$/

/**
 * Everything in which `ours` does not say what `upstream` says. Properties, definitions, parameters and required names
 * that only ours has are a newer release's and no difference; every other surplus is one.
 */
export function openApiDifferences(upstream: unknown, ours: unknown): readonly Difference[] {
  const found: Difference[] = []
  compare(upstream, ours, [], found)
  return found
}

function compare(upstream: unknown, ours: unknown, path: readonly string[], found: Difference[]): void {
  const at = path.join(' ')
  if (Array.isArray(upstream) && Array.isArray(ours)) compareLists(upstream, ours, path, found)
  else if (isObject(upstream) && isObject(ours)) compareObjects(upstream, ours, path, found)
  else if (JSON.stringify(upstream) !== JSON.stringify(ours)) found.push({ at, upstream, ours })
}

function compareObjects(
  upstream: Readonly<Record<string, unknown>>,
  ours: Readonly<Record<string, unknown>>,
  path: readonly string[],
  found: Difference[],
): void {
  const target = ownFormTarget(upstream)
  if (target !== undefined && target === ownFormTarget(ours)) return
  const isContainer = containers.has(path.at(-1) ?? '')
  for (const key of new Set([...Object.keys(upstream), ...Object.keys(ours)])) {
    if (key === 'description' && !isContainer && path.at(-2) !== 'responses') continue
    if ((isContainer || laterKeys.has(key)) && !Object.hasOwn(upstream, key)) continue
    if (key === 'required' && path.at(-1) === 'requestBody') continue
    if (key === 'x-kubernetes-group-version-kind' && /\.(WatchEvent|DeleteOptions)$/.test(path.at(-1) ?? '')) continue
    compare(upstream[key], ours[key], [...path, key], found)
  }
}

/** The target of a reference to a type with its own JSON form. */
function ownFormTarget(schema: Readonly<Record<string, unknown>>): string | undefined {
  const [inner] = Array.isArray(schema['allOf']) ? schema['allOf'] as readonly unknown[] : [schema]
  const target = isObject(inner) ? inner['$ref'] : undefined
  return typeof target === 'string' && ownForm.test(target) ? target : undefined
}

function compareLists(
  upstream: readonly unknown[],
  ours: readonly unknown[],
  path: readonly string[],
  found: Difference[],
): void {
  const named = upstream.every((item) => isObject(item) && typeof item['name'] === 'string')
  if (named && path.at(-1) === 'parameters') {
    const byName = (list: readonly unknown[]): Record<string, unknown> =>
      Object.fromEntries(list.map((item) => [(item as { name: string }).name, item]))
    const mine = byName(ours)
    for (const [name, item] of Object.entries(byName(upstream))) compare(item, mine[name], [...path, name], found)
    return
  }
  if (path.at(-1) === 'required') {
    const missing = upstream.filter((name) => !ours.includes(name))
    if (missing.length > 0) found.push({ at: path.join(' '), upstream, ours })
    return
  }
  for (let index = 0; index < Math.max(upstream.length, ours.length); index += 1) {
    compare(upstream[index], ours[index], [...path, String(index)], found)
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
