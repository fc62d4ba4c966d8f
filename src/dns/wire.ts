/** DNS messages as bytes (RFC 1035, 2782, 6891): reads questions, writes compressed answers. */
import { formatIp, ipFromBytes, ipToBytes, parseIp } from '#base/ip.ts'
import type { DnsRecord } from './records.ts'

const responseCode = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

const typeNumbers: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  ANY: 255,
}
const typeNames = new Map(Object.entries(typeNumbers).map(([name, number]) => [number, name]))
const internetClass = 1
const optionType = 41
const nameLengthMax = 255

export interface Query {
  readonly id: number
  readonly recursionDesired: boolean
  readonly opcode: number
  /** As the client spelled it; answers repeat it. */
  readonly spelledName: string
  /** Lower case, without the last dot. */
  readonly name: string
  readonly type: string
  readonly isInternetClass: boolean
  /** What the client can take by UDP: 512, or more with EDNS. */
  readonly payloadLimit: number
  readonly hasOption: boolean
  /** Where the question ends in the message. */
  readonly questionEnd: number
}

export type AnswerRecord = {
  readonly name: string
  readonly record: DnsRecord | { readonly type: 'TXT'; readonly data: string }
}

export interface Response {
  readonly code: keyof typeof responseCode
  readonly answers: readonly AnswerRecord[]
  readonly additional: readonly AnswerRecord[]
  /** Present in negative answers: the zone whose authority says so. */
  readonly authorityZone?: string | undefined
  readonly ttlSeconds: number
  readonly authoritative: boolean
}

/** undefined for what is no query with exactly one question (malformed, a response, compressed question). */
export function parseQuery(message: Uint8Array): Query | undefined {
  if (message.length < 17) return undefined
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const flags = view.getUint16(2)
  if ((flags & 0x8000) !== 0 || view.getUint16(4) !== 1) return undefined
  const name = readName(message, 12)
  if (!name || name.end + 4 > message.length) return undefined
  const questionEnd = name.end + 4
  const option = findOption(message, view, questionEnd)
  const type = view.getUint16(name.end)
  return {
    id: view.getUint16(0),
    recursionDesired: (flags & 0x0100) !== 0,
    opcode: (flags >> 11) & 0xf,
    spelledName: name.text,
    name: name.text.toLowerCase(),
    type: typeNames.get(type) ?? `TYPE${type}`,
    isInternetClass: view.getUint16(name.end + 2) === internetClass,
    payloadLimit: Math.max(512, Math.min(option ?? 512, 4096)),
    hasOption: option !== undefined,
    questionEnd,
  }
}

/**
 * The whole answer. Beyond `limit` bytes the records are left out and the truncation bit tells the client to come by
 * TCP.
 */
export function renderResponse(message: Uint8Array, query: Query, response: Response, limit: number): Uint8Array {
  const full = writeResponse(message, query, response, false)
  return full.length <= limit
    ? full
    : writeResponse(message, query, { ...response, answers: [], additional: [], authorityZone: undefined }, true)
}

/** A question of our own: where an alias leads. */
export function renderQuery(id: number, name: string, type: string): Uint8Array {
  const writer = new MessageWriter()
  for (const number of [id, 0x0100, 1, 0, 0, 0]) writer.uint16(number)
  writer.name(name)
  writer.uint16(typeNumbers[type] ?? 0)
  writer.uint16(internetClass)
  return writer.finish()
}

/** The addresses and aliases in another server's answer; everything else is left out. Empty for what cannot be read. */
export function parseAnswers(message: Uint8Array): AnswerRecord[] {
  if (message.length < 12) return []
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const question = readCompressedName(message, 12)
  const answers: AnswerRecord[] = []
  let at = question === undefined || view.getUint16(4) !== 1 ? message.length : question.end + 4
  for (let left = view.getUint16(6); left > 0; left--) {
    const name = readCompressedName(message, at)
    if (name === undefined || name.end + 10 > message.length) break
    const type = typeNames.get(view.getUint16(name.end))
    const start = name.end + 10
    at = start + view.getUint16(name.end + 8)
    if (at > message.length) break
    if (type === 'A' || type === 'AAAA') {
      const address = ipFromBytes(message.subarray(start, at))
      if (address) answers.push({ name: name.text, record: { type, data: formatIp(address) } })
    } else if (type === 'CNAME') {
      const target = readCompressedName(message, start)
      if (target) answers.push({ name: name.text, record: { type, data: target.text } })
    }
  }
  return answers
}

