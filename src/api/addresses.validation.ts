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
  type Cidr,
  type IpAddress,
} from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, quoteGo } from '#machinery/errors/field-errors.ts'

const addressSentence = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const rangeSentence = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

/**
 * For fields of old: not the one canonical spelling, but none that programs read in different ways. `kept`: addresses
 * that the field had before, good or not.
 */
export function validateAddress(value: string, path: string, kept: readonly string[] = []): FieldError[] {
  return kept.includes(value) ? [] : validateStrictAddress(value, path)
}

function validateStrictAddress(value: string, path: string): FieldError[] {
  const strict = parseIp(value)
  if (!strict) {
    return [invalidValue(path, value, parseIp(withoutLeadingZeros(value)) ? 'must not have leading 0s' : addressSentence)]
  }
  return isMapped(strict) ? [invalidValue(path, value, 'must not be an IPv4-mapped IPv6 address')] : []
}

/** For newer fields: the one canonical spelling. */
export function validateCanonicalAddress(value: string, path: string): FieldError[] {
  const errors = validateStrictAddress(value, path)
  if (errors.length > 0) return errors
  const canonical = formatIp(parseIp(value)!)
  return canonical === value ? [] : [invalidValue(path, value, `must be in canonical form (${quoteGo(canonical)})`)]
}

/** For fields of old, see validateAddress. */
export function validateRange(value: string, path: string, kept: readonly string[] = []): FieldError[] {
  if (kept.includes(value)) return []
  const range = parseCidr(value)
  if (!range) {
    const sloppy = parseCidr(withoutLeadingZeros(value))
    return [invalidValue(path, value, sloppy ? 'must not have leading 0s in IP or prefix length' : rangeSentence)]
  }
  if (isMapped(range.address)) return [invalidValue(path, value, 'must not have an IPv4-mapped IPv6 address')]
  return formatCidr(range) === formatCidr(networkOf(range)) ? []
    : [invalidValue(path, value, 'must not have bits set beyond the prefix length')]
}

export function validateCanonicalRange(value: string, path: string): FieldError[] {
  const errors = validateRange(value, path)
  if (errors.length > 0) return errors
  const canonical = formatCidr(parseCidr(value)!)
  return canonical === value ? [] : [invalidValue(path, value, `must be in canonical form (${quoteGo(canonical)})`)]
}

/** An IPv4 address in the clothes of IPv6: some take it for the one, some for the other. */
function isMapped({ family, value }: IpAddress): boolean {
  return family === 6 && value >> 32n === 0xffffn
}

/** As programs of old read it. */
export function parseSloppyRange(text: string): Cidr | undefined {
  return parseCidr(withoutLeadingZeros(text))
}

/** Numbers of old were decimal with zeros before them; elsewhere such zeros mean octal. */
function withoutLeadingZeros(text: string): string {
  return text.replace(/(^|[.:/])0+(?=\d+(?:[./]|$))/g, '$1')
}

/** Of an address that validation let pass: spellings that are better avoided. */
export function addressWarnings(value: string, path: string): string[] {
  const address = parseIp(value)
  if (!address || isMapped(address)) {
    const meant = address ?? parseIp(withoutLeadingZeros(value))
    if (!meant) return []
    const plain = isMapped(meant) ? { family: 4, value: meant.value & 0xffffffffn } as const : meant
    return [`${path}: non-standard IP address ${quoteGo(value)} is invalid: use ${quoteGo(formatIp(plain))}`]
  }
  const canonical = formatIp(address)
  return address.family === 4 || canonical === value ? []
    : [`${path}: IPv6 address ${quoteGo(value)} should be in RFC 5952 canonical format (${quoteGo(canonical)})`]
}

/** The same of a range. */
export function rangeWarnings(value: string, path: string): string[] {
  const strict = parseCidr(value)
  const range = strict ?? parseCidr(withoutLeadingZeros(value))
  if (!range) return []
  const network = networkOf(range)
  const [shown, canonical] = [quoteGo(value), quoteGo(formatCidr(network))]
  const warnings: string[] = []
  if (network.address.value !== range.address.value) {
    const single = quoteGo(`${formatIp(range.address)}/${range.address.family === 4 ? 32 : 128}`)
    warnings.push(`${path}: CIDR value ${shown} is ambiguous in this context (should be ${canonical} or ${single}?)`)
  }
  if (!strict || isMapped(range.address)) {
    warnings.push(`${path}: non-standard CIDR value ${shown} is invalid: use ${canonical}`)
  }
  return warnings.length > 0 || range.address.family === 4 || formatCidr(range) === value ? warnings
    : [`${path}: IPv6 CIDR value ${shown} should be in RFC 5952 canonical format (${quoteGo(formatCidr(range))})`]
}

/** Addresses that lead nowhere, or back, or to the machine beside: a Service must not send traffic there. */
export function validateNonSpecialAddress(value: string, path: string): FieldError[] {
  const address = parseIp(withoutLeadingZeros(value))
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
