/** DaemonSet: one pod on every node that fits. */
import { formatLabelSelector } from '#machinery/meta/label-selector.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { ownerStrategy } from '../../core/pod/disabled-fields.ts'
import { setTemplateDefaults } from '../../core/pod/pod-defaults.ts'
import { ownerWarnings } from '../../core/pod/pod-warnings.ts'
import type { DaemonSet, DaemonSetSpec } from '../../gen/apps-v1.ts'
import { ageColumn, containerColumns, integer, nameColumn, text } from '../../printing/columns.ts'
import { formatLabels } from '../../printing/labels.ts'
import { validateDaemonSet, validateDaemonSetStatusUpdate, validateDaemonSetUpdate } from './daemonset.validation.ts'
import { countTemplate, keepTemplateCount, readTemplateCount } from './template-generation.ts'

const strategy = ownerStrategy<DaemonSet>({
  currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0,
}, ({ spec }) => spec?.template)

export const daemonSet = defineKind<DaemonSet>({
  group: 'apps', kind: 'DaemonSet', plural: 'daemonsets', shortNames: ['ds'], categories: ['all'], scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.apps.v1.DaemonSet', served: true, stored: true }],
  setDefaults,
  prepareForCreate(object) {
    strategy.prepareForCreate(object)
    countTemplate(object)
  },
  prepareForUpdate(object, old, context) {
    strategy.prepareForUpdate(object, old, context)
    keepTemplateCount(object, old)
  },
  validateCreate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  validateStatusUpdate: validateDaemonSetStatusUpdate,
  generation: 'spec',
  warnings: ownerWarnings,
  subresources: { status: true, keptByStatus: [] },
  columns: [
    nameColumn(),
    integer('Desired', 'Number of nodes that should run the pod', ({ status }) => status?.desiredNumberScheduled ?? 0),
    integer(
      'Current', 'Number of nodes that run the pod and should', ({ status }) => status?.currentNumberScheduled ?? 0,
    ),
    integer('Ready', 'Number of pods that are ready', ({ status }) => status?.numberReady ?? 0),
    integer(
      'Up-to-date', 'Number of pods of the current template', ({ status }) => status?.updatedNumberScheduled ?? 0,
    ),
    integer(
      'Available', 'Number of pods that have been ready long enough', ({ status }) => status?.numberAvailable ?? 0,
    ),
    text('Node Selector', 'Labels of the nodes', ({ spec }) => formatLabels(spec?.template?.spec?.nodeSelector)),
    ageColumn(),
    ...containerColumns<DaemonSet>(({ spec }) => spec?.template?.spec?.containers),
    text('Selector', 'Labels of the pods', ({ spec }) => formatLabelSelector(spec?.selector), 'wide'),
  ],
})

function setDefaults(object: DaemonSet): void {
  readTemplateCount(object)
  const spec = object.spec ??= {} as DaemonSetSpec
  const updates = spec.updateStrategy ??= {}
  updates.type ||= 'RollingUpdate'
  if (updates.type === 'RollingUpdate') {
    const rolling = updates.rollingUpdate ??= {}
    rolling.maxUnavailable ??= 1
    rolling.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= 10
  setTemplateDefaults(spec)
}
