import assert from 'node:assert/strict'
import { createHmac, createPublicKey, randomBytes, randomUUID, verify } from 'node:crypto'
import { describe, test } from 'node:test'
import { base64Encode, base64UrlEncode, utf8Encode } from '#base/bytes.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { HttpRequest, Peer, PeerCertificate } from '#world/http.ts'
import type { UserInfo } from './authenticator.ts'
import { bearerAuthenticator } from './bearer-token.ts'
import { bootstrapTokenAuthenticator } from './bootstrap-token.ts'
import { certificateAuthenticator } from './client-certificate.ts'
import { combineAuthenticators } from './combined.ts'
import { frontProxyAuthenticator } from './front-proxy.ts'
import { keyId, signToken } from './json-web-token.ts'
import { reviewToken } from './reviews.ts'
import { ServiceAccountTokens, type BoundObject } from './service-account-tokens.ts'
import { parseTokenFile, tokenFileAuthenticator } from './token-file.ts'
import { discoveryDocument, issueRequestedToken, keySetDocument } from './token-request.ts'

let now = Date.parse('2026-11-20T12:00:00Z')
const clock = { now: () => now } as Parameters<typeof certificateAuthenticator>[0]
const random = { next: () => 0.5, bytes: (length: number) => randomBytes(length), uuid: () => randomUUID() as string }
const made = nodeCrypto.generateKey()
let verifications = 0
/** Counts how often a signature is really looked at. */
const key: typeof made = {
  pem: made.pem,
  sign: (data) => made.sign(data),
  publicKey: {
    type: made.publicKey.type, bits: made.publicKey.bits, spki: made.publicKey.spki,
    verify(data, signature) {
      verifications++
      return made.publicKey.verify(data, signature)
    },
  },
}
const issuer = 'https://kubernetes.default.svc.cluster.local'
const store = new Map<string, BoundObject & { spec?: object }>([
  ['serviceaccounts/shop/robot', { metadata: { uid: 'sa-1' } }],
  ['pods/shop/web', { metadata: { uid: 'pod-1' }, spec: { serviceAccountName: 'robot', nodeName: 'a' } }],
  ['nodes//a', { metadata: { uid: 'node-1' } }],
])
const objects = {
  get: (resource: string, namespace: string, name: string) => store.get(`${resource}/${namespace}/${name}`),
}
const tokens = new ServiceAccountTokens({
  crypto: nodeCrypto,
  clock,
  random,
  key,
  issuer,
  audiences: [issuer],
  objects,
})
const subject = {
  namespace: 'shop',
  serviceAccount: { name: 'robot', uid: 'sa-1' },
  pod: { name: 'web', uid: 'pod-1' },
  node: { name: 'a', uid: 'node-1' },
}

function request(headers: Record<string, string>, peer: Partial<Peer> = {}): HttpRequest {
  return {
    method: 'GET',
    path: '/',
    query: '',
    headers,
    peer: { address: '', certificate: undefined, ...peer },
    upgrade: undefined,
    signal: new AbortController().signal,
    readBody: () => Promise.resolve(new Uint8Array()),
    async *streamBody() {},
  }
}
const certificate = (commonName: string, organizations: string[] = [], notAfter = now + 1000): PeerCertificate =>
  ({ commonName, organizations, notAfter, fingerprint: 'ab' })

const authenticator = combineAuthenticators(
  frontProxyAuthenticator(clock, ['front-proxy-client']),
  certificateAuthenticator(clock),
  bearerAuthenticator([
    tokens,
    bootstrapTokenAuthenticator(secret, clock),
    tokenFileAuthenticator(parseTokenFile('s3cret,ann,7,"dev,ops"\n', 'f')),
  ]),
)

function secret(name: string): ReturnType<Parameters<typeof bootstrapTokenAuthenticator>[0]> {
  if (name !== 'bootstrap-token-abcdef') return undefined
  const data = Object.fromEntries(
    Object.entries({
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': bootstrapUsage,
      expiration: bootstrapExpiration,
      'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
    }).map(([field, value]) => [field, base64Encode(utf8Encode(value))]),
  )
  return { type: 'bootstrap.kubernetes.io/token', data }
}
let bootstrapUsage = 'true'
let bootstrapExpiration = ''

