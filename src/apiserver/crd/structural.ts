/** A structural schema: what an OpenAPI v3 schema declares, ready to be walked beside a value. */
import type { JSONSchemaProps } from '#api/gen/apiextensions-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'

export type JsonSchema = DeepReadonly<JSONSchemaProps>

export interface Structural {
  /** Empty where the schema says none (preserved or int-or-string). */
  readonly type: string
  readonly properties: ReadonlyMap<string, Structural>
  /** undefined: the keys are known; 'any': `additionalProperties: true`, which declares nothing of the values. */
  readonly additional: Structural | 'any' | undefined
  readonly items: Structural | undefined
  readonly nullable: boolean
  readonly preserve: boolean
  readonly embedded: boolean
  readonly intOrString: boolean
  /** undefined: none. Pruned as everything else; never changed, so whoever uses it makes a copy. */
  readonly defaultValue: unknown
  readonly listType: 'atomic' | 'set' | 'map' | undefined
  readonly mapKeys: readonly string[]
  readonly mapType: 'granular' | 'atomic' | undefined
  /** Value rules and logic (`pattern`, `anyOf`) are read from here. */
  readonly schema: JsonSchema
}

/** Never throws: what is not structural has been refused when the definition was validated. */
export function compileStructural(schema: JsonSchema): Structural {
  const properties = new Map<string, Structural>()
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    properties.set(name, compileStructural(property))
  }
  const { items, additionalProperties } = schema
  const structural: Structural = {
    type: schema.type ?? '',
    properties,
    additional: additionalProperties === undefined ? undefined
      : typeof additionalProperties === 'object' && 'length' in additionalProperties === false
        ? compileStructural(additionalProperties as JsonSchema) : 'any',
    items: items === undefined || Array.isArray(items) ? undefined : compileStructural(items as JsonSchema),
    nullable: schema.nullable ?? false,
    preserve: schema['x-kubernetes-preserve-unknown-fields'] ?? false,
    embedded: schema['x-kubernetes-embedded-resource'] ?? false,
    intOrString: schema['x-kubernetes-int-or-string'] ?? false,
    defaultValue: undefined,
    listType: schema['x-kubernetes-list-type'] as Structural['listType'],
    mapKeys: schema['x-kubernetes-list-map-keys'] ?? [],
    mapType: schema['x-kubernetes-map-type'] as Structural['mapType'],
    schema,
  }
  if (schema.default === undefined || schema.default === null) return structural
  const defaultValue = cloneJson(schema.default)
  pruneValue(defaultValue, structural)
  return { ...structural, defaultValue }
}

/** Whether the schema fills in anything anywhere. */
export function hasDefaults({ defaultValue, properties, additional, items }: Structural): boolean {
  return defaultValue !== undefined || [...properties.values()].some(hasDefaults)
    || (items !== undefined && hasDefaults(items)) || (typeof additional === 'object' && hasDefaults(additional))
}

/** The schema of one key's value; 'undeclared' for a key that the schema does not have. */
export function structuralOf(structural: Structural, key: string): Structural | 'any' | 'undeclared' {
  return structural.properties.get(key) ?? structural.additional ?? 'undeclared'
}

/** Drops what the schema does not declare, and gives the paths of it: `spec.items[0].name`. */
export function pruneObject(object: Record<string, unknown>, structural: Structural): readonly string[] {
  const pruned: string[] = []
  prune(object, { ...structural, embedded: true }, '', pruned)
  return pruned.toSorted()
}

function pruneValue(value: unknown, structural: Structural): void {
  prune(value, structural, '', [])
}

const metaFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

function prune(value: unknown, structural: Structural | 'any' | undefined, path: string, pruned: string[]): void {
  if (typeof value !== 'object' || value === null) return
  // `additionalProperties: true` has no schema for what is in the values.
  const known = structural === 'any' ? undefined : structural
  if (Array.isArray(value)) {
    // What is preserved in a list is preserved in its items.
    const items = known?.preserve && known.items ? { ...known.items, preserve: true } : known?.items
    if (known?.preserve && !items) return
    value.forEach((item, index) => prune(item, items, `${path}[${index}]`, pruned))
    return
  }
  const object = value as Record<string, unknown>
  for (const key of Object.keys(object)) {
    if (known?.embedded && metaFields.has(key)) continue
    const below = known ? structuralOf(known, key) : 'undeclared'
    const at = path === '' ? key : `${path}.${key}`
    if (below !== 'undeclared') prune(object[key], below, at, pruned)
    else if (!known?.preserve) {
      pruned.push(at)
      delete object[key]
    }
  }
}
