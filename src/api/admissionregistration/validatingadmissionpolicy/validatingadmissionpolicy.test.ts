/** Table: ValidatingAdmissionPolicies in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { validatingAdmissionPolicy } from './validatingadmissionpolicy.ts'

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: {
    validations: [{ expression: 'true' }],
    matchConstraints: {
      resourceRules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
    },
    ...spec,
  } }
}

const rows: readonly Row[] = [
  {
    it: 'fails closed',
    object: own(),
    holds: { 'spec.failurePolicy': 'Fail', 'spec.matchConstraints.matchPolicy': 'Equivalent', status: {} },
  },
  {
    it: 'says something',
    object: own({ validations: [] }),
    errors: [
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  },
  {
    it: 'names its variables',
    object: own({ variables: [{ name: 'a-b', expression: '1' }] }),
    errors: [
      'spec.variables[0].name: Invalid value: "a-b": a valid C identifier must start with alphabetic character or \'_\', followed by a string of '
        + "alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')",
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(validatingAdmissionPolicy, row), expectedOf(row)))
