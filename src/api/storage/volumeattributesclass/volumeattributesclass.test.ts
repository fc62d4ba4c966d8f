/** Table: VolumeAttributesClasses in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { volumeAttributesClass } from './volumeattributesclass.ts'

const rows: readonly Row[] = [
  { it: 'accepts parameters', object: { metadata: { name: 'a' }, driverName: 'b', parameters: { iops: '1' } } },
  {
    it: 'has parameters',
    object: { metadata: { name: 'a' }, driverName: 'b' },
    errors: ['parameters: Required value: must contain at least one key/value pair'],
  },
  {
    it: 'stays as it is',
    old: { driverName: 'b', parameters: { iops: '1' } },
    object: { driverName: 'c', parameters: { iops: '1' } },
    errors: ['driverName: Forbidden: updates to driverName are forbidden.'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(volumeAttributesClass, row), expectedOf(row)))
