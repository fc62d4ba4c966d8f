/** Tokens of issuers on the network: discovery, keys, what a token must be, and configurations that change. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, constants, type KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import { nodeWebKeys } from '#host/crypto/node-web-keys.ts'
import type { HttpClient } from '#world/http.ts'
import { silentLog } from '#world/log.ts'
import { manualClock, settle } from '../../testing.ts'
import { InvalidToken } from '../authenticator.ts'
import { parseAuthenticationConfiguration } from './configuration.ts'
import { TokenIssuers } from './token-issuers.ts'

interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const key = (kid: string, alg: string, pair: SigningKey['pair'] = rsa): SigningKey => ({ kid, alg, pair })
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function issue({ kid, alg, pair }: SigningKey, claims: object): string {
  const signed = `${encode({ alg, kid })}.${encode(claims)}`
  const padding = alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}
  return `${signed}.${sign(`sha${alg.slice(2)}`, Buffer.from(signed),
    { key: pair.privateKey, dsaEncoding: 'ieee-p1363', ...padding }).toString('base64url')}`
}

const documentOf = (urls: readonly string[]): Uint8Array => new TextEncoder().encode(JSON.stringify({
  apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration',
  jwt: urls.map((url) => ({
    issuer: { url, audiences: ['me'] }, claimMappings: { username: { claim: 'sub', prefix: '' },
      groups: { claim: 'groups', prefix: '' } },
  })),
}))

function start(urls: readonly string[] = ['https://issuer']) {
  const clock = manualClock()
  const pages = new Map<string, object | string>()
  const asked: string[] = []
  const serveKeys = (url: string, keys: readonly SigningKey[]): void => {
    pages.set(`${url}/.well-known/openid-configuration`, { issuer: url, jwks_uri: `${url}/keys` })
    const published = keys.map(({ kid, pair }) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid }))
    pages.set(`${url}/keys`, { keys: published })
  }
  const http: HttpClient = {
    async request({ url }) {
      asked.push(url)
      const page = pages.get(url)
      const text = typeof page === 'string' ? page : JSON.stringify(page ?? 'none')
      return {
        status: page === undefined ? 404 : 200, headers: {}, chunks: (async function* () {})(),
        readBody: async () => new TextEncoder().encode(text),
      }
    },
    upgrade: () => Promise.reject(new Error('unused')),
  }
  let bytes = documentOf(urls)
  let changed = Promise.withResolvers<void>()
  const file = {
    path: 'f', read: async () => bytes,
    async *changes(signal: AbortSignal) {
      for (;;) {
        yield
        await changed.promise
        if (signal.aborted) return
        changed = Promise.withResolvers()
      }
    },
  }
  const issuers = new TokenIssuers({
    configuration: parseAuthenticationConfiguration(bytes), source: { file, bytes }, algorithms: undefined,
    disallowed: [], means: { http, clock, webKeys: nodeWebKeys }, log: silentLog,
  })
  const stop = new AbortController()
  const running = issuers.run(stop.signal).catch(() => undefined)
  return {
    clock, asked, serveKeys, issuers, pages,
    change: async (next: Uint8Array) => {
      bytes = next
      changed.resolve()
      await settle()
    },
    /** Lets the time pass after which issuers are looked for again. */
    find: async () => {
      await settle()
      await clock.advance(10_000)
      await settle()
    },
    ask: async (token: string) => (await issuers.authenticateToken(token, []))?.user,
    async [Symbol.asyncDispose]() {
      stop.abort()
      changed.resolve()
      await running
    },
  }
}

const now = Date.UTC(2026, 0, 1) / 1000
const good = { iss: 'https://issuer', aud: 'me', sub: 'ann', exp: now + 60 }

describe('a signature', () => {
  const keys = [
    key('r', 'RS256'), key('r', 'RS384'), key('r', 'RS512'), key('r', 'PS256'), key('r', 'PS384'), key('r', 'PS512'),
    key('e', 'ES256', curve('P-256')), key('e', 'ES384', curve('P-384')), key('e', 'ES512', curve('P-521')),
  ]
  for (const each of keys) {
    test(`with ${each.alg} is good, and not when a byte of it differs`, async () => {
      await using server = start()
      server.serveKeys('https://issuer', [each])
      await server.find()
      const token = issue(each, good)
      assert.equal((await server.ask(token))?.name, 'ann')
      const at = token.length - 20
      const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      await assert.rejects(server.ask(forged),
        { message: 'oidc: verify token: failed to verify signature: failed to verify id token signature' })
    })
  }
})

