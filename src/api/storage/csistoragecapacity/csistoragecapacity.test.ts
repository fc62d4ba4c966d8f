/** Table: CSIStorageCapacities in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { csiStorageCapacity } from './csistoragecapacity.ts'

const rows: readonly Row[] = [
  { it: 'accepts a capacity', object: { metadata: { name: 'a' }, storageClassName: 'b', capacity: '1Gi' } },
  {
    it: 'has room or none',
    object: { metadata: { name: 'a' }, storageClassName: 'b', capacity: '-1' },
    errors: ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
  },
  {
    it: 'keeps its class',
    old: { storageClassName: 'b' },
    object: { storageClassName: 'c' },
    errors: ['storageClassName: Invalid value: "c": field is immutable'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(csiStorageCapacity, row), expectedOf(row)))
