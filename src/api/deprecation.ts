/** Which of the built-in kinds' versions are deprecated in the release that we are, in upstream's words. */
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import type { Deprecation, KindVersion } from '#machinery/schema/define-kind.ts'
import { lifecycles } from './gen/lifecycles.ts'

/** The minor version of 1.x whose API is served. */
const currentMinor = 36

/** The version, marked if upstream has deprecated it by now. */
export function withDeprecation(group: string, kind: string, version: KindVersion): KindVersion {
  const deprecation = deprecationOf(group, version.version, kind)
  return deprecation ? { ...version, deprecation } : version
}

/** Whether upstream's server of this release no longer serves the version, whatever its configuration. */
export function isRemoved(group: string, kind: string, { version }: KindVersion): boolean {
  const [, removed = 0] = lifecycles[`${group}/${version}/${kind}`] ?? []
  return removed !== 0 && removed <= currentMinor
}

function deprecationOf(group: string, version: string, kind: string): Deprecation | undefined {
  const [deprecated, removed, replacement] = lifecycles[`${group}/${version}/${kind}`] ?? [Infinity, 0]
  if (deprecated > currentMinor) return undefined
  const unavailable = removed === 0 ? '' : `, unavailable in v1.${removed}+`
  const instead = replacement === undefined ? '' : `; use ${replacement}`
  const message = `${formatApiVersion({ group, version })} ${kind} is deprecated in v1.${deprecated}+${unavailable}${instead}`
  return { message, removedRelease: removed === 0 ? '' : `1.${removed}` }
}
