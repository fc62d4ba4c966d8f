/** VolumeAttributesClass: attributes of volumes that can change while they are used. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { VolumeAttributesClass } from '../../gen/storage-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import {
  validateVolumeAttributesClass,
  validateVolumeAttributesClassUpdate,
} from './volumeattributesclass.validation.ts'

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  scope: 'Cluster',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.storage.v1.VolumeAttributesClass', served: true, stored: true },
    { version: 'v1beta1', schema: 'io.k8s.api.storage.v1beta1.VolumeAttributesClass', served: false },
  ],
  validate: validateVolumeAttributesClass,
  validateUpdate: validateVolumeAttributesClassUpdate,
  columns: [nameColumn(), text('DriverName', 'The driver of the volumes', (object) => object.driverName), ageColumn()],
})
