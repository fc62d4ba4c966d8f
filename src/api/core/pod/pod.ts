/** Pod: containers that run together on one node. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind, type RowCondition } from '#machinery/schema/define-kind.ts'
import type { Pod } from '../../gen/core-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { setPodDefaults } from './pod-defaults.ts'
import { validatePodResize } from './pod-resize.validation.ts'
import { formatRestarts, summarizePod } from './pod-status.ts'
import { validatePodStatusUpdate } from './pod-status.validation.ts'
import { graceSecondsOfPod, preparePodForCreate, preparePodForUpdate } from './pod-strategy.ts'
import { validateEphemeralContainersUpdate, validatePodUpdate } from './pod-update.validation.ts'
import { podStatusWarnings, podWarnings } from './pod-warnings.ts'
import { validateNewPod, validatePod } from './pod.validation.ts'

export const pod = defineKind<Pod>({
  group: '',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.core.v1.Pod', served: true, stored: true }],
  setDefaults: setPodDefaults,
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: preparePodForUpdate,
  validate: validatePod,
  validateCreate: validateNewPod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  warnings: podWarnings,
  statusWarnings: podStatusWarnings,
  generation: 'spec',
  graceSeconds: graceSecondsOfPod,
  subresources: {
    status: true, keptByStatus: ['deletionTimestamp', 'ownerReferences'],
    others: [
      { name: 'attach', kind: { group: '', version: 'v1', kind: 'PodAttachOptions' }, verbs: ['create', 'get'] },
      { name: 'binding', kind: { group: '', version: 'v1', kind: 'Binding' }, verbs: ['create'] },
      {
        name: 'ephemeralcontainers',
        verbs: ['get', 'patch', 'update'],
        validateUpdate: validateEphemeralContainersUpdate,
      },
      { name: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
      { name: 'exec', kind: { group: '', version: 'v1', kind: 'PodExecOptions' }, verbs: ['create', 'get'] },
      { name: 'log', verbs: ['get'] },
      {
        name: 'portforward',
        kind: { group: '', version: 'v1', kind: 'PodPortForwardOptions' },
        verbs: ['create', 'get'],
      },
      {
        name: 'proxy',
        kind: { group: '', version: 'v1', kind: 'PodProxyOptions' },
        verbs: ['create', 'delete', 'get', 'patch', 'update'],
      },
      { name: 'resize', verbs: ['get', 'patch', 'update'], validateUpdate: validatePodResize },
    ],
  },
  selectableFields: ({ spec, status }) => ({
    'spec.nodeName': spec?.nodeName ?? '',
    'spec.restartPolicy': spec?.restartPolicy ?? '',
    'spec.schedulerName': spec?.schedulerName ?? '',
    'spec.serviceAccountName': spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec?.hostNetwork ?? false),
    'status.phase': status?.phase ?? '',
    'status.podIP': status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.nominatedNodeName': status?.nominatedNodeName ?? '',
  }),
  rowConditions: ({ status }) => finishedConditions[status?.phase ?? ''],
  columns: [
    nameColumn(),
    text('Ready', 'The aggregate readiness state of this pod for accepting traffic.', (object) => {
      const { ready, total } = summarizePod(object)
      return `${ready}/${total}`
    }),
    text('Status', 'The aggregate status of the containers in this pod.', (object) => summarizePod(object).reason),
    text(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
      (object, now) => formatRestarts(summarizePod(object), now),
    ),
    ageColumn(),
    text('IP', 'Address of the pod', ({ status }) => status?.podIPs?.[0]?.ip || '<none>', 'wide'),
    text('Node', 'Where the pod runs', ({ spec }) => spec?.nodeName || '<none>', 'wide'),
    text(
      'Nominated Node',
      'Where the pod may run once others have made room',
      ({ status }) => status?.nominatedNodeName || '<none>',
      'wide',
    ),
    text('Readiness Gates', 'Conditions beside its containers that make the pod ready', formatReadinessGates, 'wide'),
  ],
})

/** By phase: pods that have nothing more to do are marked in tables. */
const finishedConditions: Readonly<Record<string, readonly RowCondition[]>> = {
  Succeeded: [{
    type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.',
  }],
  Failed: [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }],
}

function formatReadinessGates({ spec, status }: Stored<Pod>): string {
  const gates = spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const met = gates.filter(({ conditionType }) =>
    status?.conditions?.find(({ type }) => type === conditionType)?.status === 'True')
  return `${met.length}/${gates.length}`
}
