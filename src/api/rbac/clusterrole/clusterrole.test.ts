/** Table: ClusterRoles in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { clusterRole } from './clusterrole.ts'

const rows: readonly Row[] = [
  {
    it: 'may be about URLs',
    object: { metadata: { name: 'a' }, rules: [{ verbs: ['get'], nonResourceURLs: ['/a'] }] },
  },
  {
    it: 'gathers by a selector',
    object: { metadata: { name: 'a' }, aggregationRule: {} },
    errors: [
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(clusterRole, row), expectedOf(row)))
