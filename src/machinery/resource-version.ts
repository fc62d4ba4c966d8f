/** metadata.resourceVersion: decimal texts of the store's revision, comparable since Kubernetes 1.35 (KEP-5504). */

/** Upstream's rule: digits without a leading zero, not zero, of at most 20 digits. */
export function isResourceVersion(text: string): boolean {
  return /^[1-9]\d{0,19}$/.test(text)
}

/** Negative, zero or positive, as `left - right` would be; undefined when either is not a resource version. */
export function compareResourceVersions(left: string, right: string): number | undefined {
  if (!isResourceVersion(left) || !isResourceVersion(right)) return undefined
  if (left.length !== right.length) return left.length - right.length
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * The revision of a `resourceVersion` query parameter: undefined for absence (empty), 0 for "0" (any), else the number.
 * Throws an Error with upstream's words for anything else.
 */
export function parseResourceVersionParameter(text: string): number | undefined {
  if (text === '') return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new Error(
      `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${/^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'}`,
    )
  }
  return value
}

export function formatResourceVersion(revision: number): string {
  return String(revision)
}
