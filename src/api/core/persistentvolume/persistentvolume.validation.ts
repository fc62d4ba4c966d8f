/** Validation of PersistentVolumes. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type {
  CSIPersistentVolumeSource,
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
  VolumeNodeAffinity,
} from '../../gen/core-v1.ts'
import { internalDiff, internalValue } from '../../internal-form.ts'
import { newNameOf } from '../../label-warnings.ts'
import { validateChoice } from '../../numbers.validation.ts'
import { signOfQuantity, unitsOf } from '../../quantities.ts'
import { hasInvalidLabelValue, validateNodeSelector, type SelectorOptions } from '../../selectors.validation.ts'
import { validateAccessModes, volumeModes } from '../persistentvolumeclaim/claim-spec.validation.ts'
import { validatePathNoBacksteps } from '../pod/paths.validation.ts'
import { driverRules, faultPathOf } from '../pod/volume-drivers.validation.ts'
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

/** `old`: of an update, whose values of labels that cannot be are forgiven. */
export function validatePersistentVolume(
  { metadata, spec = {} }: PersistentVolume, old?: Stored<PersistentVolume>,
): FieldError[] {
  const terms = old?.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? []
  const options = { allowInvalidLabelValue: hasInvalidLabelValue(terms as NodeSelectorTerm[]) }
  return validatePersistentVolumeSpec(spec, metadata?.name ?? '', false, 'spec', options)
}

/** `inline`: the volume of a VolumeAttachment, which is not in the cluster by itself. */
export function validatePersistentVolumeSpec(
  spec: PersistentVolumeSpec, name: string, inline: boolean, path: string, options: SelectorOptions = {},
): FieldError[] {
  const errors = inline ? validateInline(spec, path) : []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required(`${path}.accessModes`))
  errors.push(...validateAccessModes(modes, `${path}.accessModes`))
  if (!inline) errors.push(...validateCapacity(spec, `${path}.capacity`))
  errors.push(...validateReclaimPolicy(spec, inline, `${path}.persistentVolumeReclaimPolicy`))
  if (spec.nodeAffinity) {
    errors.push(...(inline ? [forbiddenValue(`${path}.nodeAffinity`, inlineDetail)]
      : validateNodeAffinity(spec.nodeAffinity, `${path}.nodeAffinity`, options)))
  }
  errors.push(...validateSource(spec, name, inline, path))
  if (isRoot(spec.hostPath?.path) && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(
      forbiddenValue(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"),
    )
  }
  return [...errors, ...validateClasses(spec, inline, path)]
}

const inlineDetail = 'may not be specified in the context of inline volumes'

function validateInline({ claimRef, capacity = {}, csi }: PersistentVolumeSpec, path: string): FieldError[] {
  return [
    ...(claimRef ? [forbiddenValue(`${path}.claimRef`, inlineDetail)] : []),
    ...(Object.keys(capacity).length > 0 ? [forbiddenValue(`${path}.capacity`, inlineDetail)] : []),
    ...(csi ? [] : [required(`${path}.csi`, 'has to be specified in the context of inline volumes')]),
  ]
}

function validateReclaimPolicy(
  { persistentVolumeReclaimPolicy: policy }: PersistentVolumeSpec, inline: boolean, path: string,
): FieldError[] {
  if (!policy) return []
  if (!inline) return validateChoice(policy, ['Delete', 'Recycle', 'Retain'], path)
  return policy === 'Retain' ? [] : [forbiddenValue(path, 'may only be Retain in the context of inline volumes')]
}

function validateNodeAffinity(
  { required: node }: VolumeNodeAffinity, path: string, options: SelectorOptions,
): FieldError[] {
  return node ? validateNodeSelector(node, `${path}.required`, options)
    : [required(`${path}.required`, 'must specify required node constraints')]
}

/** `/`, also as `//` or `/./`. */
function isRoot(path: string | undefined): boolean {
  return path !== undefined && path.startsWith('/') && path.split('/').every((part) => part === '' || part === '.')
}

function validateClasses(spec: PersistentVolumeSpec, inline: boolean, path: string): FieldError[] {
  const { storageClassName, volumeMode, volumeAttributesClassName: attributes, csi } = spec
  const errors: FieldError[] = []
  if (storageClassName) {
    errors.push(...(inline ? [forbiddenValue(`${path}.storageClassName`, inlineDetail)]
      : invalidFor(`${path}.storageClassName`, storageClassName, validateDns1123Subdomain(storageClassName))))
  }
  if (!inline) errors.push(...validateChoice(volumeMode, volumeModes, `${path}.volumeMode`))
  else if (volumeMode !== undefined && volumeMode !== 'Filesystem') {
    errors.push(forbiddenValue(`${path}.volumeMode`,
      'may not specify volumeMode other than Filesystem in the context of inline volumes'))
  }
  if (attributes === undefined) return errors
  const at = `${path}.volumeAttributesClassName`
  errors.push(...(attributes === '' ? [required(at, 'an empty string is disallowed')]
    : invalidFor(at, attributes, validateDns1123Subdomain(attributes))))
  return csi ? errors
    : [...errors, required(`${path}.csi`, 'has to be specified when using volumeAttributesClassName')]
}

