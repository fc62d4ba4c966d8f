/** CSIStorageCapacity: how much room a driver has for a class in a part of the cluster. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { CSIStorageCapacity } from '../../gen/storage-v1.ts'
import { nameColumn, text } from '../../printing/columns.ts'
import { validateCsiStorageCapacity, validateCsiStorageCapacityUpdate } from './csistoragecapacity.validation.ts'

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  scope: 'Namespaced',
  unconditionalUpdate: false,
  versions: [{ version: 'v1', schema: 'io.k8s.api.storage.v1.CSIStorageCapacity', served: true, stored: true }],
  validate: validateCsiStorageCapacity,
  validateUpdate: validateCsiStorageCapacityUpdate,
  columns: [
    nameColumn(),
    text('StorageClassName', 'The class', (object) => object.storageClassName),
    text('Capacity', 'How much room there is', (object) => object.capacity ?? '<unset>'),
  ],
})