describe('a token', () => {
  const refused: readonly (readonly [string, object, string])[] = [
    ['for others', { aud: 'you' }, 'oidc: verify token: oidc: expected audience "me" got ["you"]'],
    ['that has expired', { exp: now - 1 },
      'oidc: verify token: oidc: token is expired (Token Expiry: 2025-12-31 23:59:59 +0000 UTC)'],
    ['that is not good yet', { nbf: now + 120 }, 'oidc: verify token: oidc: current time 2026-01-01 00:00:10 +0000 UTC '
      + 'before the nbf (not before) time: 2026-01-01 00:02:00 +0000 UTC'],
  ]
  for (const [name, extra, message] of refused) {
    test(`${name} is refused`, async () => {
      await using server = start()
      server.serveKeys('https://issuer', [key('k', 'RS256')])
      await server.find()
      await assert.rejects(server.ask(issue(key('k', 'RS256'), { ...good, ...extra })), { message })
    })
  }

  test('with an algorithm of its own choice is refused', async () => {
    await using server = start()
    server.serveKeys('https://issuer', [key('k', 'RS256')])
    await server.find()
    const token = `${encode({ alg: 'none' })}.${encode(good)}.`
    await assert.rejects(server.ask(token), (error: unknown) => error instanceof InvalidToken
      && /^oidc: verify token: oidc: id token signed with unsupported algorithm, expected \["ES256" .* got "none"$/.test(error.message))
  })

  test('of another issuer is somebody else\'s to judge', async () => {
    await using server = start()
    assert.equal(server.issuers.authenticateToken(issue(key('k', 'RS256'), { ...good, iss: 'https://other' }), []), undefined)
    assert.equal(server.issuers.authenticateToken('no.token', []), undefined)
  })
})

test('an issuer that is not there yet is found later', async () => {
  await using server = start()
  await settle()
  const token = issue(key('k', 'RS256'), good)
  await assert.rejects(server.ask(token), { message: 'oidc: authenticator not initialized' })
  server.serveKeys('https://issuer', [key('k', 'RS256')])
  await server.find()
  assert.equal((await server.ask(token))?.name, 'ann')
})

test('a key that nobody knows has the keys fetched again, but not time and again', async () => {
  await using server = start()
  server.serveKeys('https://issuer', [key('old', 'RS256')])
  await server.find()
  await server.ask(issue(key('old', 'RS256'), good))
  const fetched = () => server.asked.filter((url) => url.endsWith('/keys')).length
  assert.equal(fetched(), 1)
  const fresh = key('new', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }))
  for (let i = 0; i < 5; i++) await assert.rejects(server.ask(issue(fresh, good)))
  assert.equal(fetched(), 1)
  server.serveKeys('https://issuer', [fresh])
  await server.clock.advance(2_000)
  assert.equal((await server.ask(issue(fresh, good)))?.name, 'ann')
  assert.equal(fetched(), 2)
})

test('groups may be claimed by another server', async () => {
  await using server = start()
  const main = key('k', 'RS256')
  server.serveKeys('https://issuer', [main])
  server.serveKeys('https://groups', [main])
  server.pages.set('https://groups/of/ann', issue(main, { ...good, iss: 'https://groups', groups: ['a', 'b'] }))
  await server.find()
  const claims = { ...good, _claim_names: { groups: 's' }, _claim_sources: { s: { endpoint: 'https://groups/of/ann' } } }
  assert.deepEqual((await server.ask(issue(main, claims)))?.groups, ['a', 'b'])
})

test('a changed configuration is taken when its issuers are found, and stays away when it is wrong', async () => {
  await using server = start()
  const main = key('k', 'RS256')
  server.serveKeys('https://issuer', [main])
  await server.find()
  await server.change(new TextEncoder().encode('kind: x'))
  assert.equal((await server.ask(issue(main, good)))?.name, 'ann')
  server.serveKeys('https://second', [main])
  await server.change(documentOf(['https://second']))
  await settle()
  assert.equal((await server.ask(issue(main, { ...good, iss: 'https://second' })))?.name, 'ann')
  assert.equal(await server.ask(issue(main, good)), undefined)
  const anonymous = '"anonymous":{"enabled":true,"conditions":[{"path":"/livez"}]},"jwt"'
  const changed = new TextDecoder().decode(documentOf(['https://issuer'])).replace('"jwt"', anonymous)
  assert.ok(changed.includes('/livez'))
  await server.change(new TextEncoder().encode(changed))
  await settle()
  // Who comes without credentials is settled at the start, and so nothing of such a file is taken.
  assert.equal(await server.ask(issue(main, good)), undefined)
  const metrics = server.issuers.renderMetrics()
  assert.match(metrics, /^apiserver_authentication_config_controller_automatic_reloads_total\{.*status="success"\} 1$/m)
  assert.match(metrics, /^apiserver_authentication_config_controller_automatic_reloads_total\{.*status="failure"\} 2$/m)
})
