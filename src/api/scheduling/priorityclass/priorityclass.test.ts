/** Table: PriorityClasses in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { priorityClass } from './priorityclass.ts'

const rows: readonly Row[] = [
  {
    it: 'displaces others',
    object: { metadata: { name: 'a' }, value: 1 },
    holds: { preemptionPolicy: 'PreemptLowerPriority' },
  },
  {
    it: 'is below the system',
    object: { metadata: { name: 'a' }, value: 1000000001 },
    errors: ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  },
  {
    it: 'leaves names to the system',
    object: { metadata: { name: 'system-a' }, value: 1 },
    errors: [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-a is not a known system priority class",
    ],
  },
  {
    it: 'keeps its value',
    old: { value: 1, preemptionPolicy: 'Never' },
    object: { value: 2, preemptionPolicy: 'Never' },
    errors: ['value: Forbidden: may not be changed in an update.'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(priorityClass, row), expectedOf(row)))
