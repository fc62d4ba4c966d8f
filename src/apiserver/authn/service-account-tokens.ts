/**
 * Service account tokens: issued for pods and for TokenRequests, verified on every request against what they are bound
 * to.
 */
import type { Clock } from '#world/clock.ts'
import type { Crypto, PrivateKey, PublicKey } from '#world/crypto.ts'
import type { Random } from '#world/random.ts'
import { InvalidToken, type AuthenticatedToken, type TokenAuthenticator, type UserInfo } from './authenticator.ts'
import { keyId, readClaims, signToken, verifyToken, type Claims } from './json-web-token.ts'

/** What a token may be bound to, as the newest state of the store has it. */
export interface BoundObjects {
  get(
    resource: 'serviceaccounts' | 'pods' | 'secrets' | 'nodes',
    namespace: string,
    name: string,
  ): BoundObject | undefined
}

export interface BoundObject {
  readonly metadata?: { readonly uid?: string | undefined; readonly deletionTimestamp?: string | undefined } | undefined
}

export interface NamedReference {
  readonly name: string
  readonly uid: string
}

export interface TokenSubject {
  readonly namespace: string
  readonly serviceAccount: NamedReference
  readonly pod?: NamedReference | undefined
  readonly secret?: NamedReference | undefined
  readonly node?: NamedReference | undefined
}

export interface ServiceAccountTokensOptions {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly random: Random
  /** Signs new tokens; its public half verifies. */
  readonly key: PrivateKey
  /** Of keys that were used before: their tokens are still good. */
  readonly formerKeys?: readonly PublicKey[]
  /** `https://kubernetes.default.svc.cluster.local`. */
  readonly issuer: string
  /** The API server's own; also what a TokenRequest without audiences gets. */
  readonly audiences: readonly string[]
  readonly objects: BoundObjects
}

interface Verified {
  readonly claims: Claims
  /** Read from the claims when first asked for. */
  identity: Identity | undefined
}

interface Identity {
  readonly namespace: string
  readonly account: NamedReference
  readonly secret: NamedReference | undefined
  readonly pod: NamedReference | undefined
  readonly node: NamedReference | undefined
  readonly user: UserInfo
}

/** Of verified signatures; each entry is about 2 KiB. */
const maxVerified = 4096
/**
 * An object that is being deleted still vouches for its tokens so long, so that a pod can end in order. Upstream's
 * value.
 */
