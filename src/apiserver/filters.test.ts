/** What happens to a request before its handler. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { RawConnection } from '#world/http.ts'
import type { AuthorizationAttributes, Authorizer } from './authz/authorizer.ts'
import { httpRequest, settle, startTestServer } from './testing.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const alice = { name: 'alice', groups: [] }

function recording(allow: (attributes: AuthorizationAttributes) => boolean): {
  authorizer: Authorizer; asked: AuthorizationAttributes[],
} {
  const asked: AuthorizationAttributes[] = []
  return {
    asked,
    authorizer: {
      authorize(attributes) {
        asked.push(attributes)
        return { allowed: allow(attributes), reason: '' }
      },
    },
  }
}

test('a stranger is anonymous, or nobody', async () => {
  const { authorizer, asked } = recording(() => true)
  await startTestServer({ authenticators: [], authorizer }).send('GET', maps)
  assert.deepEqual(asked[0]!.user, { name: 'system:anonymous', groups: ['system:unauthenticated'] })
  const closed = await startTestServer({
    authenticators: [], anonymous: { enabled: false, conditions: [] },
  }).send('GET', maps)
  assert.deepEqual(
    [closed.status, closed.json['message'], closed.json['reason']], [401, 'Unauthorized', 'Unauthorized'],
  )
})

test('a refusal says who may not do what, where', async () => {
  const { authorizer } = recording(() => false)
  const { send } = startTestServer({ authenticators: [{ authenticate: () => alice }], authorizer })
  const rows: readonly (readonly [method: string, url: string, message: string])[] = [
    [
      'GET',
      maps,
      'configmaps is forbidden: User "alice" cannot list resource "configmaps" in API group "" in the namespace "default"',
    ],
    [
      'GET',
      `${maps}/a`,
      'configmaps "a" is forbidden: User "alice" cannot get resource "configmaps" in API group "" in the namespace "default"',
    ],
    [
      'GET',
      '/api/v1/nodes?watch=1',
      'nodes is forbidden: User "alice" cannot watch resource "nodes" in API group "" at the cluster scope',
    ],
    [
      'DELETE',
      '/apis/apps/v1/namespaces/x/deployments',
      'deployments.apps is forbidden: User "alice" cannot deletecollection resource "deployments" in API group "apps" in the namespace "x"',
    ],
    [
      'GET',
      '/api/v1/namespaces/x/pods/p/log',
      'pods "p" is forbidden: User "alice" cannot get resource "pods/log" in API group "" in the namespace "x"',
    ],
    ['GET', '/metrics', 'forbidden: User "alice" cannot get path "/metrics"'],
    ['GET', '/<b>', 'forbidden: User "alice" cannot get path "/&lt;b&gt;"'],
  ]
  for (const [method, url, message] of rows) {
    const { status, json } = await send(method, url)
    assert.deepEqual([status, json['reason'], json['message']], [403, 'Forbidden', message])
  }
})

test('beyond the limit requests are asked to come again, administrators excepted', async () => {
  const gate = Promise.withResolvers<undefined>()
  const slow = { name: 'slow', mutate: () => gate.promise }
  let user = alice
  const { send } = startTestServer({
    authenticators: [{ authenticate: () => user }], admission: [slow], limits: { maxWritesInFlight: 2 },
  })
  const body = (name: string): unknown => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
  const first = [send('POST', maps, body('a')), send('POST', maps, body('b'))]
  await settle()
  const third = await send('POST', maps, body('c'))
  assert.deepEqual([third.status, third.headers['retry-after']], [429, '1'])
  assert.equal((await send('GET', maps)).status, 200)
  user = { name: 'root', groups: ['system:masters'] as never }
  const exempt = send('POST', maps, body('d'))
  gate.resolve(undefined)
  for (const answer of await Promise.all([...first, exempt])) assert.equal(answer.status, 201)
})

test('a request that takes too long is answered without waiting for it', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { send, clock } = startTestServer({ admission: [{ name: 'slow', mutate: () => gate.promise }] })
  const pending = send('POST', `${maps}?timeout=2s`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } })
  await settle()
  await clock.advance(2_000)
  const answer = await pending
  assert.deepEqual([answer.status, answer.json['reason']], [504, 'Timeout'])
  gate.resolve(undefined)
  for (const [method, url] of [['POST', `${maps}?timeout=soon`], ['GET', '/version?timeout=soon']] as const) {
    const { status, json } = await send(method, url, method === 'POST' ? {} : undefined)
    assert.deepEqual(
      [status, json['message']],
      [400, 'invalid timeout specified in the request URL - time: invalid duration "soon"'],
    )
  }
})

test('a bug in one handler is one 500', async () => {
  const { send } = startTestServer({ paths: [
    ({ request }) => { if (request.path === '/bug') throw new TypeError('of course'); return undefined },
  ] })
  const answer = await send('GET', '/bug')
  assert.deepEqual([answer.status, answer.json['message']], [500, 'Internal error occurred: of course'])
  assert.equal((await send('GET', maps)).status, 200)
})

test('a watch over a websocket is one message for each event', async () => {
  const server = startTestServer()
  const written: Uint8Array[] = []
  const closing = Promise.withResolvers<Uint8Array>()
  const connection: RawConnection = {
    received: (async function* () { yield await closing.promise })(),
    write(bytes) {
      written.push(bytes)
      return Promise.resolve()
    },
    end() {}, destroy() {},
  }
  const headers = {
    'upgrade': 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13',
  }
  const plain = httpRequest(
    'GET', `${maps}?watch=1&resourceVersion=0`, undefined, headers, new AbortController().signal,
  )
  const serving = server.server.handle({ ...plain, upgrade: { protocol: 'websocket', accept: () => connection } })
  await settle()
  for (const name of ['a', 'b']) {
    await server.send('POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
  }
  await settle()
  // A masked close frame with status 1000.
  closing.resolve(Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8))
  assert.equal((await serving).body.type, 'upgraded')
  assert.match(
    new TextDecoder().decode(written[0]), /^HTTP\/1\.1 101 .*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/s,
  )
  const messages = written.slice(1, 3).map((bytes) => {
    const start = bytes[1] === 126 ? 4 : 2
    return JSON.parse(new TextDecoder().decode(bytes.subarray(start)))
  })
  assert.deepEqual(messages.map(({ type, object }) => `${type} ${object.metadata.name}`), ['ADDED a', 'ADDED b'])
})
