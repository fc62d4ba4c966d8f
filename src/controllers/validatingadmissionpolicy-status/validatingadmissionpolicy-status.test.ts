/** What the author of a policy is told about its expressions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ValidatingAdmissionPolicySpec } from '#api/gen/admissionregistration-v1.ts'
import type { CustomResourceDefinition } from '#api/gen/apiextensions-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { createKnownTypes } from './known-types.ts'
import { checkPolicyTypes } from './type-check.ts'

const builtIn = createKnownTypes([])
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
  }), builtIn), [
    {
      fieldRef: 'spec.validations[1].expression',
      warning: 'apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field \'paused\'\n'
        + ' | object.spec.paused == false\n | ...........^\n',
    },
    {
      fieldRef: 'spec.validations[2].expression',
      warning: ['Deployment', 'ReplicaSet'].map((kind) => `apps/v1, Kind=${kind}: ERROR: <input>:1:22: `
        + 'found no matching overload for \'_>_\' applied to \'(int, string)\'\n'
        + ' | object.spec.replicas > "1"\n | .....................^\n').join('\n'),
    },
    {
      fieldRef: 'spec.validations[2].messageExpression',
      warning: ['Deployment', 'ReplicaSet'].map((kind) => `apps/v1, Kind=${kind}: ERROR: <input>:1:16: `
        + 'undefined field \'nam\'\n | object.metadata.nam\n | ...............^\n').join('\n'),
    },
  ])
})

test('parameters and variables have types too', () => {
  const found = checkPolicyTypes(policy({
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    variables: [{ name: 'n', expression: 'object.spec.replicas' }],
    validations: [{ expression: 'string(variables.n) == params.data.n && params.nope == 1' }],
  }), builtIn)
  assert.equal(found.length, 1)
  assert.match(found[0]!.warning, /undefined field 'nope'/)
})

test('of types that are not known nothing is said', () => {
  const validations = [{ expression: 'object.anything == 1' }]
  for (const unknown of [{ ...rule, resources: ['*', 'deployments/scale'] }, { ...rule, apiGroups: ['example.com'] }]) {
    assert.deepEqual(checkPolicyTypes(policy({ validations }, [unknown]), builtIn), [])
  }
})

function definition(established: boolean): Stored<CustomResourceDefinition> {
  return {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com', names: { plural: 'widgets', kind: 'Widget' }, scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: {
        type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
      } } }],
    },
    status: { conditions: established ? [{ type: 'Established', status: 'True' }] : [] },
  } as object as Stored<CustomResourceDefinition>
}

test('custom resources have the types of their definitions', () => {
  const widgets = { ...rule, apiGroups: ['example.com', 'apps'], resources: ['widgets'] }
  const validations = [
    { expression: 'object.spec.size > 1 && object.metadata.labels.size() > 1' },
    { expression: 'object.spec.size == "big"' }, { expression: 'variables.spec.nope == 1' },
  ]
  const spec = policy({ validations, variables: [{ name: 'spec', expression: 'object.spec' }] }, [widgets])
  assert.deepEqual(checkPolicyTypes(spec, createKnownTypes([definition(true)])), [{
    fieldRef: 'spec.validations[1].expression',
    warning: "example.com/v1, Kind=Widget: ERROR: <input>:1:18: found no matching overload for '_==_' applied to '(int, string)'\n"
      + ' | object.spec.size == "big"\n | .................^\n',
  }])
  assert.deepEqual(checkPolicyTypes(spec, createKnownTypes([definition(false)])), [])
})

test('quantities, which may be numbers or texts, have no type', () => {
  const pods = { ...rule, apiGroups: [''], resources: ['pods'] }
  const [found] = checkPolicyTypes(policy({
    validations: [{ expression: 'object.spec.containers.all(c, has(c.resources.limits))' }],
  }, [pods]), builtIn)
  assert.match(found?.warning ?? '', /^\/v1, Kind=Pod: ERROR: <input>:1:34: undefined field 'limits'/)
})
