/** Workload: pods that are scheduled together or not at all. */
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Workload } from '../../gen/scheduling-v1alpha2.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'

export const workload = defineKind<Workload>({
  group: 'scheduling.k8s.io', kind: 'Workload', plural: 'workloads', shortNames: ['wl'], scope: 'Namespaced',
  versions: [{ version: 'v1alpha2', schema: 'io.k8s.api.scheduling.v1alpha2.Workload', served: false, stored: true }],
  validateUpdate: (object, old) => validateImmutable(object.spec, old.spec, 'spec'),
  columns: [nameColumn(), ageColumn()],
})
