/** PodGroup: one group of pods of a Workload, while it runs. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { PodGroup } from '../../gen/scheduling-v1alpha2.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { keep } from '../../strategy.ts'
import { withoutDisabledFields } from '../disabled-fields.ts'
import { validateNewPodGroup, validatePodGroupStatus, validatePodGroupUpdate } from './podgroup.validation.ts'

export const podGroup = defineKind<PodGroup>({
  group: 'scheduling.k8s.io', kind: 'PodGroup', plural: 'podgroups', scope: 'Namespaced',
  versions: [{ version: 'v1alpha2', schema: 'io.k8s.api.scheduling.v1alpha2.PodGroup', served: false, stored: true }],
  prepareForCreate: (object) => {
    object.status = {}
    object.spec = withoutDisabledFields(object.spec)
  },
  prepareForUpdate: (object, old, { subresource }) => {
    if (subresource === 'status') {
      keep(object, old, 'spec')
      // Resource claims of groups are a feature that is off.
      const { resourceClaimStatuses: _, ...status } = object.status ?? {}
      object.status = status
    } else {
      keep(object, old, 'status')
      object.spec = withoutDisabledFields(object.spec, old.spec)
    }
  },
  validateCreate: validateNewPodGroup,
  validateUpdate: validatePodGroupUpdate,
  validateStatusUpdate: validatePodGroupStatus,
  subresources: { status: true },
  columns: [nameColumn(), ageColumn()],
})
