/** Table: HorizontalPodAutoscalers in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HorizontalPodAutoscaler } from '../../gen/autoscaling-v2.ts'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { fromV1, toV1 } from './horizontalpodautoscaler.conversion.ts'
import { horizontalPodAutoscaler } from './horizontalpodautoscaler.ts'

function own(spec: object = {}): object {
  return {
    metadata: { name: 'a' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'b' }, maxReplicas: 3, ...spec },
  }
}

function unsupported(index: number, type: string): string {
  return `spec.metrics[${index}].type: Unsupported value: "${type}": `
    + 'supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'
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
    it: 'has a most',
    object: own({ maxReplicas: 0 }),
    errors: [
      'spec.maxReplicas: Required value: must be set and greater than 0',
      'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
    ],
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
    it: 'knows its kinds of metrics, and says it before and after the sources',
    object: own({ metrics: [{ type: 'X' }, { type: '' }] }),
    errors: [
      unsupported(0, 'X'), unsupported(0, 'X'),
      'spec.metrics[1].type: Required value: must specify a metric source type', unsupported(1, ''), unsupported(1, ''),
    ],
  },
  {
    it: 'scales what has an API group, or a ReplicationController',
    object: own({ scaleTargetRef: { kind: 'Deployment', name: 'b' } }),
    errors: ['spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group'],
  },
  {
    it: 'cannot read an API version of three parts',
    object: own({ scaleTargetRef: { apiVersion: 'a/b/c', kind: 'Deployment', name: 'b' } }),
    errors: ['spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
  },
  {
    it: 'scales a ReplicationController of the core group',
    object: own({ scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'b' } }),
  },
  {
    it: 'keeps the target of old',
    old: own({ scaleTargetRef: { kind: 'Deployment', name: 'b' } }),
    object: own({ scaleTargetRef: { kind: 'Deployment', name: 'c' }, maxReplicas: 4 }),
  },
  {
    it: 'measures containers by a name that resources have',
    object: own({
      metrics: [{ type: 'ContainerResource', containerResource: { name: 'X', container: '', target: { type: '' } } }],
    }),
    errors: [
      'spec.metrics[0].containerResource.name: Invalid value: "X": must be a standard resource type or fully qualified',
      'spec.metrics[0].containerResource.name: Invalid value: "X": must be a standard resource for containers',
      'spec.metrics[0].containerResource.container: Required value: must specify a container',
      'spec.metrics[0].containerResource.target.type: Required value: must specify a metric target type',
      'spec.metrics[0].containerResource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
      'spec.metrics[0].containerResource.target.averageUtilization: Required value: '
      + 'must set either a target raw value or a target utilization',
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
