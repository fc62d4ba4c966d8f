/**
 * JSON with upstream's meaning (sigs.k8s.io/json): names are case-sensitive, null is absence, unknown and repeated
 * fields are told,
 * wrong types fail in Go's words. The usual text goes through the platform's parser and one walk; only what that would
 * falsify (repeated keys, numbers beyond 2^53, halves of surrogate pairs, malformed text) takes the slow way.
 *
 * Numbers: 64-bit integers are numbers up to 2^53 and bigints beyond, in both directions.
 * Keys: `__proto__`, `constructor`, `toJSON` and `then` are ordinary own keys; no decoded object has another
 * prototype than Object's.
 */
import { utf8Decode } from '#base/bytes.ts'
import type { StructSchema } from '../schema/schema.ts'
import { applyStruct, isObject, makeDecodeContext, repeatedKeys } from './json-decode.ts'
import { writeSortedValue, writeStruct } from './json-encode.ts'
import { JsonError, maxJsonDepth, parseJsonExactly, type ParsedJson } from './json-parse.ts'
import { countKeys, scanJson } from './json-scan.ts'

export { JsonError }

/** As `fieldValidation`: 'Strict' and 'Warn' both collect problems; what to do with them is the caller's matter. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface Decoded<T = Record<string, unknown>> {
  readonly object: T
  /**
   * `unknown field "spec.foo"`, `duplicate field "spec.bar"`: the sentences of the Warning header, and of strictError.
   */
  readonly problems: readonly string[]
}

/** Throws JsonError: for text that is not JSON, and for the first value of a wrong type. */
export function decodeJson(
  input: Uint8Array | string, schema: StructSchema, options: { readonly strict: FieldValidation },
): Decoded {
  return decodeParsed(readJson(input, options.strict !== 'Ignore'), schema, options)
}

/** Throws JsonError. Takes the value for itself: it is changed in place. */
export function decodeValue(
  value: unknown, schema: StructSchema, options: { readonly strict: FieldValidation },
): Decoded {
  return decodeParsed({ value, duplicates: new Map() }, schema, options)
}

/** See decodeJson. */
export function decodeParsed(
  parsed: ParsedJson, schema: StructSchema, { strict }: { readonly strict: FieldValidation },
): Decoded {
  const { value } = parsed
  const context = makeDecodeContext(schema, strict !== 'Ignore', parsed)
  if (!isObject(value)) {
    throw new JsonError(
      `json: cannot unmarshal ${kindOf(value)} into Go value of type ${schema.name.split('.').slice(-2).join('.')}`,
    )
  }
  applyStruct(context, value, schema, 0)
  return { object: value, problems: context.problems }
}

/** An object without a schema (a custom resource): only repeated fields are problems. Throws JsonError. */
export function decodeUnstructured(
  input: Uint8Array | string, { strict }: { readonly strict: FieldValidation },
): Decoded {
  const parsed = readJson(input, strict !== 'Ignore')
  const { value } = parsed
  if (!isObject(value)) {
    throw new JsonError(`json: cannot unmarshal ${kindOf(value)} into Go value of type map[string]interface {}`)
  }
  return { object: value, problems: duplicateProblems(parsed) }
}

/** Any JSON value; integers are exact. Throws JsonError. `findDuplicates` costs a count of keys. */
export function readJson(input: Uint8Array | string, findDuplicates: boolean): ParsedJson {
  const text = typeof input === 'string' ? input : utf8Decode(input)
  const scan = scanJson(text)
  if (scan.depth > maxJsonDepth) throw new JsonError('exceeded max depth')
  if (scan.unusualNumbers || scan.surrogates) return parseJsonExactly(text)
  const value = parseOrUndefined(text)
  if (value === undefined || (findDuplicates && countKeys(value) !== scan.keys)) return parseJsonExactly(text)
  return { value, duplicates: noDuplicates }
}

const noDuplicates: ParsedJson['duplicates'] = new Map()

/** undefined for what is not JSON: the exact parser then says why, in Go's words. */
function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The whole sentence that upstream answers for `fieldValidation=Strict`. */
export function strictError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(', ')}`
}

/** In Go's order of fields. Upstream's server ends a document with a line feed, which is not part of this text. */
export function encodeJson(object: object, schema: StructSchema): string {
  return writeStruct(object as Readonly<Record<string, unknown>>, schema)
}

/** Keys sorted at every level: how upstream writes custom resources. */
export function encodeUnstructured(object: object): string {
  return writeSortedValue(object)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'number'
  return value === null ? 'null' : typeof value
}

const noSchema: StructSchema = {
  name: '', fields: [], fieldsByName: new Map(), fieldsByNumber: new Map(), mapType: 'granular',
}

/** `duplicate field "spec.foo"` for every key that an object without a schema has more than once. */
export function duplicateProblems(parsed: ParsedJson): readonly string[] {
  const { value: root, duplicates } = parsed
  if (duplicates.size === 0) return []
  const context = makeDecodeContext(noSchema, true, parsed)
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > 1000) return
    const repeated = repeatedKeys(context, value, depth)
    for (const [key, inner] of Object.entries(value)) {
      repeated?.pass()
      context.path[depth] = Array.isArray(value) ? Number(key) : key
      visit(inner, depth + 1)
    }
    repeated?.pass()
  }
  visit(root, 0)
  return context.problems
}
