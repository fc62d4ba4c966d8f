/** Table: PodDisruptionBudgets in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { podDisruptionBudget } from './poddisruptionbudget.ts'

function own(spec: object): object {
  return { metadata: { name: 'a' }, spec }
}

const rows: readonly Row[] = [
  {
    it: 'allows nothing at first',
    object: own({ minAvailable: 1 }),
    holds: { status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } },
  },
  {
    it: 'says one number', object: own({ minAvailable: 1, maxUnavailable: 1 }),
    errors: [
      'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
    ],
  },
  {
    it: 'counts or measures', object: own({ maxUnavailable: '110%' }),
    errors: ['spec.maxUnavailable: Invalid value: "110%": must not be greater than 100%'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(podDisruptionBudget, row), expectedOf(row)))
