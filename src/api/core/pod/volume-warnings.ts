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
  const volume = `volume ${quoteGo(name)}`
  const warnings: string[] = []
  if (configMap?.items) {
    warnings.push(...overlaps(pathsOf(configMap.items), `${volume} (ConfigMap ${quoteGo(configMap.name ?? '')})`))
  }
  if (secret?.items) {
    warnings.push(...overlaps(pathsOf(secret.items), `${volume} (Secret ${quoteGo(secret.secretName ?? '')})`))
  }
  if (downwardAPI?.items) warnings.push(...overlaps(pathsOf(downwardAPI.items), `${volume} (DownwardAPI)`))
  const all = new Set<string>()
  for (const source of projected?.sources ?? []) {
    if (Object.keys(source).length === 0) {
      warnings.push(`${volume} (Projected) has no sources provided`)
      continue
    }
    const found = projectedPaths(source)
    if (!found || found.paths.length === 0) continue
    const title = `${volume} (Projected ${found.title})`
    warnings.push(...overlaps(found.paths, title))
    const unique = [...new Set(found.paths)]
    warnings.push(...overlaps([...unique, ...all].toSorted(), title))
    for (const path of unique) all.add(path)
  }
  return warnings
}

function projectedPaths(source: VolumeProjection): { title: string; paths: readonly string[] } | undefined {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source
  if (configMap?.items) return { title: `ConfigMap ${quoteGo(configMap.name ?? '')}`, paths: pathsOf(configMap.items) }
  if (secret?.items) return { title: `Secret ${quoteGo(secret.name ?? '')}`, paths: pathsOf(secret.items) }
  if (downwardAPI?.items) return { title: 'DownwardAPI', paths: pathsOf(downwardAPI.items) }
  if (serviceAccountToken) return { title: 'ServiceAccountToken', paths: [serviceAccountToken.path] }
  if (!clusterTrustBundle) return undefined
  const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? ''
  return { title: `ClusterTrustBundle ${quoteGo(name)}`, paths: [clusterTrustBundle.path] }
}

function overlaps(paths: readonly string[], title: string): string[] {
  const seen = new Set<string>()
  const warnings: string[] = []
  for (const path of paths.map((each) => each.replace(/\/+$/, ''))) {
    const other = path === '' ? undefined
      : [...seen].find((item) => item !== '' && (`${item}/`.startsWith(path) || `${path}/`.startsWith(item)))
    if (other !== undefined) warnings.push(`${title}: overlapping paths: ${quoteGo(path)} with ${quoteGo(other)}`)
    seen.add(path)
  }
  return warnings
}
