/** Validation of PersistentVolumes. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { describeChanges } from '../../changes.ts'
import type {
  CSIPersistentVolumeSource,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
} from '../../gen/core-v1.ts'
import { validateChoice } from '../../numbers.validation.ts'
import { signOfQuantity } from '../../quantities.ts'
import { validateNodeSelector } from '../../selectors.validation.ts'
import { validateAccessModes, volumeModes } from '../persistentvolumeclaim/claim-spec.validation.ts'
import { validatePathNoBacksteps } from '../pod/paths.validation.ts'
import { requiredDriverFields } from '../pod/volume-drivers.ts'
import { validateCsiDriverName, validateHostPath, validateNfs } from '../pod/volumes.validation.ts'

const settings = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
])

export function validatePersistentVolume({ spec = {} }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required('spec.accessModes'))
  errors.push(...validateAccessModes(modes, 'spec.accessModes'), ...validateCapacity(spec))
  errors.push(
    ...validateChoice(
      spec.persistentVolumeReclaimPolicy, ['Delete', 'Recycle', 'Retain'], 'spec.persistentVolumeReclaimPolicy',
    )
  )
  if (spec.nodeAffinity) {
    const node = spec.nodeAffinity.required
    errors.push(
      ...(node
        ? validateNodeSelector(node, 'spec.nodeAffinity.required')
        : [required('spec.nodeAffinity.required', 'must specify required node constraints')]),
    )
  }
  errors.push(...validateSource(spec))
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(
      forbiddenValue('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"),
    )
  }
  for (const field of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const name = spec[field]
    if (name) errors.push(...invalidFor(`spec.${field}`, name, validateDns1123Subdomain(name)))
  }
  return [...errors, ...validateChoice(spec.volumeMode, volumeModes, 'spec.volumeMode')]
}

function validateCapacity({ capacity = {} }: PersistentVolumeSpec): FieldError[] {
  const names = Object.keys(capacity)
  if (names.length === 0) return [required('spec.capacity')]
  if (names.length > 1 || !('storage' in capacity)) return [notSupported('spec.capacity', capacity, ['storage'])]
  return signOfQuantity(capacity['storage']) > 0 ? []
    : [invalidValue('spec.capacity[storage]', capacity['storage'], 'must be greater than zero')]
}

function validateSource(spec: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  const take = (name: string, validate: () => FieldError[]): void => {
    found++
    if (found > 1) errors.push(forbiddenValue(`spec.${name}`, 'may not specify more than 1 volume type'))
    else errors.push(...validate())
  }
  if (spec.hostPath) take('hostPath', () => validateHostPath(spec.hostPath!, 'spec.hostPath'))
  if (spec.nfs) take('nfs', () => validateNfs(spec.nfs!, 'spec.nfs'))
  if (spec.local) take('local', () => validateLocal(spec))
  if (spec.csi) take('csi', () => validateCsi(spec.csi!, 'spec.csi'))
  for (const [name, fields] of requiredDriverFields) {
    const source = (spec as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[name]
    if (source) {
      take(name, () => fields.filter((field) => !source[field]).map((field) => required(`spec.${name}.${field}`)))
    }
  }
  if (found === 0) errors.push(required('spec', 'must specify a volume type'))
  return errors
}

/** A disk of a node is useless elsewhere. */
function validateLocal({ local, nodeAffinity }: PersistentVolumeSpec): FieldError[] {
  const errors = local!.path ? validatePathNoBacksteps(local!.path, 'spec.local.path') : [required('spec.local.path')]
  if (!nodeAffinity) errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
  return errors
}

const secretFields = [
  'controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef',
] as const

function validateCsi(csi: CSIPersistentVolumeSource, path: string): FieldError[] {
  const errors = validateCsiDriverName(csi.driver, `${path}.driver`)
  if (!csi.volumeHandle) errors.push(required(`${path}.volumeHandle`))
  for (const field of secretFields) if (csi[field]) errors.push(...validateSecretRef(csi[field], `${path}.${field}`))
  return errors
}

function validateSecretRef({ name, namespace }: SecretReference, path: string): FieldError[] {
  return [
    ...(name ? invalidFor(`${path}.name`, name, validateDns1123Subdomain(name)) : [required(`${path}.name`)]),
    ...(namespace
      ? invalidFor(`${path}.namespace`, namespace, validateDns1123Subdomain(namespace))
      : [required(`${path}.namespace`)]),
  ]
}

/** Where the data is does not change; how it is claimed does. */
export function validatePersistentVolumeUpdate(
  { spec = {} }: PersistentVolume, old: Stored<PersistentVolume>,
): FieldError[] {
  const oldSpec = (old.spec ?? {}) as PersistentVolumeSpec
  const errors: FieldError[] = []
  const source = sourceOf(spec, oldSpec)
  const oldSource = sourceOf(oldSpec, oldSpec)
  if (!semanticEqual(source, oldSource)) {
    errors.push(forbiddenValue('spec.persistentvolumesource',
      `spec.persistentvolumesource is immutable after creation\n${describeChanges(oldSource, source)}`))
  }
  errors.push(...validateImmutable(spec.volumeMode, oldSpec.volumeMode, 'volumeMode'))
  if (oldSpec.nodeAffinity) errors.push(...validateImmutable(spec.nodeAffinity, oldSpec.nodeAffinity, 'nodeAffinity'))
  return errors
}

/** The source alone. A driver's secrets for expansion may be added later. */
function sourceOf(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): unknown {
  const source = Object.fromEntries(Object.entries(spec).filter(([name]) => !settings.has(name)))
  if (!spec.csi || !old.csi) return source
  const csi = { ...spec.csi }
  if (!old.csi.controllerExpandSecretRef) delete csi.controllerExpandSecretRef
  if (!old.csi.nodeExpandSecretRef) delete csi.nodeExpandSecretRef
  return { ...source, csi }
}
