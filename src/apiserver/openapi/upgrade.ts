/** OpenAPI v2 of a server that has no v3, as v3: what kubectl explain reads. Pure; upstream's openapiconv. */
import type { Json, JsonObject } from './definitions.ts'
import type { ForeignPart } from './merge.ts'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
const anyType: readonly string[] = ['*/*']

/** Lossy where v3 has no place for what v2 says. */
export function upgradePart({ paths, definitions }: ForeignPart, serverVersion: string): JsonObject {
  return {
    openapi: '3.0.0', info: { title: 'Kubernetes', version: serverVersion },
    paths: mapValues(paths, upgradePath), components: { schemas: mapValues(definitions, upgradeSchema) },
  }
}

function mapValues(object: Readonly<Record<string, Json>>, change: (value: never) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value as never)]))
}

function upgradePath(item: JsonObject): JsonObject {
  const result: Record<string, Json> = {}
  for (const [key, value] of Object.entries(item)) {
    if (key === 'parameters') result[key] = parametersOf(value)
    else result[key] = methods.includes(key) ? upgradeOperation(value as JsonObject) : value
  }
  return result
}

function upgradeOperation(operation: JsonObject): JsonObject {
  const { consumes, produces, parameters, responses, schemes: _, ...rest } = operation
  const all = (parameters ?? []) as readonly JsonObject[]
  const body = all.find((parameter) => parameter['in'] === 'body')
  return {
    ...rest,
    ...(all.some((parameter) => parameter !== body) && { parameters: parametersOf(all) }),
    ...(body && {
      requestBody: { content: contentOf(consumes, body['schema']), ...pick(body, ['description']) },
    }),
    responses: mapValues((responses ?? {}) as JsonObject, ({ schema, ...response }: JsonObject) =>
      ({ ...response, ...(schema !== undefined && { content: contentOf(produces, schema) }) })),
  }
}

function contentOf(types: Json | undefined, schema: Json | undefined): JsonObject {
  const given = (types ?? []) as readonly string[]
  const content = { schema: upgradeSchema(schema ?? {}) }
  return Object.fromEntries((given.length > 0 ? given : anyType).map((type) => [type, content]))
}

/** The body is none in v3. What v2 says of a value beside the name becomes its schema. */
function parametersOf(parameters: Json): Json {
  return (parameters as readonly JsonObject[]).filter((parameter) => parameter['in'] !== 'body').map((parameter) => {
    const { name, in: place, description, required, allowEmptyValue: _, collectionFormat: __, ...schema } = parameter
    return { name, in: place, ...pick({ description, required }, ['description', 'required']), schema } as JsonObject
  })
}

function pick(object: Readonly<Record<string, Json | undefined>>, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (object[key] === undefined ? [] : [[key, object[key]]])))
}

/** The same in both, but for where schemas are, and that in v3 a reference stands alone. */
function upgradeSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => upgradeSchema(item))
  if (value === null || typeof value !== 'object') return value
  const { $ref: reference, ...rest } = value as JsonObject
  const others = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, upgradeSchema(inner)]))
  // A property may be called so.
  if (typeof reference !== 'string') return reference === undefined ? others : { ...others, $ref: upgradeSchema(reference) }
  const moved = { $ref: reference.replace('#/definitions/', '#/components/schemas/') }
  return Object.keys(others).length === 0 ? moved : { ...others, allOf: [moved] }
}
