/** Authorizers that flags and configurations name: what is refused, ABAC, webhooks, and who is asked in which order. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8Encode } from '#base/bytes.ts'
import type { HttpClient } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { validatingPolicies } from '../admission/policies/validating.ts'
import { admin, manualClock, seededRandom, settle, startTestServer } from '../testing.ts'
import { abacAuthorizer } from './abac.ts'
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer, ResourceAttributes } from './authorizer.ts'
import { combineAuthorizers } from './combined.ts'
import { openAuthorization, type AuthorizationMeans } from './open-authorization.ts'
import { webhookAuthorizer, type WebhookAuthorizerOptions } from './webhook-authorizer.ts'

const ann = { name: 'ann', groups: ['dev', 'system:authenticated'] }
function ask(line: string, user = ann): AuthorizationAttributes {
  const [verb = '', what = '', at = ''] = line.split(' ')
  if (what.startsWith('/')) return { type: 'path', user, verb, path: what }
  const [resource = '', group = ''] = what.split('.')
  const [namespace = '', name = ''] = at.split('/')
  return { type: 'resource', user, verb, group, version: 'v1', resource, subresource: '', namespace, name, fieldSelector: [] }
}

describe('refused', () => {
  const kubeConfig = 'apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n'
    + 'clusters: [{name: x, cluster: {server: "https://x"}}]'
  const means = (configuration: object): AuthorizationMeans => ({
    clock: manualClock(), random: seededRandom(), log: silentLog,
    http: { request: () => Promise.reject(new Error('unused')), upgrade: () => Promise.reject(new Error('unused')) },
    file: (path) => ({ path, read: async () => utf8Encode(path === 'config' ? JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', ...configuration,
    }) : path === 'bad' ? '{"kind":' : kubeConfig) }),
  })
  const flags: readonly (readonly [Record<string, string>, string])[] = [
    [{ 'authorization-mode': 'RBAC,Magic' }, 'authorization-mode "Magic" is not a valid mode'],
    [{ 'authorization-mode': 'RBAC,RBAC' }, 'authorization-mode ["RBAC" "RBAC"] has mode specified more than once'],
    [{ 'authorization-mode': 'ABAC' }, "authorization-mode ABAC's authorization policy file not passed"],
    [{ 'authorization-mode': 'Webhook' }, "authorization-mode Webhook's authorization config file not passed"],
    [{ 'authorization-policy-file': 'x' }, 'cannot specify --authorization-policy-file without mode ABAC'],
    [{ 'authorization-webhook-config-file': 'x' }, 'cannot specify --authorization-webhook-config-file without mode Webhook'],
    [{ 'authorization-config': 'config', 'authorization-mode': 'RBAC' },
      '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined'],
  ]
  for (const [values, message] of flags) {
    test(message, async () => { await assert.rejects(openAuthorization(values, means({})), { message }) })
  }
  test('a line that is no policy', async () => {
    await assert.rejects(openAuthorization({ 'authorization-mode': 'ABAC', 'authorization-policy-file': 'bad' }, means({})),
      /^Error: error reading policy file bad, line 1: {"kind":: couldn't get version\/kind; json parse error: /)
  })

  const webhook = (extra: object) => ({ authorizers: [{ type: 'Webhook', name: 'w', webhook: {
    timeout: '3s', subjectAccessReviewVersion: 'v1', matchConditionSubjectAccessReviewVersion: 'v1',
    failurePolicy: 'Deny', connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/k' }, ...extra,
  } }] })
  const documents: readonly (readonly [object, string])[] = [
    [{}, 'authorizers: Required value: at least one authorization mode must be defined'],
    [{ authorizers: [{ name: 'a' }] }, 'authorizers[0].type: Required value'],
    [{ authorizers: [{ type: 'X', name: 'a' }] }, 'authorizers[0].type: Unsupported value: "X": supported values: "ABAC", '
      + '"AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"'],
    [{ authorizers: [{ type: 'RBAC', name: 'a' }, { type: 'RBAC', name: 'b' }] },
      'authorizers[1].type: Duplicate value: "RBAC"'],
    [{ authorizers: [{ type: 'RBAC' }] }, 'authorizers[0].name: Required value'],
    [{ authorizers: [{ type: 'RBAC', name: 'a' }, { type: 'Node', name: 'a' }] },
      'authorizers[1].name: Duplicate value: "a"'],
    [{ authorizers: [{ type: 'Webhook', name: 'a' }] }, 'authorizers[0].webhook: Required value: required when type=Webhook'],
    [webhook({ timeout: '31s' }), 'authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s'],
    [webhook({ failurePolicy: 'Hope' }),
      'authorizers[0].failurePolicy: Unsupported value: "Hope": supported values: "NoOpinion", "Deny"'],
    [webhook({ subjectAccessReviewVersion: '' }), 'authorizers[0].subjectAccessReviewVersion: Required value'],
    [webhook({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'k' } }),
      'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "k": must be an absolute path'],
    [webhook({ matchConditions: [{ expression: 'request.user' }] }), 'authorizers[0].matchConditions[0].expression: Invalid '
      + 'value: "request.user": must evaluate to bool but got string'],
    [webhook({ matchConditionSubjectAccessReviewVersion: '', matchConditions: [{ expression: 'true' }] }),
      'authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified'],
  ]
  for (const [document, message] of documents) {
    test(message, async () => {
      await assert.rejects(openAuthorization({ 'authorization-config': 'config' }, means(document)), { message })
    })
  }
  test('but not what is complete', async () => {
    assert.ok(await openAuthorization({ 'authorization-config': 'config' }, means(webhook({}))))
  })
})

describe('ABAC', () => {
  const policy = (spec: object): string =>
    JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec })
  const cases: readonly (readonly [string, string, string, boolean])[] = [
    ['a user', policy({ user: 'ann', resource: '*', namespace: '*', apiGroup: '*' }), 'create pods shop', true],
    ['another user', policy({ user: 'bob', resource: '*', namespace: '*', apiGroup: '*' }), 'create pods shop', false],
    ['a group', policy({ group: 'dev', resource: 'pods', namespace: 'shop' }), 'create pods shop', true],
    ['anybody who has logged in', policy({ user: '*', resource: 'pods', namespace: 'shop' }), 'create pods shop', true],
    ['nobody', policy({ resource: '*', namespace: '*', apiGroup: '*' }), 'get pods shop', false],
    ['reading only', policy({ user: 'ann', resource: 'pods', namespace: '*', readonly: true }), 'list pods shop', true],
    ['reading only, and a write', policy({ user: 'ann', resource: 'pods', namespace: '*', readonly: true }),
      'delete pods shop', false],
    ['another API group', policy({ user: 'ann', resource: '*', namespace: '*' }), 'get deployments.apps shop', false],
    ['paths', policy({ user: 'ann', nonResourcePath: '/healthz*' }), 'get /healthz/etcd', true],
    ['other paths', policy({ user: 'ann', nonResourcePath: '/healthz*' }), 'get /metrics', false],
    ['lines without a version', '{"user":"ann"}', 'get deployments.apps shop', true],
    ['lines without a version or a user', '# all\n\n{"readonly":true}', 'get /metrics', true],
  ]
  for (const [name, text, question, allowed] of cases) {
    test(`${name}: ${allowed ? 'yes' : 'no'}`, () => {
      assert.deepEqual(abacAuthorizer(text, 'f').authorize(ask(question)),
        { allowed, reason: allowed ? '' : 'No policy matched.' })
    })
  }
})

function webhook(answer: (spec: any) => object | number, extra: Partial<WebhookAuthorizerOptions> = {}) {
  const asked: any[] = []
  const clock = manualClock()
  const http: HttpClient = {
    async request({ body }) {
      const review = JSON.parse(new TextDecoder().decode(body as Uint8Array))
      asked.push(review)
      const status = answer(review.spec)
      return {
        status: typeof status === 'number' ? status : 201, headers: {}, chunks: (async function* () {})(),
        readBody: async () => utf8Encode(JSON.stringify(typeof status === 'number' ? {} : { ...review, status })),
      }
    },
    upgrade: () => Promise.reject(new Error('unused')),
  }
  const connection = { server: 'https://authz', namespace: '', tls: {}, token: undefined }
  const authorizer = webhookAuthorizer({
    target: { connection, http, clock }, random: seededRandom(), log: silentLog, version: 'v1', authorizedTtlMs: 1000,
    unauthorizedTtlMs: 100, timeoutMs: 3000, failureDenies: false, matchConditions: [], ...extra,
  })
  return { asked, clock, authorizer, of: async (line: string) => await authorizer.authorize(ask(line)) }
}

describe('a webhook', () => {
  test('is asked with a review, in either version', async () => {
    const v1 = webhook(() => ({ allowed: true, reason: 'why not' }))
    assert.deepEqual(await v1.of('list pods.apps shop'), { allowed: true, reason: 'why not' })
    assert.deepEqual(v1.asked[0], {
      kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, status: { allowed: false }, spec: {
        resourceAttributes: { namespace: 'shop', verb: 'list', group: 'apps', version: 'v1', resource: 'pods' },
        user: 'ann', groups: ['dev', 'system:authenticated'],
      },
    })
    await v1.authorizer.authorize({
      ...ask('list pods shop') as ResourceAttributes, labelSelector: 'a=b,c in (e,d),!f,g,h>5',
      fieldSelector: [{ field: 'spec.nodeName', operator: '=', value: 'n' }],
    })
    const { fieldSelector, labelSelector } = v1.asked[1].spec.resourceAttributes
    assert.deepEqual(fieldSelector, { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }] })
    assert.deepEqual(labelSelector, { requirements: [
      { key: 'a', operator: 'In', values: ['b'] }, { key: 'c', operator: 'In', values: ['d', 'e'] },
      { key: 'f', operator: 'DoesNotExist' }, { key: 'g', operator: 'Exists' },
    ] })
    const beta = webhook(() => ({ allowed: true }), { version: 'v1beta1' })
    await beta.of('get /healthz')
    assert.deepEqual(beta.asked[0].spec, {
      nonResourceAttributes: { path: '/healthz', verb: 'get' }, user: 'ann', group: ['dev', 'system:authenticated'],
    })
  })

  const answers: readonly (readonly [object, AuthorizationDecision])[] = [
    [{ allowed: false }, { allowed: false, reason: '' }],
    [{ allowed: false, denied: true, reason: 'no' }, { allowed: false, denied: true, reason: 'no' }],
    [{ allowed: true, denied: true }, { allowed: false, denied: true, reason: '',
      error: 'webhook subject access review returned both allow and deny response' }],
  ]
  for (const [status, decision] of answers) {
    test(`says ${JSON.stringify(status)}`, async () => { assert.deepEqual(await webhook(() => status).of('get pods'), decision) })
  }

  test('has its answers remembered, permissions longer than refusals', async () => {
    const { asked, clock, of } = webhook(({ resourceAttributes }) => ({ allowed: resourceAttributes.verb === 'get' }))
    for (let i = 0; i < 2; i++) for (const verb of ['get', 'put']) await of(`${verb} pods`)
    assert.equal(asked.length, 2)
    await clock.advance(200)
    for (const verb of ['get', 'put']) await of(`${verb} pods`)
    assert.equal(asked.length, 3)
    await clock.advance(1000)
    await of('get pods')
    assert.equal(asked.length, 4)
  })

  test('that fails has no opinion, or denies, as its policy says; what may pass is tried again', async () => {
    const open = webhook(() => 400)
    assert.deepEqual(await open.of('get pods'),
      { allowed: false, reason: '', error: 'the server rejected our request for an unknown reason' })
    const closed = webhook(() => 400, { failureDenies: true })
    assert.equal((await closed.of('get pods')).denied, true)
    let count = 0
    const flaky = webhook(() => (++count < 3 ? 500 : { allowed: true }))
    const pending = flaky.of('get pods')
    for (let i = 0; i < 4; i++) {
      await settle()
      await flaky.clock.advance(700)
    }
    assert.equal((await pending).allowed, true)
    const slow = webhook(() => 500)
    const late = slow.of('get pods')
    for (let i = 0; i < 10; i++) {
      await settle()
      await slow.clock.advance(500)
    }
    assert.equal((await late).error, 'context deadline exceeded')
  })

  test('is only asked what its conditions want', async () => {
    const conditions = ["has(request.resourceAttributes) && request.resourceAttributes.namespace == 'shop'",
      "!('system:masters' in request.groups)"]
    const { asked, of } = webhook(() => ({ allowed: true }), { matchConditions: conditions })
    assert.deepEqual(await of('get pods home'), { allowed: false, reason: '' })
    assert.deepEqual(await of('get /healthz'), { allowed: false, reason: '' })
    assert.equal(asked.length, 0)
    assert.equal((await of('get pods shop')).allowed, true)
    const wrong = webhook(() => ({ allowed: true }), {
      matchConditions: ["request.extra['x'][0] == 'y'"], failureDenies: true,
    })
    assert.deepEqual(await wrong.of('get pods'), { allowed: false, reason: '', denied: true,
      error: "cel evaluation error: expression 'request.extra['x'][0] == 'y'' resulted in error: no such key: x" })
  })
})

describe('authorizers in order', () => {
  const says = (decision: Partial<AuthorizationDecision>, later = false): Authorizer => ({
    authorize: () => {
      const whole = { allowed: false, reason: '', ...decision }
      return later ? Promise.resolve(whole) : whole
    },
  })
  for (const later of [false, true]) {
    test(`the first that allows or denies decides${later ? ', also when it takes its time' : ''}`, async () => {
      const decide = async (...all: readonly Partial<AuthorizationDecision>[]) =>
        await combineAuthorizers(...all.map((each) => says(each, later))).authorize(ask('get pods'))
      assert.equal((await decide({}, { allowed: true, reason: 'b' }, { denied: true })).reason, 'b')
      assert.equal((await decide({}, { denied: true, reason: 'no' }, { allowed: true })).allowed, false)
      assert.deepEqual(await decide({ reason: 'a', error: 'x' }, { reason: 'b', error: 'y' }),
        { allowed: false, reason: 'a\nb', error: '[x, y]' })
    })
  }

  test('one that must be waited for decides requests, and expressions of policies', async () => {
    let asked = 0
    const authorizer: Authorizer = {
      async authorize(attributes) {
        asked++
        await settle()
        return { allowed: attributes.type === 'resource' && attributes.verb !== 'fly', reason: '' }
      },
    }
    const server = startTestServer({
      authorizer, authenticators: [{ authenticate: () => ({ ...admin, groups: ['system:authenticated'] }) }],
      admission: [validatingPolicies({ authorizer, kinds: () => [] })],
    })
    assert.equal((await server.send('GET', '/metrics')).status, 403)
    const group = '/apis/admissionregistration.k8s.io/v1'
    await server.send('POST', `${group}/validatingadmissionpolicies`, {
      apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' }, spec: {
        matchConstraints: { resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] },
        validations: [{ expression: "authorizer.group('').resource('pods').check('walk').allowed() && "
          + "authorizer.group('').resource('pods').check(object.metadata.name).allowed()" }],
      },
    })
    await server.send('POST', `${group}/validatingadmissionpolicybindings`, {
      apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'b' },
      spec: { policyName: 'p', validationActions: ['Deny'] },
    })
    const create = (name: string) => server.send('POST', '/api/v1/namespaces/default/configmaps', {
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name },
    })
    asked = 0
    assert.equal((await create('run')).status, 201)
    assert.equal(asked, 3)
    assert.equal((await create('fly')).status, 422)
  })

  test('that cannot tell make the request fail, and say so in a review', async () => {
    const server = startTestServer({
      authorizer: says({ error: 'the webhook is away' }), authenticators: [{ authenticate: () => ann }],
    })
    const answer = await server.send('GET', '/api/v1/pods')
    assert.deepEqual([answer.status, answer.text],
      [500, 'Internal Server Error: "/api/v1/pods": the webhook is away\n'])
    const call = server.server.localTransport(ann).call({
      verb: 'list', path: { group: '', version: 'v1', resource: 'pods' }, options: {},
    })
    await assert.rejects(call, { name: 'ApiError', message: 'Internal error occurred: the webhook is away', code: 500 })
  })
})
