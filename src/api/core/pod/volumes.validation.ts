/** Rules of a pod's volumes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import type { CSIVolumeSource, HostPathVolumeSource, KeyToPath, NFSVolumeSource, Volume } from '../../gen/core-v1.ts'
import { validateChoice, validateRequiredChoice } from '../../numbers.validation.ts'
import { signOfQuantity } from '../../quantities.ts'
import { validateClaimSpec } from '../persistentvolumeclaim/claim-spec.validation.ts'
import { validateFileMode, validateLocalNonReservedPath, validatePathNoBacksteps } from './paths.validation.ts'
import { validateDownwardItems, validateProjected } from './projections.validation.ts'
import { requiredDriverFields } from './volume-drivers.ts'

type Validate = (source: never, path: string) => FieldError[]

/** In the order in which upstream looks at them: the first one counts, the others are one too many. */
const sources: readonly (readonly [keyof Volume, Validate])[] = [
  ['emptyDir', ({ sizeLimit }: NonNullable<Volume['emptyDir']>, path) => (signOfQuantity(sizeLimit) < 0
    ? [forbiddenValue(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : [])],
  ['hostPath', validateHostPath],
  ['secret', ({ secretName, defaultMode, items }: NonNullable<Volume['secret']>, path) => [
    ...(secretName ? [] : [required(`${path}.secretName`)]), ...validateFileMode(defaultMode, `${path}.defaultMode`),
    ...validateKeysToPaths(items, `${path}.items`),
  ]],
  ['nfs', validateNfs],
  ['persistentVolumeClaim', ({ claimName }: NonNullable<Volume['persistentVolumeClaim']>, path) =>
    (claimName ? [] : [required(`${path}.claimName`)])],
  ['downwardAPI', ({ defaultMode, items }: NonNullable<Volume['downwardAPI']>, path) => [
    ...validateFileMode(defaultMode, `${path}.defaultMode`), ...validateDownwardItems(items, path),
  ]],
  ['configMap', ({ name, defaultMode, items }: NonNullable<Volume['configMap']>, path) => [
    ...(name ? [] : [required(`${path}.name`)]), ...validateFileMode(defaultMode, `${path}.defaultMode`),
    ...validateKeysToPaths(items, `${path}.items`),
  ]],
  ['projected', validateProjected],
  ['csi', validateCsi],
  [
    'ephemeral',
    ({ volumeClaimTemplate }: NonNullable<Volume['ephemeral']>, path) =>
      volumeClaimTemplate
        ? validateClaimSpec(volumeClaimTemplate.spec, `${path}.volumeClaimTemplate.spec`)
        : [required(`${path}.volumeClaimTemplate`)],
  ],
  ['image', ({ reference, pullPolicy }: NonNullable<Volume['image']>, path) => [
    ...(reference ? [] : [required(`${path}.reference`)]),
    ...validateRequiredChoice(pullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.pullPolicy`),
  ]],
]

/** The good volumes by name, for mounts to refer to, and what is wrong with the others. */
export function validateVolumes(
  volumes: readonly Volume[], podName: string, path: string,
): { readonly errors: FieldError[]; readonly byName: ReadonlyMap<string, Volume> } {
  const errors: FieldError[] = []
  const byName = new Map<string, Volume>()
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`
    const found = [...validateSource(volume, podName, at)]
    if (!volume.name) found.push(required(`${at}.name`))
    else found.push(...invalidFor(`${at}.name`, volume.name, validateDns1123Label(volume.name)))
    if (byName.has(volume.name)) found.push(duplicateValue(`${at}.name`, volume.name))
    if (found.length > 0) errors.push(...found)
    else byName.set(volume.name, volume)
  }
  return { errors: [...errors, ...validateClaimNames(volumes, podName, path)], byName }
}

/** A claim that the pod makes for itself is not to be mounted by name as well. */
function validateClaimNames(volumes: readonly Volume[], podName: string, path: string): FieldError[] {
  const made = new Set(volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${podName}-${name}`))
  return volumes.flatMap(({ persistentVolumeClaim }, index) =>
    persistentVolumeClaim && made.has(persistentVolumeClaim.claimName)
      ? [
          invalidValue(
            `${path}[${index}].persistentVolumeClaim.claimName`,
            persistentVolumeClaim.claimName,
            'must not reference a PVC that gets created for an ephemeral volume',
          ),
        ]
      : [],
  )
}

function validateSource(volume: Volume, podName: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  const take = (name: string, validate: () => FieldError[]): void => {
    found++
    if (found > 1) errors.push(forbiddenValue(`${path}.${name}`, 'may not specify more than 1 volume type'))
    else errors.push(...validate())
  }
  for (const [name, validate] of sources) {
    if (volume[name] !== undefined) take(name, () => validate(volume[name] as never, `${path}.${name}`))
  }
  for (const [name, fields] of requiredDriverFields) {
    const source = volume[name as keyof Volume] as Readonly<Record<string, unknown>> | undefined
    if (source) {
      take(name, () =>
        fields.filter((field) => isAbsent(source[field])).map((field) => required(`${path}.${name}.${field}`)),
      )
    }
  }
  if (found === 0) errors.push(required(path, 'must specify a volume type'))
  if (volume.ephemeral && podName) {
    const claim = `${podName}-${volume.name}`
    for (const problem of validateDns1123Subdomain(claim)) {
      errors.push(invalidValue(`${path}.name`, volume.name, `PVC name "${claim}": ${problem}`))
    }
  }
  return errors
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

const hostPathTypes = [
  '', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket',
]

export function validateHostPath({ path: target, type }: HostPathVolumeSource, path: string): FieldError[] {
  if (!target) return [required(`${path}.path`)]
  return [...validatePathNoBacksteps(target, `${path}.path`), ...validateChoice(type, hostPathTypes, `${path}.type`)]
}

export function validateNfs({ server, path: target }: NFSVolumeSource, path: string): FieldError[] {
  const errors = server ? [] : [required(`${path}.server`)]
  if (!target) errors.push(required(`${path}.path`))
  else if (!target.startsWith('/')) errors.push(invalidValue(`${path}.path`, target, 'must be an absolute path'))
  return errors
}

export function validateCsiDriverName(driver: string, path: string): FieldError[] {
  if (!driver) return [required(path)]
  if (driver.length > 63) {
    return [{ type: 'FieldValueTooLong', field: path, message: 'Too long: may not be more than 63 bytes' }]
  }
  return invalidFor(path, driver, validateDns1123Subdomain(driver.toLowerCase()))
}

function validateCsi({ driver, nodePublishSecretRef }: CSIVolumeSource, path: string): FieldError[] {
  const errors = validateCsiDriverName(driver, `${path}.driver`)
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
