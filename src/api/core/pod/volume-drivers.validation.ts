/**
 * Rules of in-tree volume drivers, which v1.36 still accepts. Pods and PersistentVolumes have the same ones but for
 * what a PersistentVolume says more: namespaces of secrets and the like.
 */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateRange } from '#machinery/meta/validate-names.ts'
import type { PersistentVolumeSpec, Volume } from '../../gen/core-v1.ts'
import { validateLocalDescendingPath } from './paths.validation.ts'

/** The sources of both, as far as a driver's rules ask. */
type Source<Name extends keyof Volume | keyof PersistentVolumeSpec> = NonNullable<
  (Name extends keyof Volume ? Volume[Name] : unknown)
  & (Name extends keyof PersistentVolumeSpec ? PersistentVolumeSpec[Name] : unknown)
>

interface Secret {
  readonly name?: string
  readonly namespace?: string
}

/** `volumeName`: a PersistentVolume's own. Undefined for a volume of a pod. */
type Rules = (source: never, path: string, volumeName: string | undefined) => FieldError[]

function requireFields(source: object, fields: readonly string[], path: string): FieldError[] {
  return fields.filter((field) => {
    const value = (source as Readonly<Record<string, unknown>>)[field]
    return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  }).map((field) => required(`${path}.${field}`))
}

const requiring = (...fields: readonly string[]): Rules => (source, path) => requireFields(source, fields, path)

function requireSecret(secret: Secret | undefined, namespaced: boolean, path: string): FieldError[] {
  return secret ? requireFields(secret, namespaced ? ['name', 'namespace'] : ['name'], path) : []
}

/** By the name of the field. */
export const driverRules: Readonly<Record<string, Rules>> = {
  gitRepo: ({ repository, directory = '' }: Source<'gitRepo'>, path) => [
    ...(repository ? [] : [required(`${path}.repository`)]),
    ...validateLocalDescendingPath(directory, `${path}.directory`),
  ],
  gcePersistentDisk: (source: Source<'gcePersistentDisk'>, path) => [
    ...requireFields(source, ['pdName'], path), ...validatePartition(source.partition, path),
  ],
  awsElasticBlockStore: (source: Source<'awsElasticBlockStore'>, path) => [
    ...requireFields(source, ['volumeID'], path), ...validatePartition(source.partition, path),
  ],
  iscsi: validateIscsi,
  glusterfs: validateGlusterfs,
  flocker: validateFlocker,
  rbd: requiring('monitors', 'image'),
  cinder: (source: Source<'cinder'>, path, volumeName) => [
    ...requireFields(source, ['volumeID'], path),
    ...requireSecret(source.secretRef, volumeName !== undefined, `${path}.secretRef`),
  ],
  cephfs: requiring('monitors'),
  quobyte: validateQuobyte,
  fc: validateFibreChannel,
  flexVolume: validateFlexVolume,
  azureFile: (source: Source<'azureFile'>, path) => [
    ...requireFields(source, ['secretName', 'shareName'], path),
    ...(source.secretNamespace === '' ? [required(`${path}.secretNamespace`)] : []),
  ],
  vsphereVolume: requiring('volumePath'),
  photonPersistentDisk: requiring('pdID'),
  portworxVolume: requiring('volumeID'),
  azureDisk: validateAzureDisk,
  storageos: validateStorageOs,
  scaleIO: requiring('gateway', 'system', 'volumeName'),
}

/** The names under which upstream tells the faults inside a source, where they are not the field's. */
export function faultPathOf(field: string): string {
  return field === 'gcePersistentDisk' ? 'persistentDisk' : field
}

function validatePartition(partition: number | undefined, path: string): FieldError[] {
  return partition !== undefined && (partition < 0 || partition > 255)
    ? [invalidValue(`${path}.partition`, partition, 'must be between 1 and 255, inclusive')] : []
}

const initiatorForms: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
}

