/** ResourceSlice: devices that a driver offers. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ResourceSlice } from '../../gen/resource-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { resourceSliceConversion } from '../v1beta1-conversion.ts'

export const resourceSlice = defineKind<ResourceSlice>({
  group: 'resource.k8s.io', kind: 'ResourceSlice', plural: 'resourceslices', scope: 'Cluster', generation: 'spec',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.resource.v1.ResourceSlice', served: true, stored: true },
    { version: 'v1beta2', schema: 'io.k8s.api.resource.v1beta2.ResourceSlice', served: false },
    {
      version: 'v1beta1',
      schema: 'io.k8s.api.resource.v1beta1.ResourceSlice',
      served: false,
      conversion: resourceSliceConversion,
    },
  ],
  selectableFields: ({ spec }) => ({ 'spec.nodeName': spec?.nodeName ?? '', 'spec.driver': spec?.driver ?? '' }),
  columns: [
    nameColumn(),
    text('Node', 'The node of the devices', ({ spec }) => spec?.nodeName || '<unset>'),
    text('Driver', 'The driver of the devices', ({ spec }) => spec?.driver ?? ''),
    text('Pool', 'The pool that the slice is a part of', ({ spec }) => spec?.pool?.name ?? ''),
    ageColumn(),
  ],
})