function validateCapacity(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const capacity = spec.capacity ?? {}
  const names = Object.keys(capacity)
  const errors = names.length === 0 ? [required(path)] : []
  if (names.length > 1 || !('storage' in capacity)) errors.push(notSupported(path, spec.capacity, ['storage']))
  for (const [name, quantity] of Object.entries(capacity)) {
    const sign = signOfQuantity(quantity)
    if (sign < 0) errors.push(invalidValue(`${path}[${name}]`, unitsOf(quantity), 'must be a valid resource quantity'))
    if (sign <= 0) errors.push(invalidValue(`${path}[${name}]`, quantity, 'must be greater than zero'))
  }
  return errors
}

/** In the order in which upstream looks at them. */
const drivers = [
  'hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'flocker', 'nfs', 'rbd', 'quobyte', 'cephfs',
  'iscsi', 'cinder', 'fc', 'flexVolume', 'azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume',
  'azureDisk', 'scaleIO', 'local', 'storageos', 'csi',
] as const

function validateSource(spec: PersistentVolumeSpec, name: string, inline: boolean, path: string): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const driver of drivers) {
    const source = spec[driver]
    if (source === undefined) continue
    found++
    // Upstream does not count what came before a FlexVolume.
    if (found > 1 && driver !== 'flexVolume') {
      errors.push(forbiddenValue(`${path}.${driver === 'cephfs' ? 'cephFS' : driver}`,
        'may not specify more than 1 volume type'))
    } else errors.push(...validateDriver(spec, driver, name, inline, path))
  }
  if (found === 0) errors.push(required(path, 'must specify a volume type'))
  return errors
}

function validateDriver(
  spec: PersistentVolumeSpec, driver: (typeof drivers)[number], name: string, inline: boolean, path: string,
): FieldError[] {
  const at = `${path}.${faultPathOf(driver)}`
  switch (driver) {
    case 'hostPath': return validateHostPath(spec.hostPath!, at)
    case 'nfs': return validateNfs(spec.nfs!, at)
    case 'local': return validateLocal(spec, inline, path)
    case 'csi': return validateCsi(spec.csi!, at)
    default: return driverRules[driver]!(spec[driver] as never, at, name)
  }
}

/** A disk of a node is useless elsewhere. */
function validateLocal({ local, nodeAffinity }: PersistentVolumeSpec, inline: boolean, path: string): FieldError[] {
  const target = local!.path
  const errors = target ? validatePathNoBacksteps(target, `${path}.local.path`) : [required(`${path}.local.path`)]
  if (inline || !nodeAffinity) {
    errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'))
  }
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
      ? invalidFor(`${path}.namespace`, namespace, validateDns1123Label(namespace))
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
      `spec.persistentvolumesource is immutable after creation\n${internalDiff('PersistentVolumeSource', oldSource, source)}`))
  }
  errors.push(...validateImmutable(spec.volumeMode, oldSpec.volumeMode, 'volumeMode'))
  if (oldSpec.nodeAffinity) errors.push(...validateAffinityUpdate(spec.nodeAffinity, oldSpec.nodeAffinity))
  if (oldSpec.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbiddenValue('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  }
  return errors
}

/** Labels of nodes that were renamed may be renamed here too: alone, each for its own new name. */
function validateAffinityUpdate(affinity: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): FieldError[] {
  return semanticEqual(withNewLabels(affinity, old), withNewLabels(old, old)) ? []
    : [invalidValue('nodeAffinity', internalValue('VolumeNodeAffinity', affinity), 'field is immutable, except for updating from beta label to GA')]
}

/** The affinity with the old key wherever the new one stands at its place. */
function withNewLabels(affinity: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): unknown {
  return affinity?.required && {
    ...affinity.required,
    nodeSelectorTerms: affinity.required.nodeSelectorTerms?.map((term, index) => ({
      ...term,
      matchExpressions: term.matchExpressions?.map((expression, position) => {
        const before = old.required?.nodeSelectorTerms?.[index]?.matchExpressions?.[position]?.key
        return before !== undefined && newNameOf(before) === expression.key
          ? { ...expression, key: before } : expression
      }),
    })),
  }
}

/** The source alone. A driver's secret for expansion may be added later. */
function sourceOf(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): object {
  const source = Object.fromEntries(Object.entries(spec).filter(([name]) => !settings.has(name)))
  if (!spec.csi || !old.csi) return source
  const csi = { ...spec.csi }
  if (!old.csi.controllerExpandSecretRef) delete csi.controllerExpandSecretRef
  return { ...source, csi }
}
