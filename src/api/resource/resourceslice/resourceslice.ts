/** ResourceSlice: devices that a driver offers. */
import { quoteGo } from '#machinery/errors/field-errors.ts'
import { defineKind, type PrepareContext } from '#machinery/schema/define-kind.ts'
import type { ResourceSlice } from '../../gen/resource-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { setTaintTimes } from '../taint-times.ts'
import { resourceSliceConversion } from '../v1beta1-conversion.ts'
import { dropDisabledFields } from './disabled-fields.ts'
import { validateResourceSlice } from './resourceslice.validation.ts'

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
  prepareForCreate: (slice, context) => {
    setTimes(slice, context)
    dropDisabledFields(slice, undefined)
  },
  prepareForUpdate: (slice, old, context) => {
    setTimes(slice, context)
    dropDisabledFields(slice, old)
  },
  validateCreate: (slice) => validateResourceSlice(slice),
  validateUpdate: validateResourceSlice,
  warnings: warnOfUpperCase,
  selectableFields: ({ spec }) => ({ 'spec.nodeName': spec?.nodeName ?? '', 'spec.driver': spec?.driver ?? '' }),
  columns: [
    nameColumn(),
    text('Node', 'The node of the devices', ({ spec }) => spec?.nodeName ?? ''),
    text('Driver', 'The driver of the devices', ({ spec }) => spec?.driver ?? ''),
    text('Pool', 'The pool that the slice is a part of', ({ spec }) => spec?.pool?.name ?? ''),
    ageColumn(),
  ],
})

function setTimes({ spec }: ResourceSlice, { now }: PrepareContext): void {
  for (const { taints = [] } of spec?.devices ?? []) setTaintTimes(taints, now)
}

function warnOfUpperCase({ spec }: ResourceSlice): string[] {
  const driver = spec?.driver ?? ''
  if (driver === driver.toLowerCase()) return []
  return [`spec.driver: driver names should be lowercase; ${quoteGo(driver)} contains uppercase characters`]
}
