/** PriorityClass: a name for a pod's priority. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { PriorityClass } from '../../gen/scheduling-v1.ts'
import { ageColumn, boolean, integer, nameColumn, text } from '../../printing/columns.ts'
import { validatePriorityClass, validatePriorityClassUpdate } from './priorityclass.validation.ts'

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io', kind: 'PriorityClass', plural: 'priorityclasses', shortNames: ['pc'], scope: 'Cluster',
  versions: [{ version: 'v1', schema: 'io.k8s.api.scheduling.v1.PriorityClass', served: true, stored: true }],
  setDefaults: (object) => { object.preemptionPolicy ??= 'PreemptLowerPriority' },
  validateCreate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
  generation: () => false,
  columns: [
    nameColumn(),
    integer('Value', 'The priority', (object) => object.value ?? 0),
    boolean('Global-Default', 'The class of pods that name none', (object) => object.globalDefault ?? false),
    ageColumn(),
    text('PreemptionPolicy', 'Whether pods of the class displace others', (object) => object.preemptionPolicy ?? ''),
  ],
})
