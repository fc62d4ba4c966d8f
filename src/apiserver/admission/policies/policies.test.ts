/** Admission policies against the real API server. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import { startTestServer, type Answer } from '../../testing.ts'
import { validatingPolicies } from './validating.ts'

function start(): ReturnType<typeof startTestServer> {
  const authorizer = {
    authorize: (question: { readonly verb: string }) => ({ allowed: question.verb !== 'fly', reason: 'no wings' }),
  }
  return startTestServer({ admission: [validatingPolicies({ authorizer, kinds: () => kinds })] })
}
let server = start()
beforeEach(() => { server = start() })

const path = '/apis/admissionregistration.k8s.io/v1'
const rule = { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }

async function post(plural: string, kind: string, name: string, spec: object): Promise<Answer> {
  return await server.send('POST', `${path}/${plural}`, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec,
  })
}

/** A policy with a binding of the same name. */
async function enforce(name: string, spec: object, binding: object = {}): Promise<void> {
  const policy = await post('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', name, {
    matchConstraints: { resourceRules: [rule] }, ...spec,
  })
  assert.equal(policy.status, 201, policy.text)
  const bound = await post('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', name, {
    policyName: name, validationActions: ['Deny'], ...binding,
  })
  assert.equal(bound.status, 201, bound.text)
}

const configMaps = '/api/v1/namespaces/default/configmaps'
const create = (name: string, extra: object = {}, labels: object = {}): Promise<Answer> =>
  server.send('POST', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, ...extra })
const denied = (name: string, policy: string, message: string): string =>
  `configmaps "${name}" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request: ${message}`

test('what a policy forbids is refused with its message, reason and code', async () => {
  await enforce('few', {
    variables: [{ name: 'size', expression: 'has(object.data) ? object.data.size() : 0' }],
    validations: [
      { expression: 'variables.size <= 2', messageExpression: "'has ' + string(variables.size) + ' keys'" },
      { expression: "!('secret' in object.data)", message: 'no secrets', reason: 'Forbidden' },
      { expression: "!has(object.metadata.labels) || object.metadata.labels.all(k, k != 'bad')" },
    ],
  })
  assert.equal((await create('good', { data: { a: '1' } })).status, 201)
  const many = await create('many', { data: { a: '1', b: '2', c: '3' } })
  assert.deepEqual(
    [many.status, many.json['reason'], many.json['message']], [422, 'Invalid', denied('many', 'few', 'has 3 keys')])
  assert.deepEqual(many.json['details'].causes, [{ message: denied('many', 'few', 'has 3 keys').replace(/^.*forbidden: /, '') }])
  const secret = await create('s', { data: { secret: '1' } })
  assert.deepEqual([secret.status, secret.json['reason'], secret.json['message']],
    [403, 'Forbidden', denied('s', 'few', 'no secrets')])
  assert.equal((await create('b', { data: { a: '1' } }, { bad: '' })).json['message'],
    denied('b', 'few', "failed expression: !has(object.metadata.labels) || object.metadata.labels.all(k, k != 'bad')"))
})

test('policies see the request, the old object, the namespace and the authorizer', async () => {
  await server.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', labels: { team: 'blue' } },
  })
  await enforce('seen', {
    validations: [
      { expression: "request.operation == 'CREATE' || object.data.a == oldObject.data.a", message: 'a stays' },
      { expression: "request.namespace == 'default' && request.resource.resource == 'configmaps'", message: 'request' },
      { expression: "request.userInfo.username != '' && request.kind.kind == 'ConfigMap'", message: 'user' },
      { expression: "namespaceObject.metadata.labels.team == 'blue'", message: 'namespace' },
      { expression: "authorizer.requestResource.check('update').allowed()", message: 'may update' },
      { expression: "!authorizer.group('').resource('pods').check('fly').allowed()", message: 'may not fly' },
      { expression: 'oldObject == null || request.operation == "UPDATE"', message: 'old' },
    ],
  })
  assert.equal((await create('a', { data: { a: '1' } })).status, 201)
  const change = (a: string): Promise<Answer> =>
    server.send('PATCH', `${configMaps}/a`, { data: { a, b: a } }, { 'content-type': 'application/merge-patch+json' })
  assert.equal((await change('1')).status, 200)
  assert.equal((await change('2')).json['message'], denied('a', 'seen', 'a stays'))
})

test('a binding chooses what follows, and to whom the policy applies', async () => {
  const validations = [{ expression: 'false', message: 'never' }]
  await enforce('warned', { validations }, { validationActions: ['Warn', 'Audit'] })
  await enforce('chosen', { validations }, { matchResources: { objectSelector: { matchLabels: { strict: 'yes' } } } })
  const answer = await create('a')
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['warning'],
    `299 - "Validation failed for ValidatingAdmissionPolicy 'warned' with binding 'warned': never"`)
  assert.equal((await create('b', {}, { strict: 'yes' })).json['message'], denied('b', 'chosen', 'never'))
})

test('parameters come by name and by label', async () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' }
  const validations = [{ expression: 'int(object.data.n) <= int(params.data.max)', message: 'too many' }]
  const matchConditions = [{ name: 'counted', expression: "has(object.data) && 'n' in object.data" }]
  assert.equal((await create('limits', { data: { max: '3' } }, { limits: '' })).status, 201)
  await enforce('named', { paramKind, validations, matchConditions },
    { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } })
  assert.equal((await create('two', { data: { n: '2' } })).status, 201)
  assert.equal((await create('four', { data: { n: '4' } })).json['message'], denied('four', 'named', 'too many'))
  await enforce('absent', { paramKind, validations, matchConditions },
    { paramRef: { name: 'nope', parameterNotFoundAction: 'Deny' } })
  assert.equal((await create('one', { data: { n: '1' } })).json['message'], denied('one', 'absent',
    'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'))
})

