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
  {
    it: 'tells a selector that cannot be read twice',
    object: {
      metadata: { name: 'a' },
      aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }] },
    },
    errors: [
      'aggregationRule.clusterRoleSelectors[0].matchExpressions[0].values: Required value: '
      + "must be specified when `operator` is 'In' or 'NotIn'",
      'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
    ],
  },
  {
    it: 'forgives selectors of old their values',
    old: {
      metadata: { name: 'a' },
      aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] }] },
    },
    object: {
      metadata: { name: 'a' },
      aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: 'b', operator: 'In', values: ['!'] }] }] },
    },
    errors: [
      'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
      'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(clusterRole, row), expectedOf(row)))
