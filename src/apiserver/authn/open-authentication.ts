/** Ways to authenticate beside those that every cluster has, as the flags say: token file, issuers, webhook. */
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { ConfigurationError, explainFailure, type ConfigurationFile } from '../configuration-file.ts'
import { FlagReader, type FlagValues } from '../flag-values.ts'
import { readWebhookTarget } from '../remote-webhook.ts'
import type { TokenAuthenticator } from './authenticator.ts'
import { parseAuthenticationConfiguration, type AnonymousConfiguration } from './oidc/configuration.ts'
import { readOidcFlags } from './oidc/oidc-flags.ts'
import type { ProviderMeans } from './oidc/provider.ts'
import { TokenIssuers } from './oidc/token-issuers.ts'
import { cacheTokens } from './token-cache.ts'
import { parseTokenFile, tokenFileAuthenticator } from './token-file.ts'
import { webhookAuthenticator } from './webhook-tokens.ts'

export interface AuthenticationMeans extends ProviderMeans {
  readonly random: Random
  readonly log: Log
  readonly file: (path: string) => ConfigurationFile
}

export interface ConfiguredAuthentication {
  /** Asked before the cluster's own tokens, and after them. */
  readonly before: readonly TokenAuthenticator[]
  readonly after: readonly TokenAuthenticator[]
  /** Undefined: everybody may come without credentials. */
  readonly anonymous: AnonymousConfiguration | undefined
  renderMetrics(): string
  run(signal: AbortSignal): Promise<void>
}

/**
 * `disallowed`: issuers that nobody else may be. Undefined: the flags ask for nothing. Throws ConfigurationError; a
 * file that cannot be read rejects.
 */
export async function openAuthentication(
  values: FlagValues, disallowed: readonly string[], means: AuthenticationMeans,
): Promise<ConfiguredAuthentication | undefined> {
  const flags = new FlagReader(values)
  const read = async (path: string): Promise<string> => new TextDecoder().decode(await means.file(path).read())
  const { issuers, anonymous } = await openIssuers(flags, disallowed, means, read)
  const tokenFile = flags.text('token-auth-file')
  const webhook = await openWebhook(flags, means)
  if (!issuers && !anonymous && !webhook && tokenFile === undefined) return undefined
  return {
    before: tokenFile === undefined ? [] : [tokenFileAuthenticator(parseTokenFile(await read(tokenFile), tokenFile))],
    after: [...(issuers ? [issuers] : []), ...(webhook ? [webhook] : [])],
    anonymous,
    renderMetrics: () => issuers?.renderMetrics() ?? '',
    run: (signal) => issuers?.run(signal) ?? Promise.resolve(),
  }
}

interface OpenedIssuers {
  readonly issuers: TokenIssuers | undefined
  readonly anonymous: AnonymousConfiguration | undefined
}

async function openIssuers(
  flags: FlagReader, disallowed: readonly string[], means: AuthenticationMeans, read: (path: string) => Promise<string>,
): Promise<OpenedIssuers> {
  const log = means.log.named('authentication')
  const path = flags.text('authentication-config')
  const oidc = await readOidcFlags(flags, read)
  const anonymousFlag = flags.text('anonymous-auth') === undefined ? undefined
    : { enabled: flags.switch('anonymous-auth', true), conditions: [] }
  if (path === undefined) {
    const configuration = { jwt: oidc ? [oidc.jwt] : [], anonymous: undefined }
    const issuers = oidc && new TokenIssuers({
      configuration, source: undefined, algorithms: oidc.algorithms, disallowed, means, log,
    })
    return { issuers, anonymous: anonymousFlag }
  }
  if (oidc) throw new ConfigurationError('authentication-config file and oidc-* flags are mutually exclusive')
  const file = means.file(path)
  const bytes = await file.read()
  const configuration = parseAuthenticationConfiguration(bytes)
  const { anonymous } = configuration
  if (anonymous && anonymousFlag) {
    throw new ConfigurationError(
      '--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file')
  }
  const issuers = new TokenIssuers({
    configuration, source: { file, bytes }, algorithms: undefined, disallowed, means, log,
  })
  return { issuers, anonymous: anonymous ?? anonymousFlag }
}

async function openWebhook(
  flags: FlagReader, { file, http, clock, random }: AuthenticationMeans,
): Promise<TokenAuthenticator | undefined> {
  const path = flags.text('authentication-token-webhook-config-file')
  const version = flags.text('authentication-token-webhook-version') ?? 'v1beta1'
  if (path === undefined) return undefined
  if (version !== 'v1' && version !== 'v1beta1') {
    throw new ConfigurationError(`unsupported version of webhook authenticator: ${version}`)
  }
  const target = await explainFailure('webhook authenticator', () =>
    readWebhookTarget(path, (named) => file(named).read(), http, clock))
  const ttlMs = flags.duration('authentication-token-webhook-cache-ttl', 120_000)
  return cacheTokens(
    webhookAuthenticator({ target, version, random }), { successMs: ttlMs, failureMs: ttlMs }, clock)
}
