/** Table: ValidatingAdmissionPolicyBindings in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { validatingAdmissionPolicyBinding } from './validatingadmissionpolicybinding.ts'

const rows: readonly Row[] = [
  {
    it: 'accepts an action',
    object: { metadata: { name: 'a' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
  },
  {
    it: 'denies or warns',
    object: { metadata: { name: 'a' }, spec: { policyName: 'p', validationActions: ['Deny', 'Warn'] } },
    errors: [
      'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure '
        + 'information in the API response and headers serves no purpose)',
    ],
  },
  {
    it: 'finds parameters in one way',
    object: {
      metadata: { name: 'a' },
      spec: { policyName: 'p', validationActions: ['Deny'], paramRef: { parameterNotFoundAction: 'Deny' } },
    },
    errors: ['spec.paramRef: Required value: one of name or selector must be specified'],
  },
]

for (const row of rows) {
  test(row.it, () => assert.deepEqual(outcomeOf(validatingAdmissionPolicyBinding, row), expectedOf(row)))
}
