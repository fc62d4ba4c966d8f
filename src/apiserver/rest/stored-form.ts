/**
 * How an object lies in the store: its JSON bytes in upstream's key order, without `metadata.resourceVersion`, behind a
 * header of
 * eight bytes. The version is known only after the store has committed, so it is spliced in when the object is served.
 *
 *   byte 0      format: 1
 *   byte 1      1: holds integers that a double cannot; otherwise 0
 *   bytes 2-3   where the text `"metadata":` begins, little endian: what lies before is kind and apiVersion
 *   bytes 4-7   where `"resourceVersion":"N",` goes
 *   bytes 8-    JSON; both offsets count from here
 */
import { deepFreeze } from '#base/deep-freeze.ts'
import { encodeUnstructured, JsonError, readJson } from '#machinery/codec/json.ts'
import { internalError } from '#machinery/errors/api-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Entry } from '#storage/store.ts'

const format = 1
const headerLength = 8
const encoder = new TextEncoder()
const decoder = new TextDecoder()
let scratch = new Uint8Array(64 * 1024)

/** Encodes an object that has name, uid and creationTimestamp. The object itself is not changed or kept. */
export function encodeStored(object: KubeObject): Uint8Array {
  const { kind, apiVersion, metadata, ...rest } = object
  let exact = false
  // Upstream's order: these five, resourceVersion, the rest.
  const { resourceVersion: _, name, generateName, namespace, selfLink, uid, ...second } = metadata ?? {}
  const first = { name, generateName, namespace, selfLink, uid }
  const typeText = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`
  const headText = `${typeText}"metadata":${JSON.stringify(first).slice(0, -1)},`
  let restText: string
  try {
    restText = JSON.stringify(rest)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    restText = encodeUnstructured(rest)
    exact = true
  }
  const tailText = `${JSON.stringify(second).slice(1)}${restText === '{}' ? '}' : `,${restText.slice(1)}`}`

  const needed = headerLength + 3 * (headText.length + tailText.length)
  if (scratch.length < needed) scratch = new Uint8Array(needed)
  const headLength = encoder.encodeInto(headText, scratch.subarray(headerLength)).written
  const tailLength = encoder.encodeInto(tailText, scratch.subarray(headerLength + headLength)).written
  scratch[0] = format
  scratch[1] = exact ? 1 : 0
  writeNumber(scratch, 2, typeText.length, 2)
  writeNumber(scratch, 4, headLength, 4)
  return scratch.slice(0, headerLength + headLength + tailLength)
}

/** The object, decoded at most once for each entry, deeply frozen, with its resourceVersion. */
export function decodeStored<T extends KubeObject = KubeObject>(entry: Entry): Stored<T> {
  const memo = entry.memo
  if (memo !== undefined) return memo as Stored<T>
  const { value } = entry
  const at = spliceOffset(value)
  const text = `${decoder.decode(value.subarray(headerLength, at))}"resourceVersion":"${entry.modRevision}",${decoder.decode(value.subarray(at))}`
  const object = deepFreeze((value[1] === 1 ? readJson(text, false).value : JSON.parse(text)) as Stored<T>)
  entry.memo = object
  return object
}

/**
 * The bytes of the whole object as a client gets them. The pieces belong to the store and must not be changed.
 * `type`, where given, replaces the stored kind and apiVersion (see `typeBytes`).
 */
export function servedChunks(entry: Entry, type?: Uint8Array): Uint8Array[] {
  const { value } = entry
  const at = spliceOffset(value)
  if (type) {
    return [
      type, value.subarray(headerLength + typeLength(value), at), versionBytes(entry.modRevision), value.subarray(at),
    ]
  }
  return [value.subarray(headerLength, at), versionBytes(entry.modRevision), value.subarray(at)]
}

/** `{"kind":…,"apiVersion":…,`: how every served object of a kind and version begins. */
export function typeBytes(kind: string, apiVersion: string): Uint8Array {
  return encoder.encode(`{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`)
}

/** An upper bound of what `writeServed` will write. */
export function servedBound(entry: Entry, type: Uint8Array): number {
  return entry.value.length + type.length + 40
}

/**
 * Writes the served bytes, beginning with `type`, into `target` at `offset` and gives the offset behind them.
 * With `{` for a type an object begins with `{"metadata":`, as the items of a built-in list do.
 */
export function writeServed(entry: Entry, type: Uint8Array, target: Uint8Array, offset: number): number {
  const { value, modRevision } = entry
  const at = spliceOffset(value)
  const start = headerLength + typeLength(value)
  target.set(type, offset)
  offset += type.length
  target.set(value.subarray(start, at), offset)
  offset += at - start
  target.set(versionPrefix, offset)
  offset += versionPrefix.length
  const digits = countDigits(modRevision)
  let rest = modRevision
  for (let i = offset + digits - 1; i >= offset; i--) {
    target[i] = 0x30 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
  offset += digits
  target[offset++] = 0x22
  target[offset++] = 0x2c
  target.set(value.subarray(at), offset)
  return offset + value.length - at
}

const versionPrefix = encoder.encode('"resourceVersion":"')

function versionBytes(revision: number): Uint8Array {
  return encoder.encode(`"resourceVersion":"${revision}",`)
}

/** The object's JSON without our header: a form that upstream could read. A view. */
export function toPortable(value: Uint8Array): Uint8Array {
  return value.subarray(headerLength)
}

/** The stored form of what `toPortable` gave, of JSON that somebody else stored, or of itself. Throws ApiError 500. */
export function fromPortable(portable: Uint8Array): Uint8Array {
  if (portable[0] === format) return portable
  try {
    return encodeStored(readJson(portable, false).value as KubeObject)
  } catch (error) {
    if (error instanceof JsonError) throw internalError(error.message)
    throw error
  }
}

/** Every reading begins here, so here it shows when a value is not of this form. */
function spliceOffset(value: Uint8Array): number {
  if (value[0] !== format) throw unreadable(value)
  return headerLength + value[4]! + value[5]! * 0x100 + value[6]! * 0x1_0000 + value[7]! * 0x100_0000
}

function unreadable(value: Uint8Array): Error {
  const isEncrypted = decoder.decode(value.subarray(0, headerLength)) === 'k8s:enc:'
  return internalError(
    isEncrypted ? 'identity transformer tried to read encrypted data' : 'the stored value is not of a known form',
  )
}

/** The length of `{"kind":…,"apiVersion":…,`. */
function typeLength(value: Uint8Array): number {
  return value[2]! + value[3]! * 0x100
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
