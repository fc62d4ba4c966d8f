/**
 * The formats of texts that a schema may ask for (upstream: kube-openapi strfmt, apiextensions' list of
 * supported ones).
 */
import { base64Decode } from '#base/bytes.ts'
import { parseCidr, parseIp } from '#base/ip.ts'

type Check = (text: string) => boolean

const matches = (pattern: RegExp): Check => (text) => pattern.test(text)

/** Names without dashes; every other format is ignored, as upstream does. */
const checks: Readonly<Record<string, Check>> = {
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  uri: isRequestUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: (text) => parseIp(text)?.family === 4 && !text.includes(':'),
  ipv6: (text) => text.includes(':') && parseIp(text) !== undefined,
  cidr: (text) => parseCidr(text) !== undefined,
  mac: matches(
    /^(?:[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?:\1[0-9a-f]{2}){0,2}|(?:[0-9a-f]{4}\.){2,3}[0-9a-f]{4})$/i,
  ),
  uuid: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid3: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid4: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  uuid5: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: isRgbColor,
  byte: (text) => text === '' || base64Decode(text) !== undefined,
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  k8sshortname: (text) => text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text),
  k8slongname: (text) =>
    text.length <= 253 && text.split('.').every((part) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(part)),
}

const numberFormats: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
}

/** The format as far as a value of this type has to keep to it; empty: not at all. */
export function effectiveFormat(type: string, format: string): string {
  if (type === '' || type === 'string') return Object.hasOwn(checks, normalize(format)) ? format : ''
  return numberFormats[type]?.includes(format) ? format : ''
}

/** The check of a text format; undefined for formats of numbers and none. */
export function textFormat(format: string): Check | undefined {
  const name = normalize(format)
  return Object.hasOwn(checks, name) ? checks[name] : undefined
}

function normalize(format: string): string {
  return format.replaceAll('-', '')
}

function isRequestUri(text: string): boolean {
  if (text === '' || /[\x00-\x20\x7f]/.test(text)) return false
  return text.startsWith('/') || text === '*' || /^[a-zA-Z][a-zA-Z0-9+.-]*:./.test(text)
}

function isEmail(text: string): boolean {
  const address = /<([^<>]*)>\s*$/.exec(text)?.[1] ?? text.trim()
  const at = address.lastIndexOf('@')
  if (at < 1 || at === address.length - 1) return false
  const local = address.slice(0, at)
  const isQuoted = local.length > 2 && local.startsWith('"') && local.endsWith('"')
  const atom = /^[^\s()<>[\]:;@\\,."]+$/
  const host = address.slice(at + 1)
  return (isQuoted || local.split('.').every((part) => atom.test(part)))
    && (host.split('.').every((part) => atom.test(part)) || /^\[[^[\]\\]*\]$/.test(host))
}

function isHostname(text: string): boolean {
  if (text.length > 255) return false
  const labels = text.split('.')
  if (labels.some((label) => label.length > 63)) return false
  const letter = '[a-zA-Z0-9\\p{S}\\p{L}]'
  if (labels.length === 1) return new RegExp(`^${letter}(?:-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?$`, 'u').test(text)
  const inner = new RegExp(`^${letter}(?:[a-zA-Z0-9\\-\\p{S}\\p{L}]{0,61}${letter})?$`, 'u')
  return labels.slice(0, -1).every((label) => inner.test(label)) && /^[a-zA-Z\p{L}]{2,63}$/u.test(labels.at(-1)!)
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce(
    (total, digit, index) => total + (10 - index) * (digit === 'X' ? 10 : Number(digit)),
    0,
  )
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((total, digit, index) => total + (index % 2 === 0 ? 1 : 3) * Number(digit), 0) % 10 === 0
}

const cards = new RegExp('^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|' +
  '3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\\d{3})\\d{11})$')

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!cards.test(digits)) return false
  const sum = [...digits].toReversed().reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? 2 * Number(digit) : Number(digit)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}

function isRgbColor(text: string): boolean {
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text)
  return parts !== null && parts.slice(1).every((part) => Number(part) <= 255 && String(Number(part)) === part)
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!parts) return false
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1]!
}

function isDateTime(text: string): boolean {
  const [date, time, ...more] = text.toLowerCase().split('t')
  if (time === undefined || more.length > 0 || !isDate(date!)) return false
  const parts = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/.exec(time)
  return parts !== null && parts[1]! <= '23' && parts[2]! <= '59' && parts[3]! <= '59'
}

const goDuration = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/
const units = /^(?:ns|nano.*|us|\u00b5s|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i

/** Go's durations, or Scala's: somewhere a number with a unit. */
function isDuration(text: string): boolean {
  if (text.length > 1000) return false
  if (goDuration.test(text)) return true
  return [...text.matchAll(/\d+\s*([A-Za-z\u00b5]+)/g)].some(([, unit]) => units.test(unit!))
}
