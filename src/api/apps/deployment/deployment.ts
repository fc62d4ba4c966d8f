/** Deployment: replaces pods of one template by pods of the next, gradually. */
import { semanticEqual } from '#base/deep-equal.ts'
import { formatLabelSelector } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { ownerStrategy } from '../../core/pod/disabled-fields.ts'
import { setTemplateDefaults } from '../../core/pod/pod-defaults.ts'
import { namedOwnerWarnings } from '../../core/pod/pod-warnings.ts'
import type { Deployment, DeploymentSpec } from '../../gen/apps-v1.ts'
import type { LabelSelector } from '../../gen/meta-v1.ts'
import { ageColumn, containerColumns, nameColumn, text } from '../../printing/columns.ts'
import {
  validateDeployment,
  validateDeploymentStatusUpdate,
  validateDeploymentUpdate,
} from './deployment.validation.ts'

const statusStrategy = ownerStrategy<Deployment>({}, ({ spec }) => spec?.template)

export const deployment = defineKind<Deployment>({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.apps.v1.Deployment', served: true, stored: true }],
  setDefaults,
  prepareForCreate: statusStrategy.prepareForCreate,
  prepareForUpdate: statusStrategy.prepareForUpdate,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  validateStatusUpdate: validateDeploymentStatusUpdate,
  // Annotations are copied to ReplicaSets, so they count.
  generation: (object, old) =>
    !semanticEqual(object.spec, old.spec) || !semanticEqual(object.metadata?.annotations, old.metadata.annotations),
  warnings: namedOwnerWarnings,
  subresources: {
    status: true, keptByStatus: ['labels'],
    scale: { replicas: 'spec.replicas', observed: 'status.replicas', selector: 'spec.selector' },
  },
  columns: [
    nameColumn(),
    text(
      'Ready',
      'Number of the pod with ready state',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    text('Up-to-date', 'Number of pods of the current template', ({ status }) => status?.updatedReplicas ?? 0),
    text(
      'Available', 'Number of pods that have been ready long enough', ({ status }) => status?.availableReplicas ?? 0,
    ),
    ageColumn(),
    ...containerColumns<Deployment>(({ spec }) => spec?.template?.spec?.containers),
    text('Selector', 'Labels of the pods', ({ spec }) => formatSelector(spec?.selector), 'wide'),
  ],
})

/** Unlike the other kinds of the group. */
function formatSelector(selector: DeepReadonly<LabelSelector> | undefined): string {
  const words: Readonly<Record<string, string>> = { '<none>': '', '<error>': '<invalid>' }
  const formatted = formatLabelSelector(selector)
  return words[formatted] ?? formatted
}

function setDefaults(object: Deployment): void {
  const spec = object.spec ??= {} as DeploymentSpec
  spec.replicas ??= 1
  const strategy = spec.strategy ??= {}
  strategy.type ||= 'RollingUpdate'
  if (strategy.type === 'RollingUpdate') {
    const rolling = strategy.rollingUpdate ??= {}
    rolling.maxUnavailable ??= '25%'
    rolling.maxSurge ??= '25%'
  }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  setTemplateDefaults(spec)
}
