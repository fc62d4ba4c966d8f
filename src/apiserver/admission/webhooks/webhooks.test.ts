/** Admission webhooks against the real API server; the webhooks are functions behind its HTTP client. */
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { AdmissionRequest, AdmissionResponse } from '#api/gen/admission-v1.ts'
import type { HttpClient, OutgoingRequest } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { startTestServer } from '../../testing.ts'
import { mutatingWebhooks, validatingWebhooks } from './webhooks.ts'

type Response = Partial<AdmissionResponse> | { readonly raw: object; readonly status?: number }
type Respond = (request: AdmissionRequest) => Response

const webhooks = new Map<string, Respond | 'silent'>()
let asked: { readonly url: string; readonly request: AdmissionRequest; readonly sent: OutgoingRequest }[]
const http: HttpClient = {
  async request(sent, signal) {
    const respond = webhooks.get(new URL(sent.url).hostname)
    if (respond === 'silent') {
      return await new Promise((_, reject) => { signal.addEventListener('abort', () => reject(new Error('aborted'))) })
    }
    if (!respond) throw new Error('connect ECONNREFUSED 192.0.2.1:443')
    const text = new TextDecoder().decode(sent.body as Uint8Array)
    const review = JSON.parse(text) as { apiVersion: string; request: AdmissionRequest }
    asked.push({ url: sent.url, request: review.request, sent })
    const response = respond(review.request)
    const answer = 'raw' in response ? response.raw : {
      kind: 'AdmissionReview', apiVersion: review.apiVersion,
      response: { uid: review.request.uid, allowed: true, ...response },
    }
    return {
      status: 'raw' in response ? response.status ?? 200 : 200, headers: {}, chunks: (async function* () {})(),
      readBody: async () => new TextEncoder().encode(JSON.stringify(answer)),
    }
  },
  upgrade: () => Promise.reject(new Error('no upgrades')),
}

const holder: { clock?: ReturnType<typeof startTestServer>['clock'] } = {}
const authorizer = { authorize: () => ({ allowed: true, reason: '' }) }
const tools = { http, log: silentLog, authorizer, get clock() { return holder.clock! } }

function start(): ReturnType<typeof startTestServer> {
  asked = []
  webhooks.clear()
  const started = startTestServer({ admission: [mutatingWebhooks(tools), validatingWebhooks(tools)] })
  holder.clock = started.clock
  return started
}
let server = start()
beforeEach(() => { server = start() })

const path = '/apis/admissionregistration.k8s.io/v1'
const everything = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }
/** Registers a webhook at `https://<name>/`, which answers with `respond`. */
async function register(
  plural: 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations', name: string,
  respond: Respond | 'silent' | undefined, extra: object = {},
): Promise<void> {
  if (respond) webhooks.set(`${name}.example.com`, respond)
  const kind = plural.startsWith('m') ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration'
  const webhook = {
    name: `${name}.example.com`, clientConfig: { url: `https://${name}.example.com/` }, rules: [everything],
    sideEffects: 'None', admissionReviewVersions: ['v1'], ...extra,
  }
  const { status, text } = await server.send('POST', `${path}/${plural}`, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, webhooks: [webhook],
  })
  assert.equal(status, 201, text)
}
const validating = register.bind(undefined, 'validatingwebhookconfigurations')
const mutating = register.bind(undefined, 'mutatingwebhookconfigurations')

