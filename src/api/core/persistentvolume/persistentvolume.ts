/** PersistentVolume: a piece of storage in the cluster. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { PersistentVolume } from '../../gen/core-v1.ts'
import { formatAccessModes } from '../../printing/access-modes.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { storageClassNameOf } from '../../storage/storageclass/storage-class-name.ts'
import { keep } from '../../strategy.ts'
import { persistentVolumeWarnings } from './persistentvolume-warnings.ts'
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistentvolume.validation.ts'

export const persistentVolume = defineKind<PersistentVolume>({
  group: '', kind: 'PersistentVolume', plural: 'persistentvolumes', shortNames: ['pv'], scope: 'Cluster',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.PersistentVolume', served: true, stored: true }],
  setDefaults,
  prepareForCreate: (object, { now }) => {
    object.status = { phase: 'Pending', lastPhaseTransitionTime: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z') }
  },
  prepareForUpdate: (object, old, { subresource, now }) => {
    if (subresource !== 'status') return keep(object, old, 'status')
    keep(object, old, 'spec')
    if (object.status && object.status.phase !== old.status?.phase
      && object.status.lastPhaseTransitionTime === old.status?.lastPhaseTransitionTime) {
      object.status.lastPhaseTransitionTime = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
    }
  },
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  warnings: persistentVolumeWarnings,
  subresources: { status: true, keptByStatus: [] },
  selectableFields: (object) => ({ name: object.metadata.name }),
  columns: [
    nameColumn(),
    text('Capacity', 'Size of the volume', ({ spec }) => spec?.capacity?.['storage'] ?? '0'),
    text('Access Modes', 'How the volume can be mounted', ({ spec }) => formatAccessModes(spec?.accessModes)),
    text(
      'Reclaim Policy',
      'What happens to the volume when its claim goes',
      ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '',
    ),
    text('Status', 'Phase of the volume',
      ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : status?.phase ?? '')),
    text('Claim', 'The claim that has the volume', ({ spec }) =>
      (spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '')),
    text('StorageClass', 'StorageClass of the pv', storageClassNameOf),
    text(
      'VolumeAttributesClass',
      'VolumeAttributesClass of the pv',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    text('Reason', 'Why the volume is in its phase', ({ status }) => status?.reason ?? ''),
    ageColumn(),
    text('VolumeMode', 'File system or block device', ({ spec }) => spec?.volumeMode ?? '<unset>', 'wide'),
  ],
})

function setDefaults(object: PersistentVolume): void {
  object.status ??= {}
  object.status.phase ||= 'Pending'
  const spec = object.spec ??= {}
  spec.persistentVolumeReclaimPolicy ||= 'Retain'
  spec.volumeMode ??= 'Filesystem'
  if (spec.hostPath) spec.hostPath.type ??= ''
  if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default'
  if (spec.rbd) {
    spec.rbd.pool ||= 'rbd'
    spec.rbd.user ||= 'admin'
    spec.rbd.keyring ||= '/etc/ceph/keyring'
  }
  if (spec.azureDisk) {
    spec.azureDisk.cachingMode ??= 'ReadWrite'
    spec.azureDisk.kind ??= 'Shared'
    spec.azureDisk.fsType ??= 'ext4'
    spec.azureDisk.readOnly ??= false
  }
  if (spec.scaleIO) {
    spec.scaleIO.storageMode ||= 'ThinProvisioned'
    spec.scaleIO.fsType ||= 'xfs'
  }
}
