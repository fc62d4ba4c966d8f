/** Bootstrap tokens: they sign the cluster's public address, and go when their time is over. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { configMap } from '#api/core/configmap/configmap.ts'
import { secret } from '#api/core/secret/secret.ts'
import type { Secret } from '#api/gen/core-v1.ts'
import { Model } from '../testing/model.ts'
import { bootstrapSigner } from './bootstrap-signer.ts'
import { tokenCleaner } from './token-cleaner.ts'

const now = Date.UTC(2026, 0, 1)
const key = '0123456789abcdef'

function token(id: string, data: Record<string, string> = {}): Secret {
  const all = { 'token-id': id, 'token-secret': key, 'usage-bootstrap-signing': 'true', ...data }
  return {
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(all).map(([name, text]) => [name, Buffer.from(text).toString('base64')])),
  }
}

function clusterWith(...tokens: readonly Secret[]): Model {
  const model = new Model(now)
  for (const each of tokens) model.put(secret, each)
  model.put(configMap, {
    metadata: { name: 'cluster-info', namespace: 'kube-public' },
    data: { kubeconfig: 'apiVersion: v1\n', 'jws-kubeconfig-gone00': 'old' },
  })
  return model
}
const infoOf = (model: Model) => model.get(configMap, 'kube-public/cluster-info')!.data!

test('every token that may sign does, and signatures of tokens that are gone go', async () => {
  const model = clusterWith(
    token('abcdef'), token('nosign', { 'usage-bootstrap-signing': 'false' }),
    token('toolat', { expiration: '2025-12-31T00:00:00Z' }),
  )
  await model.settle([bootstrapSigner])
  assert.deepEqual(Object.keys(infoOf(model)).toSorted(), ['jws-kubeconfig-abcdef', 'kubeconfig'])
  const [header, payload, signature] = infoOf(model)['jws-kubeconfig-abcdef']!.split('.')
  assert.deepEqual(JSON.parse(Buffer.from(header!, 'base64url').toString()), { alg: 'HS256', kid: 'abcdef' })
  assert.equal(payload, '')
  const content = Buffer.from('apiVersion: v1\n').toString('base64url')
  assert.equal(signature, createHmac('sha256', key).update(`${header}.${content}`).digest('base64url'))
})

test('a signature ends with its token', async () => {
  const model = clusterWith(token('abcdef', { expiration: '2026-01-01T01:00:00Z' }))
  await model.settle([bootstrapSigner])
  const { wakeAt } = await model.plan(bootstrapSigner, 'kube-public/cluster-info')
  assert.equal(wakeAt, now + 3_600_000)
  model.now = wakeAt!
  await model.settle([bootstrapSigner])
  assert.deepEqual(Object.keys(infoOf(model)), ['kubeconfig'])
})

test('other ConfigMaps are not touched', async () => {
  const model = clusterWith(token('abcdef'))
  model.put(configMap, { metadata: { name: 'cluster-info', namespace: 'default' }, data: { kubeconfig: 'x' } })
  await model.settle([bootstrapSigner])
  assert.deepEqual(model.get(configMap, 'default/cluster-info')!.data, { kubeconfig: 'x' })
})

const expirations = [
  ['never expires', '', undefined, true],
  ['expires in an hour', '2026-01-01T01:00:00Z', now + 3_600_000, true],
  ['has expired', '2025-12-31T23:59:59Z', undefined, false],
  ['expires when nobody can tell', 'tomorrow', undefined, false],
] as const
for (const [name, expiration, wakeAt, isKept] of expirations) {
  test(`a token that ${name} is ${isKept ? 'kept' : 'removed'}`, async () => {
    const model = new Model(now)
    model.put(secret, token('abcdef', { expiration }))
    const plan = await model.plan(tokenCleaner, 'kube-system/bootstrap-token-abcdef')
    assert.equal(plan.wakeAt, wakeAt)
    await model.settle([tokenCleaner])
    assert.equal(model.list(secret).length, isKept ? 1 : 0)
  })
}

test('a Secret of another type or namespace that has expired is no token', async () => {
  const model = new Model(now)
  const old = token('abcdef', { expiration: '2025-01-01T00:00:00Z' })
  model.put(secret, { ...old, type: 'Opaque' })
  model.put(secret, { ...old, metadata: { ...old.metadata, namespace: 'default' } })
  await model.settle([tokenCleaner])
  assert.equal(model.list(secret).length, 2)
})
