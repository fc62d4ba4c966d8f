/**
 * metadata.resourceVersion: decimal numbers of any size, comparable since Kubernetes 1.35 (KEP-5504). They are compared
 * as texts, because they may be larger than JavaScript's exact integers.
 */

/** Negative when `a` is older than `b`, 0 when equal. The empty text is older than everything. */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

export function newerResourceVersion(a: string, b: string): string {
  return compareResourceVersions(a, b) >= 0 ? a : b
}
