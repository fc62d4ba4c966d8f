/** PodDisruptionBudget: how many pods may be evicted at a time. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { PodDisruptionBudget } from '../../gen/policy-v1.ts'
import { ageColumn, integer, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import {
  validatePodDisruptionBudget,
  validatePodDisruptionBudgetStatusUpdate,
} from './poddisruptionbudget.validation.ts'

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  scope: 'Namespaced',
  unconditionalUpdate: false,
  versions: [{ version: 'v1', schema: 'io.k8s.api.policy.v1.PodDisruptionBudget', served: true, stored: true }],
  ...separateStatus<PodDisruptionBudget>({
    disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0,
  }),
  validate: validatePodDisruptionBudget,
  validateStatusUpdate: validatePodDisruptionBudgetStatusUpdate,
  generation: 'spec',
  subresources: { status: true, keptByStatus: [] },
  columns: [
    nameColumn(),
    text('Min Available', 'The minimum number of pods that must be available.', ({ spec }) =>
      String(spec?.minAvailable ?? 'N/A'),
    ),
    text('Max Unavailable', 'The maximum number of pods that may be unavailable.', ({ spec }) =>
      String(spec?.maxUnavailable ?? 'N/A'),
    ),
    integer('Allowed Disruptions', 'Calculated number of pods that may be disrupted at this time.',
      ({ status }) => status?.disruptionsAllowed ?? 0),
    ageColumn(),
  ],
})
