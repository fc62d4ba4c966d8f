/** Table: Events in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { event } from './event.ts'

const rows: readonly Row[] = [
  {
    it: 'is beside what it is about',
    object: { metadata: { name: 'a', namespace: 'b' }, involvedObject: { kind: 'Pod', namespace: 'b' } },
  },
  {
    it: 'is nowhere else', object: { metadata: { name: 'a', namespace: 'b' }, involvedObject: { namespace: 'c' } },
    errors: ['involvedObject.namespace: Invalid value: "c": does not match event.namespace'],
  },
  {
    it: 'says who reports what when it has a time of its own',
    object: {
      metadata: { name: 'a', namespace: 'b' },
      involvedObject: { namespace: 'b' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reason: 'é'.repeat(65),
    },
    errors: [
      'reportingComponent: Required value',
      ...['name part must be non-empty', "name part must consist of alphanumeric characters, '-', '_' or '.', and must " +
        "start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for " +
        "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ].map((text) => `reportingComponent: Invalid value: "": ${text}`),
      'reportingInstance: Required value', 'action: Required value',
      'reason: Invalid value: "": can have at most 128 characters',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(event, row), expectedOf(row)))
