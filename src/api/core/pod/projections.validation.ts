/** Rules of the downward API and projected volumes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateSignerName } from '../../certificates/certificatesigningrequest/signer-name.validation.ts'
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  VolumeProjection,
} from '../../gen/core-v1.ts'
import { validateChoice } from '../../numbers.validation.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'
import { validateUserAnnotations } from '../../user-annotations.validation.ts'
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
    errors.push(...(target ? validateLocalNonReservedPath(target, `${volume}.path`) : [required(`${volume}.path`)]))
  }
  if (clusterTrustBundle) {
    errors.push(...validateTrustBundle(clusterTrustBundle, `${path}.clusterTrustBundle`))
    errors.push(...claimPaths([clusterTrustBundle.path], taken, volume))
  }
  if (podCertificate) errors.push(...validatePodCertificate(podCertificate, taken, volume, `${path}.podCertificate`))
  const found = [secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate].filter(
    Boolean,
  ).length
  if (found > 1) errors.push(forbiddenValue(path, 'may not specify more than 1 volume type per source'))
  return errors
}

/** Certificates by the bundle's name, or all bundles of a signer. */
function validateTrustBundle(source: ClusterTrustBundleProjection, path: string): FieldError[] {
  const { name, signerName, labelSelector, path: target } = source
  const errors: FieldError[] = []
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalidValue(path, source, 'only one of name and signerName may be used'))
  } else if (name !== undefined) {
    if (name === '') errors.push(required(`${path}.name`, 'must be a valid object name'))
    errors.push(...validateTrustBundleName(name).map((problem) =>
      invalidValue(`${path}.name`, name, `not a valid clustertrustbundlename: ${problem}`)))
    if (labelSelector) {
      errors.push(invalidValue(`${path}.labelSelector`, labelSelector,
        'labelSelector must be unset if name is specified'))
    }
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(`${path}.signerName`, 'must be a valid signer name'))
    errors.push(
      ...validateSignerName(signerName, `${path}.signerName`),
      ...validateLabelSelector(labelSelector, `${path}.labelSelector`),
    )
  } else errors.push(required(path, 'either name or signerName must be specified'))
  if (!target) errors.push(required(`${path}.path`))
  return [...errors, ...validateLocalNonReservedPath(target ?? '', `${path}.path`)]
}

/** A signer's bundle is named `example.com:signer:name`, another one as anything is. */
function validateTrustBundleName(name: string): string[] {
  const parts = name.split(':')
  return parts.length === 3 ? validateDns1123Subdomain(parts[2]!) : validateDns1123Subdomain(name)
}

const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519']
const minSeconds = 3600
const maxSeconds = 91 * 86400
const maxSecondsOfKubernetes = 86400

function validatePodCertificate(
  source: PodCertificateProjection, taken: Set<string>, volume: string, path: string,
): FieldError[] {
  const { signerName = '', keyType = '', maxExpirationSeconds: seconds, userAnnotations } = source
  const errors = [
    ...validateSignerName(signerName, `${path}.signerName`),
    ...(userAnnotations ? validateUserAnnotations(userAnnotations, `${path}.userAnnotations`) : []),
    ...validateChoice(keyType, keyTypes, `${path}.keyType`),
  ]
  const field = `${path}.maxExpirationSeconds`
  const limit = /^([^/]+\.)?kubernetes\.io\//.test(signerName) ? maxSecondsOfKubernetes : maxSeconds
  if (seconds !== undefined && seconds < minSeconds) {
    errors.push(invalidValue(field, seconds, `if provided, maxExpirationSeconds must be >= ${minSeconds}`))
  }
  if (seconds !== undefined && seconds > limit) {
    errors.push(invalidValue(field, seconds, `if provided, maxExpirationSeconds must be <= ${limit}`))
  }
  const paths = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const
  for (const name of paths) {
    const target = source[name]
    if (!target) continue
    errors.push(...validateLocalNonReservedPath(target, `${path}.${name}`), ...claimPaths([target], taken, volume))
  }
  if (!paths.some((name) => source[name])) {
    errors.push(required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'))
  }
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
