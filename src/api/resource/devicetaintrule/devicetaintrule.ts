/** DeviceTaintRule: a taint on devices. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { DeviceTaintRule } from '../../gen/resource-v1alpha3.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'

export const deviceTaintRule = defineKind<DeviceTaintRule>({
  group: 'resource.k8s.io', kind: 'DeviceTaintRule', plural: 'devicetaintrules', scope: 'Cluster', generation: 'spec',
  versions: [
    { version: 'v1beta2', schema: 'io.k8s.api.resource.v1beta2.DeviceTaintRule', served: false },
    { version: 'v1alpha3', schema: 'io.k8s.api.resource.v1alpha3.DeviceTaintRule', served: false, stored: true },
  ],
  ...separateStatus<DeviceTaintRule>({}),
  subresources: { status: true },
  columns: [nameColumn(), ageColumn()],
})
