/** Turns request bodies into objects of a kind, and prunes and defaults what patches and callers in process hand in. */
import type { ParsedJson } from '#machinery/codec/json-parse.ts'
import { decodeParsed, duplicateProblems, JsonError, readJson } from '#machinery/codec/json.ts'
import { decodeKubernetesProtobuf, ProtobufError } from '#machinery/codec/protobuf.ts'
import { parseYaml, YamlError } from '#machinery/codec/yaml.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import type { AnyKind, CustomSchema, KindVersion } from '#machinery/schema/define-kind.ts'
import type { StructSchema } from '#machinery/schema/schema.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { BodyError } from './body-error.ts'
import { fromWire } from './forms.ts'
import type { MediaType } from './negotiate.ts'

export interface DecodedObject {
  readonly object: KubeObject
  /** What strict decoding complains about: `unknown field "spec.foo"`, `duplicate field "spec.replicas"`. */
  readonly strictErrors: readonly string[]
}

export interface ParsedBody extends ParsedJson {
  /** What strict decoding complains about in the text itself. */
  readonly problems: readonly string[]
}

export interface ObjectCodec {
  /** A body as a JSON value, not yet of any kind. Throws BodyError. */
  parse(media: MediaType, body: Uint8Array, strict: boolean): ParsedBody
  /**
   * Brings a parsed body into the kind's shape, in place: unknown fields are dropped (and reported), values of a wrong
   * type throw
   * BodyError, defaults are filled in. The object is then in the kind's stored version.
   */
  decode(kind: AnyKind, version: KindVersion, parsed: ParsedJson, strict: boolean): DecodedObject
  /**
   * The same for a value that is not the caller's: it is neither kept nor changed. `applied`: it comes from an apply,
   * which upstream does not decode again, and so a custom resource keeps its nulls.
   */
  shape(kind: AnyKind, version: KindVersion, value: KubeObject, applied?: boolean): DecodedObject
}

export const deleteOptionsSchema = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'

const noDuplicates: ParsedJson['duplicates'] = new Map()

export function createObjectCodec(schemas: SchemaTable): ObjectCodec {
  const decode = (
    kind: AnyKind, version: KindVersion, parsed: ParsedJson, strict: boolean, applied = false,
  ): DecodedObject => {
    const resets = resetsManagers(parsed.value as KubeObject)
    const schema: StructSchema | undefined = schemas.has(version.schema) ? schemas.struct(version.schema) : undefined
    const { object, problems } = version.custom ? decodeCustom(parsed, version.custom, strict, applied)
      : schema ? decodeTyped(parsed, schema, strict)
      : { object: parsed.value as Record<string, unknown>, problems: strict ? duplicateProblems(parsed) : [] }
    const own = fromWire({ kind, version }, object as KubeObject)
    // What has no Go type has no list of nothing either: there it says nothing.
    if (resets && version.custom) delete own.metadata!.managedFields
    else if (resets) own.metadata!.managedFields = []
    translate(() => kind.setDefaults?.(own))
    return { object: own, strictErrors: problems }
  }
  return {
    decode,
    parse(media, body, strict) {
      if (media === 'protobuf') return { value: parseProtobuf(schemas, body), duplicates: noDuplicates, problems: [] }
      return translate(() => (media === 'yaml' ? parseYamlBody(body, strict) : { ...readJson(body, strict), problems: [] }))
    },
    shape: (kind, version, value, applied) =>
      decode(kind, version, { value: cloneJson(value), duplicates: noDuplicates }, true, applied),
  }
}

/** Of all empty lists this one means something: the writer wants nobody to own anything. */
function resetsManagers({ metadata }: KubeObject): boolean {
  return Array.isArray(metadata?.managedFields) && metadata.managedFields.length === 0
}

function decodeTyped(
  parsed: ParsedJson, schema: StructSchema, strict: boolean,
): { object: Record<string, unknown>; problems: readonly string[] } {
  return translate(() => decodeParsed(parsed, schema, { strict: strict ? 'Strict' : 'Ignore' }))
}

function decodeCustom(
  parsed: ParsedJson, custom: CustomSchema, strict: boolean, applied: boolean,
): { object: Record<string, unknown>; problems: readonly string[] } {
  const object = parsed.value as Record<string, unknown>
  const repeated = strict ? duplicateProblems(parsed) : []
  return translate(() => ({ object, problems: [...repeated, ...custom.shape(object, applied)] }))
}

/** The first document. JSON is YAML, and most clients that say YAML send it; but not all that begins so is JSON. */
function parseYamlBody(body: Uint8Array, strict: boolean): ParsedBody {
  if (body[0] === 0x7b) {
    try {
      return { ...readJson(body, strict), problems: [] }
    } catch (error) {
      if (!(error instanceof JsonError)) throw error
    }
  }
  const { documents, duplicates } = parseYaml(body)
  const problems =
    duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n${duplicates.map((line) => `  ${line}`).join('\n')}`]
  return { value: documents[0] ?? null, duplicates: noDuplicates, problems }
}

function parseProtobuf(schemas: SchemaTable, body: Uint8Array): KubeObject {
  return translate(() => decodeKubernetesProtobuf(body, (group, version, kind) =>
    // Every group has them, in each of its versions, and clients name the one that they speak to.
    kind === 'DeleteOptions' ? schemas.struct(deleteOptionsSchema) : schemas.kind(group, version, kind)))
}

function translate<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof JsonError || error instanceof ProtobufError || error instanceof YamlError) {
      throw new BodyError(error.message)
    }
    throw error
  }
}
