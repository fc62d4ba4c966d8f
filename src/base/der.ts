/** ASN.1 DER (X.690), as much as certificates and certificate requests need: writers, and one strict reader. */
import { concatBytes, utf8Encode } from './bytes.ts'

export const tag = {
  boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, oid: 0x06, utf8String: 0x0c,
  printableString: 0x13, teletexString: 0x14, ia5String: 0x16, utcTime: 0x17, generalizedTime: 0x18, bmpString: 0x1e,
  sequence: 0x30, set: 0x31,
} as const

export function encode(tagByte: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  return concatBytes([header(tagByte, length), ...contents])
}

function header(tagByte: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tagByte, length)
  const digits: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return Uint8Array.of(tagByte, 0x80 | digits.length, ...digits)
}

export function sequence(...contents: readonly Uint8Array[]): Uint8Array {
  return encode(tag.sequence, ...contents)
}

/** DER sorts the members of a SET OF. */
export function setOf(...contents: readonly Uint8Array[]): Uint8Array {
  return encode(tag.set, ...contents.toSorted(byBytes))
}

function byBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

/** A non-negative number, the most significant byte first. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const trimmed = bytes.subarray(start)
  return trimmed[0]! >= 0x80 ? encode(tag.integer, Uint8Array.of(0), trimmed) : encode(tag.integer, trimmed)
}

export function boolean(value: boolean): Uint8Array {
  return encode(tag.boolean, Uint8Array.of(value ? 0xff : 0))
}

export function oid(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const bytes = [first! * 40 + second!]
  for (const arc of rest) {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80)
    bytes.push(...groups)
  }
  return encode(tag.oid, Uint8Array.from(bytes))
}

/** PrintableString where the characters allow it, else UTF8String: what Go writes, and what old readers expect. */
export function text(value: string): Uint8Array {
  return encode(/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? tag.printableString : tag.utf8String, utf8Encode(value))
}

export function octetString(contents: Uint8Array): Uint8Array {
  return encode(tag.octetString, contents)
}

export function bitString(contents: Uint8Array, unusedBits = 0): Uint8Array {
  return encode(tag.bitString, Uint8Array.of(unusedBits), contents)
}

/** `[number]`, constructed: EXPLICIT, or IMPLICIT around a sequence's contents. */
export function context(number: number, ...contents: readonly Uint8Array[]): Uint8Array {
  return encode(0xa0 | number, ...contents)
}

/** `[number]` IMPLICIT around primitive contents. */
export function contextPrimitive(number: number, contents: Uint8Array): Uint8Array {
  return encode(0x80 | number, contents)
}

/** Whole seconds; UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(milliseconds: number): Uint8Array {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '')
  const year = Number(digits.slice(0, 4))
  return year >= 1950 && year < 2050
    ? encode(tag.utcTime, utf8Encode(digits.slice(2)))
    : encode(tag.generalizedTime, utf8Encode(digits))
}

/** One value as read. `contents` and `whole` share memory with the input. */
export interface DerValue {
  readonly tag: number
  readonly contents: Uint8Array
  /** With its tag and length. */
  readonly whole: Uint8Array
}

export class DerError extends Error {}

/** The single value that the bytes are. Throws DerError for anything else, including trailing bytes. */
export function decode(bytes: Uint8Array): DerValue {
  const values = decodeAll(bytes)
  if (values.length !== 1) throw new DerError(`expected one value, found ${values.length}`)
  return values[0]!
}

/** The values inside a sequence, a set or a constructed context tag. */
export function children(value: DerValue): readonly DerValue[] {
  if ((value.tag & 0x20) === 0) throw new DerError(`tag 0x${value.tag.toString(16)} has no members`)
  return decodeAll(value.contents)
}

function decodeAll(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = []
  let at = 0
  while (at < bytes.length) {
    const start = at
    const tagByte = bytes[at++]!
    if ((tagByte & 0x1f) === 0x1f) throw new DerError('multi-byte tags are not supported')
    let length = bytes[at++]
    if (length === undefined) throw new DerError('truncated length')
    if (length >= 0x80) {
      const digits = length & 0x7f
      if (digits === 0 || digits > 3) throw new DerError('length out of range')
      length = 0
      for (let i = 0; i < digits; i++) length = length * 256 + (bytes[at++] ?? 0)
      if (length < 0x80 || (digits > 1 && length < 2 ** (8 * (digits - 1)))) throw new DerError('length is not minimal')
    }
    if (at + length > bytes.length) throw new DerError('truncated value')
    values.push({ tag: tagByte, contents: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length) })
    at += length
  }
  return values
}

export function decodeOid(value: DerValue): string {
  if (value.tag !== tag.oid || value.contents.length === 0) throw new DerError('expected an object identifier')
  const arcs: number[] = []
  let arc = 0
  for (const byte of value.contents) {
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new DerError('object identifier out of range')
    if (byte < 0x80) { arcs.push(arc); arc = 0 }
  }
  const first = Math.min(Math.floor(arcs[0]! / 40), 2)
  return [first, arcs[0]! - 40 * first, ...arcs.slice(1)].join('.')
}

/** Milliseconds since the epoch. */
export function decodeTime(value: DerValue): number {
  const digits = String.fromCharCode(...value.contents)
  const match = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits)
  const isUtc = value.tag === tag.utcTime
  if (!match || (match[1]!.length === 2) !== isUtc) throw new DerError('malformed time')
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number)
  const fullYear = isUtc ? (year! < 50 ? 2000 + year! : 1900 + year!) : year!
  return Date.UTC(fullYear, month! - 1, day!, hour!, minute!, second!)
}