/** An error about a message that may not even hold a question. */
export function renderFailure(message: Uint8Array, code: keyof typeof responseCode): Uint8Array | undefined {
  if (message.length < 12 || (message[2]! & 0x80) !== 0) return undefined
  const bytes = new Uint8Array(12)
  bytes.set(message.subarray(0, 2))
  bytes[2] = 0x80 | (message[2]! & 0x79)
  bytes[3] = responseCode[code]
  return bytes
}

/** Whether `answer` can be the reply to `query`: same id, a response, same question. */
export function isReplyTo(query: Uint8Array, questionEnd: number, answer: Uint8Array): boolean {
  if (answer.length < 12 || answer[0] !== query[0] || answer[1] !== query[1] || (answer[2]! & 0x80) === 0) return false
  if (answer.length < questionEnd) return (answer[3]! & 0xf) !== 0
  for (let at = 12; at < questionEnd; at++) if (answer[at] !== query[at]) return false
  return true
}

function writeResponse(message: Uint8Array, query: Query, response: Response, truncated: boolean): Uint8Array {
  const writer = new MessageWriter()
  writer.bytes(message.subarray(0, 2))
  const flags = 0x8000 | (query.opcode << 11) | (response.authoritative ? 0x0400 : 0) | (truncated ? 0x0200 : 0)
    | (query.recursionDesired ? 0x0100 : 0) | 0x0080 | responseCode[response.code]
  writer.uint16(flags)
  for (const count of [
    1,
    response.answers.length,
    response.authorityZone === undefined ? 0 : 1,
    response.additional.length + (query.hasOption ? 1 : 0),
  ]) {
    writer.uint16(count)
  }
  writer.remember(query.name, 12)
  writer.bytes(message.subarray(12, query.questionEnd))
  for (const answer of response.answers) writer.record(answer, response.ttlSeconds)
  if (response.authorityZone !== undefined) writer.authority(response.authorityZone, response.ttlSeconds)
  for (const record of response.additional) writer.record(record, response.ttlSeconds)
  if (query.hasOption) {
    writer.bytes(Uint8Array.of(0))
    writer.uint16(optionType)
    writer.uint16(4096)
    writer.uint32(0)
    writer.uint16(0)
  }
  return writer.finish()
}

/** Writes names with pointers to where they (or their endings) stand already. */
class MessageWriter {
  #bytes = new Uint8Array(512)
  #length = 0
  readonly #offsets = new Map<string, number>()

  bytes(some: Uint8Array): void {
    this.#reserve(some.length)
    this.#bytes.set(some, this.#length)
    this.#length += some.length
  }

  uint16(value: number): void { this.bytes(Uint8Array.of(value >> 8 & 0xff, value & 0xff)) }
  uint32(value: number): void { this.uint16(value >>> 16); this.uint16(value & 0xffff) }

  remember(name: string, offset: number): void {
    let at = offset
    for (let rest = name; rest !== ''; ) {
      if (at < 0x4000) this.#offsets.set(rest, at)
      const dot = rest.indexOf('.')
      at += (dot < 0 ? rest.length : dot) + 1
      rest = dot < 0 ? '' : rest.slice(dot + 1)
    }
  }

