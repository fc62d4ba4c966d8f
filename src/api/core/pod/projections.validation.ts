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
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { validateChoice } from '../../numbers.validation.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'
import { validateUserAnnotations } from '../../user-annotations.validation.ts'
import { validateFieldRef, validateResourceFieldRef, volumePaths } from './downward-api.validation.ts'
import { validateFileMode, validateLocalNonReservedPath } from './paths.validation.ts'
import type { PodValidationOptions } from './pod-options.ts'

/** Upstream's paths for these faults do not carry the index of the item. */
export function validateDownwardItems(items: readonly DownwardAPIVolumeFile[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item) => validateDownwardItem(item, path))
}

function validateDownwardItem(item: DownwardAPIVolumeFile, path: string): FieldError[] {
  const { path: target, fieldRef, resourceFieldRef, mode } = item
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
}

export function validateProjected(
  { sources, defaultMode }: ProjectedVolumeSource, path: string, options: PodValidationOptions,
): FieldError[] {
  const taken = new TakenPaths(path)
  return [
    ...validateFileMode(defaultMode, `${path}.defaultMode`),
    ...(sources ?? []).flatMap((source, index) =>
      validateProjection(source, taken, `${path}.sources[${index}]`, options)),
  ]
}

/** Two sources of a volume cannot put a file at the same place. */
class TakenPaths {
  /** Of the volume: upstream tells such faults there. */
  readonly volume: string
  readonly #paths = new Set<string>()
  constructor(volume: string) {
    this.volume = volume
  }
  /** `shown`: the value of the fault, where it is not the path. */
  claim(target: string, shown = target): FieldError[] {
    const conflict = this.#paths.has(target)
    this.#paths.add(target)
    return conflict ? [invalidValue(this.volume, shown, 'conflicting duplicate paths')] : []
  }
}

function validateProjection(
  source: VolumeProjection, taken: TakenPaths, path: string, options: PodValidationOptions,
): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
  const errors: FieldError[] = []
  if (secret) errors.push(...validateNamed(secret, taken, `${path}.secret`))
  if (configMap) errors.push(...validateNamed(configMap, taken, `${path}.configMap`))
  for (const item of downwardAPI?.items ?? []) {
    errors.push(...validateDownwardItem(item, `${path}.downwardAPI`), ...(item.path ? taken.claim(item.path) : []))
  }
  if (serviceAccountToken) {
    errors.push(...validateToken(serviceAccountToken, taken.volume, `${path}.serviceAccountToken`, options))
  }
  if (clusterTrustBundle) {
    errors.push(
      ...validateTrustBundle(clusterTrustBundle, `${path}.clusterTrustBundle`),
      ...taken.claim(clusterTrustBundle.path ?? ''),
    )
  }
  if (podCertificate) errors.push(...validatePodCertificate(podCertificate, taken, `${path}.podCertificate`))
  const found = [secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate].filter(
    Boolean,
  ).length
  if (found > 1) errors.push(forbiddenValue(path, 'may not specify more than 1 volume type per source'))
  return errors
}

/** Faults of where its file goes are told at the volume. */
function validateToken(
  { expirationSeconds, path: target }: ServiceAccountTokenProjection, volume: string, path: string,
  { allowNonLocalProjectedTokenPath }: PodValidationOptions,
): FieldError[] {
  const errors: FieldError[] = []
  const field = `${path}.expirationSeconds`
  if (expirationSeconds !== undefined && expirationSeconds < 600) {
    errors.push(invalidValue(field, expirationSeconds, 'may not specify a duration less than 10 minutes'))
  }
  if (expirationSeconds !== undefined && expirationSeconds > 2 ** 32) {
    errors.push(invalidValue(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'))
  }
  if (!target) return [...errors, required(`${volume}.path`)]
  return allowNonLocalProjectedTokenPath ? errors
    : [...errors, ...validateLocalNonReservedPath(target, `${volume}.path`)]
}

export function hasNonLocalTokenPath(volumes: readonly Volume[]): boolean {
  return volumes.some(({ projected }) => projected?.sources?.some(({ serviceAccountToken: token }) =>
    token && validateLocalNonReservedPath(token.path ?? '', '').length > 0))
}

/** Certificates by the bundle's name, or all bundles of a signer. */
function validateTrustBundle(source: ClusterTrustBundleProjection, path: string): FieldError[] {
  const { name, signerName, labelSelector, path: target } = source
  const errors: FieldError[] = []
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalidValue(path, internalValue('ClusterTrustBundleProjection', source), 'only one of name and signerName may be used'))
  } else if (name !== undefined) {
    if (name === '') errors.push(required(`${path}.name`, 'must be a valid object name'))
    errors.push(...validateTrustBundleName(name).map((problem) =>
      invalidValue(`${path}.name`, name, `not a valid clustertrustbundlename: ${problem}`)))
    if (labelSelector) {
      errors.push(invalidValue(`${path}.labelSelector`, internalValue('LabelSelector', labelSelector),
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
  source: PodCertificateProjection, taken: TakenPaths, path: string,
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
    errors.push(...validateLocalNonReservedPath(target, `${path}.${name}`), ...taken.claim(target))
  }
  if (!paths.some((name) => source[name])) {
    errors.push(required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'))
  }
  return errors
}

function validateNamed(
  { name, items }: { readonly name?: string; readonly items?: readonly KeyToPath[] }, taken: TakenPaths, path: string,
): FieldError[] {
  const errors = name ? [] : [required(`${path}.name`)]
  for (const [index, { key, path: target, mode }] of (items ?? []).entries()) {
    const at = `${path}.items[${index}]`
    if (!key) errors.push(required(`${at}.key`))
    if (!target) errors.push(required(`${at}.path`))
    errors.push(...validateLocalNonReservedPath(target ?? '', `${at}.path`), ...validateFileMode(mode, `${at}.mode`))
    if (target) errors.push(...taken.claim(target, name ?? ''))
  }
  return errors
}
