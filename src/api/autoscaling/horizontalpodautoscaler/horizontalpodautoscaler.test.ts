/** Table: HorizontalPodAutoscalers in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HorizontalPodAutoscaler } from '../../gen/autoscaling-v2.ts'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { fromV1, toV1 } from './horizontalpodautoscaler.conversion.ts'
import { horizontalPodAutoscaler } from './horizontalpodautoscaler.ts'

function own(spec: object = {}): object {
  return {
    metadata: { name: 'a' }, spec: { scaleTargetRef: { kind: 'Deployment', name: 'b' }, maxReplicas: 3, ...spec },
  }
}

const rows: readonly Row[] = [
  {
    it: 'goes down to nothing only if it did before',
    old: own({ minReplicas: 0, metrics: [{ type: 'Resource' }] }), object: own({ minReplicas: 0 }),
    errors: [
      'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    ],
  },
  {
    it: 'aims at 80 % of the CPU',
    object: own(),
    holds: {
      'spec.minReplicas': 1,
      status: { desiredReplicas: 0, currentMetrics: [] },
      'spec.metrics': [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  },
  {
    it: 'scales by rules that are whole',
    object: own({ behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } }),
    holds: {
      'spec.behavior.scaleDown': {
        stabilizationWindowSeconds: 60,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
      'spec.behavior.scaleUp.policies.0': { type: 'Pods', value: 4, periodSeconds: 15 },
    },
  },
  {
    it: 'tolerates no less than nothing',
    object: own({ behavior: { scaleUp: { tolerance: '-1' }, scaleDown: { tolerance: '0.1' } } }),
    errors: ['spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0'],
  },
  {
    it: 'has a most that is not less than its least',
    object: own({ minReplicas: 5 }),
    errors: ['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`'],
  },
  {
    it: 'measures what it says',
    object: own({
      metrics: [{ type: 'Pods', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } } }],
    }),
    errors: [
      'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
      'spec.metrics[0].pods: Required value: must populate information for the given metric source',
    ],
  },
  {
    it: 'knows its kinds of metrics',
    object: own({ metrics: [{ type: 'X' }] }),
    errors: [
      'spec.metrics[0].type: Unsupported value: "X": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(horizontalPodAutoscaler, row), expectedOf(row)))

test('keeps everything on the way to v1 and back', () => {
  const object: HorizontalPodAutoscaler = {
    apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'a', annotations: { b: 'c' } },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'b' },
      minReplicas: 1,
      maxReplicas: 3,
      behavior: { scaleDown: { selectPolicy: 'Min' } },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } },
      ],
    },
    status: { currentReplicas: 1, desiredReplicas: 2, conditions: [{ type: 'AbleToScale', status: 'True' }] },
  }
  const old = toV1(object)
  assert.equal(old.spec?.targetCPUUtilizationPercentage, 50)
  assert.deepEqual(fromV1(old), object)
})
