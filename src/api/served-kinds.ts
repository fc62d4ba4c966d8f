/** Which kinds, in which versions, a server has under a runtime configuration. */
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import { defineKind, type AnyKind, type KindVersion } from '#machinery/schema/define-kind.ts'
import { kinds } from './kinds.ts'
import { legacyVersionsOf } from './legacy-versions.ts'
import { optInKinds } from './opt-in-kinds.ts'
import type { RuntimeConfig } from './runtime-config.ts'

/**
 * The kinds that are served under this configuration. Keys are group-versions (`apps/v1`), single resources (`apps/v1/deployments`),
 * or `api/all`, `api/ga`, `api/beta`, `api/alpha`. As upstream: the wide keys come first, whatever their place, then the precise ones.
 * Versions that upstream has removed come by `api/legacy`, or one resource at a time.
 */
export function servedKinds(config: RuntimeConfig = []): readonly AnyKind[] {
  return [...kinds, ...optInKinds].flatMap((kind) => {
    const versions = [
      ...kind.versions.map((version) => ({ ...version, served: isServed(kind, version, config, wideKeys(version)) })),
      ...legacyVersionsOf(kind.group, kind.kind)
        .map((version) => ({ ...version, served: isServed(kind, version, config, ['api/legacy']) }))
        .filter(({ served }) => served),
    ]
    if (!versions.some(({ served }) => served)) return []
    const changed = versions.some(({ served }, index) => served !== kind.versions[index]?.served)
    return [changed ? defineKind({ ...kind, versions }) : kind]
  })
}

function wideKeys({ version }: KindVersion): readonly string[] {
  return ['api/all', version.includes('alpha') ? 'api/alpha' : version.includes('beta') ? 'api/beta' : 'api/ga', '']
}

function isServed(kind: AnyKind, version: KindVersion, config: RuntimeConfig, wide: readonly string[]): boolean {
  const groupVersion = formatApiVersion({ group: kind.group, version: version.version })
  let served = version.served
  for (const key of [...wide.map((name) => name || groupVersion), `${groupVersion}/${kind.plural}`]) {
    for (const [name, enabled] of config) if (name === key) served = enabled
  }
  return served
}
