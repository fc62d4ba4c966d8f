/** Table: MutatingAdmissionPolicies in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { mutatingAdmissionPolicy } from './mutatingadmissionpolicy.ts'

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: {
    mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
    matchConstraints: {
      resourceRules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
    },
    ...spec,
  } }
}

const rows: readonly Row[] = [
  {
    it: 'fails closed, and runs once',
    object: own(),
    holds: { 'spec.failurePolicy': 'Fail', 'spec.reinvocationPolicy': 'Never' },
  },
  {
    it: 'changes something',
    object: own({ mutations: [] }),
    errors: ['spec.mutations: Required value: mutations must contain at least one item'],
  },
  {
    it: 'changes it in one way',
    object: own({ mutations: [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'a' } }] }),
    errors: [
      'spec.mutations[0].jsonPatch.expression: Required value: expression is required',
      'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(mutatingAdmissionPolicy, row), expectedOf(row)))
