/** DeviceClass: devices that a claim can ask for by name. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { DeviceClass } from '../../gen/resource-v1.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { validateDeviceClass } from './deviceclass.validation.ts'

export const deviceClass = defineKind<DeviceClass>({
  group: 'resource.k8s.io', kind: 'DeviceClass', plural: 'deviceclasses', scope: 'Cluster', generation: 'spec',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.resource.v1.DeviceClass', served: true, stored: true },
    { version: 'v1beta2', schema: 'io.k8s.api.resource.v1beta2.DeviceClass', served: false },
    { version: 'v1beta1', schema: 'io.k8s.api.resource.v1beta1.DeviceClass', served: false },
  ],
  validateCreate: (object) => validateDeviceClass(object),
  validateUpdate: validateDeviceClass,
  columns: [nameColumn(), ageColumn()],
})
