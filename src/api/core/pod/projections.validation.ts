/** Rules of the downward API and projected volumes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, VolumeProjection } from '../../gen/core-v1.ts'
import { validateFieldRef, validateResourceFieldRef, volumePaths } from './downward-api.validation.ts'
import { validateFileMode, validateLocalNonReservedPath } from './paths.validation.ts'

/** Upstream's paths for these faults do not carry the index of the item. */
export function validateDownwardItems(items: readonly DownwardAPIVolumeFile[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap(({ path: target, fieldRef, resourceFieldRef, mode }) => {
    const errors = target ? [] : [required(`${path}.path`)]
    errors.push(...validateLocalNonReservedPath(target ?? '', `${path}.path`))
    if (fieldRef) {
      errors.push(...validateFieldRef(fieldRef, volumePaths, `${path}.fieldRef`))
      if (resourceFieldRef) {
        errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
      }
    } else if (resourceFieldRef) {
      errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, true))
    } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'))
    return [...errors, ...validateFileMode(mode, `${path}.mode`)]
  })
}

export function validateProjected({ sources, defaultMode }: ProjectedVolumeSource, path: string): FieldError[] {
  const taken = new Set<string>()
  const errors = validateFileMode(defaultMode, `${path}.defaultMode`)
  for (const [index, source] of (sources ?? []).entries()) {
    errors.push(...validateProjection(source, taken, path, `${path}.sources[${index}]`))
  }
  return errors
}

function validateProjection(source: VolumeProjection, taken: Set<string>, volume: string, path: string): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
  const errors: FieldError[] = []
  if (secret) errors.push(...validateNamed(secret, taken, volume, `${path}.secret`))
  if (configMap) errors.push(...validateNamed(configMap, taken, volume, `${path}.configMap`))
  if (downwardAPI) {
    errors.push(...validateDownwardItems(downwardAPI.items, `${path}.downwardAPI`))
    errors.push(...claimPaths((downwardAPI.items ?? []).map((item) => item.path), taken, volume))
  }
  if (serviceAccountToken) {
    const { expirationSeconds, path: target } = serviceAccountToken
    const field = `${path}.serviceAccountToken.expirationSeconds`
    if (expirationSeconds !== undefined && expirationSeconds < 600) {
      errors.push(invalidValue(field, expirationSeconds, 'may not specify a duration less than 10 minutes'))
    }
    if (expirationSeconds !== undefined && expirationSeconds > 2 ** 32) {
      errors.push(invalidValue(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'))
    }
    if (!target) errors.push(required(`${volume}.path`))
    errors.push(...claimPaths([target], taken, volume))
  }
  if (clusterTrustBundle) errors.push(...claimPaths([clusterTrustBundle.path], taken, volume))
  const found = [secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate].filter(
    Boolean,
  ).length
  if (found > 1) errors.push(forbiddenValue(path, 'may not specify more than 1 volume type'))
  return errors
}

function validateNamed(
  { name, items }: { readonly name?: string; readonly items?: readonly KeyToPath[] },
  taken: Set<string>,
  volume: string,
  path: string,
): FieldError[] {
  const errors = name ? [] : [required(`${path}.name`)]
  for (const [index, { key, path: target, mode }] of (items ?? []).entries()) {
    const at = `${path}.items[${index}]`
    if (!key) errors.push(required(`${at}.key`))
    if (!target) errors.push(required(`${at}.path`))
    errors.push(...validateLocalNonReservedPath(target ?? '', `${at}.path`), ...validateFileMode(mode, `${at}.mode`))
  }
  return [...errors, ...claimPaths((items ?? []).map((item) => item.path), taken, volume, name)]
}

/** Two sources cannot put a file at the same place. */
function claimPaths(
  paths: readonly (string | undefined)[], taken: Set<string>, volume: string, shown?: string,
): FieldError[] {
  return paths.flatMap((target) => {
    if (!target) return []
    const conflict = taken.has(target)
    taken.add(target)
    return conflict ? [invalidValue(volume, shown ?? target, 'conflicting duplicate paths')] : []
  })
}
