/** YAML with the meaning that it has for kubectl and the API server (go-yaml v2, then JSON), over js-yaml's parser. */
import {
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  FAILSAFE_SCHEMA,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type LoadOptions,
} from 'js-yaml'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import type { StructSchema } from '../schema/schema.ts'
import { decodeValue, encodeJson, readJson, type Decoded, type FieldValidation } from './json.ts'
import { isNull, resolveBoolean, resolveFloat, resolveInteger } from './yaml-resolve.ts'
import { writeYaml } from './yaml-write.ts'

/** The message starts with `yaml: `, or is what upstream's conversion to JSON says. */
export class YamlError extends Error {}

/** Collections within collections: more than any manifest has. */
const maxDepth = 1000
const maxMergeKeys = 100_000
/** Values that a document may have once its aliases are written out. */
const maxValues = 1_000_000

export interface ParsedYaml {
  /** JSON-shaped; integers beyond 2^53 are bigints. An empty document is null. */
  readonly documents: readonly unknown[]
  /** `line 3: key "a" already set in map`, as upstream has it; the last of equal keys wins. */
  readonly duplicates: readonly string[]
}

/** Every document of a stream. Throws YamlError. */
export function parseYaml(input: Uint8Array | string): ParsedYaml {
  const text = typeof input === 'string' ? input : utf8Decode(input)
  repeated = 0
  if (text.includes('\\/')) refuseEscapedSlash(text)
  const documents = load(text, true)
  const duplicates = repeated > 0 ? findDuplicate(text) : []
  const budget = { left: maxValues }
  return {
    documents: /[&*]/.test(text) ? documents.map((document) => copy(document, budget, 0)) : documents, duplicates,
  }
}

/** The first document as an object of a schema. Throws YamlError and JsonError. */
export function decodeYaml(
  input: Uint8Array | string, schema: StructSchema, options: { readonly strict: FieldValidation },
): Decoded {
  const { documents, duplicates } = parseYaml(input)
  const decoded = decodeValue(documents[0] ?? null, schema, options)
  if (duplicates.length === 0 || options.strict === 'Ignore') return decoded
  return {
    ...decoded,
    problems: [`yaml: unmarshal errors:\n${duplicates.map((line) => `  ${line}`).join('\n')}`, ...decoded.problems],
  }
}

/** The first document as a JSON-shaped value; null for an empty one. Throws YamlError. */
export function decodeYamlValue(input: Uint8Array | string): unknown {
  return parseYaml(input).documents[0] ?? null
}

/** An object of a schema, in the form in which upstream's server writes YAML. */
export function encodeYaml(object: object, schema: StructSchema): string {
  return writeYaml(readJson(encodeJson(object, schema), false).value)
}

/** Any JSON-shaped value: what `kubectl -o yaml` prints. */
export function encodeYamlValue(value: unknown): string {
  return writeYaml(value)
}

/** Keys given twice since the last parse began; the parser calls back synchronously, so one counter is enough. */
let repeated = 0

const mapping: Parameters<typeof defineMappingTag<Record<string, unknown>>>[1] = {
  create: () => ({}),
  addPair(map, key, value) {
    const name = keyText(key)
    if (Object.hasOwn(map, name)) repeated++
    if (name === '__proto__') {
      Object.defineProperty(map, name, { value, enumerable: true, writable: true, configurable: true })
    } else map[name] = value
    return ''
  },
  has: (map, key) => Object.hasOwn(map, keyText(key)),
  keys: (map) => Object.keys(map),
  get: (map, key) => map[keyText(key)],
  identify: () => false,
}

