/** A custom resource's schema as OpenAPI documents show it (upstream: apiextensions' controller/openapi). */
import type { Json, JsonObject } from './definitions.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const metadataOf = {
  2: { $ref: `#/definitions/${meta}` }, 3: { allOf: [{ $ref: `#/components/schemas/${meta}` }] },
} as const
/** OpenAPI v2 has none of these, and defaults are not told there. */
const logic = ['allOf', 'anyOf', 'oneOf', 'not', 'nullable', 'default'] as const

/** What OpenAPI v2 cannot say is left out, so that its readers do not refuse what the server accepts. */
export function openApiSchema(schema: JsonObject, version: 2 | 3): JsonObject {
  const own: Record<string, Json> = { ...schema }
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (version === 2) simplify(own, schema, preserves)
  else if (schema['x-kubernetes-int-or-string'] === true && !own['anyOf']) {
    own['anyOf'] = [{ type: 'integer' }, { type: 'string' }]
  }
  const each = (value: Json): Json => openApiSchema(value as JsonObject, version)
  if (isObject(own['properties'])) {
    own['properties'] = Object.fromEntries(Object.entries(own['properties']).map(([key, value]) => [key, each(value)]))
  }
  if (isObject(own['items'])) own['items'] = each(own['items'])
  if (isObject(own['additionalProperties'])) own['additionalProperties'] = each(own['additionalProperties'])
  if (schema['x-kubernetes-embedded-resource'] !== true || (version === 2 && preserves)) return own
  const required = (own['required'] ?? []) as readonly string[]
  return {
    ...own, required: [...new Set([...required, 'kind', 'apiVersion'])],
    properties: {
      ...(own['properties'] as JsonObject | undefined),
      apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: metadataOf[version],
    },
  }
}

function simplify(own: Record<string, Json>, schema: JsonObject, preserves: boolean): void {
  for (const key of logic) delete own[key]
  if (schema['nullable'] === true || preserves) {
    delete own['items']
    delete own['properties']
  }
  // Clients stumble over lists without items, and over objects that may hold anything.
  const isOpen = preserves && schema['type'] === 'object'
  const isBare = schema['type'] === 'array' && !own['items']
  if (schema['nullable'] === true || isOpen || isBare) delete own['type']
  const properties = (own['properties'] ?? {}) as JsonObject
  const nullable = Object.keys(properties).filter((key) => isNullable(properties[key]))
  if (isNullable(schema['additionalProperties'])) delete own['required']
  else if (nullable.length > 0 && own['required']) {
    own['required'] = (own['required'] as readonly string[]).filter((key) => !nullable.includes(key))
  }
}

function isNullable(value: Json | undefined): boolean {
  return isObject(value) && value['nullable'] === true
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
