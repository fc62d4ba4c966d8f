/** An OpenAPI v3 document as protobuf (gnostic's openapi.v3.Document). */
import { encodeProtobuf } from '#machinery/codec/protobuf.ts'
import { encodeYamlValue } from '#machinery/codec/yaml.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import type { Json, JsonObject } from './definitions.ts'

/**
 * Only the messages and fields that our documents have; numbers are gnostic's. Structs refer to each other by line:
 * see machinery/schema/table.ts.
 */
const table = loadSchemaTable(
  [
    '- Document [[["openapi","s",1,2],["info","1",2,2],["paths","2",4,2],["components","3",5,2]]]',
    '- Info [[["title","s",1,2],["version","s",6,2]]]',
    '- Paths [[["path","La4",1,2]]]',
    '- Components [[["schemas","20",1,2],["securitySchemes","22",7,2]]]',
    '- NamedPathItem [[["name","s",1,2],["value","5",2,2]]]',
    '- PathItem [[["get","6",4,2],["put","6",5,2],["post","6",6,2],["delete","6",7,2],["options","6",8,2],'
      + '["head","6",9,2],["patch","6",10,2],["parameters","La7",13,2]]]',
    '- Operation [[["tags","Las",1,2],["description","s",3,2],["operationId","s",5,2],["parameters","La7",6,2],'
      + '["requestBody","9",7,2],["responses","11",8,2],["extensions","La18",13,2]]]',
    '- ParameterOrReference [[["parameter","8",1,2]]]',
    '- Parameter [[["name","s",1,2],["in","s",2,2],["description","s",3,2],["required","b",4,2],["schema","16",10,2]]]',
    '- RequestBodyOrReference [[["requestBody","10",1,2]]]',
    '- RequestBody [[["description","s",1,2],["content","14",2,2],["required","b",3,2]]]',
    '- Responses [[["codes","La12",2,2]]]',
    '- NamedResponseOrReference [[["name","s",1,2],["value","25",2,2]]]',
    '- Response [[["description","s",1,2],["content","14",3,2]]]',
    '- MediaTypes [[["entries","La15",1,2]]]',
    '- NamedMediaType [[["name","s",1,2],["value","26",2,2]]]',
    '- SchemaOrReference [[["schema","17",1,2],["reference","27",2,2]]]',
    '- Schema [[["nullable","b",1,2],["title","s",9,2],["multipleOf","d",10,2],["maximum","d",11,2],'
      + '["exclusiveMaximum","b",12,2],["minimum","d",13,2],["exclusiveMinimum","b",14,2],["maxLength","l",15,2],'
      + '["minLength","l",16,2],["pattern","s",17,2],["maxItems","l",18,2],["minItems","l",19,2],'
      + '["uniqueItems","b",20,2],["maxProperties","l",21,2],["minProperties","l",22,2],["required","Las",23,2],'
      + '["enum","La19",24,2],["type","s",25,2],["allOf","La16",26,2],["oneOf","La16",27,2],["anyOf","La16",28,2],'
      + '["not","17",29,2],["items","28",30,2],["properties","20",31,2],["additionalProperties","29",32,2],'
      + '["default","30",33,2],["description","s",34,2],["format","s",35,2],["extensions","La18",36,2]]]',
    '- NamedAny [[["name","s",1,2],["value","19",2,2]]]',
    '- Any [[["yaml","s",2,2]]]',
    '- NamedSchemas [[["entries","La21",1,2]]]',
    '- NamedSchemaOrReference [[["name","s",1,2],["value","16",2,2]]]',
    '- SecuritySchemes [[["entries","La23",1,2]]]',
    '- NamedSecurityScheme [[["name","s",1,2],["value","24",2,2]]]',
    '- SecuritySchemeOrReference [[["scheme","31",1,2]]]',
    '- ResponseOrReference [[["response","13",1,2]]]',
    '- MediaType [[["schema","16",1,2]]]',
    '- Reference [[["ref","s",1,2]]]',
    '- ItemsItem [[["schema","La16",1,2]]]',
    '- AdditionalPropertiesItem [[["schema","16",1,2],["boolean","b",2,2]]]',
    '- DefaultType [[["number","d",1,6],["boolean","b",2,6],["string","s",3,6]]]',
    '- SecurityScheme [[["type","s",1,2],["description","s",2,2],["name","s",3,2],["in","s",4,2]]]',
  ].join('\n'),
  'proto3',
)