const deletionLeewayMs = 60_000

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #options: ServiceAccountTokensOptions
  readonly #keyId: string
  readonly #keys = new Map<string, PublicKey>()
  /** Signatures do not change, so they are verified once; times and bound objects are looked at every time. */
  readonly #verified = new Map<string, Verified>()

  constructor(options: ServiceAccountTokensOptions) {
    this.#options = options
    this.#keyId = keyId(options.crypto, options.key.publicKey)
    for (const key of [options.key.publicKey, ...(options.formerKeys ?? [])]) {
      this.#keys.set(keyId(options.crypto, key), key)
    }
  }

  get audiences(): readonly string[] { return this.#options.audiences }
  get issuer(): string { return this.#options.issuer }
  get publicKeys(): ReadonlyMap<string, PublicKey> { return this.#keys }

  /** Upstream's claims, valid from now on for `seconds`. */
  issue(subject: TokenSubject, audiences: readonly string[], seconds: number): string {
    const { clock, random, issuer, key } = this.#options
    const now = Math.floor(clock.now() / 1000)
    const { namespace, serviceAccount, pod, secret, node } = subject
    return signToken(key, this.#keyId, {
      iss: issuer,
      sub: userName(namespace, serviceAccount.name),
      aud: audiences,
      iat: now,
      nbf: now,
      exp: now + seconds,
      jti: random.uuid(),
      'kubernetes.io': {
        namespace,
        ...(node && { node: plain(node) }),
        ...(pod && { pod: plain(pod) }),
        ...(secret && { secret: plain(secret) }),
        serviceaccount: plain(serviceAccount),
      },
    })
  }

  authenticateToken(token: string, audiences: readonly string[]): AuthenticatedToken | undefined {
    const verified = this.#verified.get(token) ?? this.#verify(token)
    if (!verified) return undefined
    const { claims } = verified
    this.#checkTimes(claims)
    const wanted = audiences.length > 0 ? audiences : this.#options.audiences
    const own = claims['aud']
    const tokenAudiences = typeof own === 'string' ? [own] : Array.isArray(own) ? own : []
    const shared = wanted.filter((audience) => tokenAudiences.includes(audience))
    if (shared.length === 0) throw new InvalidToken('token audiences do not match the expected ones')
    const identity = verified.identity ??= identityOf(claims)
    this.#checkObjects(identity)
    return { user: identity.user, audiences: shared }
  }

  /** Undefined: another issuer's. */
  #verify(token: string): Verified | undefined {
    const claims = readClaims(token)
    if (claims?.['iss'] !== this.#options.issuer) return undefined
    if (!verifyToken(token, this.#keys)) throw new InvalidToken('invalid signature')
    if (this.#verified.size >= maxVerified) this.#verified.delete(this.#verified.keys().next().value!)
    const verified: Verified = { claims, identity: undefined }
    this.#verified.set(token, verified)
    return verified
  }

  #checkTimes(claims: Claims): void {
    const now = this.#options.clock.now() / 1000
    const { exp, nbf } = claims
    if (typeof exp !== 'number' || now > exp) throw new InvalidToken('service account token has expired')
    if (nbf !== undefined && (typeof nbf !== 'number' || now < nbf - 1)) {
      throw new InvalidToken('service account token is not valid yet')
    }
  }

  /** A token dies with its service account, and with the pod, secret or node that it was issued for. */
  #checkObjects({ namespace, account, secret, pod, node }: Identity): void {
    this.#checkAlive('serviceaccounts', namespace, account)
    if (secret) this.#checkAlive('secrets', namespace, secret)
    if (pod) this.#checkAlive('pods', namespace, pod)
    // For a pod's token the node is only told; the pod's own end is what ends it.
    if (node && !pod) this.#checkAlive('nodes', '', node)
  }

  #checkAlive(resource: Parameters<BoundObjects['get']>[0], namespace: string, { name, uid }: NamedReference): void {
    const metadata = this.#options.objects.get(resource, namespace, name)?.metadata
    if (!metadata || metadata.uid !== uid) throw new InvalidToken('service account token has been invalidated')
    const deleted = metadata.deletionTimestamp
    if (deleted !== undefined && Date.parse(deleted) + deletionLeewayMs < this.#options.clock.now()) {
      throw new InvalidToken('service account token has been invalidated')
    }
  }
}

/** What its claims say of whom a token was issued to, and for what. Throws InvalidToken. */
function identityOf(claims: Claims): Identity {
  const own = claims['kubernetes.io'] as Record<string, unknown> | undefined
  const namespace = own?.['namespace']
  const account = referenceIn(own, 'serviceaccount')
  if (typeof namespace !== 'string' || namespace === '' || !account) {
    throw new InvalidToken('service account token has no identity')
  }
  const name = userName(namespace, account.name)
  if (claims['sub'] !== name) throw new InvalidToken('service account token has another subject')
  const [secret, pod, node] = [referenceIn(own, 'secret'), referenceIn(own, 'pod'), referenceIn(own, 'node')]
  const extra: Record<string, readonly string[]> = {}
  if (typeof claims['jti'] === 'string') {
    extra['authentication.kubernetes.io/credential-id'] = [`JTI=${claims['jti']}`]
  }
  if (node) {
    Object.assign(extra, {
      'authentication.kubernetes.io/node-name': [node.name],
      'authentication.kubernetes.io/node-uid': [node.uid],
    })
  }
  if (pod) {
    Object.assign(extra, {
      'authentication.kubernetes.io/pod-name': [pod.name],
      'authentication.kubernetes.io/pod-uid': [pod.uid],
    })
  }
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
  return { namespace, account, secret, pod, node, user: { name, uid: account.uid, groups, extra } }
}

export function userName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

function plain({ name, uid }: NamedReference): NamedReference {
  return { name, uid }
}

function referenceIn(claims: Record<string, unknown> | undefined, key: string): NamedReference | undefined {
  const value = claims?.[key] as { readonly name?: unknown; readonly uid?: unknown } | undefined
  return typeof value?.name === 'string' && typeof value.uid === 'string'
    ? { name: value.name, uid: value.uid }
    : undefined
}
