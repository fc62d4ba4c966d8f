/** From claims to users: by claims, by expressions, and what is refused on the way. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8Encode } from '#base/bytes.ts'
import type { UserInfo } from '../authenticator.ts'
import { createClaimMapper } from './claims.ts'
import { parseAuthenticationConfiguration } from './configuration.ts'

function map(jwt: object, claims: Record<string, unknown>): UserInfo {
  const { jwt: [parsed] } = parseAuthenticationConfiguration(utf8Encode(JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration',
    jwt: [{ issuer: { url: 'https://issuer', audiences: ['me'] }, ...jwt }],
  })))
  return createClaimMapper(parsed!)(claims)
}
const bySub = { username: { claim: 'sub', prefix: '' } }
const mappings = (extra: object) => ({ claimMappings: { ...bySub, ...extra } })

const mapped: readonly (readonly [string, object, Record<string, unknown>, object])[] = [
  ['a claim with a prefix', { claimMappings: { username: { claim: 'sub', prefix: 'i#' } } }, { sub: 'ann' },
    { name: 'i#ann', groups: [] }],
  ['groups of a list', mappings({ groups: { claim: 'roles', prefix: 'g:' } }), { sub: 'ann', roles: ['a', 'b'] },
    { groups: ['g:a', 'g:b'] }],
  ['one group', mappings({ groups: { claim: 'roles', prefix: '' } }), { sub: 'ann', roles: 'a' }, { groups: ['a'] }],
  ['no groups', mappings({ groups: { claim: 'roles', prefix: '' } }), { sub: 'ann' }, { groups: [] }],
  ['an expression', { claimMappings: { username: { expression: '"x:" + claims.who.name' } } }, { who: { name: 'ann' } },
    { name: 'x:ann' }],
  ['groups by an expression', mappings({ groups: { expression: 'claims.roles.split(",")' } }),
    { sub: 'ann', roles: 'a,b' }, { groups: ['a', 'b'] }],
  ['a field with a dot', mappings({ groups: { expression: 'claims.a__dot__b' } }), { sub: 'ann', 'a.b': 'c' },
    { groups: ['c'] }],
  ['a uid', mappings({ uid: { claim: 'oid' } }), { sub: 'ann', oid: '7' }, { uid: '7' }],
  ['a number, which is a double', mappings({ uid: { expression: 'string(claims.n * 2.0)' } }), { sub: 'ann', n: 3 },
    { uid: '6' }],
  ['extra values, and the id of the token', mappings({ extra: [
    { key: 'a.io/t', valueExpression: 'claims.tenant' }, { key: 'a.io/none', valueExpression: 'claims.?no.orValue("")' },
  ] }), { sub: 'ann', tenant: 't1', jti: 'j' },
    { extra: { 'a.io/t': ['t1'], 'authentication.kubernetes.io/credential-id': ['JTI=j'] } }],
]
describe('a user has', () => {
  for (const [name, jwt, claims, expected] of mapped) {
    test(name, () => {
      const user = map(jwt, claims)
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(user[key as keyof UserInfo], value)
    })
  }
})

const expression = { claimMappings: { username: { expression: 'claims.sub' } } }
const refused: readonly (readonly [object, Record<string, unknown>, string])[] = [
  [mappings({}), {}, 'oidc: parse username claims "sub": claim not present'],
  [mappings({}), { sub: 5 },
    'oidc: parse username claims "sub": json: cannot unmarshal number into Go value of type string'],
  [{ claimMappings: { username: { claim: 'email', prefix: '' } } }, { email: 'a@b', email_verified: false },
    'oidc: email not verified'],
  [expression, { sub: '' }, 'oidc: empty username via CEL expression is not allowed'],
  [expression, { sub: 5 },
    'oidc: error evaluating username claim expression: username claim expression must return a string'],
  [expression, {}, "oidc: error evaluating username claim expression: expression 'claims.sub' resulted in error: "
    + 'no such key: sub'],
  [mappings({ groups: { expression: 'claims.g' } }), { sub: 'a', g: 5 },
    'oidc: error evaluating group claim expression: expression must return a string or a list of strings'],
  [{ ...mappings({}), claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] }, { sub: 'a' },
    'oidc: required claim hd not present in ID token'],
  [{ ...mappings({}), claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] }, { sub: 'a', hd: 'y' },
    'oidc: required claim hd value does not match. Got = y, want = x'],
  [{ ...mappings({}), claimValidationRules: [{ expression: 'claims.exp - claims.nbf <= 86400', message: 'too long' }] },
    { sub: 'a', exp: 100_000, nbf: 0 },
    "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.nbf <= 86400' "
    + 'failed: too long'],
  [{ ...mappings({}), userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: 'no' }] },
    { sub: 'system:x' }, 'oidc: error evaluating user info validation rule: validation expression '
    + "'!user.username.startsWith('system:')' failed: no"],
]
describe('refused', () => {
  for (const [jwt, claims, message] of refused) {
    test(message, () => { assert.throws(() => map(jwt, claims), { message }) })
  }
})
