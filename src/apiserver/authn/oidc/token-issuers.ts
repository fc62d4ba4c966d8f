/** All issuers whose tokens are believed now: a configuration in force, and the next one when its file changes. */
import { deepEqual } from '#base/deep-equal.ts'
import { withTaskGroup } from '#base/task-group.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue } from '#machinery/errors/field-errors.ts'
import type { Log } from '#world/log.ts'
import type { SigningAlgorithm } from '#world/web-keys.ts'
import { ConfigurationError, followFile, ReloadMetrics, requireValid, type ConfigurationSource } from '../../configuration-file.ts'
import type { TokenAuthenticator } from '../authenticator.ts'
import { cacheTokens } from '../token-cache.ts'
import { authenticateByAny } from '../token-union.ts'
import { OidcAuthenticator } from './authenticator.ts'
import { parseAuthenticationConfiguration, type AuthenticationConfiguration } from './configuration.ts'
import type { ProviderMeans } from './provider.ts'
import { validateAuthentication } from './validate.ts'
import { signingAlgorithms } from './verify.ts'

/** A token that was right is right for so long, as upstream's cache has it. */
const cacheLimits = { successMs: 10_000, failureMs: 0 }
/** A changed configuration is given up when its issuers are not found within this. */
const healthWaitMs = 60_000
/** Requests that began under the former configuration may end under it. */
const graceMs = 60_000

export interface TokenIssuersOptions {
  readonly configuration: AuthenticationConfiguration
  /** What the configuration was read from; undefined: flags, which do not change. */
  readonly source: ConfigurationSource | undefined
  readonly algorithms: readonly SigningAlgorithm[] | undefined
  /** Issuers that are the server itself. */
  readonly disallowed: readonly string[]
  readonly means: ProviderMeans
  readonly log: Log
}

export class TokenIssuers implements TokenAuthenticator {
  readonly #options: TokenIssuersOptions
  readonly #metrics: ReloadMetrics
  #inForce: Generation

  /** Throws ConfigurationError. */
  constructor(options: TokenIssuersOptions) {
    this.#options = options
    this.#metrics = new ReloadMetrics('authentication_config_controller', options.means.clock)
    this.#inForce = this.#generation(options.configuration)
  }

  authenticateToken(token: string, audiences: readonly string[]): ReturnType<TokenAuthenticator['authenticateToken']> {
    return authenticateByAny(this.#inForce.sorts, token, audiences)
  }

  renderMetrics(): string { return this.#metrics.render() }

  /** Looks for issuers, and reads the file again when it changes, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, log, means } = this.#options
    await withTaskGroup(signal, async (group) => {
      const begin = ({ issuers, stop }: Generation): void => {
        for (const issuer of issuers) group.start((inner) => issuer.run(AbortSignal.any([inner, stop.signal])))
      }
      begin(this.#inForce)
      if (source) {
        group.start((inner) => followFile({
          file: source.file, current: source.bytes, log, metrics: this.#metrics,
          apply: async (bytes, until) => {
            const next = this.#generation(parseAuthenticationConfiguration(bytes))
            begin(next)
            await this.#waitUntilReady(next, until)
            const before = this.#inForce
            this.#inForce = next
            group.start(async (rest) => {
              await means.clock.sleep(graceMs, rest).catch(() => undefined)
              before.stop.abort()
            })
          },
        }, inner))
      }
      await group.settled()
    })
  }

  #generation(configuration: AuthenticationConfiguration): Generation {
    const { disallowed, means, log, algorithms = signingAlgorithms } = this.#options
    requireValid(() => [
      ...validateAuthentication(configuration, disallowed),
      ...validateSameAnonymous(configuration, this.#options.configuration),
    ])
    const issuers = configuration.jwt.map((jwt) => new OidcAuthenticator(jwt, algorithms, means, log))
    const sorts = issuers.map((issuer) => cacheTokens(issuer, cacheLimits, means.clock))
    return { issuers, sorts, stop: new AbortController() }
  }

  async #waitUntilReady({ issuers, stop }: Generation, signal: AbortSignal): Promise<void> {
    const late = Promise.withResolvers<never>()
    const give = (why: string) => (): void => late.reject(new ConfigurationError(why))
    const timer = this.#options.means.clock.schedule(
      healthWaitMs, give('an issuer of the new configuration was not reached in time'))
    const ended = give('the server ends')
    signal.addEventListener('abort', ended)
    try {
      await Promise.race([Promise.all(issuers.map((issuer) => issuer.ready)), late.promise])
    } catch (error) {
      stop.abort()
      throw error
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', ended)
    }
  }
}

/** Who comes without credentials is settled when the server starts. */
function validateSameAnonymous(
  { anonymous }: AuthenticationConfiguration, initial: AuthenticationConfiguration,
): readonly FieldError[] {
  if (deepEqual(anonymous, initial.anonymous)) return []
  return [forbiddenValue('anonymous', 'changed from initial configuration file')]
}

interface Generation {
  readonly issuers: readonly OidcAuthenticator[]
  readonly sorts: readonly TokenAuthenticator[]
  readonly stop: AbortController
}
