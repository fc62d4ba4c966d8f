/** Tokens of one issuer: verified, expanded by what other servers claim, and turned into users. */
import { isJsonObject } from '#machinery/patch/json.ts'
import type { Log } from '#world/log.ts'
import type { SigningAlgorithm } from '#world/web-keys.ts'
import { InvalidToken, type AuthenticatedToken, type TokenAuthenticator } from '../authenticator.ts'
import type { Claims } from '../json-web-token.ts'
import { createClaimMapper, type ClaimMapper } from './claims.ts'
import type { JwtAuthenticator } from './configuration.ts'
import { Provider, type ProviderMeans } from './provider.ts'
import { claimedIssuer, verifyIdToken, type Expected } from './verify.ts'

/** An issuer that cannot be reached is asked again after so long. */
const retryMs = 10_000
/** Issuers of distributed claims; there are very few. */
const maxClaimIssuers = 32

export class OidcAuthenticator implements TokenAuthenticator {
  readonly #jwt: JwtAuthenticator
  readonly #means: ProviderMeans
  readonly #log: Log
  readonly #provider: Provider
  readonly #expected: Expected
  readonly #toUser: ClaimMapper
  readonly #claimProviders = new Map<string, Provider>()
  readonly #ready = Promise.withResolvers<void>()

  /** The configuration must be valid. */
  constructor(jwt: JwtAuthenticator, algorithms: readonly SigningAlgorithm[], means: ProviderMeans, log: Log) {
    const { url, discoveryURL, certificateAuthority, audiences } = jwt.issuer
    this.#jwt = jwt
    this.#means = means
    this.#log = log
    this.#provider = new Provider(means, { issuer: url, discoveryUrl: discoveryURL, certificateAuthority })
    this.#expected = { issuer: url, audiences, algorithms }
    this.#toUser = createClaimMapper(jwt)
  }

  /** Resolves when the issuer has been found. */
  get ready(): Promise<void> { return this.#ready.promise }

  /** Looks for the issuer until it is found, or aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#provider.discover(signal)
        return this.#ready.resolve()
      } catch (error) {
        if (signal.aborted) return
        const why = error instanceof Error ? error.message : String(error)
        this.#log.error('could not reach an issuer of tokens', { issuer: this.#jwt.issuer.url, error: why })
        await this.#means.clock.sleep(retryMs, signal).catch(() => undefined)
      }
    }
  }

  authenticateToken(token: string): Promise<AuthenticatedToken> | undefined {
    return claimedIssuer(token) === this.#jwt.issuer.url ? this.#authenticate(token) : undefined
  }

  async #authenticate(token: string): Promise<AuthenticatedToken> {
    if (!this.#provider.isReady) throw new InvalidToken('oidc: authenticator not initialized')
    const claims = await explain('oidc: verify token', () =>
      verifyIdToken(token, this.#expected, this.#provider, this.#means.clock.now()))
    const expanded = await explain('oidc: could not expand distributed claims', () => this.#expand(claims))
    return { user: this.#toUser(expanded), audiences: [] }
  }

  /** Groups may be claimed by another server, which the token names (OpenID Connect Core 1.0, section 5.6.2). */
  async #expand(claims: Claims): Promise<Claims> {
    const { claim } = this.#jwt.claimMappings.groups
    const names = claims['_claim_names']
    if (claim === '' || Object.hasOwn(claims, claim) || !isJsonObject(names)) return claims
    const sources = claims['_claim_sources']
    if (!isJsonObject(sources)) throw new InvalidToken('oidc: no claim sources')
    const source = names[claim]
    if (typeof source !== 'string') return claims
    const endpoint = sources[source]
    if (!isJsonObject(endpoint)) {
      throw new InvalidToken(`id token _claim_names contained a source ${source} missing in _claims_sources`)
    }
    const { endpoint: url, access_token: accessToken } = endpoint
    if (typeof url !== 'string' || url === '') return claims
    const found = await this.#fetchClaims(url, typeof accessToken === 'string' ? accessToken : '', claim)
    if (!Object.hasOwn(found, claim)) {
      throw new InvalidToken(
        `jwt returned by distributed claim endpoint ${JSON.stringify(url)} did not contain claim: ${claim}`)
    }
    return { ...claims, [claim]: found[claim] }
  }

  async #fetchClaims(url: string, accessToken: string, claim: string): Promise<Claims> {
    const headers: Record<string, string> = accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` }
    const never = new AbortController().signal
    let text: string
    try {
      ({ text } = await this.#provider.get(url, headers, never))
    } catch (error) {
      throw new InvalidToken(`while getting distributed claim ${JSON.stringify(claim)}: ${(error as Error).message}`)
    }
    const issuer = claimedIssuer(text.trim())
    if (issuer === undefined) {
      throw new InvalidToken(`getting untrusted issuer from endpoint ${url} failed for claim ${JSON.stringify(claim)}`)
    }
    const provider = await this.#providerOfClaims(issuer)
    return await explain('verify distributed claim token', () =>
      verifyIdToken(text.trim(), { ...this.#expected, issuer }, provider, this.#means.clock.now()))
  }

  async #providerOfClaims(issuer: string): Promise<Provider> {
    if (issuer === this.#jwt.issuer.url) return this.#provider
    let provider = this.#claimProviders.get(issuer)
    if (!provider) {
      if (this.#claimProviders.size >= maxClaimIssuers) this.#claimProviders.clear()
      const { certificateAuthority } = this.#jwt.issuer
      provider = new Provider(this.#means, { issuer, discoveryUrl: '', certificateAuthority })
      this.#claimProviders.set(issuer, provider)
    }
    if (!provider.isReady) {
      await provider.discover(new AbortController().signal).catch((error: unknown) => {
        this.#log.error('could not reach an issuer of claims', { issuer, error: String(error) })
        throw new InvalidToken(`verifying untrusted issuer ${issuer} failed: verifier not initialized for issuer: ${JSON.stringify(issuer)}`)
      })
    }
    return provider
  }
}

async function explain<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error
    throw new InvalidToken(`${what}: ${error.message}`, { cause: error })
  }
}
