/**
 * HPACK (RFC 7541): decodes what clients send; encodes without a dynamic table, so that an answer's bytes depend on
 * nothing else.
 */
import { decodeHuffman } from './huffman.ts'

/** Names and values, in the order of their indexes from 1. */
const staticTable: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
]

export class HpackError extends Error {}

/** What we allow a client's table to take (and the protocol's default). */
const tableBytes = 4096
/** Each entry counts for its two texts and this (RFC 7541 §4.1). */
const entryOverhead = 32
/** Texts of such lengths, in bytes as sent, are kept to be known again: so many for each connection. */
const longText = { min: 64, max: 8192 }
const maxLongTexts = 4

/** One connection's decoder: it remembers what the client told it to. */
export class HpackDecoder {
  /** The newest first. */
  readonly #entries: (readonly [name: string, value: string])[] = []
  /** By their Huffman spelling. */
  readonly #longTexts = new Map<string, string>()
  /** Grows with each change of what indexes stand for. */
  tableChanges = 0
  #size = 0
  #limit = tableBytes
  #bytes: Uint8Array = new Uint8Array()
  #at = 0

  /** Calls back for each field in order. Throws HpackError; then the connection cannot go on. */
  decode(block: Uint8Array, onField: (name: string, value: string) => void): void {
    this.#bytes = block
    this.#at = 0
    let hasFields = false
    while (this.#at < block.length) {
      const byte = block[this.#at]!
      if (byte >= 0x80) {
        const [name, value] = this.#entry(this.#integer(7))
        onField(name, value)
      } else if (byte >= 0x40) {
        const [name, value] = this.#literal(6)
        this.#remember(name, value)
        onField(name, value)
      } else if (byte >= 0x20) {
        const limit = this.#integer(5)
        if (limit > tableBytes || hasFields) throw new HpackError('table size update out of place')
        this.#limit = limit
        this.tableChanges++
        this.#evict()
        continue
      } else {
        const [name, value] = this.#literal(4)
        onField(name, value)
      }
      hasFields = true
    }
  }

  #literal(prefixBits: number): readonly [name: string, value: string] {
    const index = this.#integer(prefixBits)
    const name = index === 0 ? this.#text() : this.#entry(index)[0]
    return [name, this.#text()]
  }

  #entry(index: number): readonly [name: string, value: string] {
    const entry = index <= staticTable.length ? staticTable[index - 1] : this.#entries[index - staticTable.length - 1]
    if (!entry) throw new HpackError(`no entry ${index}`)
    return entry
  }

  #remember(name: string, value: string): void {
    this.#size += name.length + value.length + entryOverhead
    this.#entries.unshift([name, value])
    this.tableChanges++
    this.#evict()
  }

  #evict(): void {
    while (this.#size > this.#limit) {
      const [name, value] = this.#entries.pop()!
      this.#size -= name.length + value.length + entryOverhead
    }
  }

  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1
    let value = this.#bytes[this.#at++]! & mask
    if (value < mask) return value
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new HpackError('malformed integer')
  }

  #text(): string {
    const isHuffman = (this.#bytes[this.#at] ?? 0) >= 0x80
    const length = this.#integer(7)
    const start = this.#at
    const end = start + length
    if (end > this.#bytes.length) throw new HpackError('truncated text')
    this.#at = end
    if (!isHuffman) return latin1(this.#bytes, start, end)
    const isLong = length >= longText.min && length <= longText.max
    return isLong ? this.#longText(start, end) : this.#huffman(start, end)
  }

  /**
   * What is long and comes with every request is a bearer token, which clients keep out of the table so that nobody can
   * guess at it there: to spell it out anew takes as long as all the rest of a GET.
   */
  #longText(start: number, end: number): string {
    const spelling = latin1(this.#bytes, start, end)
    let text = this.#longTexts.get(spelling)
    if (text === undefined) {
      text = this.#huffman(start, end)
      if (this.#longTexts.size >= maxLongTexts) this.#longTexts.delete(this.#longTexts.keys().next().value!)
      this.#longTexts.set(spelling, text)
    }
    return text
  }

  #huffman(start: number, end: number): string {
    try {
      return decodeHuffman(this.#bytes, start, end)
    } catch (error) {
      if (error instanceof RangeError) throw new HpackError(error.message, { cause: error })
      throw error
    }
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

const statusIndex =
  new Map(staticTable.flatMap(([name, value], index) => (name === ':status' ? [[value, index + 1] as const] : [])))
const nameIndex = new Map(staticTable.map(([name], index) => [name, index + 1] as const).toReversed())

/** Where blocks are written before it shows how long they are. */
let scratch = Buffer.allocUnsafeSlow(4096)
let written = 0

/** The block of an answer's headers. Values hold no line breaks: who makes them has seen to that. */
export function encodeHeaders(
  status: number, headers: Readonly<Record<string, string>>, contentLength: number | undefined,
): Buffer {
  written = 0
  const statusText = String(status)
  const known = statusIndex.get(statusText)
  if (known === undefined) {
    reserve(statusText.length)
    scratch[written++] = 8
    writeText(statusText)
  } else scratch[written++] = 0x80 | known
  for (const name in headers) {
    if (name !== 'connection') writeField(name, headers[name]!)
  }
  if (contentLength !== undefined) writeField('content-length', String(contentLength))
  return takeWritten()
}

/** The block of headers after an answer. */
export function encodeTrailers(fields: Readonly<Record<string, string>>): Buffer {
  written = 0
  for (const name in fields) writeField(name, fields[name]!)
  return takeWritten()
}

function takeWritten(): Buffer {
  const block = Buffer.allocUnsafe(written)
  scratch.copy(block, 0, 0, written)
  return block
}

/** What a field takes beyond its texts, at most: an index and two lengths. */
const fieldOverhead = 16

function reserve(textLength: number): void {
  const needed = written + textLength + fieldOverhead
  if (needed <= scratch.length) return
  const larger = Buffer.allocUnsafeSlow(2 * needed)
  scratch.copy(larger, 0, 0, written)
  scratch = larger
}

/** A literal that the client does not remember. */
function writeField(name: string, value: string): void {
  reserve(name.length + value.length)
  const index = nameIndex.get(name)
  if (index === undefined) {
    scratch[written++] = 0
    writeText(name)
  } else writeInteger(4, index)
  writeText(value)
}

function writeText(text: string): void {
  writeInteger(7, text.length)
  // Such short texts are written sooner than a call into Node begins.
  for (let i = 0; i < text.length; i++) scratch[written++] = text.charCodeAt(i)
}

function writeInteger(prefixBits: number, value: number): void {
  const mask = (1 << prefixBits) - 1
  if (value < mask) {
    scratch[written++] = value
    return
  }
  scratch[written++] = mask
  let rest = value - mask
  while (rest >= 0x80) {
    scratch[written++] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 128)
  }
  scratch[written++] = rest
}
