/** Names of kinds and resources: group, version, kind; group, version, resource. */

export interface GroupVersion {
  /** Empty for the core ("legacy") group. */
  readonly group: string
  readonly version: string
}

/** `apps/v1`, or `v1` for the core group: the `apiVersion` of an object. */
export function formatApiVersion({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`
}

/** The inverse of formatApiVersion; undefined for a malformed one (two slashes, empty). */
export function parseApiVersion(apiVersion: string): GroupVersion | undefined {
  const parts = apiVersion.split('/')
  if (parts.length === 1 && parts[0] !== '') return { group: '', version: parts[0]! }
  if (parts.length === 2 && parts[0] !== '' && parts[1] !== '') return { group: parts[0]!, version: parts[1]! }
  return undefined
}
