/** The schema of every built-in type, ready to use. */
import { fromGoValue, goValue, sortedValue, withNulls } from '#machinery/codec/go-form.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { schemaTable } from './gen/schema-table.ts'

export const schemas = loadSchemaTable(schemaTable)

/** By the object's own kind and apiVersion; undefined for custom resources, and for what has no type. */
export function schemaOfType({ kind, apiVersion }: {
  readonly kind?: string | undefined
  readonly apiVersion?: string | undefined
}): StructSchema | undefined {
  if (!kind || !apiVersion) return undefined
  const slash = apiVersion.indexOf('/')
  return schemas.kind(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind)
}

/** As upstream's server would write it, ready for JSON.stringify; what has no schema is given back as it is. */
export function asGoWrites<T extends object>(object: T): T {
  const struct = schemaOfType(object)
  return struct ? goValue(object, struct) as T : object
}

/** The same for an object of a kind without Go types, a custom resource. */
export function asGoWritesUntyped<T extends object>(object: T): T {
  return sortedValue(object) as T
}

const metadataSchema = schemas.struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')

/** Metadata with upstream's nulls and order of keys, apart from their object. */
export function metadataAsGoWrites<T extends object>(metadata: T): T {
  return goValue(metadata, metadataSchema) as T
}

/** The same object with upstream's nulls, for whoever counts its fields. What needs none is shared. */
export function withNullsOfGo<T extends object>(object: T): T {
  const struct = schemaOfType(object)
  return struct ? withNulls(object, struct) : object
}

/** From JSON as upstream's server writes it to what this process works on, in place. `json` is its text. */
export function asWeRead<T extends object>(object: T, json: string): T {
  const struct = json.includes('null') ? schemaOfType(object) : undefined
  if (struct) fromGoValue(object, struct)
  return object
}