const schema = FAILSAFE_SCHEMA.withTags(
  mergeTag,
  defineScalarTag('tag:yaml.org,2002:null', {
    implicit: true, implicitFirstChars: ['', '~', 'n', 'N'], identify: () => false,
    resolve: (source) => isNull(source) ? null : NOT_RESOLVED,
  }),
  defineScalarTag('tag:yaml.org,2002:bool', {
    implicit: true, implicitFirstChars: [...'yYnNtTfFoO'], identify: () => false,
    resolve: (source) => resolveBoolean(source) ?? NOT_RESOLVED,
  }),
  defineScalarTag('tag:yaml.org,2002:int', {
    implicit: true, implicitFirstChars: [...'+-0123456789'], identify: () => false,
    resolve: (source) => resolveInteger(source) ?? NOT_RESOLVED,
  }),
  defineScalarTag('tag:yaml.org,2002:float', {
    implicit: true, implicitFirstChars: [...'+-.0123456789'], identify: () => false,
    resolve: (source) => {
      const value = resolveFloat(source)
      if (value === undefined) return NOT_RESOLVED
      if (Number.isFinite(value)) return value
      throw new YamlError(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
    },
  }),
  defineScalarTag('tag:yaml.org,2002:timestamp', { identify: () => false, resolve: (source) => source }),
  defineScalarTag('tag:yaml.org,2002:binary', {
    identify: () => false,
    resolve: (source) => {
      const bytes = base64Decode(source.replace(/\s/g, ''))
      return bytes === undefined ? NOT_RESOLVED : utf8Decode(bytes)
    },
  }),
  // Tags of other people's making are ignored: the scalar is a text, a collection a collection.
  ...['!', 'tag:'].flatMap((prefix) => [
    defineScalarTag(prefix, { matchByTagPrefix: true, identify: () => false, resolve: (source) => source }),
    defineSequenceTag<unknown[]>(prefix, {
      matchByTagPrefix: true, identify: () => false, create: () => [],
      addItem(list, item) { list.push(item) },
    }),
    defineMappingTag<Record<string, unknown>>(prefix, { ...mapping, matchByTagPrefix: true }),
  ]),
  defineMappingTag<Record<string, unknown>>('tag:yaml.org,2002:map', mapping),
)

/** JSON has texts for keys: numbers and booleans are written out. */
function keyText(key: unknown): string {
  if (typeof key === 'string') return key
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key)
  throw new YamlError(
    `unsupported map key of type: ${key === null ? '%!s(<nil>)' : Array.isArray(key) ? '[]interface {}' : 'map[interface {}]interface {}'}`,
  )
}

function load(text: string, lastWins: boolean): unknown[] {
  const options: LoadOptions = { schema, json: lastWins, maxDepth, maxTotalMergeKeys: maxMergeKeys }
  try {
    return loadAll(text, options)
  } catch (error) {
    if (error instanceof YamlError) throw error
    if (error instanceof YAMLException) throw new YamlError(describe(error), { cause: error })
    throw new YamlError(`yaml: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Where the parser's words for a fault and go-yaml's are known to mean the same. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/unknown escape sequence/, 'found unknown escape character'],
  [/tab characters must not be used/i, 'found character that cannot start any token'],
  [/nesting exceeded/, 'exceeded max depth'],
  [/unidentified alias "(.*)"/, "unknown anchor '$1' referenced"],
  [/bad indentation of a mapping entry/, 'did not find expected key'],
  [/bad indentation of a sequence entry/, "did not find expected '-' indicator"],
  [/unexpected end of the stream within a (single|double) quoted scalar/, 'found unexpected end of stream'],
  [/a multiline key may not be an implicit key/, "could not find expected ':'"],
]

function describe(error: YAMLException): string {
  const { reason, mark } = error as { readonly reason?: string; readonly mark?: { readonly line?: number } }
  const words = reason ?? error.message
  const known = reasons.find(([pattern]) => pattern.test(words))
  const where = mark?.line === undefined ? '' : `line ${mark.line + 1}: `
  return `yaml: ${where}${known ? words.replace(known[0], known[1]) : words}`
}

/** YAML 1.1 has no `\/`, so neither has go-yaml; js-yaml takes it. */
function refuseEscapedSlash(text: string): void {
  try {
    for (const event of parseEvents(text, { maxDepth })) {
      if (!('style' in event) || !('valueStart' in event) || event.style !== SCALAR_STYLE.DOUBLE_QUOTED) continue
      const found = /^(?:[^\\]|\\[^/])*?\\\//.exec(text.slice(event.valueStart, event.valueEnd))
      if (found) {
        throw new YamlError(
          `yaml: line ${lineOf(text, event.valueStart + found[0].length)}: found unknown escape character`,
        )
      }
    }
  } catch (error) {
    // Malformed text is reported by the parse that follows.
    if (!(error instanceof YAMLException)) throw error
  }
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}

/** Parses again, this time refusing equal keys, only to learn on which line the first of them is. */
function findDuplicate(text: string): readonly string[] {
  try {
    loadAll(text, { schema, json: false, maxDepth, maxTotalMergeKeys: maxMergeKeys })
    return []
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const { mark } = error as { readonly mark?: { readonly line: number; readonly position: number } }
    if (!mark) return ['key already set in map']
    const key = /^["']?([^"':]*)/.exec(text.slice(mark.position))?.[1]?.trim() ?? ''
    return [`line ${mark.line + 1}: key ${JSON.stringify(key)} already set in map`]
  }
}

/**
 * Aliases give one value in several places; objects of ours are trees. The budget ends documents that only aliases
 * make large.
 */
function copy(value: unknown, budget: { left: number }, depth: number): unknown {
  if (--budget.left < 0 || depth > maxDepth * 2) throw new YamlError('yaml: document contains excessive aliasing')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => copy(item, budget, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, budget, depth + 1)]))
}
