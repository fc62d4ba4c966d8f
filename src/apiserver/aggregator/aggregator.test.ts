/** The pure parts of aggregation, and the server in front of another one that the test plays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthority } from '#base/x509/authority.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { HttpClient, OutgoingRequest } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { RbacAuthorizer } from '../authz/rbac.ts'
import { RbacIndex } from '../authz/rbac-index.ts'
import { admin, httpRequest, manualClock, readAnswer, seededRandom, settle, startTestServer } from '../testing.ts'
import { createAggregator } from './aggregator.ts'
import { authenticationData } from './authentication-config.ts'
import { checkService } from './check-service.ts'
import { readGroupDiscoveryList, readResourceList } from './discovery-forms.ts'
import { identityHeaders } from './identity-headers.ts'

const remote = { service: { namespace: 'ns', name: 's', port: 443 } }
const slice = { addressType: 'IPv4' as const, endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ name: '', port: 8443 }] }
const ports = [{ port: 443 }]

test('what an APIService needs of its Service', () => {
  const rows: readonly (readonly [Parameters<typeof checkService>[1], readonly object[], string | undefined])[] = [
    [undefined, [], 'ServiceNotFound: service/s in "ns" is not present'],
    [{ spec: { ports: [{ port: 80 }] } }, [], 'ServicePortError: service/s in "ns" is not listening on port 443'],
    [{ spec: { ports } }, [], 'EndpointsNotFound: cannot find endpointslices for service/s in "ns"'],
    [
      { spec: { ports } }, [{ ...slice, endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false } }] }],
      'MissingEndpoints: endpointslices for service/s in "ns" have no addresses with port name ""',
    ],
    [
      { spec: { ports: [{ port: 443, name: 'https' }] } }, [slice],
      'MissingEndpoints: endpointslices for service/s in "ns" have no addresses with port name "https"',
    ],
    [{ spec: { ports } }, [slice], undefined],
    [{ spec: { type: 'ExternalName', externalName: 'example.com' } }, [], undefined],
  ]
  for (const [service, slices, said] of rows) {
    const verdict = checkService(remote, service, slices as never)
    assert.equal(verdict && `${verdict.reason}: ${verdict.message}`, said)
  }
})

test('who asks is told in headers, byte by byte', () => {
  assert.deepEqual(
    identityHeaders({ name: 'Zoë', uid: 'u', groups: ['a', 'b, c'], extra: { 'example.com/scope%': ['x', 'y'], none: [] } }),
    {
      'x-remote-user': 'Zo\u00c3\u00ab', 'x-remote-uid': 'u', 'x-remote-group': ['a', 'b, c'],
      'x-remote-extra-example.com%2Fscope%25': ['x', 'y'],
    },
  )
})

test('whom to trust is joined with what other servers have said, and with nothing that has expired', () => {
  const tools = { crypto: nodeCrypto, random: seededRandom() }
  const make = (notAfter: number): string => createAuthority(tools, 'ca', { notBefore: 0, notAfter }).certificate
  const [own, other, old] = [make(1e12), make(1e12), make(1e9)]
  const data = authenticationData(
    { 'client-ca-file': `${old}${other}`, 'requestheader-allowed-names': '["elsewhere"]', 'more': 'x' },
    { clientAuthority: own, requestHeaderAuthority: other }, 5e11,
  )
  assert.deepEqual(data, {
    'client-ca-file': `${other}${own}`,
    'requestheader-allowed-names': '["elsewhere","front-proxy-client"]',
    'requestheader-client-ca-file': other,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  })
  assert.deepEqual(authenticationData(data, { clientAuthority: own, requestHeaderAuthority: other }, 5e11), data)
})

test('both forms of discovery give the same', () => {
  const list = {
    kind: 'APIResourceList', groupVersion: 'g/v1',
    resources: [
      { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['get', 'list'], shortNames: ['fl'] },
      { name: 'flunders/scale', namespaced: true, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get'] },
      { name: 'fishes/banned', namespaced: false, kind: 'Fish', verbs: ['create'] },
    ],
  }
  const expected = [
    {
      resource: 'flunders', responseKind: { group: 'g', version: 'v1', kind: 'Flunder' }, scope: 'Namespaced',
      singularResource: 'flunder', verbs: ['get', 'list'], shortNames: ['fl'],
      subresources: [
        { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get'] },
      ],
    },
    {
      resource: 'fishes', scope: 'Cluster', verbs: [],
      subresources: [{ subresource: 'banned', responseKind: { group: 'g', version: 'v1', kind: 'Fish' }, verbs: ['create'] }],
    },
  ]
  assert.deepEqual(readResourceList(list, { group: 'g', version: 'v1' }), expected)
  assert.equal(readResourceList({ kind: 'Status' }, { group: 'g', version: 'v1' }), undefined)
  const aggregated = {
    kind: 'APIGroupDiscoveryList', items: [{ metadata: { name: 'g' }, versions: [{ version: 'v1', resources: expected }] }],
  }
  assert.deepEqual(readGroupDiscoveryList(aggregated)?.get('g/v1'), expected)
  assert.equal(readGroupDiscoveryList({ kind: 'APIGroupList', groups: [] }), undefined)
})

interface Played {
  status: number
  headers?: Record<string, string>
  body: string
}

/** The server with one APIService for `g.example.com/v1`, behind which `answer` answers by path. */
async function startFront(answer: (path: string) => Played | undefined, options: { denyAll?: boolean } = {}) {
  const clock = manualClock()
  const store = openVolatileStore({ clock })
  const asked: (OutgoingRequest & { readonly text: string })[] = []
  const http: HttpClient = {
    async request(request) {
      let text = ''
      const body = request.body as AsyncIterable<Uint8Array> | undefined
      if (body) for await (const chunk of body) text += new TextDecoder().decode(chunk)
      asked.push({ ...request, text })
      const played = answer(new URL(request.url).pathname)
      if (!played) throw new Error('connect ECONNREFUSED 10.1.0.7:8443')
      const bytes = new TextEncoder().encode(played.body)
      return {
        status: played.status, headers: { 'content-type': 'application/json', ...played.headers },
        chunks: (async function* () { yield bytes })(), readBody: () => Promise.resolve(bytes),
      }
    },
    upgrade: () => Promise.reject(new Error('nothing is upgraded here')),
  }
  const aggregator = createAggregator({
    store, http, clock, random: seededRandom(), log: silentLog, certificate: () => ({ certificate: 'CERT', key: 'KEY' }),
  })
  const started = startTestServer({
    store, clock, aggregator, ...(options.denyAll && { authorizer: new RbacAuthorizer(new RbacIndex()) }),
  })
  const direct = startTestServer({ store, clock })
  const stop = new AbortController()
  const running = aggregator.run(direct.server.localTransport(admin), stop.signal)
  await direct.send('POST', '/api/v1/namespaces', { metadata: { name: 'ns' } })
  await direct.send('POST', '/api/v1/namespaces/ns/services', {
    metadata: { name: 's' }, spec: { clusterIP: '10.96.0.9', ports: [{ port: 443, targetPort: 8443 }] },
  })
  await direct.send('POST', '/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices', {
    ...slice, endpoints: [{ addresses: ['10.1.0.7'] }],
    metadata: { name: 's', labels: { 'kubernetes.io/service-name': 's' } },
  })
  await direct.send('POST', '/apis/apiregistration.k8s.io/v1/apiservices', {
    metadata: { name: 'v1.g.example.com' },
    spec: {
      group: 'g.example.com', version: 'v1', service: { namespace: 'ns', name: 's' },
      caBundle: Buffer.from('AUTHORITY').toString('base64'), groupPriorityMinimum: 100, versionPriority: 10,
    },
  })
  for (let round = 0; round < 20; round++) await settle()
  return {
    ...started, asked, clock, direct,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running.catch(() => undefined)
    },
  }
}

