/** `/statusz` and `/flagz`, for people and for programs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle, startTestServer } from './testing.ts'

const structured = (kind: string, version = 'v1beta1'): Record<string, string> => ({
  accept: `application/json;v=${version};g=config.k8s.io;as=${kind}`,
})

test('the status is told in text', async () => {
  const { send, clock } = startTestServer({})
  await clock.advance(3_723_000)
  await settle()
  const { status, text } = await send('GET', '/statusz')
  assert.equal(status, 200)
  assert.match(text, /^\nkube-apiserver statusz\nWarning: This endpoint is not meant to be machine parseable/)
  assert.match(text, /\n\nStarted: Thu Jan {2}1 00:00:00 UTC 2026\nUp: 1 hr 02 min 03 sec\n/)
  assert.match(text, /\nPaths: \/flagz \/healthz \/livez \/metrics \/openapi \/readyz \/statusz \/version\n$/)
})

test('the status is an object for who asks for it in full', async () => {
  const { send, clock } = startTestServer({})
  await clock.advance(5_000)
  const { json } = await send('GET', '/statusz', undefined, structured('Statusz'))
  const { paths, goVersion, binaryVersion, ...rest } = json
  assert.deepEqual(rest, {
    kind: 'Statusz', apiVersion: 'config.k8s.io/v1beta1', metadata: { name: 'kube-apiserver' },
    startTime: '2026-01-01T00:00:00Z', uptimeSeconds: 5, emulationVersion: '1.36', minimumCompatibilityVersion: '1.35',
  })
  assert.equal((paths as string[]).includes('/readyz'), true)
  assert.deepEqual([typeof goVersion, typeof binaryVersion], ['string', 'string'])
})

test('flags are told in text and as an object', async () => {
  const { send } = startTestServer({ flags: { 'secure-port': '6443', 'authorization-mode': '[Node,RBAC]' } })
  const { text } = await send('GET', '/flagz', undefined, { accept: '*/*' })
  assert.match(text, /^\nkube-apiserver flags\nWarning: .*\n\nauthorization-mode=\[Node,RBAC\]\nsecure-port=6443\n$/)
  const { json } = await send('GET', '/flagz', undefined, structured('Flagz', 'v1alpha1'))
  assert.deepEqual(json, {
    kind: 'Flagz', apiVersion: 'config.k8s.io/v1alpha1', metadata: { name: 'kube-apiserver' },
    flags: { 'secure-port': '6443', 'authorization-mode': '[Node,RBAC]' },
  })
})

for (const [accept, status] of [
  ['application/json', 406],
  ['application/json;v=v1beta1;g=config.k8s.io', 406],
  ['application/json;v=v1beta1;g=config.k8s.io;as=Flagz', 406],
  ['application/xml', 406],
  ['application/json;v=foo;g=config.k8s.io;as=Statusz,*/*', 200],
  ['text/plain', 200],
] as const) {
  test(`${accept} has ${status}`, async () => {
    const { send } = startTestServer({})
    assert.equal((await send('GET', '/statusz', undefined, { accept })).status, status)
  })
}
