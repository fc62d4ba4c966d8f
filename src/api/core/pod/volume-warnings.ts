/** What is allowed in a pod's volumes but hardly meant. */
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { Volume, VolumeProjection } from '../../gen/core-v1.ts'
import { claimSpecWarnings } from '../persistentvolumeclaim/claim-warnings.ts'

/** Drivers that are no more, by the name of their field. */
const deprecations: readonly (readonly [field: keyof Volume, shown: string, message: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

export function volumeWarnings(volumes: readonly Volume[], path: string): string[] {
  if (volumes.length === 0) return []
  return [
    ...volumes.flatMap((volume, index) => [
      ...deprecations.filter(([field]) => volume[field] !== undefined)
        .map(([, shown, message]) => `${path}[${index}].${shown}: ${message}`),
      ...(volume.ephemeral?.volumeClaimTemplate?.spec
        ? claimSpecWarnings(volume.ephemeral.volumeClaimTemplate.spec,
          `${path}[${index}].ephemeral.volumeClaimTemplate.spec`) : []),
    ]),
    ...volumes.flatMap(overlapsOf),
  ]
}

interface WithPath {
  readonly path: string
}

function pathsOf(items: readonly WithPath[]): string[] {
  return items.map(({ path }) => path)
}

/** Two keys at one path, or one below the other's file. */
function overlapsOf({ name, configMap, secret, downwardAPI, projected }: Volume): string[] {
  const warnings: string[] = []
  const warn = (paths: readonly string[], what: string, named?: string): void => {
    if (paths.length < 2) return
    for (const pair of overlaps(paths)) {
      const source = named === undefined ? what : `${what} ${quoteGo(named)}`
      warnings.push(`volume ${quoteGo(name)} (${source}): overlapping paths: ${pair}`)
    }
  }
  if (configMap?.items) warn(pathsOf(configMap.items), 'ConfigMap', configMap.name ?? '')
  if (secret?.items) warn(pathsOf(secret.items), 'Secret', secret.secretName ?? '')
  if (downwardAPI?.items) warn(pathsOf(downwardAPI.items), 'DownwardAPI')
  if (!projected?.sources) return warnings
  const all = new Set<string>()
  for (const source of projected.sources) {
    if (Object.keys(source).length === 0) {
      warnings.push(`volume ${quoteGo(name)} (Projected) has no sources provided`)
      continue
    }
    const found = projectedPaths(source)
    if (!found || found.paths.length === 0) continue
    const what = `Projected ${found.what}`
    warn(found.paths, what, found.name)
    const unique = [...new Set(found.paths)]
    if (unique.length + all.size > 1) warn([...unique, ...all].toSorted(), what, found.name)
    for (const path of unique) all.add(path)
  }
  return warnings
}

interface ProjectedPaths {
  readonly what: string
  readonly name?: string
  readonly paths: readonly string[]
}

function projectedPaths(source: VolumeProjection): ProjectedPaths | undefined {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source
  if (configMap?.items) return { what: 'ConfigMap', name: configMap.name ?? '', paths: pathsOf(configMap.items) }
  if (secret?.items) return { what: 'Secret', name: secret.name ?? '', paths: pathsOf(secret.items) }
  if (downwardAPI?.items) return { what: 'DownwardAPI', paths: pathsOf(downwardAPI.items) }
  if (serviceAccountToken) return { what: 'ServiceAccountToken', paths: [serviceAccountToken.path] }
  if (!clusterTrustBundle) return undefined
  const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? ''
  return { what: 'ClusterTrustBundle', name, paths: [clusterTrustBundle.path] }
}

/** `"a" with "b"` of each path and the first one before it that it overlaps. */
function overlaps(paths: readonly string[]): string[] {
  const seen: string[] = []
  const pairs: string[] = []
  for (const given of paths) {
    const path = given.endsWith('/') ? given.replace(/\/+$/, '') : given
    const other = path === '' ? undefined
      : seen.find((item) => item !== '' && (`${item}/`.startsWith(path) || `${path}/`.startsWith(item)))
    if (other !== undefined) pairs.push(`${quoteGo(path)} with ${quoteGo(other)}`)
    seen.push(path)
  }
  return pairs
}