const configMaps = '/api/v1/namespaces/default/configmaps'
const create = (name = 'a', extra: object = {}, query = '') => server.send('POST', `${configMaps}${query}`, {
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: 'b' }, ...extra,
})
const patch = (...operations: readonly object[]): Partial<AdmissionResponse> =>
  ({ patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') })
/** Lets seconds pass until the answer is there. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let isThere = false
  void answer.finally(() => { isThere = true })
  while (!isThere) {
    await new Promise((resolve) => { setImmediate(resolve) })
    await server.clock.advance(1000)
  }
  return await answer
}
const messageOf = async (answer: ReturnType<typeof create>): Promise<string> => {
  const { status, json } = await answer
  return `${status} ${json['reason'] ?? ''} ${json['message']}`
}

describe('a validating webhook', () => {
  test('sees the request as it is', async () => {
    await validating('look', () => ({}))
    await create('a', {}, '?fieldManager=me')
    const { request } = asked.at(-1)!
    assert.deepEqual(request.kind, { group: '', version: 'v1', kind: 'ConfigMap' })
    assert.deepEqual(request.resource, { group: '', version: 'v1', resource: 'configmaps' })
    assert.deepEqual([request.operation, request.name, request.namespace], ['CREATE', 'a', 'default'])
    assert.deepEqual(request.userInfo, { username: 'admin', groups: ['system:masters', 'system:authenticated'] })
    assert.deepEqual([request.dryRun, request.oldObject], [false, null])
    assert.deepEqual((request.object as { data: object }).data, { a: 'b' })
    await server.send('DELETE', `${configMaps}/a`)
    const deletion = asked.at(-1)!.request
    assert.deepEqual([deletion.operation, deletion.object], ['DELETE', null])
    assert.equal((deletion.oldObject as { kind: string }).kind, 'ConfigMap')
  })

  const refusals: readonly (readonly [string, AdmissionResponse['status'], string])[] = [
    ['with a message', { message: 'no a', code: 403, reason: 'Forbidden' } as never,
      '403 Forbidden admission webhook "no.example.com" denied the request: no a'],
    ['with a reason only', { reason: 'TooOld' } as never,
      '400 TooOld admission webhook "no.example.com" denied the request: TooOld'],
    ['without a word', undefined, '400  admission webhook "no.example.com" denied the request without explanation'],
    ['with the code of a success', { code: 200, message: 'm' } as never,
      '400  admission webhook "no.example.com" denied the request: m'],
  ]
  for (const [name, status, message] of refusals) {
    test(`refuses ${name}`, async () => {
      await validating('no', () => ({ allowed: false, ...(status && { status }) }))
      assert.equal(await messageOf(create()), message)
    })
  }

  test('may warn', async () => {
    await validating('warn', () => ({ warnings: ['think twice'] }))
    assert.equal((await create()).headers['warning'], '299 - "think twice"')
  })

  test('may not change anything', async () => {
    await validating('sly', () => patch({ op: 'add', path: '/data/x', value: 'y' }))
    assert.equal(await messageOf(create()), '500 InternalError Internal error occurred: failed calling webhook '
      + '"sly.example.com": received invalid webhook response: webhook may not return response.patch')
  })
})

describe('a mutating webhook', () => {
  test('changes what is stored, and the next one sees that', async () => {
    await mutating('first', () => patch({ op: 'add', path: '/data/first', value: '1' }))
    await mutating('second', ({ object }) => {
      const seen = (object as { data: Record<string, string> }).data['first']!
      return patch({ op: 'add', path: '/data/second', value: seen })
    })
    const { json } = await create()
    assert.deepEqual(json['data'], { a: 'b', first: '1', second: '1' })
  })

  test('is asked again when a later one has changed the object, if it wants that', async () => {
    const count = { once: 0, again: 0 }
    await mutating('a-once', () => { count.once++; return patch({ op: 'add', path: '/data/o', value: '1' }) })
    await mutating('b-again', () => { count.again++; return patch({ op: 'add', path: '/data/g', value: '1' }) },
      { reinvocationPolicy: 'IfNeeded' })
    await create('a')
    assert.deepEqual(count, { once: 1, again: 1 }, 'nobody came after it')
    await mutating('c-last', () => patch({ op: 'add', path: '/data/l', value: '1' }))
    await create('b')
    assert.deepEqual(count, { once: 2, again: 3 })
  })

  test('gets defaults filled into what it adds', async () => {
    await mutating('sidecar', () => patch({ op: 'add', path: '/spec/containers/-', value: { name: 's', image: 's' } }))
    const { json, text } = await server.send('POST', '/api/v1/namespaces/default/pods', {
      apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] },
    })
    assert.equal(json['kind'], 'Pod', text)
    const [, added] = (json['spec'] as { containers: { name: string; terminationMessagePath: string }[] }).containers
    assert.deepEqual([added!.name, added!.terminationMessagePath], ['s', '/dev/termination-log'])
  })

  test('whose patch does not fit is a failure', async () => {
    await mutating('wrong', () => patch({ op: 'remove', path: '/data/nothing' }))
    assert.match(await messageOf(create()), /^500 InternalError Internal error occurred: /)
  })
})

describe('a webhook that fails', () => {
  const post = 'failed to call webhook: Post "https://bad.example.com/?timeout=2s"'
  const failures: readonly (readonly [string, Respond | 'silent' | undefined, RegExp])[] = [
    ['does not answer', 'silent', RegExp(`${RegExp.escape(post)}: context deadline exceeded$`)],
    ['is not there', undefined,
      RegExp(`${RegExp.escape(post)}: dial tcp 192\\.0\\.2\\.1:443: connect: connection refused$`)],
    ['answers 500', () => ({ raw: {}, status: 500 }),
      /an error on the server \("\{\}"\) has prevented the request from succeeding$/],
    ['answers another review', ({ uid }) => ({ raw: {
      kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid: `${uid}-x`, allowed: true },
    } }), /received invalid webhook response: expected response.uid="[-0-9a-f]+", got "[-0-9a-f]+-x"$/],
    ['answers something else', () => ({ raw: {} }), /received invalid webhook response: webhook response was absent$/],
    ['speaks another version', ({ uid }) => ({ raw: { kind: 'AdmissionReview', apiVersion: 'v2', response: { uid } } }),
      /expected webhook response of admission.k8s.io\/v1, Kind=AdmissionReview, got v2, Kind=AdmissionReview$/],
  ]
  for (const [name, respond, message] of failures) {
    test(`because it ${name} fails the request, or not, as it says`, async () => {
      await validating('bad', respond, { timeoutSeconds: 2 })
      const first = await inTime(messageOf(create('a')))
      assert.match(first, /^500 InternalError Internal error occurred: failed calling webhook "bad.example.com": /)
      assert.match(first, message)
      await server.send('DELETE', `${path}/validatingwebhookconfigurations/bad`)
      await validating('bad', respond, { timeoutSeconds: 2, failurePolicy: 'Ignore' })
      assert.equal((await inTime(create('b'))).status, 201)
    })
  }
})

describe('who is asked', () => {
  const nameLabel = 'kubernetes.io/metadata.name'
  const rule = (extra: object) => ({ rules: [{ ...everything, ...extra }] })
  const cases: readonly (readonly [string, object, boolean])[] = [
    ['another operation', rule({ operations: ['UPDATE'] }), false],
    ['another resource', rule({ resources: ['pods'] }), false],
    ['the resource', rule({ resources: ['configmaps'] }), true],
    ['only subresources', rule({ resources: ['configmaps/status'] }), false],
    ['things of the cluster', rule({ scope: 'Cluster' }), false],
    ['things in namespaces', rule({ scope: 'Namespaced' }), true],
    ['objects with a label', { objectSelector: { matchLabels: { tier: 'web' } } }, true],
    ['objects with another label', { objectSelector: { matchLabels: { tier: 'db' } } }, false],
    ['namespaces with a label', { namespaceSelector: { matchLabels: { [nameLabel]: 'default' } } }, true],
    ['other namespaces', { namespaceSelector: { matchExpressions: [
      { key: nameLabel, operator: 'NotIn', values: ['default'] },
    ] } }, false],
  ]
  for (const [name, extra, isAsked] of cases) {
    test(`${name}: ${isAsked ? 'yes' : 'no'}`, async () => {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }
      await server.send('POST', '/api/v1/namespaces', namespace)
      await validating('some', () => ({}), extra)
      asked = []
      assert.equal((await create('a', { metadata: { name: 'a', labels: { tier: 'web' } } })).status, 201)
      assert.equal(asked.length, isAsked ? 1 : 0)
    })
  }

  test('an object that takes its label off was selected all the same', async () => {
    await create('a', { metadata: { name: 'a', labels: { tier: 'web' } } })
    await validating('some', () => ({}), { objectSelector: { matchLabels: { tier: 'web' } } })
    await server.send('PUT', `${configMaps}/a`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } })
    assert.equal(asked.length, 1)
  })

  test('another version of what is requested, unless the match is to be exact', async () => {
    const resource = 'horizontalpodautoscalers'
    const rules = [{ ...everything, apiGroups: ['autoscaling'], apiVersions: ['v1'], resources: [resource] }]
    const scaler = (name: string) => server.send('POST', `/apis/autoscaling/v2/namespaces/default/${resource}`, {
      apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
    })
    await validating('equivalent', () => ({}), { rules })
    await validating('exact', () => ({}), { rules, matchPolicy: 'Exact' })
    asked = []
    assert.equal((await scaler('a')).status, 201)
    assert.deepEqual(asked.map(({ url }) => url), ['https://equivalent.example.com/?timeout=10s'])
    const { kind, requestKind, object } = asked[0]!.request
    assert.deepEqual([kind!.version, requestKind!.version], ['v1', 'v2'])
    assert.equal((object as { apiVersion: string }).apiVersion, 'autoscaling/v1')
  })

  test('nobody about webhooks: who locks the door must be able to open it', async () => {
    await validating('no', () => ({ allowed: false }))
    assert.equal((await server.send('DELETE', `${path}/validatingwebhookconfigurations/no`)).status, 200)
    assert.deepEqual(asked, [])
  })

  test('nobody with side effects in a dry run', async () => {
    await validating('effects', () => ({}), { sideEffects: 'NoneOnDryRun' })
    assert.equal((await create('a', {}, '?dryRun=All')).status, 201)
    assert.equal(asked.at(-1)!.request.dryRun, true)
  })
})

test('a webhook of a Service is called at one of its endpoints, under its own name', async () => {
  const spec = { clusterIP: 'None', ports: [{ name: 'https', port: 8443 }] }
  const service = { namespace: 'default', name: 'hook', path: '/check', port: 8443 }
  const clientConfig = { service, caBundle: btoa('PEM') }
  await validating('in-cluster', undefined, { clientConfig, rules: [{ ...everything, resources: ['configmaps'] }] })
  const url = 'https://hook.default.svc:8443/check?timeout=10s'
  assert.ok((await messageOf(create())).endsWith(`Post "${url}": service "hook" not found`))
  await server.send('POST', '/api/v1/namespaces/default/services', {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'hook' }, spec,
  })
  assert.match(await messageOf(create()), /no endpoints available for service "hook"$/)
  await server.send('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4',
    metadata: { name: 'hook-1', labels: { 'kubernetes.io/service-name': 'hook' } },
    ports: [{ name: 'https', port: 9443 }],
    endpoints: [{ addresses: ['10.1.0.1'], conditions: { ready: false } }, { addresses: ['10.1.0.2'] }],
  })
  webhooks.set('10.1.0.2', () => ({}))
  assert.equal((await create()).status, 201)
  const { url: called, sent } = asked[0]!
  assert.equal(called, 'https://10.1.0.2:9443/check?timeout=10s')
  assert.equal(sent.headers['host'], 'hook.default.svc:8443')
  assert.deepEqual(sent.tls, { ca: 'PEM', serverName: 'hook.default.svc' })
})

test('match conditions spare a webhook requests that are not meant', async () => {
  const matchConditions = [{ name: 'big', expression: "has(object.data) && 'big' in object.data" }]
  await validating('cond', () => ({ allowed: false, status: { message: 'no' } as never }), { matchConditions })
  assert.equal((await create('small')).status, 201)
  assert.equal(asked.length, 0)
  const refused = await create('b', { data: { big: '1' } })
  assert.equal(refused.json['message'], 'admission webhook "cond.example.com" denied the request: no')
})

test('match conditions without a value refuse, unless failures are ignored', async () => {
  const matchConditions = [{ name: 'odd', expression: "object.data.nope == 'x'" }]
  await validating('lenient', undefined, { matchConditions, failurePolicy: 'Ignore' })
  assert.equal((await create('a')).status, 201)
  await validating('strict', undefined, { matchConditions })
  const refused = await create('b')
  assert.deepEqual([refused.status, refused.json['message']], [403,
    `configmaps "b" is forbidden: expression 'object.data.nope == 'x'' resulted in error: no such key: nope`])
})
