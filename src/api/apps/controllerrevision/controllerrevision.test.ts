/** Table: ControllerRevisions in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { controllerRevision } from './controllerrevision.ts'

const rows: readonly Row[] = [
  {
    it: 'holds something',
    object: { metadata: { name: 'a' }, revision: -1 },
    errors: [
      'revision: Invalid value: -1: must be greater than or equal to 0', 'data: Required value: data is mandatory',
    ],
  },
  {
    it: 'holds an object',
    object: { metadata: { name: 'a' }, revision: 1, data: [1] },
    errors: ['data: Required value: data must be a valid JSON object'],
  },
  {
    it: 'holds it unchanged',
    old: { data: { a: 1 }, revision: 1 },
    object: { data: { a: 2 }, revision: 2 },
    errors: ['data: Invalid value: {"a":2}: field is immutable'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(controllerRevision, row), expectedOf(row)))
