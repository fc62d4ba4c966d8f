/** HorizontalPodAutoscaler: more or fewer replicas, by measurement. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { HorizontalPodAutoscaler } from '../../gen/autoscaling-v2.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { setAutoscalerDefaults } from './horizontalpodautoscaler-defaults.ts'
import { fromV1, toV1 } from './horizontalpodautoscaler.conversion.ts'
import { validateAutoscaler, validateAutoscalerStatusUpdate } from './horizontalpodautoscaler.validation.ts'
import { formatMetrics } from './metrics-column.ts'

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [
    { version: 'v2', schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler', served: true, stored: true },
    {
      version: 'v1', schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler', served: true,
      conversion: { toStored: fromV1, fromStored: toV1 },
    },
  ],
  setDefaults: setAutoscalerDefaults,
  ...separateStatus<HorizontalPodAutoscaler>({ desiredReplicas: 0, currentMetrics: [] }),
  validateCreate: validateAutoscaler,
  validateUpdate: validateAutoscaler,
  validateStatusUpdate: validateAutoscalerStatusUpdate,
  subresources: { status: true, keptByStatus: [] },
  columns: [
    nameColumn(),
    text(
      'Reference',
      'What is scaled',
      ({ spec }) => `${spec?.scaleTargetRef?.kind ?? ''}/${spec?.scaleTargetRef?.name ?? ''}`,
    ),
    text('Targets', 'Measured and wanted values', ({ spec, status }) =>
      formatMetrics(spec?.metrics, status?.currentMetrics),
    ),
    text('MinPods', 'Fewest replicas', ({ spec }) =>
      spec?.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    ),
    text('MaxPods', 'Most replicas', ({ spec }) => spec?.maxReplicas ?? 0),
    text('Replicas', 'Replicas now', ({ status }) => status?.currentReplicas ?? 0),
    ageColumn(),
  ],
})
