/** What the real API server tells its audit backends. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseRuntimeConfig } from '#api/runtime-config.ts'
import { servedKinds } from '#api/served-kinds.ts'
import type { Output } from '#world/output.ts'
import { silentLog } from '#world/log.ts'
import { validatingPolicies } from '../admission/policies/validating.ts'
import { podSecurityAdmission } from '../admission/plugins/pod-security.ts'
import { defaultConfiguration } from '../admission/pod-security/policy.ts'
import { unauthorized } from '#machinery/errors/api-error.ts'
import { manualClock, seededRandom, settle, startTestServer, type TestServer } from '../testing.ts'
import { AuditMetrics } from './audit-metrics.ts'
import type { AuditBackend } from './backend.ts'
import { Auditor } from './auditor.ts'
import { logBackend } from './log-backend.ts'
import { openAuditor, type AuditMeans } from './open-auditor.ts'
import type { AuditPolicy } from './policy.ts'

type Event = Record<string, any>

interface Audited extends TestServer {
  readonly events: Event[]
  readonly lines: string[]
  /** `stage` of every event, and since when. */
  told(): string[]
}

function start(
  policy: AuditPolicy, options: Parameters<typeof startTestServer>[0] = {}, format: 'json' | 'legacy' = 'json',
): Audited {
  const lines: string[] = []
  const output: Output = {
    write: async (bytes) => { lines.push(...new TextDecoder().decode(bytes).trimEnd().split('\n')) },
  }
  const metrics = new AuditMetrics()
  const clock = manualClock()
  const backend = logBackend(output, format, silentLog, metrics)
  const audit = new Auditor({ policy, backend, metrics, clock })
  const server = startTestServer({ audit, clock, ...options })
  return {
    ...server, clock, lines,
    get events() { return lines.map((line) => JSON.parse(line) as Event) },
    told: () => lines.map((line) => JSON.parse(line) as Event).map((event) => `${event['verb']} ${event['stage']}`),
  }
}

const maps = '/api/v1/namespaces/default/configmaps'
const map = (name: string, extra: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...extra })
const everything = (level: AuditPolicy['rules'][number]['level']): AuditPolicy => ({ rules: [{ level }] })

