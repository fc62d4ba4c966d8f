/** Table: MutatingAdmissionPolicyBindings in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { mutatingAdmissionPolicyBinding } from './mutatingadmissionpolicybinding.ts'

const rule = { operations: ['DELETE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }

const rows: readonly Row[] = [
  { it: 'accepts a policy', object: { metadata: { name: 'a' }, spec: { policyName: 'p' } } },
  { it: 'binds a policy', object: { metadata: { name: 'a' }, spec: {} }, errors: ['spec.policyName: Required value'] },
  {
    it: 'is not about deletions',
    object: { metadata: { name: 'a' }, spec: { policyName: 'p', matchResources: { resourceRules: [rule] } } },
    errors: [
      'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  },
]

for (const row of rows) {
  test(row.it, () => assert.deepEqual(outcomeOf(mutatingAdmissionPolicyBinding, row), expectedOf(row)))
}

test('where parameters are missing, v1alpha1 denies', () => {
  const alpha = mutatingAdmissionPolicyBinding.versions.find(({ version }) => version === 'v1alpha1')
  const stored = alpha?.conversion?.toStored({ metadata: { name: 'a' }, spec: { paramRef: { name: 'p' } } } as object)
  assert.deepEqual(stored, { metadata: { name: 'a' }, spec: { paramRef: { name: 'p', parameterNotFoundAction: 'Deny' } } })
})
