/** Rules of IP addresses and ranges. */
import {
  cidrContains,
  formatCidr,
  formatIp,
  isLinkLocal,
  isLoopback,
  isUnspecified,
  networkOf,
  parseCidr,
  parseIp,
  type IpAddress,
} from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, quoteGo } from '#machinery/errors/field-errors.ts'

const addressSentence = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
export const rangeSentence = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

/** For fields of old: any spelling that parses. */
export function validateAddress(value: string, path: string): FieldError[] {
  return parseIp(value) ? [] : [invalidValue(path, value, addressSentence)]
}

/** For newer fields: the one canonical spelling. */
export function validateCanonicalAddress(value: string, path: string): FieldError[] {
  const address = parseIp(value)
  if (!address) return [invalidValue(path, value, addressSentence)]
  const canonical = formatIp(address)
  return canonical === value ? [] : [invalidValue(path, value, `must be in canonical form (${quoteGo(canonical)})`)]
}

export function validateRange(value: string, path: string): FieldError[] {
  return parseCidr(value) ? [] : [invalidValue(path, value, rangeSentence)]
}

export function validateCanonicalRange(value: string, path: string): FieldError[] {
  const range = parseCidr(value)
  if (!range) return [invalidValue(path, value, rangeSentence)]
  const canonical = formatCidr(networkOf(range))
  if (formatCidr(range) !== canonical) {
    return [invalidValue(path, value, 'must not have bits set beyond the prefix length')]
  }
  return canonical === value ? [] : [invalidValue(path, value, `must be in canonical form (${quoteGo(canonical)})`)]
}

/** Addresses that lead nowhere, or back, or to the machine beside: a Service must not send traffic there. */
export function validateNonSpecialAddress(value: string, path: string): FieldError[] {
  const address = parseIp(value)
  if (!address) return [invalidValue(path, value, 'must be a valid IP address')]
  const errors: FieldError[] = []
  if (isUnspecified(address)) errors.push(invalidValue(path, value, `may not be unspecified (${value})`))
  if (isLoopback(address)) {
    errors.push(invalidValue(path, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'))
  }
  if (isLinkLocal(address)) {
    errors.push(invalidValue(path, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'))
  }
  if (isLinkLocalMulticast(address)) {
    errors.push(invalidValue(path, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'))
  }
  return errors
}

const linkLocalMulticast = ['224.0.0.0/24', 'ff02::/16'].map((range) => parseCidr(range)!)

function isLinkLocalMulticast(address: IpAddress): boolean {
  return linkLocalMulticast.some((range) => cidrContains(range, address))
}
