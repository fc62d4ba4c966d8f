/** What a block of headers asks for, read and held against the rules of HTTP/2. */
import type { HpackDecoder } from './hpack.ts'

export interface RequestHead {
  readonly method: string
  readonly path: string
  readonly query: string
  /** Names in lower case; repeated headers joined. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly problem: 'malformed' | 'tooLarge' | undefined
}

/** Blocks that only point at a table are this short. */
const knownBytesMax = 32
const knownHeadsMax = 8

/** Reads the blocks of one connection. */
export class HeadReader {
  readonly #decoder: HpackDecoder
  readonly #headerBytes: number
  /** By blocks that name nothing themselves: the same until the table changes. */
  #known: { readonly block: Uint8Array; readonly head: RequestHead }[] = []
  #tableChanges = 0

  constructor(decoder: HpackDecoder, headerBytes: number) {
    this.#decoder = decoder
    this.#headerBytes = headerBytes
  }

  /** Throws HpackError; then the connection cannot go on. Heads may be shared by requests. */
  read(block: Uint8Array): RequestHead {
    if (!isIndexedOnly(block)) return readHead(this.#decoder, block, this.#headerBytes)
    const { tableChanges } = this.#decoder
    if (tableChanges !== this.#tableChanges) {
      this.#known = []
      this.#tableChanges = tableChanges
    }
    for (const known of this.#known) if (areEqual(known.block, block)) return known.head
    const head = readHead(this.#decoder, block, this.#headerBytes)
    if (this.#known.length === knownHeadsMax) this.#known.shift()
    this.#known.push({ block: block.slice(), head })
    return head
  }
}

/** Each field is one byte, its place in the table: a request as the one before it. */
function isIndexedOnly(block: Uint8Array): boolean {
  if (block.length > knownBytesMax) return false
  for (let at = 0; at < block.length; at++) if (block[at]! < 0x80 || block[at] === 0xff) return false
  return true
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

function readHead(decoder: HpackDecoder, block: Uint8Array, headerBytes: number): RequestHead {
  const headers: Record<string, string | undefined> = {}
  let size = 0
  let isMalformed = false
  let hasPlain = false
  let method = ''
  let target: string | undefined
  let scheme: string | undefined
  decoder.decode(block, (name, value) => {
    size += name.length + value.length + 32
    if (size > headerBytes) return
    if (name.charCodeAt(0) === 0x3a) {
      if (hasPlain) isMalformed = true
      else if (name === ':method' && method === '') method = value
      else if (name === ':path' && target === undefined) target = value
      else if (name === ':scheme' && scheme === undefined) scheme = value
      else if (name === ':authority' && headers['host'] === undefined) headers['host'] = value
      else isMalformed = true
      return
    }
    hasPlain = true
    if (isForbidden(name, value)) { isMalformed = true; return }
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (name === 'content-length') isMalformed = true
    else if (name !== 'host') headers[name] = name === 'cookie' ? `${before}; ${value}` : `${before}, ${value}`
  })
  const length = headers['content-length']
  const lacks = method === '' || (method !== 'CONNECT' && (!target || scheme === undefined))
  const isOdd = isMalformed || lacks || (length !== undefined && !/^\d+$/.test(length))
  const question = target?.indexOf('?') ?? -1
  return {
    method, headers,
    path: question < 0 ? target ?? '' : target!.slice(0, question),
    query: question < 0 ? '' : target!.slice(question + 1),
    problem: size > headerBytes ? 'tooLarge' : isOdd ? 'malformed' : undefined,
  }
}

/** Names are in lower case, and nothing about the connection itself is said in a header (RFC 9113 §8.2). */
function isForbidden(name: string, value: string): boolean {
  switch (name) {
    case 'connection': case 'keep-alive': case 'proxy-connection': case 'transfer-encoding': case 'upgrade': return true
    case 'te': return value !== 'trailers'
    default: return !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || /[\0\r\n]/.test(value)
  }
}
