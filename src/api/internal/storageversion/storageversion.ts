/** StorageVersion: in which version each API server writes a resource. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { StorageVersion } from '../../gen/apiserverinternal-v1alpha1.ts'
import { ageColumn, formatListWithMore, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { validateNewStorageVersion, validateStorageVersionStatus } from './storageversion.validation.ts'

const maxShown = 3

export const storageVersion = defineKind<StorageVersion>({
  group: 'internal.apiserver.k8s.io',
  kind: 'StorageVersion',
  plural: 'storageversions',
  scope: 'Cluster',
  unconditionalUpdate: false,
  versions: [{
    version: 'v1alpha1', schema: 'io.k8s.api.apiserverinternal.v1alpha1.StorageVersion', served: false, stored: true,
  }],
  ...separateStatus<StorageVersion>({}),
  validateCreate: validateNewStorageVersion,
  validateStatusUpdate: validateStorageVersionStatus,
  subresources: { status: true },
  columns: [
    nameColumn(),
    text(
      'CommonEncodingVersion',
      'The version that all servers write',
      ({ status }) => status?.commonEncodingVersion ?? '<unset>',
    ),
    text('StorageVersions', 'The version that each server writes', ({ status }) =>
      formatListWithMore(
        (status?.storageVersions ?? []).map(({ apiServerID, encodingVersion }) => `${apiServerID}=${encodingVersion}`),
        maxShown,
      ),
    ),
    ageColumn(),
  ],
})
