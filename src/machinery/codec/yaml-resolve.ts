/** What a plain scalar means to Kubernetes: go-yaml v2's mixture of YAML 1.1 and 1.2. */

export type Resolved =
  { readonly isText: true } | { readonly isText: false; readonly value: number | bigint | boolean | null }

const words = new Map<string, boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
])

const timestamp =
  /^\d{4}-\d\d?-\d\d?(?:$|[Tt]\d\d?:\d\d?:\d\d?(?:\.\d*)?(?:Z|[+-]\d\d:\d\d)$| +\d\d?:\d\d?:\d\d?(?:\.\d*)?$)/
const text: Resolved = { isText: true }

/** Timestamps are told apart from texts only for writing, where they are quoted; reading, they are texts. */
export function resolvePlain(source: string): Resolved {
  const first = source.charAt(0)
  if (words.has(source)) return { isText: false, value: words.get(source)! }
  if (!/^[-+.\d]/.test(first)) return text
  if (timestamp.test(source)) return { isText: false, value: null }
  const number = resolveNumber(source)
  return number === undefined ? text : { isText: false, value: number }
}

export function resolveBoolean(source: string): boolean | undefined {
  const word = words.get(source)
  return typeof word === 'boolean' ? word : undefined
}

export function isNull(source: string): boolean {
  return words.get(source) === null
}

/** An integer (exact: a bigint beyond 2^53) or a float; undefined for what is neither. */
function resolveNumber(source: string): number | bigint | undefined {
  return resolveInteger(source) ?? resolveFloat(source)
}

/** Go's ParseInt with base 0 on 64 bits, underscores taken out: `0x1F`, `0o17`, `017`, `0b11`, `1_000`. */
export function resolveInteger(source: string): number | bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]+|0|[1-9]\d*)$/.exec(
    source.replaceAll('_', ''),
  )
  if (!match || match[2]!.length > 66) return undefined
  const digits = match[2]!
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const value = match[1] === '-' ? -magnitude : magnitude
  if (value < -(2n ** 63n) || value >= 2n ** 64n) return undefined
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}

export function resolveFloat(source: string): number | undefined {
  const special = /^([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)$/.exec(source)
  if (special) {
    return /nan/i.test(special[2]!)
      ? special[1] === ''
        ? Number.NaN
        : undefined
      : special[1] === '-'
        ? -Infinity
        : Infinity
  }
  const plain = source.replaceAll('_', '')
  const value = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(plain) ? Number(plain) : Number.NaN
  // What is too large for a float stays a text, as with Go's ParseFloat.
  return Number.isFinite(value) ? value : undefined
}
