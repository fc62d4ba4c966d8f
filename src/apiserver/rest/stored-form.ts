/**
 * How an object lies in the store: its JSON bytes in upstream's key order, without `metadata.resourceVersion`, behind a
 * header of sixteen bytes. The version is known only after the store has committed, so it is spliced in when the object
 * is served.
 *
 *   byte 0        format: 2
 *   byte 1        1: holds integers that a double cannot; 2: all keys are sorted (a custom resource); or their sum
 *   bytes 2-3     where the text `"metadata":` begins, little endian: what lies before is kind and apiVersion; 0 where
 *                 they may lie anywhere
 *   bytes 4-7     where `"resourceVersion":"N",` goes
 *   bytes 8-11    where the text `,"managedFields":[…]` begins: behind the version, or, where keys are sorted, before
 *   bytes 12-15   where it ends; the same as before when there is none
 *   bytes 16-     JSON; all offsets count from here
 *
 * Format 1, which is read still, has neither of the last two offsets.
 */
import { asWeRead, schemaOfType, schemas } from '#api/schemas.ts'
import { deepFreeze } from '#base/deep-freeze.ts'
import { shareValue, valueIfShared, type SharedValue } from '#base/shared-value.ts'
import { escapeForHtml } from '#machinery/codec/json-encode.ts'
import { goText, sortedText } from '#machinery/codec/go-form.ts'
import { JsonError, readJson } from '#machinery/codec/json.ts'
import { internalError } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Entry, Revision } from '#storage/store.ts'

const format = 2
const headerLength = 16
const oldFormat = 1
const oldHeaderLength = 8
const encoder = new TextEncoder()
const decoder = new TextDecoder()
let scratch = new Uint8Array(64 * 1024)

/** Encodes an object that has name, uid and creationTimestamp. The object itself is not changed or kept. */
export function encodeStored(object: KubeObject): Uint8Array {
  return schemaOfType(object) ? encodeTyped(object) : encodeUntyped(object)
}

