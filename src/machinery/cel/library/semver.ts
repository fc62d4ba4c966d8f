/** Semantic versions (upstream's SemverLib). */
import { fail, member, plain, reads } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import { boolType, intType, opaque, stringType } from '../types.ts'
import { Foreign } from '../values.ts'

export const semverTypeName = 'kubernetes.Semver'
const semverType = opaque(semverTypeName)

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly prerelease: readonly string[]
}

const pattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/

/** A version, or why the text is none. */
function read(written: string, isTolerant = false): Version | string {
  const text = isTolerant ? normalize(written) : written
  if (text === undefined) return 'short version cannot contain PreRelease/Build meta data'
  if (text === '') return 'Version string empty'
  const match = pattern.exec(text)
  if (!match) return text.split('.').length < 3 ? 'No Major.Minor.Patch elements found' : problemOf(text)
  const [, major, minor, patch, prerelease = ''] = match
  const parts = prerelease === '' ? [] : prerelease.split('.')
  const zero = parts.find((part) => /^0\d+$/.test(part))
  if (zero !== undefined) return `Numeric PreRelease version must not contain leading zeroes "${zero}"`
  return { numbers: [BigInt(major!), BigInt(minor!), BigInt(patch!)], prerelease: parts }
}

function problemOf(text: string): string {
  for (const [index, name] of ['major', 'minor', 'patch'].entries()) {
    const part = (text.split('.')[index] ?? '').replace(index === 2 ? /[-+].*/ : /$^/, '')
    const title = name[0]!.toUpperCase() + name.slice(1)
    if (!/^\d+$/.test(part)) return `Invalid character(s) found in ${name} number "${part}"`
    if (/^0\d/.test(part)) return `${title} number must not contain leading zeroes "${part}"`
  }
  return 'Invalid character(s) found in prerelease'
}

/** Without a leading v and zeros, and with all three numbers; undefined if a short one has more after its numbers. */
function normalize(text: string): string | undefined {
  const [first = '', second, ...rest] = text.replace(/^v/, '').split('.')
  const parts = [first, ...(second === undefined ? [] : [second]), ...(rest.length === 0 ? [] : [rest.join('.')])]
    .map((part) => part.length < 2 ? part : part.replace(/^0+(?=\d)/, ''))
  if (parts.length < 3 && /[+-]/.test(parts.at(-1)!)) return undefined
  while (parts.length < 3) parts.push('0')
  return parts.join('.')
}

function compareVersions(left: Version, right: Version): number {
  for (const [index, number] of left.numbers.entries()) {
    const other = right.numbers[index]!
    if (number !== other) return number < other ? -1 : 1
  }
  if (left.prerelease.length === 0 || right.prerelease.length === 0) {
    return Math.sign(right.prerelease.length - left.prerelease.length)
  }
  for (let index = 0; index < Math.max(left.prerelease.length, right.prerelease.length); index++) {
    const order = compareParts(left.prerelease[index], right.prerelease[index])
    if (order !== 0) return order
  }
  return 0
}

function compareParts(left: string | undefined, right: string | undefined): number {
  if (left === undefined || right === undefined) return left === right ? 0 : left === undefined ? -1 : 1
  const [leftIsNumber, rightIsNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)]
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1
  if (leftIsNumber) return Number(BigInt(left) > BigInt(right)) - Number(BigInt(left) < BigInt(right))
  return left < right ? -1 : left > right ? 1 : 0
}

function parse(text: string, isTolerant = false): Foreign {
  const version = read(text, isTolerant)
  if (typeof version === 'string') return fail(version)
  return new Foreign(semverTypeName, version, (other) => compareVersions(version, other as Version) === 0)
}

const of = (value: Foreign): Version => value.data as Version
const isVersion = (text: string, isTolerant = false): boolean => typeof read(text, isTolerant) !== 'string'

export const semverFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['semver', [
    plain('string_to_semver', [stringType], semverType, (text: string) => parse(text), reads(0)),
    plain('string_bool_to_semver', [stringType, boolType], semverType, parse, reads(0)),
  ]],
  ['isSemver', [
    plain('is_semver_string', [stringType], boolType, (text: string) => isVersion(text), reads(0)),
    plain('is_semver_string_bool', [stringType, boolType], boolType, isVersion, reads(0)),
  ]],
  ['isGreaterThan', [member('semver_is_greater_than', [semverType, semverType], boolType,
    (left: Foreign, right: Foreign) => compareVersions(of(left), of(right)) > 0)]],
  ['isLessThan', [member('semver_is_less_than', [semverType, semverType], boolType,
    (left: Foreign, right: Foreign) => compareVersions(of(left), of(right)) < 0)]],
  ['compareTo', [member('semver_compare_to', [semverType, semverType], intType,
    (left: Foreign, right: Foreign) => BigInt(compareVersions(of(left), of(right))))]],
  ...(['major', 'minor', 'patch'] as const).map((name, index) => [name, [
    member(`semver_${name}`, [semverType], intType, (value: Foreign) => of(value).numbers[index]!),
  ]] as const),
])