  name(name: string, compress = true): void {
    for (let rest = name; rest !== ''; ) {
      const known = compress ? this.#offsets.get(rest.toLowerCase()) : undefined
      if (known !== undefined) return this.uint16(0xc000 | known)
      if (this.#length < 0x4000) this.#offsets.set(rest.toLowerCase(), this.#length)
      const dot = rest.indexOf('.')
      const label = dot < 0 ? rest : rest.slice(0, dot)
      this.bytes(Uint8Array.of(label.length))
      this.bytes(Uint8Array.from(label, (character) => character.charCodeAt(0)))
      rest = dot < 0 ? '' : rest.slice(dot + 1)
    }
    this.bytes(Uint8Array.of(0))
  }

  record({ name, record }: AnswerRecord, ttlSeconds: number): void {
    this.#head(name, typeNumbers[record.type]!, ttlSeconds)
    const lengthAt = this.#length
    this.uint16(0)
    switch (record.type) {
      case 'A':
      case 'AAAA':
        this.bytes(addressBytes(record.data))
        break
      case 'CNAME':
      case 'PTR':
        this.name(record.data)
        break
      case 'TXT':
        this.bytes(Uint8Array.of(record.data.length))
        this.bytes(Uint8Array.from(record.data, (character) => character.charCodeAt(0)))
        break
      case 'SRV':
        this.uint16(record.data.priority)
        this.uint16(record.data.weight)
        this.uint16(record.data.port)
        // RFC 2782: no compression here; resolvers refuse it.
        this.name(record.data.target, false)
        break
    }
    this.#patchLength(lengthAt)
  }

  /** The zone's SOA, so that resolvers know how long a "no" may be kept. */
  authority(zone: string, ttlSeconds: number): void {
    this.#head(zone, typeNumbers['SOA']!, ttlSeconds)
    const lengthAt = this.#length
    this.uint16(0)
    this.name(`ns.dns.${zone}`)
    this.name(`hostmaster.${zone}`)
    for (const number of [1, 7200, 1800, 86400, ttlSeconds]) this.uint32(number)
    this.#patchLength(lengthAt)
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #head(name: string, type: number, ttlSeconds: number): void {
    this.name(name)
    this.uint16(type)
    this.uint16(internetClass)
    this.uint32(ttlSeconds)
  }

  #patchLength(at: number): void {
    const length = this.#length - at - 2
    this.#bytes[at] = length >> 8
    this.#bytes[at + 1] = length & 0xff
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** A name without compression; queries need none, and pointers in them are how loops are built. */
function readName(message: Uint8Array, start: number): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = []
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined || length > 63) return undefined
    at++
    if (length === 0) return { text: labels.join('.'), end: at }
    if (at + length > message.length || at + length - start > nameLengthMax) return undefined
    let label = ''
    for (let i = 0; i < length; i++) label += String.fromCharCode(message[at + i]!)
    // A dot or a control character inside a label would be taken for the name's own structure.
    if (/[.\u0000-\u0020\u007f]/.test(label)) return undefined
    labels.push(label)
    at += length
  }
}

/** A name with pointers to earlier parts of the message; each must lead further back, so none can lead in a circle. */
function readCompressedName(
  message: Uint8Array,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = []
  let at = start
  let end: number | undefined
  let earliest = start
  for (let length = message[at]; length !== undefined; length = message[at]) {
    if (length >= 0xc0) {
      const target = (length & 0x3f) << 8 | (message[at + 1] ?? 0)
      end ??= at + 2
      if (target >= earliest) return undefined
      earliest = at = target
      continue
    }
    if (length > 63 || labels.length > 127 || at + 1 + length > message.length) return undefined
    if (length === 0) return { text: labels.join('.').toLowerCase(), end: end ?? at + 1 }
    labels.push(String.fromCharCode(...message.subarray(at + 1, at + 1 + length)))
    at += length + 1
  }
  return undefined
}

/** The UDP size of an EDNS option record; queries carry it as their only additional record. */
function findOption(message: Uint8Array, view: DataView, questionEnd: number): number | undefined {
  const additional = view.getUint16(10)
  const emptyBefore = view.getUint16(6) === 0 && view.getUint16(8) === 0
  if (additional === 0 || !emptyBefore || questionEnd + 11 > message.length) return undefined
  if (message[questionEnd] !== 0 || view.getUint16(questionEnd + 1) !== optionType) return undefined
  return view.getUint16(questionEnd + 3)
}

function addressBytes(address: string): Uint8Array {
  const parsed = parseIp(address)
  if (!parsed) throw new Error(`not an address: ${address}`)
  return ipToBytes(parsed)
}
