/** An OpenAPI v2 document as protobuf (gnostic's openapi.v2.Document): the only form in which kubectl takes it. */
import { encodeProtobuf } from '#machinery/codec/protobuf.ts'
import { encodeYamlValue } from '#machinery/codec/yaml.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import type { Json, JsonObject } from './definitions.ts'

/**
 * Only the messages and fields that our documents have; numbers are gnostic's. Line numbers matter: structs refer to
 * each other by them.
 */
const table = loadSchemaTable(
  [
    '- Document [[["swagger","s",1,2],["info","1",2,2],["paths","2",8,2],["definitions","12",9,2],["security","La25",12,2],'
      + '["securityDefinitions","28",13,2]]]',
    '- Info [[["title","s",1,2],["version","s",2,2]]]',
    '- Paths [[["path","La3",2,2]]]',
    '- NamedPathItem [[["name","s",1,2],["value","4",2,2]]]',
    '- PathItem [[["get","5",2,2],["put","5",3,2],["post","5",4,2],["delete","5",5,2],["options","5",6,2],["head","5",7,2],["patch","5",8,2],["parameters","La6",9,2]]]',
    '- Operation [[["tags","Las",1,2],["description","s",3,2],["operationId","s",5,2],["produces","Las",6,2],["consumes","Las",7,2],["parameters","La6",8,2],["responses","9",9,2],["schemes","Las",10,2],["extensions","La14",13,2]]]',
    '- ParametersItem [[["parameter","7",1,2]]]',
    '- Parameter [[["body","8",1,2],["other","16",2,2]]]',
    '- BodyParameter [[["description","s",1,2],["name","s",2,2],["in","s",3,2],["required","b",4,2],["schema","13",5,2]]]',
    '- Responses [[["codes","La10",1,2]]]',
    '- NamedResponseValue [[["name","s",1,2],["value","11",2,2]]]',
    '- ResponseValue [[["response","17",1,2]]]',
    '- Definitions [[["entries","La18",1,2]]]',
    '- Schema [[["ref","s",1,2],["format","s",2,2],["title","s",3,2],["description","s",4,2],["default","15",5,2],["multipleOf","d",6,2],["maximum","d",7,2],["exclusiveMaximum","b",8,2],["minimum","d",9,2],["exclusiveMinimum","b",10,2],["maxLength","l",11,2],["minLength","l",12,2],["pattern","s",13,2],["maxItems","l",14,2],["minItems","l",15,2],["uniqueItems","b",16,2],["maxProperties","l",17,2],["minProperties","l",18,2],["required","Las",19,2],["enum","La15",20,2],["additionalProperties","19",21,2],["type","20",22,2],["items","21",23,2],["allOf","La13",24,2],["properties","12",25,2],["extensions","La14",31,2]]]',
    '- NamedAny [[["name","s",1,2],["value","15",2,2]]]',
    '- Any [[["yaml","s",2,2]]]',
    '- NonBodyParameter [[["query","22",3,2],["path","23",4,2]]]',
    '- Response [[["description","s",1,2],["schema","24",2,2]]]',
    '- NamedSchema [[["name","s",1,2],["value","13",2,2]]]',
    '- AdditionalPropertiesItem [[["schema","13",1,2],["boolean","b",2,2]]]',
    '- TypeItem [[["value","Las",1,2]]]',
    '- ItemsItem [[["schema","La13",1,2]]]',
    '- QueryParameterSubSchema [[["required","b",1,2],["in","s",2,2],["description","s",3,2],["name","s",4,2],'
      + '["type","s",6,2],["uniqueItems","b",20,2]]]',
    '- PathParameterSubSchema [[["required","b",1,2],["in","s",2,2],["description","s",3,2],["name","s",4,2],'
      + '["type","s",5,2],["uniqueItems","b",19,2]]]',
    '- SchemaItem [[["schema","13",1,2]]]',
    '- SecurityRequirement [[["entries","La26",1,2]]]',
    '- NamedStringArray [[["name","s",1,2],["value","27",2,2]]]',
    '- StringArray [[["value","Las",1,2]]]',
    '- SecurityDefinitions [[["entries","La29",1,2]]]',
    '- NamedSecurityDefinitionsItem [[["name","s",1,2],["value","30",2,2]]]',
    '- SecurityDefinitionsItem [[["apiKey","31",2,2]]]',
    '- ApiKeySecurity [[["type","s",1,2],["name","s",2,2],["in","s",3,2],["description","s",4,2]]]',
  ].join('\n'),
  'proto3',
)

