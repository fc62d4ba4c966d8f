/** Table: Leases in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { lease } from './lease.ts'

const rows: readonly Row[] = [
  { it: 'may be held by nobody', object: { metadata: { name: 'a' } } },
  {
    it: 'lasts', object: { metadata: { name: 'a' }, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } },
    errors: [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(lease, row), expectedOf(row)))
