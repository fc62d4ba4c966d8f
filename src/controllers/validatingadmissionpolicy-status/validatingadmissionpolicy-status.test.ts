/** What the author of a policy is told about its expressions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ValidatingAdmissionPolicySpec } from '#api/gen/admissionregistration-v1.ts'
import { checkPolicyTypes } from './type-check.ts'

const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments', 'replicasets'] }
const policy = (more: ValidatingAdmissionPolicySpec, resourceRules: object[] = [rule]): ValidatingAdmissionPolicySpec =>
  ({ matchConstraints: { resourceRules: resourceRules as never }, ...more })

test('fields that a type does not have are told, type by type', () => {
  assert.deepEqual(checkPolicyTypes(policy({
    validations: [
      { expression: 'object.spec.replicas > 1 && object.spec.template.spec.containers.all(c, c.image != "")' },
      { expression: 'object.spec.paused == false' },
      { expression: 'object.spec.replicas > "1"', messageExpression: 'object.metadata.nam' },
    ],
  })), [
    {
      fieldRef: 'spec.validations[1].expression',
      warning: 'apps/v1, Kind=ReplicaSet: compilation failed: ERROR: <input>:1:12: undefined field \'paused\'\n'
        + ' | object.spec.paused == false\n | ...........^\n',
    },
    {
      fieldRef: 'spec.validations[2].expression',
      warning: ['Deployment', 'ReplicaSet'].map((kind) => `apps/v1, Kind=${kind}: compilation failed: ERROR: <input>:1:22: `
        + 'found no matching overload for \'_>_\' applied to \'(int, string)\'\n'
        + ' | object.spec.replicas > "1"\n | .....................^\n').join('\n'),
    },
    {
      fieldRef: 'spec.validations[2].messageExpression',
      warning: ['Deployment', 'ReplicaSet'].map((kind) => `apps/v1, Kind=${kind}: compilation failed: ERROR: <input>:1:16: `
        + 'undefined field \'nam\'\n | object.metadata.nam\n | ...............^\n').join('\n'),
    },
  ])
})

test('parameters and variables have types too', () => {
  const found = checkPolicyTypes(policy({
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [{ name: 'n', expression: 'object.spec.replicas' }],
    validations: [{ expression: 'string(variables.n) == params.data.n && params.nope == 1' }],
  }))
  assert.equal(found.length, 1)
  assert.match(found[0]!.warning, /undefined field 'nope'/)
})

test('of types that are not known nothing is said', () => {
  const validations = [{ expression: 'object.anything == 1' }]
  for (const unknown of [{ ...rule, resources: ['*'] }, { ...rule, apiGroups: ['example.com'] }]) {
    assert.deepEqual(checkPolicyTypes(policy({ validations }, [unknown])), [])
  }
})
