/** Table: MutatingAdmissionPolicyBindings in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { mutatingAdmissionPolicyBinding } from './mutatingadmissionpolicybinding.ts'

const rows: readonly Row[] = [
  { it: 'accepts a policy', object: { metadata: { name: 'a' }, spec: { policyName: 'p' } } },
  { it: 'binds a policy', object: { metadata: { name: 'a' }, spec: {} }, errors: ['spec.policyName: Required value'] },
]

for (const row of rows) {
  test(row.it, () => assert.deepEqual(outcomeOf(mutatingAdmissionPolicyBinding, row), expectedOf(row)))
}
