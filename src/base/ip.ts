/** IPv4 and IPv6 addresses and CIDR blocks: parse, format, count. */

export interface IpAddress {
  readonly family: 4 | 6
  /** The address as an unsigned number of 32 or 128 bits. */
  readonly value: bigint
}

/** A block of addresses. `address` may have host bits, as an interface's `10.0.0.5/24` does; see `networkOf`. */
export interface Cidr {
  readonly address: IpAddress
  readonly prefixLength: number
}

/** How many bits an address of the family has. */
function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128
}

/**
 * As Go's netip.ParseAddr: four decimal numbers without leading zeros, or RFC 4291 text (with `::` and a trailing
 * dotted quad). Zones are refused. An IPv4-mapped IPv6 address (`::ffff:1.2.3.4`) stays IPv6.
 */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes(':')) return parseIpv6(text)
  const value = parseDottedQuad(text)
  return value === undefined ? undefined : { family: 4, value }
}

/**
 * Canonical text: dotted quad, or RFC 5952 (lower case, longest run of zeros shortened). IPv4-mapped as
 * `::ffff:1.2.3.4`.
 */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 4) return formatDottedQuad(value)
  if (value >> 32n === 0xffffn) return `::ffff:${formatDottedQuad(value & 0xffffffffn)}`
  const groups: number[] = []
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((value >> shift) & 0xffffn))
  const run = longestZeroRun(groups)
  if (!run) return groups.map(hex).join(':')
  return `${groups.slice(0, run.start).map(hex).join(':')}::${groups.slice(run.end).map(hex).join(':')}`
}

/** The IPv4 address in an IPv4-mapped IPv6 one; any other address as it is. */
function unmapped(address: IpAddress): IpAddress {
  if (address.family === 6 && address.value >> 32n === 0xffffn) return { family: 4, value: address.value & 0xffffffffn }
  return address
}

/** 4 or 16 bytes, the most significant first. */
export function ipToBytes({ family, value }: IpAddress): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(family === 4 ? 4 : 16)
  let rest = value
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

/** Undefined unless there are 4 or 16 bytes. */
export function ipFromBytes(bytes: Uint8Array): IpAddress | undefined {
  if (bytes.length !== 4 && bytes.length !== 16) return undefined
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return { family: bytes.length === 4 ? 4 : 6, value }
}

/** 127.0.0.0/8 or ::1. */
export function isLoopback(address: IpAddress): boolean {
  const plain = unmapped(address)
  return plain.family === 4 ? plain.value >> 24n === 127n : plain.value === 1n
}

/** 0.0.0.0 or ::. */
export function isUnspecified(address: IpAddress): boolean {
  return address.value === 0n
}

/** 169.254.0.0/16 or fe80::/10. */
export function isLinkLocal(address: IpAddress): boolean {
  const plain = unmapped(address)
  return plain.family === 4 ? plain.value >> 16n === 0xa9fen : plain.value >> 118n === 0x3fan
}

/** `address/length`, both checked; the length is decimal without leading zeros. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.lastIndexOf('/')
  if (slash < 0) return undefined
  const address = parseIp(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (!address || !/^(0|[1-9][0-9]{0,2})$/.test(length)) return undefined
  const prefixLength = Number(length)
  return prefixLength > bitsOf(address.family) ? undefined : { address, prefixLength }
}

export function formatCidr({ address, prefixLength }: Cidr): string {
  return `${formatIp(address)}/${prefixLength}`
}

/** The block with its host bits cleared: `10.0.0.5/24` → `10.0.0.0/24`. */
export function networkOf({ address, prefixLength }: Cidr): Cidr {
  const hostBits = BigInt(bitsOf(address.family) - prefixLength)
  return { address: { family: address.family, value: (address.value >> hostBits) << hostBits }, prefixLength }
}

/** How many addresses the block has, network and broadcast addresses included. */
export function addressCount({ address, prefixLength }: Cidr): bigint {
  return 1n << BigInt(bitsOf(address.family) - prefixLength)
}

/** The `index`-th address of the block, 0 being the network's own; undefined beyond its end. */
export function addressAt(cidr: Cidr, index: bigint | number): IpAddress | undefined {
  const offset = BigInt(index)
  if (offset < 0n || offset >= addressCount(cidr)) return undefined
  const network = networkOf(cidr).address
  return { family: network.family, value: network.value + offset }
}

/** Where in the block the address is; undefined when it is outside. */
export function indexInCidr(cidr: Cidr, address: IpAddress): bigint | undefined {
  return cidrContains(cidr, address) ? address.value - networkOf(cidr).address.value : undefined
}

export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (cidr.address.family !== address.family) return false
  const hostBits = BigInt(bitsOf(address.family) - cidr.prefixLength)
  return cidr.address.value >> hostBits === address.value >> hostBits
}

/** True when every address of `inner` is in `outer`. */
export function cidrContainsCidr(outer: Cidr, inner: Cidr): boolean {
  return inner.prefixLength >= outer.prefixLength && cidrContains(outer, inner.address)
}

function parseDottedQuad(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  let value = 0n
  for (const part of match.slice(1)) {
    const octet = Number(part)
    if (octet > 255 || (part.length > 1 && part.startsWith('0'))) return undefined
    value = (value << 8n) | BigInt(octet)
  }
  return value
}

function formatDottedQuad(value: bigint): string {
  const number = Number(value)
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => 0), ...tail]
  return { family: 6, value: groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n) }
}

/** The 16-bit groups of one side of `::`. Only the very end of an address may be a dotted quad. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const quad = atEnd && i === parts.length - 1 ? parseDottedQuad(part) : undefined
    if (quad === undefined) return undefined
    groups.push(Number(quad >> 16n), Number(quad & 0xffffn))
  }
  return groups
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly end: number } | undefined {
  let best: { start: number; end: number } | undefined
  for (let i = 0; i < groups.length; i++) {
    let end = i
    while (end < groups.length && groups[end] === 0) end++
    if (end - i >= 2 && (!best || end - i > best.end - best.start)) best = { start: i, end }
    if (end > i) i = end
  }
  return best
}

function hex(group: number): string {
  return group.toString(16)
}
