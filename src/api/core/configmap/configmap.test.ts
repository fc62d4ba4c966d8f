/** Table: ConfigMaps in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { configMap } from './configmap.ts'

const rows: readonly Row[] = [
  {
    it: 'accepts texts and bytes',
    object: { metadata: { name: 'a' }, data: { 'a.txt': 'b' }, binaryData: { b: 'AA==' } },
  },
  {
    it: 'has each key once', object: { metadata: { name: 'a' }, data: { a: 'b' }, binaryData: { a: 'AA==' } },
    errors: ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  },
  {
    it: 'holds up to a mebibyte', object: { metadata: { name: 'a' }, data: { a: 'x'.repeat(1048577) } },
    errors: [': Too long: may not be more than 1048576 bytes'],
  },
  {
    it: 'stays as it is when it is immutable', old: { immutable: true, data: { a: 'b' } }, object: { data: { a: 'c' } },
    errors: [
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(configMap, row), expectedOf(row)))