/** Members of a schema that are the same in both forms. */
const plainKeys = [
  'nullable', 'title', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength',
  'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'maxProperties', 'minProperties', 'required', 'type',
  'description', 'format',
] as const

/** The bytes of a document of `documents.ts`. */
export function encodeOpenApiV3(document: JsonObject): Uint8Array<ArrayBuffer> {
  const components = (document['components'] ?? {}) as JsonObject
  const schemes = entries(components['securitySchemes']).map(([name, scheme]) => ({ name, value: { scheme } }))
  return encodeProtobuf(
    {
      openapi: document['openapi'],
      info: document['info'],
      paths: { path: entries(document['paths']).map(([name, item]) => ({ name, value: pathItem(item) })) },
      components: { schemas: named(components['schemas']), securitySchemes: { entries: schemes } },
    },
    table.struct('Document'),
  )
}

function entries(value: Json | undefined): [string, JsonObject][] {
  return Object.entries((value ?? {}) as Record<string, JsonObject>)
}

function named(schemas: Json | undefined): object {
  return { entries: entries(schemas).map(([name, value]) => ({ name, value: schemaOrReference(value) })) }
}

function pathItem(item: JsonObject): object {
  const result: Record<string, unknown> = { parameters: parameters(item['parameters']) }
  for (const method of ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']) {
    if (item[method]) result[method] = operation(item[method] as JsonObject)
  }
  return result
}

function operation(value: JsonObject): object {
  const body = value['requestBody'] as JsonObject | undefined
  const codes = entries(value['responses']).map(([name, response]) => ({
    name,
    value: {
      response: {
        description: response['description'],
        ...(response['content'] && { content: mediaTypes(response['content']) }),
      },
    },
  }))
  return {
    tags: value['tags'],
    description: value['description'],
    operationId: value['operationId'],
    parameters: parameters(value['parameters']),
    ...(body && { requestBody: { requestBody: { ...body, content: mediaTypes(body['content']) } } }),
    responses: { codes },
    extensions: extensions(value),
  }
}

function parameters(value: Json | undefined): readonly object[] {
  return ((value ?? []) as readonly JsonObject[]).map((parameter) => ({
    parameter: { ...parameter, schema: schemaOrReference(parameter['schema'] as JsonObject) },
  }))
}

function mediaTypes(content: Json | undefined): object {
  return {
    entries: entries(content).map(([name, type]) => ({
      name,
      value: { schema: schemaOrReference(type['schema'] as JsonObject) },
    })),
  }
}

function schemaOrReference(value: JsonObject): object {
  return value['$ref'] === undefined ? { schema: schema(value) } : { reference: { ref: value['$ref'] } }
}

function schema(value: JsonObject): object {
  const result: Record<string, unknown> = { extensions: extensions(value) }
  for (const key of plainKeys) if (value[key] !== undefined) result[key] = value[key]
  if (value['default'] !== undefined) result['default'] = defaultValue(value['default'])
  if (value['enum']) result['enum'] = (value['enum'] as readonly Json[]).map(any)
  if (value['items']) result['items'] = { schema: [schemaOrReference(value['items'] as JsonObject)] }
  if (value['not']) result['not'] = schema(value['not'] as JsonObject)
  for (const key of ['allOf', 'oneOf', 'anyOf'] as const) {
    if (value[key]) result[key] = (value[key] as readonly JsonObject[]).map(schemaOrReference)
  }
  if (value['properties']) result['properties'] = named(value['properties'])
  const additional = value['additionalProperties']
  if (additional !== undefined) {
    result['additionalProperties'] =
      typeof additional === 'boolean' ? { boolean: additional } : { schema: schemaOrReference(additional as JsonObject) }
  }
  return result
}

/** Only scalars can be told; of any other default there remains that there is one. */
function defaultValue(value: Json): object {
  switch (typeof value) {
    case 'number': return { number: value }
    case 'boolean': return { boolean: value }
    case 'string': return { string: value }
    default: return {}
  }
}

/** `x-…` members; their values travel as YAML texts. */
function extensions(value: JsonObject): readonly object[] {
  return Object.entries(value)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, inner]) => ({ name, value: any(inner) }))
}

function any(value: Json): object {
  return { yaml: encodeYamlValue(value) }
}
