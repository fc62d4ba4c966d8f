/** Table: MutatingAdmissionPolicies in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { mutatingAdmissionPolicy } from './mutatingadmissionpolicy.ts'

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
const applied = { patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: {
    mutations: [applied], reinvocationPolicy: 'Never', matchConstraints: { resourceRules: [rule] }, ...spec,
  } }
}

const rows: readonly Row[] = [
  {
    it: 'fails closed',
    object: own(),
    holds: { 'spec.failurePolicy': 'Fail', 'spec.matchConstraints.resourceRules.0.scope': '*' },
  },
  {
    it: 'says whether it runs again, after everything else',
    object: own({ mutations: [], reinvocationPolicy: undefined }),
    errors: [
      'spec.mutations: Required value: mutations must contain at least one item',
      'spec.reinvocationPolicy: Required value',
    ],
  },
  {
    it: 'knows two answers to that',
    object: own({ reinvocationPolicy: 'Always' }),
    errors: ['spec.reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"'],
  },
  {
    it: 'changes it in one way',
    object: own({ mutations: [
      { patchType: 'JSONPatch', applyConfiguration: { expression: 'a' } },
      { ...applied, jsonPatch: { expression: 'a' } },
      { patchType: 'ApplyConfiguration' },
      { patchType: 'ApplyConfiguration', applyConfiguration: { expression: ' ' } },
      {},
      { patchType: 'Merge' },
    ] }),
    errors: [
      'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
      'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
      'spec.mutations[1].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
      'spec.mutations[2].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration',
      'spec.mutations[3].applyConfiguration.expression: Required value',
      'spec.mutations[4].patchType: Required value',
      'spec.mutations[5].patchType: Unsupported value: "Merge": supported values: "ApplyConfiguration", "JSONPatch"',
    ],
  },
  {
    it: 'is not about deletions',
    object: own({ matchConstraints: { resourceRules: [{ ...rule, operations: ['CREATE', 'DELETE'] }] } }),
    errors: [
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  },
  {
    it: 'knows before what its expressions give',
    object: own({
      variables: [{ name: 'patch', expression: 'Object{}' }],
      mutations: [
        { patchType: 'ApplyConfiguration', applyConfiguration: { expression: ' object ' } },
        { patchType: 'JSONPatch', jsonPatch: { expression: '[]' } },
        { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: 1}]' } },
      ],
    }),
    errors: [
      'spec.variables[0].expression: Invalid value: "Object{}": compilation failed: ERROR: <input>:1:7: undeclared reference to '
        + "'Object' (in container '')\n | Object{}\n | ......^",
      'spec.mutations[0].applyConfiguration.expression: Invalid value: "object": must evaluate to Object but got dyn',
      'spec.mutations[1].jsonPatch.expression: Invalid value: "[]": must evaluate to list(JSONPatch) but got list(dyn)',
      'spec.mutations[2].jsonPatch.expression: Invalid value: "[JSONPatch{op: 1}]": compilation failed: ERROR: <input>:1:14: '
        + "expected type of field 'op' is 'string' but provided type is 'int'\n | [JSONPatch{op: 1}]\n | .............^",
    ],
  },
  {
    it: 'keeps conditions that nobody touched',
    old: own({ matchConditions: [{ name: 'c', expression: '(' }] }),
    object: own({ matchConditions: [{ name: 'c', expression: '(' }], reinvocationPolicy: 'IfNeeded' }),
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(mutatingAdmissionPolicy, row), expectedOf(row)))
