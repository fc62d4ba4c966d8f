/** Versions as semver.org 2.0.0 writes and orders them. */

export interface SemanticVersion {
  readonly numbers: readonly [number, number, number]
  /** What stands between a dash and a plus sign; what stands behind the plus sign orders nothing. */
  readonly preRelease: readonly string[]
}

const numeric = '(0|[1-9]\\d{0,15})'
const identifier = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const pattern = new RegExp(
  `^${numeric}\\.${numeric}\\.${numeric}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
)
const maxLength = 256

export function parseSemanticVersion(text: string): SemanticVersion | undefined {
  const match = text.length <= maxLength ? pattern.exec(text) : undefined
  if (!match) return undefined
  const [, major, minor, patch, preRelease] = match
  return { numbers: [Number(major), Number(minor), Number(patch)], preRelease: preRelease?.split('.') ?? [] }
}

/** Negative, zero or positive, as `a` comes before, with or after `b`. */
export function compareSemanticVersions(a: SemanticVersion, b: SemanticVersion): number {
  for (const [index, number] of a.numbers.entries()) {
    if (number !== b.numbers[index]) return number - (b.numbers[index] ?? 0)
  }
  // A release comes after all that led to it.
  if (a.preRelease.length === 0 || b.preRelease.length === 0) return b.preRelease.length - a.preRelease.length
  for (const [index, part] of a.preRelease.entries()) {
    const other = b.preRelease[index]
    if (other === undefined) return 1
    const order = compareIdentifiers(part, other)
    if (order !== 0) return order
  }
  return a.preRelease.length - b.preRelease.length
}

/** Numbers by value and before words, words by their characters. */
function compareIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (aIsNumber && bIsNumber) return Number(a) - Number(b)
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