test('errors refuse, unless the policy ignores its failures', async () => {
  const validations = [{ expression: "object.data.nope == 'x'" }]
  await enforce('ignored', { validations, failurePolicy: 'Ignore' })
  assert.equal((await create('a', { data: { a: '1' } })).status, 201)
  await enforce('failing', { validations })
  assert.equal((await create('b', { data: { a: '1' } })).json['message'], denied('b', 'failing',
    "expression 'object.data.nope == 'x'' resulted in error: no such key: nope"))
})

/** Costs about 400,000 when the list has 200 items. */
const dear = 'object.data.all(a, object.data.all(b, a == b || a != b))'
const many = (count: number): object =>
  ({ data: Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v'])) })
const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

test('one expression may cost so much, all of a policy so much more', async () => {
  await enforce('dear', { validations: [{ expression: dear }] })
  assert.equal((await create('big', many(1_000))).json['message'], denied('big', 'dear',
    `expression '${dear}' resulted in error: operation cancelled: actual cost limit exceeded`))
  await server.send('DELETE', `${path}/validatingadmissionpolicies/dear`)
  const often = Array.from({ length: 30 }, () => ({ expression: dear }))
  await enforce('often', { validations: [{ expression: 'false', message: 'is not told' }, ...often] })
  assert.equal((await create('some', many(250))).json['message'], denied('some', 'often', outOfBudget))
  assert.equal((await create('few', many(10))).json['message'], denied('few', 'often', 'is not told'))
})

test('variables and messages are paid for like what uses them', async () => {
  const names = Array.from({ length: 30 }, (_, at) => `v${at}`)
  await enforce('variables', {
    variables: names.map((name) => ({ name, expression: dear })),
    validations: [{ expression: names.map((name) => `variables.${name}`).join(' && ') }],
  })
  assert.equal((await create('some', many(250))).json['message'], denied('some', 'variables', outOfBudget))
  await server.send('DELETE', `${path}/validatingadmissionpolicies/variables`)
  await enforce('messages', {
    validations: Array.from({ length: 30 }, () => ({ expression: 'false', messageExpression: `${dear} ? 'a' : 'b'` })),
  })
  assert.equal((await create('some', many(250))).json['message'],
    denied('some', 'messages', `failed messageExpression: ${outOfBudget}`))
})

test('what cannot be noted or configured refuses, whatever the binding says', async () => {
  const validations = [{ expression: 'true' }]
  const auditAnnotations = [{ key: 'k', valueExpression: "authorizer.path('/').check('get').allowed() ? 'a' : 'b'" }]
  await enforce('noted', { validations, auditAnnotations }, { validationActions: ['Audit'] })
  assert.match((await create('a')).json['message'] as string,
    /with binding 'noted' denied request: expression 'authorizer\.path.* resulted in error: no such attribute\(s\): authorizer/)
  await server.send('DELETE', `${path}/validatingadmissionpolicies/noted`)
  await enforce('lost', { validations, paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } },
    { validationActions: ['Warn'], paramRef: { name: 'nope', parameterNotFoundAction: 'Deny' } })
  assert.equal((await create('a')).json['message'], denied('a', 'lost',
    'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'))
})

test('a policy never stands in its own way', async () => {
  await enforce('all', {
    matchConstraints: { resourceRules: [{ ...rule, operations: ['*'], apiGroups: ['*'], resources: ['*'] }] },
    validations: [{ expression: 'false' }],
  })
  assert.equal((await create('a')).status, 422)
  assert.equal((await server.send('DELETE', `${path}/validatingadmissionpolicies/all`)).status, 200)
  assert.equal((await create('a')).status, 201)
})

test('policies that do not compile are refused', async () => {
  const answer = await post('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', 'bad', {
    matchConstraints: { resourceRules: [rule] },
    variables: [{ name: 'v', expression: 'nope' }],
    matchConditions: [{ name: 'c', expression: '1' }],
    validations: [{ expression: 'object.a > variables.w', messageExpression: 'authorizer.path("/").check("get").reason()' }],
    auditAnnotations: [{ key: 'k', valueExpression: '1' }],
  })
  assert.equal(answer.json['message'],
    'ValidatingAdmissionPolicy.admissionregistration.k8s.io "bad" is invalid: ['
    + 'spec.matchConditions[0].expression: Invalid value: "1": must evaluate to bool but got int, '
    + 'spec.variables[0].expression: Invalid value: "nope": compilation failed: ERROR: <input>:1:1: undeclared reference to '
    + "'nope' (in container '')\n | nope\n | ^, "
    + 'spec.validations[0].expression: Invalid value: "object.a > variables.w": compilation failed: ERROR: <input>:1:21: '
    + "undefined field 'w'\n | object.a > variables.w\n | ....................^, "
    + 'spec.validations[0].messageExpression: Invalid value: "authorizer.path(\\"/\\").check(\\"get\\").reason()": '
    + "compilation failed: ERROR: <input>:1:1: undeclared reference to 'authorizer' (in container '')\n"
    + ' | authorizer.path("/").check("get").reason()\n | ^, '
    + 'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int]')
})
