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
  {
    it: 'knows of no coordinated election',
    object: { metadata: { name: 'a' }, spec: { holderIdentity: 'h', strategy: 'X', preferredHolder: 'p' } },
    holds: { spec: { holderIdentity: 'h' } },
  },
  {
    it: 'keeps what it had of a coordinated election',
    old: { metadata: { name: 'a' }, spec: { strategy: 'OldestEmulationVersion' } },
    object: { metadata: { name: 'a' }, spec: { strategy: 'X', preferredHolder: 'p' } },
    holds: { spec: { strategy: 'X' } },
    errors: ['spec.strategy.strategy: Unsupported value: "X": supported values: "OldestEmulationVersion"'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(lease, row), expectedOf(row)))
