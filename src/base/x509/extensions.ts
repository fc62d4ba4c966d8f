/** X.509 v3 extensions: what a certificate's key may be used for, and for which addresses. */
import { latin1Decode, latin1Encode } from '../bytes.ts'
import {
  bitString,
  boolean,
  children,
  context,
  contextPrimitive,
  decode,
  decodeOid,
  DerError,
  integer,
  octetString,
  oid,
  sequence,
  tag,
  type DerValue,
} from '../der.ts'
import { formatIp, ipFromBytes, ipToBytes, parseIp } from '../ip.ts'
import { oids } from './names.ts'

/** RFC 5280 §4.2.1.3, in the order of their bits. */
export const keyUsages = [
  'digital signature',
  'content commitment',
  'key encipherment',
  'data encipherment',
  'key agreement',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
] as const
export type KeyUsage = (typeof keyUsages)[number]
export type ExtendedKeyUsage = 'server auth' | 'client auth'

export interface AlternativeNames {
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
}

export function extension(name: string, critical: boolean, contents: Uint8Array): Uint8Array {
  return critical
    ? sequence(oid(name), boolean(true), octetString(contents))
    : sequence(oid(name), octetString(contents))
}

export function encodeKeyUsage(usages: readonly KeyUsage[]): Uint8Array {
  let bits = 0
  for (const usage of usages) bits |= 0x8000 >> keyUsages.indexOf(usage)
  const bytes = (bits & 0xff) === 0 ? Uint8Array.of(bits >> 8) : Uint8Array.of(bits >> 8, bits & 0xff)
  let unused = 0
  while (unused < 7 && ((bytes.at(-1)! >> unused) & 1) === 0) unused++
  return bitString(bytes, unused)
}

export function encodeExtendedKeyUsage(usages: readonly ExtendedKeyUsage[]): Uint8Array {
  return sequence(...usages.map((usage) => oid(usage === 'server auth' ? oids.serverAuth : oids.clientAuth)))
}

export function encodeBasicConstraints(authority: boolean): Uint8Array {
  return authority ? sequence(boolean(true)) : sequence()
}

/** Throws for an address that is none. */
export function encodeAlternativeNames({ dnsNames, ipAddresses }: AlternativeNames): Uint8Array {
  return sequence(
    ...dnsNames.map((name) => contextPrimitive(2, latin1Encode(name))),
    ...ipAddresses.map((text) => {
      const address = parseIp(text)
      if (!address) throw new Error(`${text} is not an IP address`)
      return contextPrimitive(7, ipToBytes(address))
    }),
  )
}

export function encodeAuthorityKeyIdentifier(identifier: Uint8Array): Uint8Array {
  return sequence(contextPrimitive(0, identifier))
}

export interface DecodedExtensions extends AlternativeNames {
  /** SAN entries that are neither DNS names nor addresses, by their kind. */
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
  readonly isAuthority: boolean
  readonly keyUsages: readonly KeyUsage[]
  /** Dotted. */
  readonly extendedKeyUsages: readonly string[]
  readonly subjectKeyIdentifier: Uint8Array | undefined
  readonly authorityKeyIdentifier: Uint8Array | undefined
}

/** The `Extensions` sequence of a certificate or of a request. */
export function decodeExtensions(list: DerValue | undefined): DecodedExtensions {
  const found = new Map<string, DerValue>()
  for (const entry of list ? children(list) : []) {
    const parts = children(entry)
    const value = parts.at(-1)
    if (!parts[0] || value?.tag !== tag.octetString) throw new DerError('malformed extension')
    found.set(decodeOid(parts[0]), decode(value.contents))
  }
  const names = found.get(oids.subjectAlternativeName)
  const general = names ? children(names) : []
  const texts = (number: number): string[] =>
    general.filter((name) => name.tag === (0x80 | number)).map((name) => latin1Decode(name.contents))
  const constraints = found.get(oids.basicConstraints)
  const usage = found.get(oids.keyUsage)
  const extended = found.get(oids.extendedKeyUsage)
  const authority = found.get(oids.authorityKeyIdentifier)
  return {
    emailAddresses: texts(1), dnsNames: texts(2), uris: texts(6),
    ipAddresses: general.filter((name) => name.tag === 0x87).map((name) => decodeAddress(name.contents)),
    isAuthority: constraints !== undefined && children(constraints)[0]?.contents[0] === 0xff,
    keyUsages: usage
      ? keyUsages.filter((_, bit) => ((usage.contents[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0)
      : [],
    extendedKeyUsages: extended ? children(extended).map(decodeOid) : [],
    subjectKeyIdentifier: found.get(oids.subjectKeyIdentifier)?.contents,
    authorityKeyIdentifier: authority && children(authority).find((part) => part.tag === 0x80)?.contents,
  }
}

function decodeAddress(bytes: Uint8Array): string {
  const address = ipFromBytes(bytes)
  if (!address) throw new DerError('malformed IP address')
  return formatIp(address)
}

/** `[3] EXPLICIT Extensions` of a certificate. */
export function encodeExtensionList(extensions: readonly Uint8Array[]): Uint8Array {
  return context(3, sequence(...extensions))
}

export const version3 = context(0, integer(Uint8Array.of(2)))
