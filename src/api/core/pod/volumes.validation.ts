/** Rules of a pod's volumes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  required,
  tooLong,
} from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateAnnotations, validateLabels } from '#machinery/meta/validate-object-meta.ts'
import type { CSIVolumeSource, HostPathVolumeSource, KeyToPath, NFSVolumeSource, Volume } from '../../gen/core-v1.ts'
import { validateChoice, validateRequiredChoice } from '../../numbers.validation.ts'
import { signOfQuantity } from '../../quantities.ts'
import { validateClaimSpec } from '../persistentvolumeclaim/claim-spec.validation.ts'
import { validateFileMode, validateLocalNonReservedPath, validatePathNoBacksteps } from './paths.validation.ts'
import type { PodValidationOptions } from './pod-options.ts'
import { validateDownwardItems, validateProjected } from './projections.validation.ts'
import { driverRules, faultPathOf, validateIscsiName } from './volume-drivers.validation.ts'

type Validate = (source: never, path: string, options: PodValidationOptions) => FieldError[]

function driver(name: string): readonly [keyof Volume, Validate] {
  return [name as keyof Volume, (source, path) => driverRules[name]!(source, path, undefined)]
}

/** In the order in which upstream looks at them: the first one counts, the others are one too many. */
const sources: readonly (readonly [keyof Volume, Validate])[] = [
  ['emptyDir', ({ sizeLimit }: NonNullable<Volume['emptyDir']>, path) => (signOfQuantity(sizeLimit) < 0
    ? [forbiddenValue(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : [])],
  ['hostPath', validateHostPath],
  ...['gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore'].map(driver),
  ['secret', ({ secretName, defaultMode, items }: NonNullable<Volume['secret']>, path) => [
    ...(secretName ? [] : [required(`${path}.secretName`)]), ...validateFileMode(defaultMode, `${path}.defaultMode`),
    ...validateKeysToPaths(items, `${path}.items`),
  ]],
  ['nfs', validateNfs],
  ...['iscsi', 'glusterfs', 'flocker'].map(driver),
  ['persistentVolumeClaim', ({ claimName }: NonNullable<Volume['persistentVolumeClaim']>, path) =>
    (claimName ? [] : [required(`${path}.claimName`)])],
  ...['rbd', 'cinder', 'cephfs', 'quobyte'].map(driver),
  ['downwardAPI', ({ defaultMode, items }: NonNullable<Volume['downwardAPI']>, path) => [
    ...validateFileMode(defaultMode, `${path}.defaultMode`), ...validateDownwardItems(items, path),
  ]],
  ...['fc', 'flexVolume'].map(driver),
  ['configMap', ({ name, defaultMode, items }: NonNullable<Volume['configMap']>, path) => [
    ...(name ? [] : [required(`${path}.name`)]), ...validateFileMode(defaultMode, `${path}.defaultMode`),
    ...validateKeysToPaths(items, `${path}.items`),
  ]],
  ...['azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'storageos'].map(driver),
  ['projected', validateProjected],
  driver('scaleIO'),
  ['csi', validateCsi],
  ['ephemeral', ({ volumeClaimTemplate }: NonNullable<Volume['ephemeral']>, path) => (volumeClaimTemplate
    ? validateClaimTemplate(volumeClaimTemplate, `${path}.volumeClaimTemplate`)
    : [required(`${path}.volumeClaimTemplate`)])],
  ['image', ({ reference, pullPolicy }: NonNullable<Volume['image']>, path, { allowEmptyImageVolumeReference }) => [
    ...(reference || allowEmptyImageVolumeReference ? [] : [required(`${path}.reference`)]),
    ...validateRequiredChoice(pullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.pullPolicy`),
  ]],
]

type ClaimTemplate = NonNullable<NonNullable<Volume['ephemeral']>['volumeClaimTemplate']>

/** Of the metadata, labels and annotations are for the claim; the rest is the server's. */
function validateClaimTemplate({ metadata = {}, spec }: ClaimTemplate, path: string): FieldError[] {
  const { labels, annotations, ...others } = metadata
  return [
    ...validateAnnotations(annotations, `${path}.metadata.annotations`),
    ...validateLabels(labels, `${path}.metadata.labels`),
    ...Object.entries(others).filter(([, value]) => value !== undefined && value !== '' && value !== null)
      .map(([field]) => forbiddenValue(`${path}.metadata.${field === 'uid' ? 'uID' : field}`, 'cannot be set')),
    ...validateClaimSpec(spec, `${path}.spec`),
  ]
}

/** The good volumes by name, for mounts to refer to, and what is wrong with the others. */
export function validateVolumes(
  volumes: readonly Volume[], podName: string, path: string, options: PodValidationOptions,
): { readonly errors: FieldError[]; readonly byName: ReadonlyMap<string, Volume> } {
  const errors: FieldError[] = []
  const byName = new Map<string, Volume>()
  const made = new Set(
    podName ? volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${podName}-${name}`) : [],
  )
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`
    const found = [...validateSource(volume, podName, at, options)]
    if (!volume.name) found.push(required(`${at}.name`))
    else found.push(...invalidFor(`${at}.name`, volume.name, validateDns1123Label(volume.name)))
    if (byName.has(volume.name)) found.push(duplicateValue(`${at}.name`, volume.name))
    if (found.length > 0) errors.push(...found)
    else byName.set(volume.name, volume)
    // A claim that the pod makes for itself is not to be mounted by name as well.
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim !== undefined && made.has(claim)) {
      errors.push(invalidValue(`${at}.persistentVolumeClaim.claimName`, claim,
        'must not reference a PVC that gets created for an ephemeral volume'))
    }
  }
  return { errors, byName }
}

/** Upstream's names for a second source. */
const secondSourceNames: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }

function validateSource(
  volume: Volume, podName: string, path: string, options: PodValidationOptions,
): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const [name, validate] of sources) {
    if (volume[name] === undefined) continue
    found++
    if (found > 1) {
      errors.push(
        forbiddenValue(`${path}.${secondSourceNames[name] ?? name}`, 'may not specify more than 1 volume type'),
      )
    } else {
      errors.push(...validate(volume[name] as never, `${path}.${faultPathOf(name)}`, options))
      if (name === 'ephemeral') errors.push(...validateClaimName(volume.name, podName, path))
    }
    if (name === 'iscsi') errors.push(...validateIscsiName(volume, path))
  }
  return found === 0 ? [required(path, 'must specify a volume type')] : errors
}

/** The claim that the pod makes for the volume is named after both. */
function validateClaimName(name: string, podName: string, path: string): FieldError[] {
  if (!podName || !name) return []
  const claim = `${podName}-${name}`
  return invalidFor(
    `${path}.name`, name, validateDns1123Subdomain(claim).map((problem) => `PVC name "${claim}": ${problem}`),
  )
}

const hostPathTypes = [
  '', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket',
]

export function validateHostPath({ path: target, type }: HostPathVolumeSource, path: string): FieldError[] {
  if (!target) return [required(`${path}.path`)]
  return [...validatePathNoBacksteps(target, `${path}.path`), ...validateChoice(type, hostPathTypes, `${path}.type`)]
}

export function validateNfs({ server, path: target = '' }: NFSVolumeSource, path: string): FieldError[] {
  return [
    ...(server ? [] : [required(`${path}.server`)]),
    ...(target ? [] : [required(`${path}.path`)]),
    ...(target.startsWith('/') ? [] : [invalidValue(`${path}.path`, target, 'must be an absolute path')]),
  ]
}

export function validateCsiDriverName(driverName: string | undefined, path: string): FieldError[] {
  if (!driverName) return [required(path)]
  return [
    ...(driverName.length > 63 ? [tooLong(path, 63)] : []),
    ...invalidFor(path, driverName, validateDns1123Subdomain(driverName.toLowerCase())),
  ]
}

function validateCsi({ driver: driverName, nodePublishSecretRef }: CSIVolumeSource, path: string): FieldError[] {
  const errors = validateCsiDriverName(driverName, `${path}.driver`)
  if (nodePublishSecretRef) {
    const name = nodePublishSecretRef.name ?? ''
    if (!name) errors.push(required(`${path}.nodePublishSecretRef.name`))
    else errors.push(...invalidFor(`${path}.name`, name, validateDns1123Subdomain(name)))
  }
  return errors
}

function validateKeysToPaths(items: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap(({ key, path: target, mode }, index) => {
    const at = `${path}[${index}]`
    return [
      ...(key ? [] : [required(`${at}.key`)]),
      ...(target ? [] : [required(`${at}.path`)]),
      ...validateLocalNonReservedPath(target ?? '', `${at}.path`),
      ...validateFileMode(mode, `${at}.mode`),
    ]
  })
}
