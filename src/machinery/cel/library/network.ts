/** Addresses and networks (upstream's IP and CIDR libraries). */
import {
  cidrContains, cidrContainsCidr, formatCidr, formatIp, isLoopback, isUnspecified, networkOf, parseCidr, parseIp,
  type Cidr, type IpAddress,
} from '#base/ip.ts'
import { fail, member, plain, reads, scale, type Costs } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import { boolType, intType, opaque, stringType } from '../types.ts'
import { Foreign, sizeOf } from '../values.ts'

const ipType = opaque('net.IP')
const cidrType = opaque('net.CIDR')
const readsWhole = reads(0)
const readsTwice: Costs = {
  cost: ([text]) => Math.ceil(sizeOf(text!) * 0.2), estimate: ([text]) => ({ cost: scale(text!, 0.2) }),
}

function ipValue(address: IpAddress): Foreign {
  return new Foreign('net.IP', address, (other) => sameAddress(address, other as IpAddress))
}

function cidrValue(cidr: Cidr): Foreign {
  return new Foreign('net.CIDR', cidr, (other) => {
    const { address, prefixLength } = other as Cidr
    return prefixLength === cidr.prefixLength && sameAddress(address, cidr.address)
  })
}

function sameAddress(left: IpAddress, right: IpAddress): boolean {
  return left.family === right.family && left.value === right.value
}

const ip = (value: Foreign): IpAddress => value.data as IpAddress
const cidr = (value: Foreign): Cidr => value.data as Cidr
const isMapped = ({ family, value }: IpAddress): boolean => family === 6 && value >> 32n === 0xffffn

function readIp(text: string): IpAddress | string {
  const address = parseIp(text)
  if (!address) {
    return text.includes('%') && parseIp(text.replace(/%.*/, ''))
      ? `IP address ${JSON.stringify(text)} with zone value is not allowed`
      : `IP Address ${JSON.stringify(text)} parse error during conversion from string: `
        + `ParseAddr(${JSON.stringify(text)}): unable to parse IP`
  }
  return isMapped(address) ? `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed` : address
}

function readCidr(text: string): Cidr | string {
  const found = parseCidr(text)
  if (!found) {
    return `network address parse error during conversion from string: `
      + `netip.ParsePrefix(${JSON.stringify(text)}): ${text.includes('/') ? 'ParseAddr: unable to parse IP' : 'no \'/\''}`
  }
  return isMapped(found.address) ? `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed` : found
}

function toIp(text: string): Foreign {
  const address = readIp(text)
  return typeof address === 'string' ? fail(address) : ipValue(address)
}

function toCidr(text: string): Foreign {
  const found = readCidr(text)
  return typeof found === 'string' ? fail(found) : cidrValue(found)
}

function inRange(text: string): (address: IpAddress) => boolean {
  const range = parseCidr(text)!
  return (address) => address.family === range.address.family && cidrContains(range, address)
}

const linkLocal = { 4: inRange('169.254.0.0/16'), 6: inRange('fe80::/10') } as const
const linkLocalMulticast = { 4: inRange('224.0.0.0/24'), 6: inRange('ff02::/16') } as const
const multicast = { 4: inRange('224.0.0.0/4'), 6: inRange('ff00::/8') } as const

function isGlobalUnicast(address: IpAddress): boolean {
  if (address.family === 4 && address.value === 0xffff_ffffn) return false
  return !isUnspecified(address) && !isLoopback(address) && !multicast[address.family](address)
    && !linkLocal[address.family](address)
}

/** A question about an address. */
function ask(id: string, answer: (address: IpAddress) => boolean): Overload {
  return member(id, [ipType], boolType, (value: Foreign) => answer(ip(value)))
}

function contains(outer: Foreign, address: IpAddress): boolean {
  return cidr(outer).address.family === address.family && cidrContains(cidr(outer), address)
}

function containsCidr(outer: Foreign, inner: Cidr): boolean {
  return cidr(outer).address.family === inner.address.family && cidrContainsCidr(cidr(outer), inner)
}

export const networkTypes = ['net.IP', 'net.CIDR']

export const networkFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['ip', [
    plain('string_to_ip', [stringType], ipType, toIp, readsWhole),
    member('cidr_ip', [cidrType], ipType, (value: Foreign) => ipValue(cidr(value).address)),
  ]],
  ['isIP', [plain('is_ip', [stringType], boolType, (text: string) => typeof readIp(text) !== 'string', readsWhole)]],
  ['ip.isCanonical', [plain('ip_is_canonical', [stringType], boolType, (text: string) =>
    formatIp(ip(toIp(text))) === text, readsTwice)]],
  ['family', [member('ip_family', [ipType], intType, (value: Foreign) => BigInt(ip(value).family))]],
  ['isUnspecified', [ask('ip_is_unspecified', isUnspecified)]],
  ['isLoopback', [ask('ip_is_loopback', isLoopback)]],
  ['isLinkLocalMulticast', [ask('ip_is_link_local_multicast', (value) => linkLocalMulticast[value.family](value))]],
  ['isLinkLocalUnicast', [ask('ip_is_link_local_unicast', (value) => linkLocal[value.family](value))]],
  ['isGlobalUnicast', [ask('ip_is_global_unicast', isGlobalUnicast)]],
  ['string', [
    plain('ip_to_string', [ipType], stringType, (value: Foreign) => formatIp(ip(value))),
    plain('cidr_to_string', [cidrType], stringType, (value: Foreign) => formatCidr(cidr(value))),
  ]],
  ['cidr', [plain('string_to_cidr', [stringType], cidrType, toCidr, readsWhole)]],
  ['isCIDR', [plain('is_cidr', [stringType], boolType, (text: string) =>
    typeof readCidr(text) !== 'string', readsWhole)]],
  ['containsIP', [
    member('cidr_contains_ip_string', [cidrType, stringType], boolType, (outer: Foreign, text: string) =>
      contains(outer, ip(toIp(text))), reads(1)),
    member('cidr_contains_ip_ip', [cidrType, ipType], boolType, (outer: Foreign, address: Foreign) =>
      contains(outer, ip(address))),
  ]],
  ['containsCIDR', [
    member('cidr_contains_cidr_string', [cidrType, stringType], boolType, (outer: Foreign, text: string) =>
      containsCidr(outer, cidr(toCidr(text))), reads(1)),
    member('cidr_contains_cidr', [cidrType, cidrType], boolType, (outer: Foreign, inner: Foreign) =>
      containsCidr(outer, cidr(inner))),
  ]],
  ['prefixLength', [member('cidr_prefix_length', [cidrType], intType, (value: Foreign) =>
    BigInt(cidr(value).prefixLength))]],
  ['masked', [member('cidr_masked', [cidrType], cidrType, (value: Foreign) => cidrValue(networkOf(cidr(value))))]],
])
