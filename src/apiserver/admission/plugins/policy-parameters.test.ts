/** Who may name the parameters of policies, against the real API server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import type { UserInfo } from '../../authn/authenticator.ts'
import type { AuthorizationAttributes } from '../../authz/authorizer.ts'
import { admin, startTestServer } from '../../testing.ts'
import { policyParameters } from './policy-parameters.ts'

const jane: UserInfo = { name: 'jane', uid: 'u1', groups: ['a', 'b'], extra: { key: ['v', 'w'] } }
let user = jane
let allowed = false
const asked: string[] = []
const authorizer = {
  authorize(attributes: AuthorizationAttributes) {
    if (attributes.type === 'resource' && attributes.verb === 'get' && attributes.user.name === 'jane') {
      const { group, version, resource, namespace, name } = attributes
      asked.push(`${group}/${version} ${resource} ${namespace}/${name}`)
      return { allowed, reason: '' }
    }
    return { allowed: true, reason: '' }
  },
}
const server = startTestServer({
  authenticators: [{ authenticate: () => user }], admission: [policyParameters({ authorizer, kinds: () => kinds })],
})
const path = '/apis/admissionregistration.k8s.io/v1'
const policy = (paramKind?: object): object => ({
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' },
  spec: {
    ...(paramKind && { paramKind }), validations: [{ expression: 'true' }],
    matchConstraints: { resourceRules: [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }] },
  },
})
const binding = (name: string, policyName = 'p'): object => ({
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'b' },
  spec: {
    policyName, validationActions: ['Deny'], paramRef: { name, namespace: 'shop', parameterNotFoundAction: 'Deny' },
  },
})
const said = async (method: string, where: string, body: object): Promise<string> => {
  const { status, json } = await server.send(method, `${path}/${where}`, body)
  return `${status} ${status < 400 ? '' : json['message']}`
}
const who = 'user &{jane u1 [a b system:authenticated] map[key:[v w]]}'

test('a policy names parameters that its author may read, all of them', async () => {
  assert.equal(await said('POST', 'validatingadmissionpolicies', policy({ apiVersion: 'v1', kind: 'ConfigMap' })),
    '422 ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: spec.paramKind: Forbidden: '
    + `${who} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)`)
  assert.deepEqual(asked.splice(0), ['/v1 configmaps */*'])
  assert.equal(await said('POST', 'validatingadmissionpolicies', policy({ apiVersion: 'example.com/v1', kind: 'Nope' })),
    '422 ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: spec.paramKind: Forbidden: '
    + `${who} must have "get" permission on all objects of the referenced paramKind (kind=Nope, apiVersion=example.com/v1)`)
  assert.deepEqual(asked.splice(0), ['example.com/v1 * */*'])
  allowed = true
  assert.equal(await said('POST', 'validatingadmissionpolicies', policy({ apiVersion: 'v1', kind: 'ConfigMap' })), '201 ')
  allowed = false
})

test('a binding names one that its author may read', async () => {
  asked.length = 0
  assert.equal(await said('POST', 'validatingadmissionpolicybindings', binding('limits')),
    '422 ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: spec.paramRef: Forbidden: '
    + `${who} does not have "get" permission on the object referenced by paramRef`)
  await said('POST', 'validatingadmissionpolicybindings', binding('limits', 'unknown'))
  assert.deepEqual(asked.splice(0), ['/v1 configmaps shop/limits', '*/* * shop/limits'])
})

test('what does not change is not asked again, and administrators are not asked', async () => {
  user = admin
  assert.equal(await said('POST', 'validatingadmissionpolicybindings', binding('limits')), '201 ')
  user = jane
  asked.length = 0
  const patch = (spec: object): Promise<{ readonly status: number }> => server.send(
    'PATCH', `${path}/validatingadmissionpolicybindings/b`, { spec }, { 'content-type': 'application/merge-patch+json' })
  assert.equal((await patch({ validationActions: ['Warn'] })).status, 200)
  assert.equal((await patch({ paramRef: { name: 'other' } })).status, 422)
  assert.deepEqual(asked, ['/v1 configmaps shop/other'])
})
