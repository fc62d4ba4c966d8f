/**
 * Tokens that stand in Secrets of type `kubernetes.io/service-account-token` (the older kind, which does not expire):
 * good as long as the Secret that holds them and the account that they are of.
 */
import { base64Decode, equalBytesConstantTime, utf8Encode } from '#base/bytes.ts'
import type { Crypto, PrivateKey, PublicKey } from '#world/crypto.ts'
import { InvalidToken, type AuthenticatedToken, type TokenAuthenticator, type UserInfo } from './authenticator.ts'
import { keyId, readClaims, signToken, verifyToken, type Claims } from './json-web-token.ts'
import { userName, type BoundObject, type NamedReference } from './service-account-tokens.ts'

/** What the newest state of the store has. */
export interface TokenObjects {
  get(resource: 'serviceaccounts' | 'secrets', namespace: string, name: string): TokenObject | undefined
}

/** `data`: base64, of a Secret. */
export interface TokenObject extends BoundObject {
  readonly data?: Readonly<Record<string, string>> | undefined
}

export interface SecretTokensOptions {
  readonly crypto: Crypto
  readonly key: PrivateKey
  /** By their ids: all that may have signed. */
  readonly publicKeys: ReadonlyMap<string, PublicKey>
  readonly objects: TokenObjects
  /** What a token without audiences is for: the API server's own. */
  readonly audiences: readonly string[]
}

const issuer = 'kubernetes/serviceaccount'
const claimPrefix = 'kubernetes.io/serviceaccount/'

export class SecretTokens implements TokenAuthenticator {
  readonly #options: SecretTokensOptions

  constructor(options: SecretTokensOptions) {
    this.#options = options
  }

  /** The token that a Secret of that name is to hold. */
  issue(namespace: string, account: NamedReference, secretName: string): string {
    const { key, crypto } = this.#options
    return signToken(key, keyId(crypto, key.publicKey), {
      iss: issuer,
      sub: userName(namespace, account.name),
      [`${claimPrefix}namespace`]: namespace,
      [`${claimPrefix}secret.name`]: secretName,
      [`${claimPrefix}service-account.name`]: account.name,
      [`${claimPrefix}service-account.uid`]: account.uid,
    })
  }

  authenticateToken(token: string, audiences: readonly string[]): AuthenticatedToken | undefined {
    const claims = readClaims(token)
    if (claims?.['iss'] !== issuer) return undefined
    if (!verifyToken(token, this.#options.publicKeys)) throw new InvalidToken('invalid signature')
    const wanted = audiences.length > 0 ? audiences : this.#options.audiences
    const shared = wanted.filter((audience) => this.#options.audiences.includes(audience))
    if (shared.length === 0) throw new InvalidToken('token audiences do not match the expected ones')
    return { user: this.#checkObjects(token, claims), audiences: shared }
  }

  #checkObjects(token: string, claims: Claims): UserInfo {
    const { objects } = this.#options
    const claim = (name: string): string => {
      const value = claims[claimPrefix + name]
      if (typeof value !== 'string' || value === '') throw new InvalidToken(`${name} claim is missing`)
      return value
    }
    const namespace = claim('namespace')
    const name = claim('service-account.name')
    const uid = claim('service-account.uid')
    if (claims['sub'] !== userName(namespace, name)) throw new InvalidToken('sub claim is invalid')
    const secret = objects.get('secrets', namespace, claim('secret.name'))
    const account = objects.get('serviceaccounts', namespace, name)
    if (!isAlive(secret) || !isAlive(account) || account.metadata?.uid !== uid) {
      throw new InvalidToken('service account token has been invalidated')
    }
    const held = base64Decode(secret.data?.['token'] ?? '')
    if (!held || !equalBytesConstantTime(held, utf8Encode(token))) {
      throw new InvalidToken("token does not match server's copy")
    }
    return {
      name: userName(namespace, name), uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'], extra: {},
    }
  }
}

function isAlive(object: TokenObject | undefined): object is TokenObject {
  return object !== undefined && object.metadata?.deletionTimestamp === undefined
}
