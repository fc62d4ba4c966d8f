/** Tokens in Secrets: made once, and gone with their account. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secret } from '#api/core/secret/secret.ts'
import { serviceAccount } from '#api/core/serviceaccount/serviceaccount.ts'
import type { Secret, ServiceAccount } from '#api/gen/core-v1.ts'
import type { Client } from '#client/client.ts'
import { notFound } from '#machinery/errors/api-error.ts'
import { Model } from '../testing/model.ts'
import { serviceAccountTokenController } from './serviceaccount-token.ts'

const controller = serviceAccountTokenController({
  rootCa: 'PEM',
  issue: (namespace, { name, uid }, secretName) => `${namespace} ${name} ${uid} ${secretName}`,
})
const token = (annotations: Record<string, string> = {}, type = 'kubernetes.io/service-account-token'): Secret => ({
  metadata: { name: 'robot-token', annotations: { 'kubernetes.io/service-account.name': 'robot', ...annotations } }, type,
})
const robot: ServiceAccount = { metadata: { name: 'robot', uid: 'sa-1' } }
const decoded = (model: Model): Record<string, string> | undefined => {
  const data = model.get(secret, 'default/robot-token')?.data
  return data && Object.fromEntries(Object.entries(data).map(([name, text]) => [name, atob(text)]))
}
/** A server that has the account, though the cache has not, or has it not either. */
const asked = (answer: ServiceAccount | undefined): Client => ({
  of: () => ({
    async get(name: string) {
      if (!answer) throw notFound({ group: '', resource: 'serviceaccounts' }, name)
      return answer
    },
  }),
} as unknown as Client)

async function settle(model: Model, answer?: ServiceAccount): Promise<void> {
  if (controller.type !== 'reconciler') throw new Error('not a reconciler')
  const { declaration } = controller
  const context = { now: model.now, client: asked(answer), signal: new AbortController().signal }
  for (const object of model.list(secret)) {
    const state = await declaration.observe(object, model.cache, context)
    if (state !== undefined) model.apply(declaration.reconcile(state))
  }
}

test('a Secret gets the token, the namespace and the authority', async () => {
  const model = new Model()
  model.put(serviceAccount, robot)
  model.put(secret, token())
  await settle(model)
  assert.deepEqual(decoded(model), { token: 'default robot sa-1 robot-token', namespace: 'default', 'ca.crt': 'PEM' })
  const { annotations } = model.get(secret, 'default/robot-token')!.metadata
  assert.equal(annotations!['kubernetes.io/service-account.uid'], 'sa-1')
  const before = model.log.length
  await settle(model)
  assert.equal(model.log.length, before, 'and is then left alone')
})

test('a Secret whose account the cache does not know yet stays', async () => {
  const model = new Model()
  model.put(secret, token())
  await settle(model, robot)
  assert.equal(decoded(model)?.['token'], 'default robot sa-1 robot-token')
})

const gone: readonly (readonly [string, ServiceAccount | undefined, Secret])[] = [
  ['is gone', undefined, token()],
  ['is a later one', robot, token({ 'kubernetes.io/service-account.uid': 'sa-0' })],
]
for (const [name, account, object] of gone) {
  test(`a Secret whose account ${name} goes`, async () => {
    const model = new Model()
    if (account) model.put(serviceAccount, account)
    model.put(secret, object)
    await settle(model)
    assert.deepEqual(model.list(secret), [])
  })
}

test('Secrets of other types are nobody’s', async () => {
  const model = new Model()
  model.put(secret, token({}, 'Opaque'))
  await settle(model)
  assert.equal(decoded(model), undefined)
  assert.equal(model.list(secret).length, 1)
})