async function who(asked: HttpRequest): Promise<UserInfo | undefined | 401> {
  try {
    return await authenticator.authenticate(asked)
  } catch (error) {
    if (error instanceof ApiError && error.code === 401) {
      assert.equal(
        JSON.stringify(error.status),
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}',
      )
      return 401
    }
    throw error
  }
}
const bearer = (token: string, peer: Partial<Peer> = {}): HttpRequest =>
  request({ authorization: `Bearer ${token}` }, peer)

describe('whoever shows', () => {
  const jane = { certificate: certificate('jane', ['dev']) }
  const proxy = { frontProxyCertificate: certificate('front-proxy-client') }
  const cases: readonly (readonly [string, HttpRequest, string | undefined | 401])[] = [
    ['nothing is nobody', request({}), undefined],
    ['a certificate is its common name', request({}, jane), 'jane [dev,system:authenticated]'],
    ['a certificate without a name is refused', request({}, { certificate: certificate('') }), 401],
    [
      'a certificate that expired since is refused',
      request({}, { certificate: certificate('jane', [], now - 1) }),
      401,
    ],
    ['an unverified certificate is refused', request({}, { certificateError: 'CERT_UNTRUSTED' }), 401],
    [
      'an unverified certificate and a good token is the token',
      bearer('s3cret', { certificateError: 'CERT_UNTRUSTED' }),
      'ann [dev,ops,system:authenticated]',
    ],
    [
      'remote headers without the proxy is nobody',
      request({ 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' }),
      undefined,
    ],
    [
      'remote headers with a client certificate is the certificate',
      request({ 'x-remote-user': 'admin' }, jane),
      'jane [dev,system:authenticated]',
    ],
    [
      'remote headers behind the proxy is their user',
      request({ 'x-remote-user': 'admin', 'x-remote-group': 'a, b' }, proxy),
      'admin [a,b]',
    ],
    [
      'the proxy CA’s other certificate is refused',
      request({ 'x-remote-user': 'admin' }, { frontProxyCertificate: certificate('x', ['system:masters']) }),
      401,
    ],
    ['the proxy’s certificate alone is nobody', request({}, proxy), undefined],
    ['another scheme is nobody', request({ authorization: 'Basic YTpi' }), undefined],
    ['a bare word is nobody', request({ authorization: 'Bearer' }), undefined],
    ['an unknown token is refused', bearer('guess'), 401],
    ['a token of a megabyte is refused', bearer('a'.repeat(1 << 20)), 401],
    ['a static token is its user', bearer('s3cret'), 'ann [dev,ops,system:authenticated]'],
    [
      'a bootstrap token is its group',
      bearer('abcdef.0123456789abcdef'),
      'system:bootstrap:abcdef [system:bootstrappers,system:bootstrappers:kubeadm:default-node-token,system:authenticated]',
    ],
    ['a wrong bootstrap secret is refused', bearer('abcdef.0123456789abcdee'), 401],
    ['an unknown bootstrap id is refused', bearer('ghijkl.0123456789abcdef'), 401],
    [
      'a token in a websocket’s protocols is a token',
      request({
        upgrade: 'websocket',
        'sec-websocket-protocol': `v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.${base64UrlEncode(utf8Encode('s3cret'))}`,
      }),
      'ann [dev,ops,system:authenticated]',
    ],
  ]
  for (const [name, asked, expected] of cases) {
    test(name, async () => {
      const user = await who(asked)
      assert.equal(typeof user === 'object' ? `${user.name} [${user.groups.join()}]` : user, expected)
    })
  }
  test('an expired bootstrap token, or one for another use, is refused', async () => {
    bootstrapExpiration = '2026-11-20T11:59:59Z'
    assert.equal(await who(bearer('abcdef.0123456789abcdef')), 401)
    bootstrapExpiration = ''
    bootstrapUsage = 'false'
    assert.equal(await who(bearer('abcdef.0123456789abcdef')), 401)
    bootstrapUsage = 'true'
  })
})

describe('service account tokens', () => {
  const issue = (): string => tokens.issue(subject, [issuer], 3600)
  const claims = {
    iss: issuer,
    sub: 'system:serviceaccount:shop:robot',
    aud: [issuer],
    iat: now / 1000,
    nbf: now / 1000,
    exp: now / 1000 + 60,
    'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'robot', uid: 'sa-1' } },
  }
  const id = keyId(nodeCrypto, key.publicKey)
  const b64 = (value: unknown): string => base64UrlEncode(utf8Encode(JSON.stringify(value)))

  test('say who the pod is', async () => {
    const user = await who(bearer(issue())) as UserInfo
    assert.equal(user.name, 'system:serviceaccount:shop:robot')
    assert.equal(user.uid, 'sa-1')
    assert.deepEqual(user.groups, ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'])
    const { 'authentication.kubernetes.io/credential-id': credential, ...extra } = user.extra!
    assert.match(credential![0]!, /^JTI=[0-9a-f-]{36}$/)
    assert.deepEqual(extra, {
      'authentication.kubernetes.io/node-name': ['a'], 'authentication.kubernetes.io/node-uid': ['node-1'],
      'authentication.kubernetes.io/pod-name': ['web'], 'authentication.kubernetes.io/pod-uid': ['pod-1'],
    })
  })

  test('have upstream’s claims and can be verified with the published keys', () => {
    const token = issue()
    const [header, payload, signature] = token.split('.') as [string, string, string]
    assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'ES256', kid: id })
    const text = Buffer.from(payload, 'base64url').toString()
    assert.match(
      text,
      /^{"aud":\["https:\/\/kubernetes.default.svc.cluster.local"\],"exp":\d+,"iat":\d+,"iss":"[^"]+","jti":"[^"]+","kubernetes.io":{"namespace":"shop","node":{"name":"a","uid":"node-1"},"pod":{"name":"web","uid":"pod-1"},"serviceaccount":{"name":"robot","uid":"sa-1"}},"nbf":\d+,"sub":"system:serviceaccount:shop:robot"}$/,
    )
    const [jwk] = (JSON.parse(keySetDocument(tokens)) as { keys: [Record<string, string>] }).keys
    assert.equal(jwk['kid'], id)
    const published = createPublicKey({ key: jwk, format: 'jwk' })
    assert.ok(
      verify(
        'sha256',
        Buffer.from(`${header}.${payload}`),
        { key: published, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      ),
    )
    assert.match(discoveryDocument(tokens, 'https://x/openid/v1/jwks'), /"jwks_uri":"https:\/\/x\/openid\/v1\/jwks"/)
  })

  const other = nodeCrypto.generateKey()
  const publicPem = Buffer.from(key.publicKey.spki)
  const hs256 = (): string => {
    const signed = `${b64({ alg: 'HS256', kid: id })}.${b64(claims)}`
    return `${signed}.${createHmac('sha256', publicPem).update(signed).digest('base64url')}`
  }
  const forged: readonly (readonly [string, () => string])[] = [
    ['no algorithm', () => `${b64({ alg: 'none' })}.${b64(claims)}.`],
    ['the public key as an HMAC key', hs256],
    ['another key', () => signToken(other, id, claims)],
    ['another key under a path', () => signToken(other, '../../etc/passwd', claims)],
    [
      'changed claims',
      () => {
        const parts = signToken(key, id, claims).split('.')
        return [parts[0], b64({ ...claims, sub: 'system:serviceaccount:shop:admin' }), parts[2]].join('.')
      },
    ],
    ['an empty signature', () => `${signToken(key, id, claims).split('.').slice(0, 2).join('.')}.`],
    ['another issuer', () => signToken(key, id, { ...claims, iss: 'https://evil' })],
    ['another audience', () => signToken(key, id, { ...claims, aud: ['vault'] })],
    ['no audience', () => signToken(key, id, { ...claims, aud: undefined })],
    ['an end in the past', () => signToken(key, id, { ...claims, exp: now / 1000 - 1 })],
    ['no end', () => signToken(key, id, { ...claims, exp: undefined })],
    ['a beginning in the future', () => signToken(key, id, { ...claims, nbf: now / 1000 + 60 })],
    [
      'the subject of another account',
      () => signToken(key, id, { ...claims, sub: 'system:serviceaccount:shop:admin' }),
    ],
    ['no Kubernetes claims', () => signToken(key, id, { ...claims, 'kubernetes.io': undefined })],
    [
      'an account that was made anew',
      () =>
        signToken(key, id, {
          ...claims,
          'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'robot', uid: 'sa-0' } },
        }),
    ],
    ['four parts', () => `${signToken(key, id, claims)}.x`],
    ['claims that are a list', () => `${b64({ alg: 'ES256' })}.${b64([1])}.AA`],
  ]
  test('a token of ours, made by hand, is good', async () => {
    assert.notEqual(await who(bearer(signToken(key, id, claims))), 401)
  })
  for (const [name, make] of forged) {
    test(`with ${name} are refused`, async () => {
      assert.equal(await who(bearer(make())), 401)
    })
  }

  test('are refused at once when what they are bound to is gone, even if they were just good', async () => {
    const token = issue()
    assert.notEqual(await who(bearer(token)), 401)
    for (const path of ['pods/shop/web', 'serviceaccounts/shop/robot']) {
      const kept = store.get(path)!
      store.delete(path)
      assert.equal(await who(bearer(token)), 401, path)
      store.set(path, { ...kept, metadata: { uid: 'another' } })
      assert.equal(await who(bearer(token)), 401, path)
      store.set(path, { ...kept, metadata: { ...kept.metadata, deletionTimestamp: '2026-11-20T11:59:30Z' } })
      assert.notEqual(await who(bearer(token)), 401, 'a pod that ends still has a minute')
      store.set(path, { ...kept, metadata: { ...kept.metadata, deletionTimestamp: '2026-11-20T11:58:59Z' } })
      assert.equal(await who(bearer(token)), 401, path)
      store.set(path, kept)
    }
    now += 3601_000
    assert.equal(await who(bearer(token)), 401, 'its time is over')
    now -= 3601_000
  })

  test('are verified once and then looked up', () => {
    const token = issue()
    tokens.authenticateToken(token, [])
    verifications = 0
    for (let i = 0; i < 1000; i++) tokens.authenticateToken(token, [])
    assert.equal(verifications, 0)
  })
})

describe('TokenRequest', () => {
  const ask = (spec: object, name = 'robot'): ReturnType<typeof issueRequestedToken> =>
    issueRequestedToken(tokens, objects, { spec: { audiences: [], ...spec } }, 'shop', name, now)
  test('fills in what is not said', () => {
    const { metadata, spec, status } = ask({})
    assert.deepEqual(metadata, { name: 'robot', namespace: 'shop', creationTimestamp: '2026-11-20T12:00:00Z' })
    assert.deepEqual(spec, { audiences: [issuer], expirationSeconds: 3600 })
    assert.equal(status!.expirationTimestamp, '2026-11-20T13:00:00Z')
  })
  test('binds to a pod, and tells its node', async () => {
    const { status } = ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web', uid: 'pod-1' } })
    const user = await who(bearer(status!.token!)) as UserInfo
    assert.deepEqual(user.extra!['authentication.kubernetes.io/node-name'], ['a'])
  })
  const refused: readonly (readonly [string, object, string, number, string])[] = [
    [
      'too short',
      { expirationSeconds: 599 },
      'robot',
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    ['unknown account', {}, 'nobody', 404, 'serviceaccounts "nobody" not found'],
    [
      'unknown pod',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'x' } },
      'robot',
      404,
      'pods "x" not found',
    ],
    [
      'another pod of the name',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web', uid: 'old' } },
      'robot',
      409,
      'Operation cannot be fulfilled on Pod "web": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
    ],
    [
      'another kind',
      { boundObjectRef: { kind: 'Deployment', apiVersion: 'apps/v1', name: 'x' } },
      'robot',
      400,
      'cannot bind token to object of type apps/v1, Kind=Deployment',
    ],
  ]
  for (const [name, spec, account, code, message] of refused) {
    test(name, () => {
      assert.throws(
        () => ask(spec, account),
        (error: unknown) => error instanceof ApiError && error.code === code && error.message === message,
      )
    })
  }
  test('refuses a pod of another account', () => {
    store.set('serviceaccounts/shop/other', { metadata: { uid: 'sa-2' } })
    assert.throws(
      () => ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web' } }, 'other'),
      /cannot bind token for serviceaccount "other" to pod running with different serviceaccount name\./,
    )
  })
})

test('TokenReview tells whose a token is, and for whom', async () => {
  const review = async (token: string, audiences?: string[]): Promise<unknown> =>
    (await reviewToken({ spec: { token, ...(audiences && { audiences }) } }, [tokens], [issuer])).status
  const good = await review(tokens.issue(subject, ['vault', issuer], 600), ['vault', 'else']) as {
    authenticated: boolean
    audiences: string[]
    user: { username: string }
  }
  assert.deepEqual(
    [good.authenticated, good.audiences, good.user.username],
    [true, ['vault'], 'system:serviceaccount:shop:robot'],
  )
  assert.deepEqual(await review('guess'), { user: {}, error: 'invalid bearer token' })
  assert.deepEqual(await review(tokens.issue(subject, ['vault'], 600)), {
    user: {},
    error: '[invalid bearer token, token audiences do not match the expected ones]',
  })
})
