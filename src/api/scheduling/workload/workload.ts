/** Workload: pods that are scheduled together or not at all. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Workload } from '../../gen/scheduling-v1alpha2.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { withoutDisabledFields } from '../disabled-fields.ts'
import { validateNewWorkload, validateWorkloadUpdate } from './workload.validation.ts'

export const workload = defineKind<Workload>({
  group: 'scheduling.k8s.io', kind: 'Workload', plural: 'workloads', scope: 'Namespaced',
  versions: [{ version: 'v1alpha2', schema: 'io.k8s.api.scheduling.v1alpha2.Workload', served: false, stored: true }],
  prepareForCreate: ({ spec }) => {
    if (spec?.podGroupTemplates) {
      spec.podGroupTemplates = spec.podGroupTemplates.map((template) => withoutDisabledFields(template))
    }
  },
  prepareForUpdate: (object, old) => {
    if (!object.spec?.podGroupTemplates) return
    const podGroupTemplates = object.spec.podGroupTemplates.map((template, index) =>
      withoutDisabledFields(template, old.spec?.podGroupTemplates?.[index]))
    object.spec = { ...object.spec, podGroupTemplates }
  },
  validateCreate: validateNewWorkload,
  validateUpdate: validateWorkloadUpdate,
  columns: [nameColumn(), ageColumn()],
})
