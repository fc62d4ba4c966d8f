/** Reviews in versions that upstream has removed (`api/legacy=true`): asked and answered in the old version's words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRuntimeConfig } from '#api/runtime-config.ts'
import { servedKinds } from '#api/served-kinds.ts'
import { startTestServer } from '#apiserver/testing.ts'
import { reviewHandlers } from '#cluster/reviews.ts'

const jane = { name: 'jane', uid: 'u', groups: ['dev'] }
const identity = {
  authorizer: {
    authorize: ({ user, verb }: { user: { groups: readonly string[] }; verb: string }) =>
      user.groups.includes('dev') && verb === 'get'
        ? { allowed: true, reason: 'devs read' } : { allowed: false, reason: '' },
  },
  knownRules: { rulesFor: () => ({ rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }], errors: [] }) },
  tokenSorts: [{ authenticateToken: (token: string) => token === 'good' ? { user: jane, audiences: [] } : undefined }],
  tokens: { audiences: ['api'] },
}
const { send } = startTestServer({
  kinds: servedKinds(parseRuntimeConfig('api/legacy=true')), subresources: reviewHandlers(identity as never),
})

interface Case {
  readonly path: string
  readonly kind: string
  readonly spec?: object
  readonly status: object
}

const attributes = { resource: 'pods', namespace: 'a' }
const cases: readonly Case[] = [
  {
    path: 'authorization.k8s.io/v1beta1/subjectaccessreviews', kind: 'SubjectAccessReview',
    spec: { resourceAttributes: { ...attributes, verb: 'get' }, user: 'x', group: ['dev'] },
    status: { allowed: true, reason: 'devs read' },
  },
  {
    path: 'authorization.k8s.io/v1beta1/namespaces/a/localsubjectaccessreviews', kind: 'LocalSubjectAccessReview',
    spec: { resourceAttributes: { ...attributes, verb: 'get' }, user: 'x', group: ['ops'] }, status: { allowed: false },
  },
  {
    path: 'authorization.k8s.io/v1beta1/selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { ...attributes, verb: 'get' } }, status: { allowed: false },
  },
  {
    path: 'authorization.k8s.io/v1beta1/selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', spec: { namespace: 'a' },
    status: {
      resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }], nonResourceRules: null, incomplete: false,
    },
  },
  {
    path: 'authentication.k8s.io/v1beta1/tokenreviews', kind: 'TokenReview', spec: { token: 'good' },
    status: { authenticated: true, user: { username: 'jane', uid: 'u', groups: ['dev'] }, audiences: ['api'] },
  },
  {
    path: 'authentication.k8s.io/v1beta1/tokenreviews', kind: 'TokenReview', spec: { token: 'bad' },
    status: { user: {}, error: 'invalid bearer token' },
  },
  ...['v1beta1', 'v1alpha1'].map((version) => ({
    path: `authentication.k8s.io/${version}/selfsubjectreviews`, kind: 'SelfSubjectReview',
    status: { userInfo: { username: 'admin', groups: ['system:masters', 'system:authenticated'] } },
  })),
]

for (const { path, kind, spec, status } of cases) {
  test(`${path} answers ${JSON.stringify(spec ?? {})}`, async () => {
    const apiVersion = path.split('/').slice(0, 2).join('/')
    const answer = await send('POST', `/apis/${path}`, { kind, apiVersion, ...(spec && { spec }) })
    assert.equal(answer.status, 201, answer.text)
    const { metadata: _, ...rest } = answer.json
    assert.deepEqual(rest, { kind, apiVersion, ...(spec && { spec }), status })
    assert.match(answer.headers['warning'] ?? '', new RegExp(`${apiVersion} ${kind} is deprecated in v1\\.`))
  })
}

test('a review has no columns, so that nobody gets a table of it', async () => {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const body = { spec: { resourceAttributes: { ...attributes, verb: 'get' } } }
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  assert.equal((await send('POST', path, body, { accept: table })).status, 406)
  assert.equal((await send('POST', path, body, { accept: `${table},application/json` })).json.kind, 'SelfSubjectAccessReview')
})