const plainSchemaKeys = [
  'format',
  'title',
  'description',
  'multipleOf',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'maxProperties',
  'minProperties',
  'required',
]

export function encodeOpenApiV2(document: JsonObject): Uint8Array<ArrayBuffer> {
  return encodeProtobuf(
    {
      swagger: document['swagger'],
      info: document['info'],
      paths: { path: entries(document['paths']).map(([name, item]) => ({ name, value: pathItem(item) })) },
      definitions: named(document['definitions']),
      security: ((document['security'] ?? []) as readonly JsonObject[]).map((requirement) => ({
        entries: Object.entries(requirement).map(([name, value]) => ({ name, value: { value } })),
      })),
      ...(document['securityDefinitions'] && {
        securityDefinitions: {
          entries: entries(document['securityDefinitions']).map(([name, apiKey]) => ({ name, value: { apiKey } })),
        },
      }),
    },
    table.struct('Document'),
  )
}

function entries(value: Json | undefined): [string, JsonObject][] {
  return Object.entries((value ?? {}) as Record<string, JsonObject>)
}

function named(schemas: Json | undefined): object {
  return { entries: entries(schemas).map(([name, value]) => ({ name, value: schema(value) })) }
}

function pathItem(item: JsonObject): object {
  const result: Record<string, unknown> = {
    parameters: ((item['parameters'] ?? []) as readonly JsonObject[]).map(parameter),
  }
  for (const method of ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']) {
    if (item[method]) result[method] = operation(item[method] as JsonObject)
  }
  return result
}

function operation(value: JsonObject): object {
  return {
    tags: value['tags'],
    description: value['description'],
    operationId: value['operationId'],
    produces: value['produces'],
    consumes: value['consumes'],
    schemes: value['schemes'],
    parameters: ((value['parameters'] ?? []) as readonly JsonObject[]).map(parameter),
    responses: {
      codes: entries(value['responses']).map(([name, response]) => ({
        name,
        value: {
          response: {
            description: response['description'],
            ...(response['schema'] && { schema: { schema: schema(response['schema'] as JsonObject) } }),
          },
        },
      })),
    },
    extensions: extensions(value),
  }
}

function parameter(value: JsonObject): object {
  if (value['in'] === 'body') {
    return { parameter: { body: { ...value, schema: schema(value['schema'] as JsonObject) } } }
  }
  return { parameter: { other: value['in'] === 'path' ? { path: value } : { query: value } } }
}

function schema(value: JsonObject): object {
  const result: Record<string, unknown> = { extensions: extensions(value) }
  for (const key of plainSchemaKeys) if (value[key] !== undefined) result[key] = value[key]
  if (value['$ref'] !== undefined) result['ref'] = value['$ref']
  if (value['default'] !== undefined) result['default'] = any(value['default'])
  if (value['enum']) result['enum'] = (value['enum'] as readonly Json[]).map(any)
  if (value['type'] !== undefined) {
    result['type'] = { value: Array.isArray(value['type']) ? value['type'] : [value['type']] }
  }
  if (value['items']) result['items'] = { schema: [schema(value['items'] as JsonObject)] }
  if (value['allOf']) result['allOf'] = (value['allOf'] as readonly JsonObject[]).map(schema)
  if (value['properties']) result['properties'] = named(value['properties'])
  const additional = value['additionalProperties']
  if (additional !== undefined) {
    result['additionalProperties'] =
      typeof additional === 'boolean' ? { boolean: additional } : { schema: schema(additional as JsonObject) }
  }
  return result
}

/** `x-…` members; their values travel as YAML texts. */
function extensions(value: JsonObject): object[] {
  return Object.entries(value)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, inner]) => ({ name, value: any(inner) }))
}

function any(value: Json): object {
  return { yaml: encodeYamlValue(value) }
}
