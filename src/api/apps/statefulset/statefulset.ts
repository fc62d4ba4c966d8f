/** StatefulSet: pods with lasting names and storage, in order. */
import type { Stored } from '#machinery/meta/object.ts'
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

const strategy = ownerStrategy<StatefulSet>({ replicas: 0, availableReplicas: 0 }, ({ spec }) => spec?.template)

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
  prepareForCreate(object) {
    strategy.prepareForCreate(object)
    dropMaxUnavailable(object)
  },
  prepareForUpdate(object, old, context) {
    strategy.prepareForUpdate(object, old, context)
    if (context.subresource === '') dropMaxUnavailable(object, old)
  },
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

/** The gate MaxUnavailableStatefulSet is off in v1.36; who has it already may keep it. */
function dropMaxUnavailable({ spec }: StatefulSet, old?: Stored<StatefulSet>): void {
  const { maxUnavailable, ...rollingUpdate } = spec?.updateStrategy?.rollingUpdate ?? {}
  if (maxUnavailable === undefined || old?.spec?.updateStrategy?.rollingUpdate?.maxUnavailable !== undefined) return
  spec!.updateStrategy = { ...spec!.updateStrategy, rollingUpdate }
}

function setDefaults(object: StatefulSet): void {
  const spec = object.spec ??= {} as StatefulSetSpec
  spec.podManagementPolicy ||= 'OrderedReady'
  const updates = spec.updateStrategy ??= {}
  if (!updates.type) {
    updates.type = 'RollingUpdate'
    updates.rollingUpdate ??= {}
  }
  if (updates.type === 'RollingUpdate' && updates.rollingUpdate) updates.rollingUpdate.partition ??= 0
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