function encodeTyped(object: KubeObject): Uint8Array {
  const { kind, apiVersion, metadata } = object
  // Upstream's order: these five, resourceVersion, the rest, managedFields.
  const {
    resourceVersion: _, name, generateName, namespace, selfLink, uid, managedFields, ...second
  } = metadata ?? {}
  const first = { name, generateName, namespace, selfLink, uid }
  const typeText = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`
  const headText = `${typeText}"metadata":${escapeForHtml(JSON.stringify(first)).slice(0, -1)},`
  const { text: restText, isExact: exact } = goText(object, schemaOfType(object)!, beforeRest)
  // The version is spliced in before it, with a comma; only what was never stored has no time of creation.
  const secondText = goText(second, metadataSchema, apart).text.slice(1, -1) || '"creationTimestamp":null'
  const managedText = managedFields?.length ? `,${goText({ managedFields }, metadataSchema).text.slice(1, -1)}` : ''
  const tailText = restText === '{}' ? '}}' : `},${restText.slice(1)}`

  const ends = writeTexts([headText, secondText, managedText, tailText])
  const [spliceAt = 0, managedFrom = 0, managedTo = 0, end = 0] = ends
  return finish(end, { flags: exact ? exactFlag : 0, typeLength: typeText.length, spliceAt, managedFrom, managedTo })
}

/** As Go writes what has no type: all keys sorted, at every depth. */
function encodeUntyped({ metadata, ...others }: KubeObject): Uint8Array {
  let isExact = false
  const pairs = (object: object, from: string, to: string): string => {
    const { text, isExact: exact } = sortedText(
      Object.fromEntries(Object.entries(object).filter(([key]) => key > from && key < to)))
    isExact ||= exact
    return text.slice(1, -1)
  }
  const joined = (...texts: readonly string[]): string => texts.filter((text) => text !== '').join(',')
  const { managedFields, resourceVersion: _, creationTimestamp = null, ...rest } = metadata ?? {}
  const meta = { ...rest, creationTimestamp }
  const [first, last] = ['', '\u{10ffff}']
  const head = `{${joined(pairs(others, first, 'metadata'), `"metadata":{${pairs(meta, first, 'managedFields')}`)}`
  const managed = managedFields?.length ? `,${sortedText({ managedFields }).text.slice(1, -1)}` : ''
  const between = pairs(meta, 'managedFields', 'resourceVersion')
  const middle = between === '' ? ',' : `,${between},`
  const tail = `${joined(`${pairs(meta, 'resourceVersion', last)}}`, pairs(others, 'metadata', last))}}`
  const [managedFrom = 0, managedTo = 0, spliceAt = 0, end = 0] = writeTexts([head, managed, middle, tail])
  return finish(end, { flags: (isExact ? exactFlag : 0) + sortedFlag, typeLength: 0, spliceAt, managedFrom, managedTo })
}

const exactFlag = 1
const sortedFlag = 2

/** Behind the header, into `scratch`; gives the ends of the texts. */
function writeTexts(texts: readonly string[]): readonly number[] {
  const needed = headerLength + 3 * texts.reduce((sum, text) => sum + text.length, 0)
  if (scratch.length < needed) scratch = new Uint8Array(needed)
  let end = headerLength
  return texts.map((text) => end += encoder.encodeInto(text, scratch.subarray(end)).written)
}

interface Header {
  readonly flags: number
  readonly typeLength: number
  readonly spliceAt: number
  readonly managedFrom: number
  readonly managedTo: number
}

function finish(end: number, { flags, typeLength, spliceAt, managedFrom, managedTo }: Header): Uint8Array {
  scratch[0] = format
  scratch[1] = flags
  writeNumber(scratch, 2, typeLength, 2)
  writeNumber(scratch, 4, spliceAt - headerLength, 4)
  writeNumber(scratch, 8, managedFrom - headerLength, 4)
  writeNumber(scratch, 12, managedTo - headerLength, 4)
  return scratch.slice(0, end)
}

const metadataSchema = schemas.struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
const apart: ReadonlySet<string> = new Set(['name', 'generateName', 'namespace', 'selfLink', 'uid', 'managedFields'])
const beforeRest: ReadonlySet<string> = new Set(['kind', 'apiVersion', 'metadata'])

/** The object, deeply frozen, with its resourceVersion. */
export function decodeStored<T extends KubeObject = KubeObject>(entry: Entry): Stored<T> {
  const lean = decodeLean<T>(entry)
  const { value } = entry
  const { from, to } = managedFieldsIn(value)
  if (from === to) return lean
  const managedFields: unknown = JSON.parse(decoder.decode(value.subarray(from + managedPrefix.length, to)))
  return deepFreeze({ ...lean, metadata: { ...lean.metadata, managedFields } }) as Stored<T>
}

const managedPrefix = ',"managedFields":'

/**
 * The object without its managedFields, of which only writers need anything: decoded, they take twice the memory of all
 * the rest. Frozen, and the same value for everybody as long as anybody holds it; the store itself keeps only bytes.
 */
export function decodeLean<T extends KubeObject = KubeObject>(entry: Entry): Stored<T> {
  const known = valueIfShared(entry.memo as SharedValue<Stored<T>> | undefined)
  if (known) return known
  const { value } = entry
  const start = headerLengthOf(value)
  const at = spliceOffset(value)
  const { from, to } = managedFieldsIn(value)
  const text = (begin: number, end?: number): string => decoder.decode(value.subarray(begin, end))
  const [before, after] = from === to ? [text(start, at), text(at)]
    : from < at ? [text(start, from) + text(to, at), text(at)] : [text(start, at), text(at, from) + text(to)]
  const json = `${before}"resourceVersion":"${entry.modRevision}",${after}`
  const decoded = (isFlagged(value, exactFlag) ? readJson(json, false).value : JSON.parse(json)) as Stored<T>
  const object = deepFreeze(asWeRead(decoded, json))
  entry.memo = shareValue(object)
  return object
}

/**
 * The bytes of the whole object as a client gets them. The pieces belong to the store and must not be changed.
 * `type`, where given, replaces the stored kind and apiVersion (see `typeBytes`), but for those of custom resources.
 */
export function servedChunks(entry: Entry, type?: Uint8Array): Uint8Array[] {
  const { value } = entry
  const at = spliceOffset(value)
  if (type && !isFlagged(value, sortedFlag)) {
    const head = value.subarray(headerLengthOf(value) + typeLengthOf(value), at)
    return [type, head, versionBytes(entry.modRevision), value.subarray(at)]
  }
  return [value.subarray(headerLengthOf(value), at), versionBytes(entry.modRevision), value.subarray(at)]
}

/** `{"kind":…,"apiVersion":…,`: how every served object of a kind and version begins. */
export function typeBytes(kind: string, apiVersion: string): Uint8Array {
  return encoder.encode(`{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`)
}

/** An upper bound of what `writeServed` will write. */
export function servedBound(value: Uint8Array, type: Uint8Array): number {
  return value.length + type.length + 40
}

/**
 * Writes the served bytes of a stored value, beginning with `type`, into `target` at `offset` and gives the offset
 * behind them. The value is handed over, as a store makes it anew each time that it is asked for.
 * With `{` for a type an object begins with `{"metadata":`, as the items of a built-in list do. Custom resources are
 * always stored as what they are served as, so theirs is copied with the rest.
 */
export function writeServed(
  value: Uint8Array, modRevision: Revision, type: Uint8Array, target: Uint8Array, offset: number,
): number {
  const at = spliceOffset(value)
  const start = headerLengthOf(value) + typeLengthOf(value)
  if (!isFlagged(value, sortedFlag)) {
    // For a few bytes a call costs more than a loop.
    for (let i = 0; i < type.length; i++) target[offset + i] = type[i]!
    offset += type.length
  }
  target.set(value.subarray(start, at), offset)
  offset += at - start
  offset = writeVersion(modRevision, target, offset)
  target.set(value.subarray(at), offset)
  return offset + value.length - at
}

const versionPrefix = encoder.encode('"resourceVersion":"')

function versionBytes(revision: Revision): Uint8Array {
  const bytes = new Uint8Array(versionPrefix.length + countDigits(revision) + 2)
  writeVersion(revision, bytes, 0)
  return bytes
}

/** Gives the offset behind it. For a few bytes a call costs more than a loop. */
function writeVersion(revision: Revision, target: Uint8Array, offset: number): number {
  for (let i = 0; i < versionPrefix.length; i++) target[offset + i] = versionPrefix[i]!
  offset += versionPrefix.length
  const digits = countDigits(revision)
  let rest = revision
  for (let i = offset + digits - 1; i >= offset; i--) {
    target[i] = 0x30 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
  offset += digits
  target[offset++] = 0x22
  target[offset++] = 0x2c
  return offset
}

/** Whether it is an object in this form, and not something encrypted or foreign. */
export function hasHeader(value: Uint8Array): boolean {
  return value[0] === format || value[0] === oldFormat
}

/** The object's JSON without our header: a form that upstream could read. A view. */
export function toPortable(value: Uint8Array): Uint8Array {
  return value.subarray(headerLengthOf(value))
}

/** The stored form of what `toPortable` gave, of JSON that somebody else stored, or of itself. Throws ApiError 500. */
export function fromPortable(portable: Uint8Array): Uint8Array {
  if (portable[0] === format || portable[0] === oldFormat) return portable
  try {
    return encodeStored(readJson(portable, false).value as KubeObject)
  } catch (error) {
    if (error instanceof JsonError) throw internalError(error.message)
    throw error
  }
}

/** Every reading begins here, so here it shows when a value is not of this form. */
function headerLengthOf(value: Uint8Array): number {
  if (value[0] === format) return headerLength
  if (value[0] === oldFormat) return oldHeaderLength
  throw unreadable(value)
}

function spliceOffset(value: Uint8Array): number {
  return headerLengthOf(value) + readNumber(value, 4)
}

/** Where the text of managedFields lies, with the comma before it. */
function managedFieldsIn(value: Uint8Array): { readonly from: number; readonly to: number } {
  if (value[0] !== format) return { from: 0, to: 0 }
  return { from: headerLength + readNumber(value, 8), to: headerLength + readNumber(value, 12) }
}

function unreadable(value: Uint8Array): Error {
  const isEncrypted = decoder.decode(value.subarray(0, 8)) === 'k8s:enc:'
  return internalError(
    isEncrypted ? 'identity transformer tried to read encrypted data' : 'the stored value is not of a known form',
  )
}

function isFlagged(value: Uint8Array, flag: number): boolean {
  return (value[1]! & flag) !== 0
}

/** The length of `{"kind":…,"apiVersion":…,`. */
function typeLengthOf(value: Uint8Array): number {
  return value[2]! + value[3]! * 0x100
}

function readNumber(value: Uint8Array, offset: number): number {
  return value[offset]! + value[offset + 1]! * 0x100 + value[offset + 2]! * 0x1_0000 + value[offset + 3]! * 0x100_0000
}

function writeNumber(target: Uint8Array, offset: number, number: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) {
    target[offset + i] = number & 0xff
    number = Math.floor(number / 0x100)
  }
}

function countDigits(number: number): number {
  let digits = 1
  for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) digits++
  return digits
}