describe('an event', () => {
  test('of a create says who did what to which object, and nothing of the object at Metadata', async () => {
    const server = start(everything('Metadata'))
    const answer = await server.send('POST', `${maps}?fieldManager=me`, map('a'), {
      'audit-id': 'my-id', 'user-agent': 'kubectl', 'x-forwarded-for': '192.0.2.7, junk',
    })
    assert.equal(answer.headers['audit-id'], 'my-id')
    const [received, complete] = server.events
    assert.deepEqual(received, {
      kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: 'my-id', stage: 'RequestReceived',
      requestURI: `${maps}?fieldManager=me`, verb: 'create',
      user: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
      sourceIPs: ['192.0.2.7', '127.0.0.1'], userAgent: 'kubectl',
      objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
      requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z', stageTimestamp: '2026-01-01T00:00:00.000000Z',
    })
    assert.deepEqual(complete!['objectRef'], {
      resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1',
    })
    assert.deepEqual(complete!['responseStatus'], { metadata: {}, code: 201 })
    assert.deepEqual(complete!['annotations'], {
      'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '',
    })
    assert.deepEqual([complete!['requestObject'], complete!['responseObject']], [undefined, undefined])
  })

  test('has the request at Request, and the response too at RequestResponse', async () => {
    const request = start(everything('Request'))
    await request.send('POST', maps, map('a', { data: { k: 'v' } }))
    assert.deepEqual(request.events[1]!['requestObject'], {
      kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { k: 'v' },
    })
    assert.equal(request.events[1]!['responseObject'], undefined)
    const both = start(everything('RequestResponse'))
    await both.send('POST', maps, map('a'))
    assert.equal(both.events[1]!['responseObject'].metadata.uid.length, 36)
    await both.send('PATCH', `${maps}/a`, { data: { k: 'w' } }, { 'content-type': 'application/merge-patch+json' })
    assert.deepEqual(both.events.at(-1)!['requestObject'], { data: { k: 'w' } })
    await both.send('GET', maps)
    assert.equal(both.events.at(-1)!['responseObject'].kind, 'ConfigMapList')
    await both.send('GET', `${maps}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf' })
    assert.deepEqual(both.events.at(-1)!['responseObject'].data, { k: 'w' })
  })

  test('has no managed fields where they are omitted', async () => {
    const server = start({ omitManagedFields: true, rules: [{ level: 'RequestResponse' }] })
    await server.send('POST', maps, map('a', { data: { k: 'v' } }))
    assert.equal(server.events[1]!['responseObject'].metadata.managedFields, undefined)
    await server.send('GET', maps)
    assert.equal(server.events.at(-1)!['responseObject'].items[0].metadata.managedFields, undefined)
    assert.notEqual((await server.send('GET', `${maps}/a`)).json.metadata!.managedFields, undefined)
  })

  test('of a refusal has the status that the client got', async () => {
    const server = start(everything('Metadata'), {
      authorizer: { authorize: () => ({ allowed: false, reason: 'because' }) },
    })
    await server.send('GET', `${maps}/a`)
    const { responseStatus, annotations } = server.events[1]! as Event
    assert.equal(responseStatus.code, 403)
    assert.equal(responseStatus.reason, 'Forbidden')
    assert.match(responseStatus.message, /^configmaps "a" is forbidden: /)
    assert.deepEqual(annotations, {
      'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': 'because',
    })
  })

  test('of somebody who is not let in names nobody', async () => {
    const server = start(everything('Metadata'), {
      authenticators: [{ authenticate: () => { throw unauthorized() } }],
    })
    assert.equal((await server.send('GET', maps)).status, 401)
    assert.deepEqual(server.told(), ['list ResponseStarted'])
    assert.deepEqual([server.events[0]!['user'], server.events[0]!['responseStatus'].code], [{}, 401])
  })

  test('of somebody who acts as another names both', async () => {
    const server = start(everything('Metadata'))
    await server.send('GET', maps, undefined, { 'impersonate-user': 'bob' })
    const { user, impersonatedUser } = server.events[1]!
    assert.deepEqual([user.username, impersonatedUser], ['admin', { username: 'bob', groups: ['system:authenticated'] }])
  })

  test('of a bug is a panic', async () => {
    const server = start(everything('Metadata'), { paths: [({ request }) => {
      if (request.path === '/bug') throw new TypeError('of course')
      return undefined
    }] })
    await server.send('GET', '/bug')
    assert.deepEqual(server.told(), ['get RequestReceived', 'get Panic'])
    assert.equal(server.events[1]!['responseStatus'].message, 'APIServer panic\'d: of course')
  })

  test('of a deprecated version says so', async () => {
    const server = start(everything('Metadata'), { kinds: servedKinds(parseRuntimeConfig('api/all=true')) })
    await server.send('GET', '/apis/admissionregistration.k8s.io/v1alpha1/mutatingadmissionpolicies')
    const { annotations } = server.events[1]!
    assert.deepEqual([annotations['k8s.io/deprecated'], annotations['k8s.io/removed-release']], ['true', '1.38'])
  })

  test('of a call from inside the process is as of one from outside', async () => {
    const server = start(everything('RequestResponse'))
    const transport = server.server.localTransport({ name: 'system:robot', groups: ['robots'] })
    await transport.call({
      verb: 'create', path: { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' },
      object: map('a'), options: {},
    })
    const { requestURI, user, objectRef, responseStatus, responseObject } = server.events[1]!
    assert.deepEqual([requestURI, user.username, objectRef.name, responseStatus.code, responseObject.metadata.name],
      [maps, 'system:robot', 'a', 201, 'a'])
  })
})

test('a watch has begun, and is complete when it ends', async () => {
  const server = start(everything('Metadata'))
  const stop = new AbortController()
  const response = await server.open('GET', `${maps}?watch=1&resourceVersion=0`, {}, stop.signal)
  assert.deepEqual(server.told(), ['watch RequestReceived', 'watch ResponseStarted'])
  const { body } = response
  assert.ok(body.type === 'stream')
  const reader = (body.chunks as AsyncGenerator<Uint8Array>)[Symbol.asyncIterator]()
  const pending = reader.next()
  stop.abort(new Error('gone'))
  await pending.catch(() => undefined)
  await new Promise((resolve) => { setImmediate(resolve) })
  assert.deepEqual(server.told().at(-1), 'watch ResponseComplete')
  assert.equal(server.lines.length, 3)
})

test('stages may be omitted, and rules decide in order', async () => {
  const server = start({
    omitStages: ['RequestReceived'],
    rules: [{ level: 'None', verbs: ['get'] }, { level: 'Metadata', resources: [{ group: '', resources: ['configmaps'] }] }],
  })
  await server.send('GET', `${maps}/a`)
  await server.send('POST', maps, map('a'))
  await server.send('GET', '/api/v1/namespaces/default/pods')
  assert.deepEqual(server.told(), ['create ResponseComplete'])
})

test('the legacy format is one line of words', async () => {
  const server = start(everything('Metadata'), {}, 'legacy')
  await server.send('GET', `${maps}/a`, undefined, { 'audit-id': 'x', 'user-agent': 'ua' })
  assert.deepEqual(server.lines, ['<deferred>', '404'].map((response, index) =>
    `2026-01-01T00:00:00Z AUDIT: id="x" stage="${index === 0 ? 'RequestReceived' : 'ResponseComplete'}" ip="127.0.0.1" `
    + 'method="get" user="admin" groups="\\"system:masters\\",\\"system:authenticated\\"" as="<self>" '
    + `asgroups="<lookup>" user-agent="ua" namespace="default" uri="${maps}/a" response="${response}"`))
})

test('a request whose event a strict backend cannot store does not happen', async () => {
  const metrics = new AuditMetrics()
  const backend: AuditBackend = { process: () => false }
  const server = startTestServer({
    audit: new Auditor({ policy: everything('Metadata'), backend, metrics, clock: manualClock() }),
  })
  const answer = await server.send('POST', maps, map('a'))
  assert.deepEqual([answer.status, answer.json['message']], [500, 'Internal error occurred: failed to store audit event'])
  assert.match(metrics.render(), /^apiserver_audit_requests_rejected_total 1$/m)
  assert.match(metrics.render(), /^apiserver_audit_level_total\{level="Metadata"\} 1$/m)
})

test('admission leaves its notes', async () => {
  const server = start(everything('Request'), {
    admission: [podSecurityAdmission(defaultConfiguration), validatingPolicies({
      authorizer: { authorize: () => ({ allowed: true, reason: '' }) }, kinds: () => [],
    })],
  })
  await server.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1', kind: 'Namespace',
    metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/audit': 'baseline' } },
  })
  const group = '/apis/admissionregistration.k8s.io/v1'
  await server.send('POST', `${group}/validatingadmissionpolicies`, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' },
    spec: {
      matchConstraints: { resourceRules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] },
      validations: [{ expression: 'object.metadata.name.size() < 1' }],
      auditAnnotations: [{ key: 'who', valueExpression: "'pod ' + object.metadata.name" }],
    },
  })
  await server.send('POST', `${group}/validatingadmissionpolicybindings`, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'b' },
    spec: { policyName: 'p', validationActions: ['Audit'] },
  })
  const created = await server.send('POST', '/api/v1/namespaces/shop/pods', {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' },
    spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] },
  })
  assert.equal(created.status, 201, created.text)
  assert.deepEqual(server.events.at(-1)!['annotations'], {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason': '',
    'p/who': 'pod web',
    'pod-security.kubernetes.io/audit-violations':
      'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
    'validation.policy.admission.k8s.io/validation_failure': '[{"message":"failed expression: object.metadata.name.size() '
      + '\\u003c 1","policy":"p","binding":"b","expressionIndex":0,"validationActions":["Audit"]}]',
  })
})

test('a slow request tells how long it took, and how long it waited for whom', async () => {
  const gate = Promise.withResolvers<void>()
  const server = start(everything('Metadata'), { authorizer: {
    authorize: async () => {
      await gate.promise
      return { allowed: true, reason: '' }
    },
  } })
  const pending = server.send('GET', maps)
  await settle()
  await server.clock.advance(700)
  gate.resolve()
  await pending
  const { annotations } = server.events[1]!
  assert.deepEqual([annotations['apiserver.latency.k8s.io/total'], annotations['apiserver.latency.k8s.io/authorization']],
    ['700ms', '700ms'])
})

describe('flags', () => {
  const means: AuditMeans = {
    clock: manualClock(), random: seededRandom(), log: silentLog,
    http: { request: () => Promise.reject(new Error('unused')), upgrade: () => Promise.reject(new Error('unused')) },
    readFile: async () => new TextEncoder().encode('apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []'),
    openOutput: async () => ({ write: () => Promise.resolve() }),
  }
  const log = { 'audit-policy-file': 'p', 'audit-log-path': '-' }
  const refused: readonly (readonly [Record<string, string>, string])[] = [
    [{ ...log, 'audit-log-mode': 'x' }, 'invalid audit log mode x, allowed modes are "batch,blocking,blocking-strict"'],
    [{ ...log, 'audit-log-format': 'x' }, 'invalid audit log format x, allowed formats are "legacy,json"'],
    [{ ...log, 'audit-log-maxage': '-1' }, '--audit-log-maxage -1 can\'t be a negative number'],
    [{ ...log, 'audit-log-mode': 'batch', 'audit-log-batch-buffer-size': '0' },
      'invalid audit batch log buffer size 0, must be a positive number'],
    [{ ...log, 'audit-log-truncate-max-batch-size': '5' },
      'invalid audit truncate log max batch size 5, must be greater than max event size (102400)'],
    [{ ...log, 'audit-log-maxsize': 'much' },
      'invalid argument "much" for "--audit-log-maxsize" flag: strconv.ParseInt: parsing "much": invalid syntax'],
    [log, 'loading audit policy file: loaded illegal policy with 0 rules'],
  ]
  for (const [flags, message] of refused) {
    test(`refused: ${message}`, async () => { await assert.rejects(openAuditor(flags, means), { message }) })
  }
  test('without a policy nothing is audited', async () => {
    assert.equal(await openAuditor({ 'audit-log-path': '-' }, means), undefined)
  })
})
