/** Tokens in Secrets: as good as what they stand in and whom they speak for. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { base64Encode, utf8Encode } from '#base/bytes.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { keyId, signToken } from './json-web-token.ts'
import { SecretTokens, type TokenObject } from './secret-tokens.ts'

const key = nodeCrypto.generateKey()
const id = keyId(nodeCrypto, key.publicKey)
const store = new Map<string, TokenObject>()
const tokens = new SecretTokens({
  crypto: nodeCrypto, key, publicKeys: new Map([[id, key.publicKey]]), audiences: ['https://here'],
  objects: { get: (resource, namespace, name) => store.get(`${resource}/${namespace}/${name}`) },
})
const token = tokens.issue('shop', { name: 'robot', uid: 'sa-1' }, 'robot-token')
const holding = (text: string): TokenObject => ({ metadata: {}, data: { token: base64Encode(utf8Encode(text)) } })

beforeEach(() => {
  store.set('serviceaccounts/shop/robot', { metadata: { uid: 'sa-1' } })
  store.set('secrets/shop/robot-token', holding(token))
})

test('a token in a Secret is its service account', () => {
  assert.deepEqual(tokens.authenticateToken(token, []), {
    user: {
      name: 'system:serviceaccount:shop:robot', uid: 'sa-1', extra: {},
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    },
    audiences: ['https://here'],
  })
})

const spoiled: readonly (readonly [string, () => void, RegExp])[] = [
  ['the Secret is gone', () => store.delete('secrets/shop/robot-token'), /invalidated/],
  ['the Secret goes', () => store.set('secrets/shop/robot-token', {
    ...holding(token), metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
  }), /invalidated/],
  ['the Secret holds another', () => store.set('secrets/shop/robot-token', holding('x')), /does not match server's copy/],
  ['the account is gone', () => store.delete('serviceaccounts/shop/robot'), /invalidated/],
  ['the account is a later one of that name',
    () => store.set('serviceaccounts/shop/robot', { metadata: { uid: 'sa-2' } }), /invalidated/],
]
for (const [name, spoil, message] of spoiled) {
  test(`a token is refused when ${name}`, () => {
    spoil()
    assert.throws(() => tokens.authenticateToken(token, []), message)
  })
}

test('a token for others is refused, and one of another issuer or key is not looked into', () => {
  assert.throws(() => tokens.authenticateToken(token, ['https://elsewhere']), /audiences/)
  assert.equal(tokens.authenticateToken(signToken(key, id, { iss: 'https://here' }), []), undefined)
  assert.equal(tokens.authenticateToken('no token', []), undefined)
  const [header, , signature] = token.split('.')
  const forged = base64Encode(utf8Encode(JSON.stringify({ iss: 'kubernetes/serviceaccount', sub: 'x' })))
  assert.throws(() => tokens.authenticateToken(`${header}.${forged.replace(/=+$/, '')}.${signature}`, []), /signature/)
})
