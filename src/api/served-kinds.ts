/** Which kinds, in which versions, a server has under a runtime configuration. */
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import { defineKind, type AnyKind, type KindVersion } from '#machinery/schema/define-kind.ts'
import { isRemoved, withDeprecation } from './deprecation.ts'
import { kinds } from './kinds.ts'
import { legacyVersionsOf } from './legacy-versions.ts'
import { optInKinds } from './opt-in-kinds.ts'
import type { RuntimeConfig } from './runtime-config.ts'

/**
 * The kinds that are served under this configuration. Keys are group-versions (`apps/v1`), single resources
 * (`apps/v1/deployments`), or `api/all`, `api/ga`, `api/beta`, `api/alpha`. As upstream: the wide keys come first,
 * whatever their place, then the precise ones. Versions that upstream has removed come by `api/legacy`, or one
 * resource at a time.
 */
export function servedKinds(config: RuntimeConfig = []): readonly AnyKind[] {
  return [...kinds, ...optInKinds].flatMap((kind) => {
    const versions = [
      ...kind.versions.map((version) => serve(kind, version, isServed(kind, version, config, keysOf(kind, version)))),
      ...legacyVersionsOf(kind.group, kind.kind)
        .map((version) => serve(kind, version, isServed(kind, version, config, keysOf(kind, version))))
        .filter(({ served }) => served),
    ]
    if (!versions.some(({ served }) => served)) return []
    const changed = versions.some(({ served }, index) => served !== kind.versions[index]?.served)
    return [changed ? defineKind({ ...kind, versions }) : kind]
  })
}

function serve({ group, kind }: AnyKind, version: KindVersion, served: boolean): KindVersion {
  return { ...withDeprecation(group, kind, version), served }
}

/** Beside the key of the single resource, the widest first. */
function keysOf({ group, kind }: AnyKind, own: KindVersion): readonly string[] {
  if (isRemoved(group, kind, own)) return ['api/legacy']
  const { version } = own
  const level = version.includes('alpha') ? 'api/alpha' : version.includes('beta') ? 'api/beta' : 'api/ga'
  return ['api/all', level, formatApiVersion({ group, version })]
}

function isServed(kind: AnyKind, version: KindVersion, config: RuntimeConfig, keys: readonly string[]): boolean {
  const own = `${formatApiVersion({ group: kind.group, version: version.version })}/${kind.plural}`
  let served = version.served
  for (const key of [...keys, own]) {
    for (const [name, enabled] of config) if (name === key) served = enabled
  }
  return served
}
