/** StorageVersionMigration: has every object of a resource written anew, in the current storage version. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { StorageVersionMigration } from '../../gen/storagemigration-v1beta1.ts'
import { nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import {
  validateMigration,
  validateMigrationStatus,
  validateMigrationUpdate,
} from './storageversionmigration.validation.ts'

export const storageVersionMigration = defineKind<StorageVersionMigration>({
  group: 'storagemigration.k8s.io',
  kind: 'StorageVersionMigration',
  plural: 'storageversionmigrations',
  scope: 'Cluster',
  unconditionalUpdate: false,
  versions: [
    {
      version: 'v1beta1',
      schema: 'io.k8s.api.storagemigration.v1beta1.StorageVersionMigration',
      served: false,
      stored: true,
    },
  ],
  ...separateStatus<StorageVersionMigration>({}),
  validate: validateMigration,
  validateUpdate: validateMigrationUpdate,
  validateStatusUpdate: validateMigrationStatus,
  subresources: { status: true },
  columns: [
    { ...nameColumn<StorageVersionMigration>(), format: '' },
    text('Resource', 'What is migrated', ({ spec }) =>
      [spec?.resource?.resource, spec?.resource?.group].filter(Boolean).join('.'),
    ),
    text('Status', 'Status of the migration', formatStatus),
  ],
})

function formatStatus({ status }: Stored<StorageVersionMigration>): string {
  const states = ['Running', 'Failed', 'Succeeded']
  const told = status?.conditions?.findLast(({ type, status: value }) => value === 'True' && states.includes(type))
  return told?.type ?? 'Unknown'
}
