/** ReplicationController: keeps a number of like pods running. ReplicaSets and Deployments have taken its place. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ReplicationController } from '../../gen/core-v1.ts'
import { ageColumn, containerColumns, integer, nameColumn, text } from '../../printing/columns.ts'
import { formatLabels } from '../../printing/labels.ts'
import { ownerStrategy } from '../pod/disabled-fields.ts'
import { setPodSpecDefaults } from '../pod/pod-defaults.ts'
import { namedOwnerWarnings } from '../pod/pod-warnings.ts'
import {
  validateReplicationController,
  validateReplicationControllerStatusUpdate,
} from './replicationcontroller.validation.ts'

export const replicationController = defineKind<ReplicationController>({
  group: '',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.ReplicationController', served: true, stored: true }],
  setDefaults,
  ...ownerStrategy<ReplicationController>({ replicas: 0 }, ({ spec }) => spec?.template),
  validate: validateReplicationController,
  // Upstream asks twice of an update, and tells each cause as often.
  validateUpdate: validateReplicationController,
  validateStatusUpdate: validateReplicationControllerStatusUpdate,
  generation: 'spec',
  warnings: namedOwnerWarnings,
  defaultPropagation: 'Orphan',
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
    ...containerColumns<ReplicationController>(({ spec }) => spec?.template?.spec?.containers),
    text('Selector', 'Labels of the pods', ({ spec }) => formatLabels(spec?.selector), 'wide'),
  ],
})

/** Selector and labels follow from the template. */
function setDefaults(object: ReplicationController): void {
  const spec = object.spec ??= {}
  const labels = spec.template?.metadata?.labels
  if (labels) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
    const metadata = object.metadata ??= {}
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
  }
  spec.replicas ??= 1
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec)
}
