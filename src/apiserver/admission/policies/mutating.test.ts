/** Mutating admission policies against the real API server. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { startTestServer, type Answer } from '../../testing.ts'
import { mutatingPolicies } from './mutating.ts'

function start(): ReturnType<typeof startTestServer> {
  const authorizer = { authorize: () => ({ allowed: true, reason: '' }) }
  const structOf = ({ schema }: { readonly schema: string }) => schemas.struct(schema)
  return startTestServer({ admission: [mutatingPolicies({ authorizer, kinds: () => kinds, structOf })] })
}
let server = start()
beforeEach(() => { server = start() })

const path = '/apis/admissionregistration.k8s.io/v1'
const rule = { operations: ['CREATE', 'UPDATE'], apiGroups: ['', 'apps'], apiVersions: ['v1'], resources: ['*'] }
const applied = (expression: string): object => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })
const patched = (expression: string): object => ({ patchType: 'JSONPatch', jsonPatch: { expression } })

async function define(name: string, mutations: readonly object[], spec: object = {}): Promise<Answer> {
  return await server.send('POST', `${path}/mutatingadmissionpolicies`, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicy', metadata: { name },
    spec: { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: 'Never', mutations, ...spec },
  })
}

/** A policy with a binding of the same name. */
async function enforce(
  name: string, mutations: readonly object[], spec: object = {}, binding: object = {},
): Promise<void> {
  const policy = await define(name, mutations, spec)
  assert.equal(policy.status, 201, policy.text)
  const bound = await server.send('POST', `${path}/mutatingadmissionpolicybindings`, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicyBinding', metadata: { name },
    spec: { policyName: name, ...binding },
  })
  assert.equal(bound.status, 201, bound.text)
}

const create = (name: string, data: object = {}): Promise<Answer> =>
  server.send('POST', '/api/v1/namespaces/default/configmaps', {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { own: 'kept' } }, data,
  })

const deployment = {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'nginx' }, { name: 'd', image: 'redis' }] },
    },
  },
}

test('an applied configuration is merged, a patch is carried out, one after the other', async () => {
  await enforce('both', [
    applied("Object{metadata: Object.metadata{labels: {'team': variables.team}}, data: {'n': string(object.data.size())}}"),
    patched("[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: object.data.n}, "
      + "JSONPatch{op: 'test', path: '/metadata/labels/team', value: 'blue'}]"),
  ], {
    variables: [{ name: 'team', expression: "'blue'" }],
    matchConstraints: { resourceRules: [{ ...rule, resources: ['configmaps'] }] },
  })
  const { status, json, text } = await create('a', { x: '1' })
  assert.equal(status, 201, text)
  assert.deepEqual(json['metadata']!.labels, { own: 'kept', team: 'blue', 'a/b': '1' })
  assert.deepEqual(json['data'], { x: '1', n: '1' })
})

test('lists of items with names are merged by name', async () => {
  await enforce('sidecar', [applied(
    "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: ["
    + "Object.spec.template.spec.containers{name: 'd', image: 'redis:8'}, "
    + "Object.spec.template.spec.containers{name: 'e', image: 'envoy'}]}}}}",
  )], { matchConstraints: { resourceRules: [{ ...rule, resources: ['deployments'] }] } })
  const { status, json, text } = await server.send('POST', '/apis/apps/v1/namespaces/default/deployments', deployment)
  assert.equal(status, 201, text)
  const { containers } = json['spec']!.template.spec as { readonly containers: readonly Record<string, string>[] }
  assert.deepEqual(containers.map(({ name, image, terminationMessagePath }) => [name, image, terminationMessagePath]), [
    ['c', 'nginx', '/dev/termination-log'], ['d', 'redis:8', '/dev/termination-log'],
    ['e', 'envoy', '/dev/termination-log'],
  ])
})

test('a policy with IfNeeded looks again at what later ones have changed', async () => {
  const count = "Object{data: {'seen': string(object.data.size())}}"
  await enforce('a-counts', [applied(count)], { reinvocationPolicy: 'IfNeeded',
    matchConstraints: { resourceRules: [{ ...rule, resources: ['configmaps'] }] } })
  await enforce('b-adds', [applied("Object{data: {'more': 'x'}}")],
    { matchConstraints: { resourceRules: [{ ...rule, resources: ['configmaps'] }] } })
  assert.deepEqual((await create('a', { one: '1' })).json['data'], { one: '1', seen: '3', more: 'x' })
})

test('faults refuse, unless they are ignored', async () => {
  const only = { matchConstraints: { resourceRules: [{ ...rule, resources: ['configmaps'] }] } }
  await enforce('lenient', [applied("Object{data: {'n': object.data.nope}}")], { ...only, failurePolicy: 'Ignore' })
  assert.equal((await create('a', { b: 'c' })).status, 201)
  await enforce('named', [applied('Object{metadata: Object.spec{}}')], only)
  const refused = await create('b', { b: 'c' })
  assert.deepEqual([refused.status, refused.json['message']], [403,
    "policy 'named' with binding 'named' denied request: type mismatch: unexpected type name \"Object.spec\", "
    + 'expected "Object.metadata", which matches field name path from root Object type'])
})

test('mutations that do not compile are refused', async () => {
  const at = (index: number, part: string): string => `spec.mutations[${index}].${part}.expression: Invalid value: `
  const { json } = await define('bad', [applied("'x'"), patched('[1]'), applied('Nope{}')])
  assert.equal(json['message'], 'MutatingAdmissionPolicy.admissionregistration.k8s.io "bad" is invalid: ['
    + `${at(0, 'applyConfiguration')}"'x'": must evaluate to Object but got string, `
    + `${at(1, 'jsonPatch')}"[1]": must evaluate to list(JSONPatch) but got list(int), `
    + `${at(2, 'applyConfiguration')}"Nope{}": compilation failed: ERROR: <input>:1:5: undeclared reference to 'Nope' `
    + "(in container '')\n | Nope{}\n | ....^]")
})
