/** Whether an etcd can be believed when it says that a watch has told everything up to a revision. */

/**
 * Older servers may say so before they have sent the last events (etcd issues 15220 and 17507). The releases are those
 * that upstream's API server asks for (k8s.io/apiserver storage/feature).
 */
export function isProgressReliable(version: string): boolean {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)
  if (!parts) return false
  const [major, minor, patch] = parts.slice(1).map(Number) as [number, number, number]
  if (major !== 3) return major > 3
  if (minor === 4) return patch >= 31
  if (minor === 5) return patch >= 13
  return minor > 5
}
