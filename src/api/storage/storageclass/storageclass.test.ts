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
  {
    it: 'says each topology once', object: { metadata: { name: 'a' }, provisioner: 'b', allowedTopologies: [
      { matchLabelExpressions: [{ key: 'k', values: ['x', 'y'] }] },
      { matchLabelExpressions: [{ key: 'k', values: ['y', 'x', 'x'] }, { key: 'k', values: [] }] },
      { matchLabelExpressions: [{ key: 'k', values: ['y', 'x'] }] },
    ] },
    errors: [
      'allowedTopologies[1].matchLabelExpressions[0].values[2]: Duplicate value: "x"',
      'allowedTopologies[1].matchLabelExpressions[1].values: Required value',
      'allowedTopologies[1].matchLabelExpressions[1].key: Duplicate value: "k"',
      'allowedTopologies[2].matchLabelExpressions: Duplicate value: ""',
    ],
  },
  {
    it: 'is provisioned by a name that may have capitals', object: { metadata: { name: 'a' }, provisioner: 'Example.com/A b' },
    errors: ["provisioner: Invalid value: \"example.com/a b\": name part must consist of alphanumeric characters, '-', " +
      "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', " +
      "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(storageClass, row), expectedOf(row)))
