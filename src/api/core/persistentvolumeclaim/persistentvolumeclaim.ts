/** PersistentVolumeClaim: a namespace's request for a PersistentVolume. */
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type {
  PersistentVolumeClaim, PersistentVolumeClaimSpec, TypedLocalObjectReference,
} from '../../gen/core-v1.ts'
import { formatAccessModes } from '../../printing/access-modes.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { storageClassNameOf } from '../../storage/storageclass/storage-class-name.ts'
import { separateStatus } from '../../strategy.ts'
import { setClaimSpecDefaults } from '../pod/volume-defaults.ts'
import { claimWarnings } from './claim-warnings.ts'
import {
  validateClaimStatusUpdate,
  validateClaimUpdate,
  validateNewClaim,
} from './persistentvolumeclaim.validation.ts'

const statusStrategy = separateStatus<PersistentVolumeClaim>({ phase: 'Pending' })

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', shortNames: ['pvc'], scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.PersistentVolumeClaim', served: true, stored: true }],
  setDefaults: setClaimDefaults,
  prepareForCreate: (object) => {
    statusStrategy.prepareForCreate(object)
    normalizeDataSources(object, {})
  },
  prepareForUpdate: (object, old, context) => {
    statusStrategy.prepareForUpdate(object, old, context)
    if (context.subresource === '') normalizeDataSources(object, old.spec ?? {})
  },
  validateCreate: validateNewClaim,
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatusUpdate,
  warnings: claimWarnings,
  subresources: { status: true, keptByStatus: [] },
  selectableFields: (object) => ({ name: object.metadata.name }),
  columns: [
    nameColumn(),
    text('Status', 'Phase of the claim', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    text('Volume', 'The volume that the claim has', ({ spec }) => spec?.volumeName ?? ''),
    text('Capacity', 'Size of the volume', (object) =>
      isBound(object) ? (object.status?.capacity?.['storage'] ?? '0') : '',
    ),
    text('Access Modes', 'How the volume can be mounted', (object) =>
      isBound(object) ? formatAccessModes(object.status?.accessModes) : '',
    ),
    text('StorageClass', 'StorageClass of the pvc', storageClassNameOf),
    text(
      'VolumeAttributesClass',
      'VolumeAttributesClass of the pvc',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    ageColumn(),
    text('VolumeMode', 'File system or block device', ({ spec }) => spec?.volumeMode ?? '<unset>', 'wide'),
  ],
})

function isBound({ spec }: Stored<PersistentVolumeClaim>): boolean {
  return (spec?.volumeName ?? '') !== ''
}

/** Also for the claim templates of StatefulSets. */
export function setClaimDefaults(object: PersistentVolumeClaim): void {
  object.status ??= {}
  object.status.phase ||= 'Pending'
  setClaimSpecDefaults(object.spec ??= {})
}

/**
 * `dataSource` and `dataSourceRef` say the same. A reference into another namespace is forgotten: what would follow it
 * is off by default (CrossNamespaceVolumeDataSource). So is a `dataSource` of a kind that none could have when only
 * that field was there (KEP-1495).
 */
function normalizeDataSources({ spec }: PersistentVolumeClaim, old: DeepReadonly<PersistentVolumeClaimSpec>): void {
  if (!spec) return
  if (spec.dataSourceRef?.namespace && !old.dataSourceRef) delete spec.dataSourceRef
  if (!old.dataSource && !old.dataSourceRef && !spec.dataSourceRef && !isFirstSource(spec.dataSource)) {
    delete spec.dataSource
  }
  const { dataSource, dataSourceRef } = spec
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource }
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef
    spec.dataSource = source
  }
}

function isFirstSource({ kind, apiGroup = '' }: Partial<TypedLocalObjectReference> = {}): boolean {
  return (kind === 'PersistentVolumeClaim' && apiGroup === '')
    || (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io')
}
