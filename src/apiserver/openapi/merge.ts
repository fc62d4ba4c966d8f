/** Another server's OpenAPI v2 as part of ours: its version's paths, and the definitions that they need. Pure. */
import { deepEqual } from '#base/deep-equal.ts'
import type { GroupVersion } from '#machinery/meta/group-version.ts'
import type { Json, JsonObject } from './definitions.ts'
import { encodeOpenApiV2 } from './gnostic.ts'

/** What was taken of another server's document. */
export interface ForeignPart {
  /** Names the content. */
  readonly etag: string
  readonly paths: Readonly<Record<string, JsonObject>>
  readonly definitions: Readonly<Record<string, JsonObject>>
}

const definitionPrefix = '#/definitions/'
const parameterPrefix = '#/parameters/'
const kindsKey = 'x-kubernetes-group-version-kind'

/**
 * The paths below the version, and every definition that they lead to. Throws when the document is of another shape
 * than ours, for then it cannot be told to those who ask for protobuf.
 */
export function takePart(document: JsonObject, { group, version }: GroupVersion, etag: string): ForeignPart {
  const prefix = `/apis/${group}/${version}/`
  const parameters = (document['parameters'] ?? {}) as JsonObject
  const paths: Record<string, JsonObject> = {}
  for (const [path, item] of Object.entries((document['paths'] ?? {}) as Record<string, JsonObject>)) {
    if (path.startsWith(prefix)) paths[path] = inline(item, parameters) as JsonObject
  }
  const all = (document['definitions'] ?? {}) as Record<string, JsonObject>
  const definitions: Record<string, JsonObject> = {}
  const waiting: Json[] = Object.values(paths)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    eachReference(next, (name) => {
      const definition = all[name]
      if (!definition || name in definitions) return
      definitions[name] = definition
      waiting.push(definition)
    })
  }
  encodeOpenApiV2({ swagger: '2.0', paths, definitions })
  return { etag, paths, definitions }
}

/**
 * Ours wins where both have a path. A definition that differs from ours of the same name is added under another one
 * (`name_v2`), as upstream does.
 */
export function mergeParts(own: JsonObject, parts: readonly ForeignPart[]): JsonObject {
  if (parts.length === 0) return own
  const paths = { ...(own['paths'] as Record<string, JsonObject>) }
  const definitions = { ...(own['definitions'] as Record<string, JsonObject>) }
  for (const part of parts) {
    const names = new Map<string, string>()
    for (const [name, definition] of Object.entries(part.definitions)) {
      names.set(name, placeOf(name, definition, definitions, new Set(names.values())))
    }
    const rename = (name: string): string => names.get(name) ?? name
    for (const [name, definition] of Object.entries(part.definitions)) {
      const place = rename(name)
      const known = definitions[place]
      definitions[place] = known ? withKindsOf(known, definition) : renamed(definition, rename) as JsonObject
    }
    for (const [path, item] of Object.entries(part.paths)) {
      if (!(path in paths)) paths[path] = renamed(item, rename) as JsonObject
    }
  }
  const sorted = Object.fromEntries(Object.entries(paths).toSorted(([left], [right]) => (left < right ? -1 : 1)))
  return { ...own, paths: sorted, definitions }
}

/** The first of `name`, `name_v2`, `name_v3`… that is free, or has the same definition. */
function placeOf(
  name: string, definition: JsonObject, known: Readonly<Record<string, JsonObject>>, given: ReadonlySet<string>,
): string {
  const isOpen = (place: string): boolean => {
    const other = known[place]
    return !given.has(place) && (!other || isSame(other, definition))
  }
  let place = name
  for (let count = 2; !isOpen(place); count++) place = `${name}_v${count}`
  return place
}

/** For which kinds a definition stands makes no difference to what it says. */
function isSame({ [kindsKey]: _, ...left }: JsonObject, { [kindsKey]: __, ...right }: JsonObject): boolean {
  return deepEqual(left, right)
}

function withKindsOf(known: JsonObject, other: JsonObject): JsonObject {
  const kinds = (known[kindsKey] ?? []) as readonly Json[]
  const more = ((other[kindsKey] ?? []) as readonly Json[]).filter((kind) => !kinds.some((has) => deepEqual(has, kind)))
  return more.length === 0 ? known : { ...known, [kindsKey]: [...kinds, ...more] }
}

/** With each reference to a shared parameter replaced by the parameter. */
function inline(value: Json, parameters: JsonObject): Json {
  return mapObjects(value, (object) => {
    const reference = object['$ref']
    return typeof reference === 'string' && reference.startsWith(parameterPrefix)
      ? parameters[reference.slice(parameterPrefix.length)] : undefined
  })
}

function renamed(value: Json, rename: (name: string) => string): Json {
  return mapObjects(value, (object) => {
    const reference = object['$ref']
    if (typeof reference !== 'string' || !reference.startsWith(definitionPrefix)) return undefined
    return { ...object, $ref: definitionPrefix + rename(reference.slice(definitionPrefix.length)) }
  })
}

/** A copy in which every object for which `replace` gives another one is that one. */
function mapObjects(value: Json, replace: (object: JsonObject) => Json | undefined): Json {
  if (Array.isArray(value)) return value.map((item: Json) => mapObjects(item, replace))
  if (value === null || typeof value !== 'object') return value
  const object = value as JsonObject
  return replace(object)
    ?? Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, mapObjects(inner, replace)]))
}

function eachReference(value: Json, tell: (name: string) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) eachReference(item, tell)
  } else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value as JsonObject)) {
      if (key === '$ref' && typeof inner === 'string' && inner.startsWith(definitionPrefix)) {
        tell(inner.slice(definitionPrefix.length))
      } else {
        eachReference(inner, tell)
      }
    }
  }
}
