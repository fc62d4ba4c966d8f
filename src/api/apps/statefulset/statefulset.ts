/** StatefulSet: pods with lasting names and storage, in order. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import { setClaimDefaults } from '../../core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { ownerStrategy } from '../../core/pod/disabled-fields.ts'
import { setTemplateDefaults } from '../../core/pod/pod-defaults.ts'
import type { StatefulSet, StatefulSetSpec } from '../../gen/apps-v1.ts'
import { ageColumn, containerColumns, nameColumn, text } from '../../printing/columns.ts'
import {
  validateNewStatefulSet,
  validateStatefulSetStatusUpdate,
  validateStatefulSetUpdate,
} from './statefulset.validation.ts'
import { statefulSetWarnings } from './statefulset-warnings.ts'

export const statefulSet = defineKind<StatefulSet>({
  group: 'apps',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  scope: 'Namespaced',
  nameRule: 'dns1123Label',
  versions: [{ version: 'v1', schema: 'io.k8s.api.apps.v1.StatefulSet', served: true, stored: true }],
  setDefaults,
  ...ownerStrategy<StatefulSet>({ replicas: 0, availableReplicas: 0 }, ({ spec }) => spec?.template),
  validateCreate: validateNewStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatusUpdate,
  generation: 'spec',
  warnings: statefulSetWarnings,
  subresources: {
    status: true, keptByStatus: [],
    scale: { replicas: 'spec.replicas', observed: 'status.replicas', selector: 'spec.selector' },
  },
  columns: [
    nameColumn(),
    text(
      'Ready',
      'Number of the pod with ready state',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    ageColumn(),
    ...containerColumns<StatefulSet>(({ spec }) => spec?.template?.spec?.containers),
  ],
})

function setDefaults(object: StatefulSet): void {
  const spec = object.spec ??= {} as StatefulSetSpec
  spec.podManagementPolicy ||= 'OrderedReady'
  const strategy = spec.updateStrategy ??= {}
  if (!strategy.type) {
    strategy.type = 'RollingUpdate'
    strategy.rollingUpdate ??= {}
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0
  const retention = spec.persistentVolumeClaimRetentionPolicy ??= {}
  retention.whenDeleted ||= 'Retain'
  retention.whenScaled ||= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1'
    claim.kind = 'PersistentVolumeClaim'
    setClaimDefaults(claim)
  }
  setTemplateDefaults(spec)
}
