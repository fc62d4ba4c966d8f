/** ReplicaSet: keeps a number of like pods running. */
import { formatLabelSelector } from '#machinery/meta/label-selector.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { ownerStrategy } from '../../core/pod/disabled-fields.ts'
import { setTemplateDefaults } from '../../core/pod/pod-defaults.ts'
import { namedOwnerWarnings } from '../../core/pod/pod-warnings.ts'
import type { ReplicaSet, ReplicaSetSpec } from '../../gen/apps-v1.ts'
import { ageColumn, containerColumns, integer, nameColumn, text } from '../../printing/columns.ts'
import {
  validateReplicaSet,
  validateReplicaSetStatusUpdate,
  validateReplicaSetUpdate,
} from './replicaset.validation.ts'

export const replicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.apps.v1.ReplicaSet', served: true, stored: true }],
  setDefaults,
  ...ownerStrategy<ReplicaSet>({ replicas: 0 }, ({ spec }) => spec?.template),
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: validateReplicaSetStatusUpdate,
  generation: 'spec',
  warnings: namedOwnerWarnings,
  subresources: {
    status: true, keptByStatus: [],
    scale: { replicas: 'spec.replicas', observed: 'status.replicas', selector: 'spec.selector' },
  },
  selectableFields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  columns: [
    nameColumn(),
    integer('Desired', 'Number of pods wanted', ({ spec }) => spec?.replicas ?? 0),
    integer('Current', 'Number of pods there are', ({ status }) => status?.replicas ?? 0),
    integer('Ready', 'Number of pods that are ready', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn(),
    ...containerColumns<ReplicaSet>(({ spec }) => spec?.template?.spec?.containers),
    text('Selector', 'Labels of the pods', ({ spec }) => formatLabelSelector(spec?.selector), 'wide'),
  ],
})

function setDefaults(object: ReplicaSet): void {
  const spec = object.spec ??= {} as ReplicaSetSpec
  spec.replicas ??= 1
  setTemplateDefaults(spec)
}
