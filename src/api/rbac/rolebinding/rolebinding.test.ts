/** Table: RoleBindings in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { roleBinding } from './rolebinding.ts'

function own(subjects: readonly object[]): object {
  return {
    metadata: { name: 'a' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }, subjects,
  }
}

const rows: readonly Row[] = [
  {
    it: 'knows the groups of subjects',
    object: own([{ kind: 'User', name: 'a' }]),
    holds: { 'roleRef.apiGroup': 'rbac.authorization.k8s.io', 'subjects.0.apiGroup': 'rbac.authorization.k8s.io' },
  },
  {
    it: 'names subjects of known kinds',
    object: own([
      { kind: 'X', name: 'a' },
      { kind: 'ServiceAccount', name: '', namespace: 'b' },
    ]),
    errors: [
      'subjects[0].kind: Unsupported value: "X": supported values: "ServiceAccount", "User", "Group"',
      'subjects[1].name: Required value',
    ],
  },
  {
    it: 'keeps its role',
    old: own([]),
    object: { ...own([]), roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'other' } },
    errors: [
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef',
    ],
  },
  {
    it: 'is looked at twice when it changes',
    old: own([]),
    object: own([{ kind: 'X', name: 'a' }]),
    errors: [
      'subjects[0].kind: Unsupported value: "X": supported values: "ServiceAccount", "User", "Group"',
      'subjects[0].kind: Unsupported value: "X": supported values: "ServiceAccount", "User", "Group"',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(roleBinding, row), expectedOf(row)))
