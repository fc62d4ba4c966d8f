/** ID tokens of OpenID Connect: what has to be right before their claims are believed (upstream: go-oidc). */
import { base64UrlDecode, latin1Encode } from '#base/bytes.ts'
import type { SigningAlgorithm } from '#world/web-keys.ts'
import { InvalidToken } from '../authenticator.ts'
import { decodeObject, readClaims, type Claims } from '../json-web-token.ts'
import type { Provider } from './provider.ts'

export const signingAlgorithms: readonly SigningAlgorithm[] = [
  'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512',
]

export interface Expected {
  readonly issuer: string
  /** The token must be for one of them. */
  readonly audiences: readonly string[]
  readonly algorithms: readonly SigningAlgorithm[]
}

interface ParsedToken {
  readonly header: Claims
  readonly claims: Claims
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

const notBeforeLeewayMs = 60_000

/** Whose token it says that it is, unverified; undefined for what is not a token. */
export function claimedIssuer(token: string): string | undefined {
  const issuer = readClaims(token)?.['iss']
  return typeof issuer === 'string' ? knownIssuer(issuer) : undefined
}

/** Google's tokens name it without a scheme, too. */
function knownIssuer(issuer: string): string {
  return issuer === 'accounts.google.com' ? 'https://accounts.google.com' : issuer
}

/** The claims of a token that is right. Rejects with InvalidToken. `now`: wall-clock milliseconds. */
export async function verifyIdToken(
  token: string, { issuer, audiences, algorithms }: Expected, provider: Provider, now: number,
): Promise<Claims> {
  const { header, claims, signed, signature } = parse(token)
  const iss = claims['iss']
  if (typeof iss !== 'string' || knownIssuer(iss) !== issuer) {
    throw fail(`oidc: id token issued by a different provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(iss)}`)
  }
  checkAudience(claims['aud'], audiences)
  checkTimes(claims, now)
  const algorithm = algorithms.find((known) => known === header['alg'])
  if (!algorithm) {
    const expected = `[${algorithms.map((known) => JSON.stringify(known)).join(' ')}]`
    throw fail('oidc: id token signed with unsupported algorithm, '
      + `expected ${expected} got ${JSON.stringify(header['alg'] ?? '')}`)
  }
  // A critical extension that is not understood makes the token none (RFC 7515).
  const isUnderstood = header['crit'] === undefined
  const keyId = header['kid']
  let isSigned: boolean
  try {
    isSigned = isUnderstood
      && await provider.verify(typeof keyId === 'string' && keyId !== '' ? keyId : undefined, algorithm, signed, signature)
  } catch (error) {
    throw fail(`failed to verify signature: fetching keys ${(error as Error).message}`)
  }
  if (!isSigned) throw fail('failed to verify signature: failed to verify id token signature')
  return claims
}

function parse(token: string): ParsedToken {
  const [head = '', body = '', tail = '', ...more] = token.split('.')
  const header = decodeObject(head)
  const claims = decodeObject(body)
  const signature = base64UrlDecode(tail)
  if (!header || !claims || !signature || more.length > 0) throw fail('oidc: malformed jwt')
  return { header, claims, signature, signed: latin1Encode(`${head}.${body}`) }
}

function checkAudience(given: unknown, expected: readonly string[]): void {
  const list = typeof given === 'string' ? [given] : Array.isArray(given) ? given.filter((each) => typeof each === 'string') : []
  if (list.some((audience) => expected.includes(audience))) return
  const got = `[${list.map((audience) => JSON.stringify(audience)).join(' ')}]`
  throw fail(expected.length === 1
    ? `oidc: expected audience ${JSON.stringify(expected[0])} got ${got}`
    : `oidc: expected audience in [${expected.toSorted().map((each) => JSON.stringify(each)).join(' ')}] got ${got}`)
}

function checkTimes({ exp, nbf }: Claims, now: number): void {
  const expiresAt = typeof exp === 'number' ? exp * 1000 : 0
  if (expiresAt < now) throw fail(`oidc: token is expired (Token Expiry: ${goTime(expiresAt)})`)
  if (typeof nbf === 'number' && now + notBeforeLeewayMs < nbf * 1000) {
    throw fail(`oidc: current time ${goTime(now)} before the nbf (not before) time: ${goTime(nbf * 1000)}`)
  }
}

const maxTimeMs = 8.64e15

/** As Go's Time.String writes a time in UTC. */
function goTime(ms: number): string {
  const text = new Date(Math.max(-maxTimeMs, Math.min(maxTimeMs, Math.trunc(ms)))).toISOString()
  return `${text.replace('T', ' ').replace(/\.?0*Z$/, '')} +0000 UTC`
}

function fail(why: string): InvalidToken {
  return new InvalidToken(why)
}