const resources = [{ name: 'things', namespaced: true, kind: 'Thing', verbs: ['get'] }]
const served = (path: string): Played | undefined => path === '/apis/g.example.com/v1'
  ? { status: 200, body: JSON.stringify({ kind: 'APIResourceList', resources }) }
  : path.startsWith('/apis/g.example.com/v1/') ? { status: 200, body: '{"from":"there"}' } : { status: 404, body: 'no' }

test('a request goes on as its user, without the client\'s own claims', async () => {
  await using front = await startFront(served)
  front.asked.length = 0
  const answer = await front.send('POST', '/apis/g.example.com/v1/namespaces/a/things?dryRun=All', { hello: 1 }, {
    'authorization': 'Bearer secret', 'x-remote-user': 'somebody', 'x-remote-group': 'system:masters', 'x-remote-extra-a': 'b',
    'impersonate-user': 'jane', 'impersonate-group': 'dev', 'content-type': 'application/json',
  })
  assert.deepEqual([answer.status, answer.json], [200, { from: 'there' }])
  const [sent] = front.asked
  assert.equal(sent?.url, 'https://10.1.0.7:8443/apis/g.example.com/v1/namespaces/a/things?dryRun=All')
  assert.deepEqual(sent.tls, { certificate: 'CERT', key: 'KEY', serverName: 's.ns.svc', insecure: false, ca: 'AUTHORITY' })
  assert.equal(sent.text, '{"hello":1}')
  const names = Object.keys(sent.headers).filter((name) => /^(authorization|impersonate|x-remote)/.test(name))
  assert.deepEqual(Object.fromEntries(names.map((name) => [name, sent.headers[name]])), {
    'x-remote-user': 'jane', 'x-remote-group': ['dev', 'system:authenticated'],
  })
  assert.equal(sent.headers['audit-id'], answer.headers['audit-id'])
})

