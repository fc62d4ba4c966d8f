/** AuthenticationConfiguration: what is refused, in upstream's words. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8Encode } from '#base/bytes.ts'
import { requireValid } from '../../configuration-file.ts'
import { parseAuthenticationConfiguration } from './configuration.ts'
import { validateAuthentication } from './validate.ts'

const read = (document: object): void => {
  const bytes = utf8Encode(JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', ...document,
  }))
  const configuration = parseAuthenticationConfiguration(bytes)
  requireValid(() => validateAuthentication(configuration, ['https://self']))
}

const issuer = { url: 'https://issuer', audiences: ['me'] }
const claimMappings = { username: { claim: 'sub', prefix: '' } }
const jwt = (extra: object) => ({ jwt: [{ issuer, claimMappings, ...extra }] })
const withIssuer = (extra: object) => jwt({ issuer: { ...issuer, ...extra } })
const withMappings = (extra: object) => jwt({ claimMappings: { ...claimMappings, ...extra } })

const refused: readonly (readonly [object, string])[] = [
  [withIssuer({ url: '' }), 'jwt[0].issuer.url: Required value'],
  [withIssuer({ url: 'http://issuer' }), 'jwt[0].issuer.url: Invalid value: "http://issuer": URL scheme must be https'],
  [withIssuer({ url: 'https://a:b@issuer' }),
    'jwt[0].issuer.url: Invalid value: "https://a:b@issuer": URL must not contain a username or password'],
  [withIssuer({ url: 'https://issuer?x=y' }),
    'jwt[0].issuer.url: Invalid value: "https://issuer?x=y": URL must not contain a query'],
  [withIssuer({ url: 'https://issuer#x' }),
    'jwt[0].issuer.url: Invalid value: "https://issuer#x": URL must not contain a fragment'],
  [withIssuer({ url: 'https://self' }), 'jwt[0].issuer.url: Invalid value: "https://self": URL must not overlap with '
    + 'disallowed issuers: [https://self]'],
  [withIssuer({ discoveryURL: 'https://issuer/' }),
    'jwt[0].issuer.discoveryURL: Invalid value: "https://issuer/": discoveryURL must be different from URL'],
  [withIssuer({ audiences: [] }),
    'jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required'],
  [withIssuer({ audiences: ['a', 'b'] }), 'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy '
    + 'must be MatchAny for multiple audiences'],
  [withIssuer({ certificateAuthority: 'x' }), 'jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data '
    + 'does not contain any valid RSA or ECDSA certificates'],
  [{ jwt: [{ issuer, claimMappings }, { issuer, claimMappings }] },
    'jwt[1].issuer.url: Duplicate value: "https://issuer"'],
  [withMappings({ username: {} }), 'jwt[0].claimMappings.username: Required value: claim or expression is required'],
  [withMappings({ username: { claim: 'sub' } }), 'jwt[0].claimMappings.username.prefix: Required value: prefix is '
    + 'required when claim is set. It can be set to an empty string to disable prefixing'],
  [withMappings({ username: { claim: 'sub', expression: 'claims.sub' } }),
    'jwt[0].claimMappings.username: Invalid value: "": claim and expression can\'t both be set'],
  [withMappings({ username: { expression: 'claims.email' } }), 'jwt[0].claimMappings.username.expression: Invalid value: '
    + '"claims.email": claims.email_verified must be used in claimMappings.username.expression or '
    + 'claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in '
    + 'claimMappings.username.expression'],
  [withMappings({ extra: [{ key: 'foo', valueExpression: 'claims.a' }] }), 'jwt[0].claimMappings.extra[0].key: Invalid '
    + 'value: "foo": must be a domain-prefixed path (such as "acme.io/foo")'],
  [withMappings({ extra: [{ key: 'x.k8s.io/foo', valueExpression: 'claims.a' }] }),
    'jwt[0].claimMappings.extra[0].key: Invalid value: "x.k8s.io/foo": k8s.io, kubernetes.io and their subdomains are '
    + 'reserved for Kubernetes use'],
  [withMappings({ extra: [{ key: 'a.io/X', valueExpression: 'claims.a' }] }),
    'jwt[0].claimMappings.extra[0].key: Invalid value: "a.io/X": must be lowercase'],
  [jwt({ claimValidationRules: [{ claim: 'a', message: 'm' }] }), 'jwt[0].claimValidationRules[0].message: Invalid '
    + 'value: "m": may not be specified when claim is set'],
  [jwt({ claimValidationRules: [{}] }), 'jwt[0].claimValidationRules[0]: Required value: claim or expression is required'],
  [jwt({ claimValidationRules: [{ expression: 'claims.a' }] }), 'jwt[0].claimValidationRules[0].expression: Invalid '
    + 'value: "claims.a": must evaluate to bool'],
  [jwt({ userValidationRules: [{ expression: 'user.username' }] }), 'jwt[0].userValidationRules[0].expression: Invalid '
    + 'value: "user.username": must evaluate to bool'],
  [{ anonymous: { enabled: false, conditions: [{ path: '/livez' }] } },
    'anonymous.conditions: Invalid value: [{"Path":"/livez"}]: enabled should be set to true when conditions are defined'],
  [{ apiVersion: 'apiserver.config.k8s.io/v2' }, 'no kind "AuthenticationConfiguration" is registered for version '
    + '"apiserver.config.k8s.io/v2"'],
  [{ jwts: [] }, 'strict decoding error: unknown field "jwts"'],
]

describe('refused', () => {
  for (const [document, message] of refused) test(message, () => { assert.throws(() => read(document), { message }) })
})

test('an expression that does not compile is told of with its place', () => {
  assert.throws(() => read(withMappings({ groups: { expression: 'claims.' } })),
    /^Error: jwt\[0\]\.claimMappings\.groups\.expression: Invalid value: "claims\.": compilation failed: ERROR: /)
})

test('what upstream takes is taken', () => {
  read({ anonymous: { enabled: true, conditions: [{ path: '/livez' }] } })
  read(withMappings({ username: { expression: 'claims.email_verified ? claims.email : ""' } }))
  read(jwt({ claimValidationRules: [{ claim: 'hd', requiredValue: 'a' }, { expression: 'claims.a == "b"' }] }))
})
