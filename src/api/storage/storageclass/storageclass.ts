/** StorageClass: how volumes of a kind are made. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { StorageClass } from '../../gen/storage-v1.ts'
import { ageColumn, boolean, nameColumn, text } from '../../printing/columns.ts'
import { validateStorageClass, validateStorageClassUpdate } from './storageclass.validation.ts'

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io', kind: 'StorageClass', plural: 'storageclasses', shortNames: ['sc'], scope: 'Cluster',
  versions: [{ version: 'v1', schema: 'io.k8s.api.storage.v1.StorageClass', served: true, stored: true }],
  setDefaults: (object) => {
    object.reclaimPolicy ??= 'Delete'
    object.volumeBindingMode ??= 'Immediate'
  },
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  columns: [
    nameColumn((object) => object.metadata.name + (isDefaultClass(object) ? ' (default)' : '')),
    text('Provisioner', 'The driver that makes the volumes', (object) => object.provisioner),
    text('ReclaimPolicy', 'What happens to a volume when its claim goes', (object) => object.reclaimPolicy ?? 'Delete'),
    text('VolumeBindingMode', 'When volumes are made', (object) => object.volumeBindingMode ?? 'Immediate'),
    {
      ...boolean<StorageClass>(
        'AllowVolumeExpansion', 'Volumes can grow', (object) => object.allowVolumeExpansion ?? false,
      ),
      type: 'string',
    },
    ageColumn(),
  ],
})

/** True for the class of claims that name none. */
function isDefaultClass({ metadata }: Stored<StorageClass>): boolean {
  const annotations = metadata.annotations ?? {}
  return annotations['storageclass.kubernetes.io/is-default-class'] === 'true'
    || annotations['storageclass.beta.kubernetes.io/is-default-class'] === 'true'
}