test('discovery shows the other server\'s resources, and that they are old when it is silent', async () => {
  let isUp = true
  await using front = await startFront((path) => (isUp ? served(path) : undefined))
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const read = async () => {
    const { json } = await front.send('GET', '/apis', undefined, { accept })
    return json['items'].find(({ metadata }: any) => metadata.name === 'g.example.com').versions[0]
  }
  const { resources, freshness, version } = await read()
  assert.deepEqual([version, freshness, resources[0].resource, resources[0].responseKind], [
    'v1', 'Current', 'things', { group: 'g.example.com', version: 'v1', kind: 'Thing' },
  ])
  assert.equal((await front.send('GET', '/apis/g.example.com')).json['preferredVersion'].groupVersion, 'g.example.com/v1')
  isUp = false
  await front.clock.advance(30_000)
  for (let round = 0; round < 20; round++) await settle()
  const { json } = await front.direct.send('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.g.example.com')
  const [condition] = json['status'].conditions
  const url = 'https://10.1.0.7:8443/apis/g.example.com/v1'
  assert.deepEqual([condition.status, condition.reason, condition.message], [
    'False', 'FailedDiscoveryCheck',
    `failing or missing response from ${url}: Get "${url}": dial tcp 10.1.0.7:8443: connect: connection refused`,
  ])
  assert.equal((await read()).freshness, 'Stale')
  const refused = await front.send('GET', '/apis/g.example.com/v1/things')
  assert.deepEqual([refused.status, refused.text], [503, 'service unavailable\n'])
  assert.match((await front.send('GET', '/apis')).text, /g\.example\.com/)
  isUp = true
  await front.clock.advance(30_000)
  for (let round = 0; round < 20; round++) await settle()
  assert.equal((await front.send('GET', '/apis/g.example.com/v1/things')).status, 200)
})

test('a connection that fails is told as upstream tells it; what has no name is not passed on', async () => {
  await using front = await startFront((path) => (path.endsWith('/broken') ? undefined : served(path)))
  const broken = await front.send('GET', '/apis/g.example.com/v1/broken')
  assert.deepEqual([broken.status, broken.text, broken.headers['content-type']], [
    503, 'error trying to reach service: dial tcp 10.1.0.7:8443: connect: connection refused\n', 'text/plain; charset=utf-8',
  ])
  assert.equal((await front.send('GET', '/apis/g.example.com/v2/things')).status, 404)
  front.asked.length = 0
  assert.equal((await front.send('GET', '/apis/g.example.com/v1/%2e%2e/%2E./secrets')).status, 404)
  assert.deepEqual(front.asked, [])
})

test('a version that is this server\'s again is available as such', async () => {
  await using front = await startFront(() => undefined)
  const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1.g.example.com'
  assert.equal((await front.direct.send('GET', path)).json['status'].conditions[0].status, 'False')
  await front.direct.send(
    'PATCH', path, { spec: { service: null, caBundle: null } }, { 'content-type': 'application/merge-patch+json' },
  )
  for (let round = 0; round < 20; round++) await settle()
  const [condition] = (await front.direct.send('GET', path)).json['status'].conditions
  assert.deepEqual([condition.status, condition.reason], ['True', 'Local'])
})

test('who may not is told so here, and nobody there is asked', async () => {
  await using front = await startFront(served, { denyAll: true })
  front.asked.length = 0
  assert.equal((await front.send('GET', '/apis/g.example.com/v1/things')).status, 403)
  assert.deepEqual(front.asked, [])
})

test('an answer that does not come in time is given up', async () => {
  await using front = await startFront(served)
  const path = '/apis/g.example.com/v1/things/a?timeout=5s'
  const request = httpRequest('PUT', path, undefined, {}, new AbortController().signal)
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
  const answer = front.server.handle({ ...request, streamBody: () => silent })
  await settle()
  await front.clock.advance(5_000)
  assert.equal((await readAnswer(await answer)).status, 504)
})
