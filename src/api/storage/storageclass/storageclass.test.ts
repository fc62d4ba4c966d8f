/** Table: StorageClasses in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { storageClass } from './storageclass.ts'

const rows: readonly Row[] = [
  {
    it: 'deletes, and binds at once',
    object: { metadata: { name: 'a' }, provisioner: 'b' },
    holds: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  },
  {
    it: 'has a provisioner and a known policy', object: { metadata: { name: 'a' }, reclaimPolicy: 'Recycle' },
    errors: [
      'provisioner: Required value',
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
    ],
  },
  {
    it: 'stays as it is',
    old: { provisioner: 'a', parameters: { x: 'y' }, reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
    object: { provisioner: 'a', parameters: { x: 'z' } },
    errors: ['parameters: Forbidden: updates to parameters are forbidden.'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(storageClass, row), expectedOf(row)))
