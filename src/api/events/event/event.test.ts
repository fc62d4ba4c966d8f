/** Table: Events of events.k8s.io in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { eventsEvent } from './event.ts'

function event(fields: object = {}): object {
  return {
    metadata: { name: 'a', namespace: 'b' },
    regarding: { kind: 'Pod', namespace: 'b' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    type: 'Normal',
    reportingController: 'a.b/c', reportingInstance: 'd', action: 'Do', reason: 'Why', ...fields,
  }
}

const rows: readonly Row[] = [
  { it: 'accepts a whole event', object: event() },
  { it: 'needs a time', object: event({ eventTime: null }), errors: ['eventTime: Required value'] },
  {
    it: 'is normal or a warning',
    object: event({ type: 'X' }),
    errors: ['type: Invalid value: "": has invalid value: X'],
  },
  {
    it: 'has no fields of the older form', object: event({ deprecatedCount: 1, deprecatedSource: { component: 'a' } }),
    errors: ['count: Invalid value: "": needs to be unset', 'source: Invalid value: "": needs to be unset'],
  },
  {
    it: 'changes nothing but its series',
    old: event(),
    object: event({ note: 'b', reason: 'Else', deprecatedSource: { host: 'h' }, related: { kind: 'Pod', name: 'p' } }),
    errors: [
      'reason: Invalid value: "Else": field is immutable',
      'message: Invalid value: "b": field is immutable',
      'source: Invalid value: {"Component":"","Host":"h"}: field is immutable',
      'reason: Invalid value: "Else": field is immutable',
      'related: Invalid value: {"Kind":"Pod","Namespace":"","Name":"p","UID":"","APIVersion":"","ResourceVersion":"",'
      + '"FieldPath":""}: field is immutable',
    ],
  },
  {
    it: 'stays about the same',
    old: event(),
    object: event({ regarding: { kind: 'Node', namespace: 'b' }, reason: 'So' }),
    errors: [
      'involvedObject: Invalid value: {"Kind":"Node","Namespace":"b","Name":"","UID":"","APIVersion":"",' +
        '"ResourceVersion":"","FieldPath":""}: field is immutable',
      'reason: Invalid value: "So": field is immutable', 'reason: Invalid value: "So": field is immutable',
    ],
  },
  {
    it: 'names the controller as it does', object: event({ reportingController: '-' }),
    errors: ['reportingController: Invalid value: "-": name part must consist of alphanumeric characters, \'-\', \'_\' ' +
      "or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', " +
      "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"],
  },
  {
    it: 'is a series from two on',
    old: event(),
    object: event({ series: { count: 1, lastObservedTime: '2026-01-01T00:00:00.000000Z' } }),
    errors: ['series.count: Invalid value: "": should be at least 2'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(eventsEvent, row), expectedOf(row)))
