/** An issuer of tokens on the network: its discovery document, and its keys, fetched when needed and kept a while. */
import { utf8Decode } from '#base/bytes.ts'
import { isJsonObject } from '#machinery/patch/json.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpClient, IncomingResponse } from '#world/http.ts'
import type { SigningAlgorithm, WebKey, WebKeys } from '#world/web-keys.ts'
import { dialFailure } from '../../dial-failure.ts'

export interface ProviderMeans {
  readonly http: HttpClient
  readonly clock: Clock
  readonly webKeys: WebKeys
}

export interface ProviderOptions {
  readonly issuer: string
  /** Where the discovery document is; empty: where the issuer's URL says. */
  readonly discoveryUrl: string
  /** PEM; empty: the system's roots. */
  readonly certificateAuthority: string
}

const timeoutMs = 30_000
const documentBytesMax = 1024 * 1024
/** Of keys whose server says nothing, as long as upstream keeps a token's success. */
const defaultKeptMs = 10_000
const maxKeptMs = 24 * 3600 * 1000
/** A token with an unknown key has the keys fetched anew, but not more often than this. */
const minFetchMs = 1_000
const maxKeys = 1_000

interface KeySet {
  readonly keys: readonly { readonly id: string | undefined; readonly key: WebKey }[]
  readonly fetchedAt: number
  readonly expiresAt: number
}

export class Provider {
  readonly #means: ProviderMeans
  readonly #options: ProviderOptions
  #keysUrl: string | undefined
  #keys: KeySet | undefined
  #fetching: Promise<KeySet> | undefined

  constructor(means: ProviderMeans, options: ProviderOptions) {
    this.#means = means
    this.#options = options
  }

  get isReady(): boolean { return this.#keysUrl !== undefined }

  /** Reads the discovery document. Rejects with the reason when it is not there or not the issuer's. */
  async discover(signal: AbortSignal): Promise<void> {
    const { issuer, discoveryUrl } = this.#options
    const url = discoveryUrl || `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const { text } = await this.get(url, {}, signal)
    const document = parseObject(text, 'oidc: failed to decode provider discovery object')
    if (document['issuer'] !== issuer) {
      throw new Error('oidc: issuer did not match the issuer returned by provider, '
        + `expected ${JSON.stringify(issuer)} got ${JSON.stringify(document['issuer'] ?? '')}`)
    }
    const keysUrl = document['jwks_uri']
    if (typeof keysUrl !== 'string' || keysUrl === '') throw new Error('provider did not return JWKS URL')
    this.#keysUrl = keysUrl
  }

  /** Whether one of the issuer's keys has signed; `keyId` undefined: any. Rejects when they cannot be fetched. */
  async verify(
    keyId: string | undefined, algorithm: SigningAlgorithm, data: Uint8Array, signature: Uint8Array,
  ): Promise<boolean> {
    const isSigned = ({ keys }: KeySet): boolean => keys.some(({ id, key }) =>
      (keyId === undefined || id === keyId) && key.verify(algorithm, data, signature))
    const now = this.#means.clock.monotonic()
    const known = this.#keys
    if (known && now < known.expiresAt && isSigned(known)) return true
    if (known && now < known.expiresAt && now - known.fetchedAt < minFetchMs) return false
    return isSigned(await (this.#fetching ??= this.#fetch().finally(() => { this.#fetching = undefined })))
  }

  async #fetch(): Promise<KeySet> {
    const { clock, webKeys } = this.#means
    const { text, headers } = await this.get(this.#keysUrl!, {}, new AbortController().signal)
    const { keys } = parseObject(text, 'oidc: failed to decode keys')
    const fetchedAt = clock.monotonic()
    const list = Array.isArray(keys) ? keys.slice(0, maxKeys) as readonly Readonly<Record<string, unknown>>[] : []
    return this.#keys = {
      fetchedAt, expiresAt: fetchedAt + keptMs(headers['cache-control']),
      keys: list.flatMap((jwk) => {
        const key = typeof jwk === 'object' && jwk !== null ? webKeys.import(jwk) : undefined
        const { kid } = jwk ?? {}
        return key ? [{ key, id: typeof kid === 'string' ? kid : undefined }] : []
      }),
    }
  }

  /** Throws for anything but a success, in upstream's words. */
  async get(
    url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly headers: IncomingResponse['headers'] }> {
    const { http, clock } = this.#means
    const late = new AbortController()
    const timer = clock.schedule(timeoutMs, () => late.abort(new Error('context deadline exceeded')))
    const { certificateAuthority: ca } = this.#options
    let answer: IncomingResponse
    let text: string
    try {
      answer = await http.request(
        { method: 'GET', url, headers: { accept: 'application/json', ...headers }, ...(ca !== '' && { tls: { ca } }) },
        AbortSignal.any([signal, late.signal]),
      )
      text = utf8Decode(await answer.readBody(documentBytesMax))
    } catch (error) {
      signal.throwIfAborted()
      const why = late.signal.aborted ? 'context deadline exceeded' : dialFailure(error)
      throw new Error(`Get ${JSON.stringify(url)}: ${why}`, { cause: error })
    } finally {
      timer.cancel()
    }
    if (answer.status < 200 || answer.status > 226) throw new Error(`${answer.status}: ${text.slice(0, 1024)}`)
    return { text, headers: answer.headers }
  }
}

function keptMs(cacheControl: string | undefined): number {
  const seconds = /(?:^|[\s,])max-age=(\d+)/.exec(cacheControl ?? '')?.[1]
  if (seconds === undefined || /no-(cache|store)/.test(cacheControl!)) return defaultKeptMs
  return Math.min(Math.max(Number(seconds) * 1000, defaultKeptMs), maxKeptMs)
}

function parseObject(text: string, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return value
    throw new SyntaxError('not an object')
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error })
  }
}