function validateIscsi(source: Source<'iscsi'>, path: string, volumeName: string | undefined): FieldError[] {
  const { targetPortal = '', iqn = '', lun = 0, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source
  const inPod = volumeName === undefined
  const errors = targetPortal ? [] : [required(`${path}.targetPortal`)]
  if (!inPod && initiatorName !== undefined && `${volumeName}:${targetPortal}`.length > 64) {
    errors.push(invalidValue(`${path}.targetportal`, targetPortal, longIscsiName))
  }
  const form = (name: string, field: string): FieldError[] => {
    const expected = initiatorForms[name.slice(0, 3)]
    if (expected?.test(name)) return []
    return [invalidValue(`${path}.${field}`, name,
      inPod && !expected ? 'must be valid format starting with iqn, eui, or naa' : 'must be valid format')]
  }
  errors.push(...(iqn ? form(iqn, 'iqn') : [required(`${path}.iqn`)]))
  errors.push(...invalidFor(`${path}.lun`, lun, validateRange(lun, 0, 255)))
  if ((chapAuthDiscovery || chapAuthSession) && !secretRef) errors.push(required(`${path}.secretRef`))
  if (!inPod) errors.push(...requireSecret(secretRef, false, `${path}.secretRef`))
  return initiatorName === undefined ? errors : [...errors, ...form(initiatorName, 'initiatorname')]
}

const longIscsiName = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if ' +
  'iscsi.initiatorName is specified.'

/** An initiator is named after the volume and its portal together. */
export function validateIscsiName({ name, iscsi }: Volume, path: string): FieldError[] {
  return iscsi?.initiatorName !== undefined && `${name}:${iscsi.targetPortal}`.length > 64
    ? [invalidValue(`${path}.name`, name, longIscsiName)] : []
}

function validateGlusterfs(source: Source<'glusterfs'>, path: string): FieldError[] {
  const errors = requireFields(source, ['endpoints', 'path'], path)
  const namespace = source.endpointsNamespace
  if (namespace === undefined) return errors
  const problems = namespace === '' ? ['if the endpointnamespace is set, it must be a valid namespace name']
    : validateDns1123Label(namespace)
  return [...errors, ...invalidFor(`${path}.endpointsNamespace`, namespace, problems)]
}

function validateFlocker({ datasetName = '', datasetUUID = '' }: Source<'flocker'>, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!datasetName && !datasetUUID) errors.push(required(path, 'one of datasetName and datasetUUID is required'))
  if (datasetName && datasetUUID) {
    errors.push(invalidValue(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  }
  if (datasetName.includes('/')) errors.push(invalidValue(`${path}.datasetName`, datasetName, "must not contain '/'"))
  return errors
}

const hostPorts = 'must be a host:port pair or multiple pairs separated by commas'

function validateQuobyte({ registry = '', tenant = '', volume }: Source<'quobyte'>, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!registry) errors.push(required(`${path}.registry`, hostPorts))
  else if (tenant.length >= 65) {
    errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'))
  } else {
    errors.push(...registry.split(',').filter((pair) => !/^([^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair))
      .map(() => invalidValue(`${path}.registry`, registry, hostPorts)))
  }
  return volume ? errors : [...errors, required(`${path}.volume`)]
}

function validateFibreChannel({ targetWWNs = [], wwids = [], lun }: Source<'fc'>, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (targetWWNs.length === 0 && wwids.length === 0) {
    errors.push(required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'))
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    errors.push(
      invalidValue(`${path}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'),
    )
  }
  if (targetWWNs.length === 0) return errors
  return [...errors, ...(lun === undefined ? [required(`${path}.lun`, 'lun is required if targetWWNs is specified')]
    : invalidFor(`${path}.lun`, lun, validateRange(lun, 0, 255)))]
}

/** Options of Kubernetes' own domains are for Kubernetes. */
function validateFlexVolume({ driver, options = {} }: Source<'flexVolume'>, path: string): FieldError[] {
  return [
    ...(driver ? [] : [required(`${path}.driver`)]),
    ...Object.keys(options).filter((key) => /\.(kubernetes|k8s)\.io$/.test(`.${key.split('/')[0]!.toLowerCase()}`))
      .map((key) => invalidValue(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')),
  ]
}

const managedDisk = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const blobDisk = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

function validateAzureDisk(source: Source<'azureDisk'>, path: string): FieldError[] {
  const { cachingMode, kind, diskURI = '' } = source
  const errors = requireFields(source, ['diskName', 'diskURI'], path)
  const modes = ['None', 'ReadOnly', 'ReadWrite']
  const kinds = ['Dedicated', 'Managed', 'Shared']
  if (cachingMode !== undefined && !modes.includes(cachingMode)) {
    errors.push(notSupported(`${path}.cachingMode`, cachingMode, modes))
  }
  if (kind !== undefined && !kinds.includes(kind)) errors.push(notSupported(`${path}.kind`, kind, kinds))
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) {
    errors.push(notSupported(`${path}.diskURI`, diskURI, [managedDisk]))
  }
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://')) {
    errors.push(notSupported(`${path}.diskURI`, diskURI, [blobDisk]))
  }
  return errors
}

function validateStorageOs(source: Source<'storageos'>, path: string, volumeName: string | undefined): FieldError[] {
  const { volumeName: name, volumeNamespace: namespace, secretRef } = source
  return [
    ...(name ? invalidFor(`${path}.volumeName`, name, validateDns1123Label(name)) : [required(`${path}.volumeName`)]),
    ...(namespace ? invalidFor(`${path}.volumeNamespace`, namespace, validateDns1123Label(namespace)) : []),
    ...requireSecret(secretRef, volumeName !== undefined, `${path}.secretRef`),
  ]
}
