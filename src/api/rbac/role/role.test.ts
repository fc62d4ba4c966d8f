/** Table: Roles in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { role } from './role.ts'

const rows: readonly Row[] = [
  {
    it: 'is named with a colon',
    object: { metadata: { name: 'system:a' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
  },
  {
    it: 'says who may do what with what', object: { metadata: { name: 'a' }, rules: [{}] },
    errors: [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  },
  {
    it: 'is about no URLs', object: { metadata: { name: 'a' }, rules: [{ verbs: ['get'], nonResourceURLs: ['/a'] }] },
    errors: ['rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs'],
  },
  {
    it: 'is looked at twice when it changes',
    old: { metadata: { name: 'a' } },
    object: { metadata: { name: 'a' }, rules: [{ verbs: ['get'], apiGroups: [''] }] },
    errors: [
      'rules[0].resources: Required value: resource rules must supply at least one resource',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(role, row), expectedOf(row)))
