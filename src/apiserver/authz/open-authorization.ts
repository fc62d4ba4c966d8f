/** Who decides what users may do, as the flags or a configuration say (upstream: kubeapiserver/authorizer). */
import type { Clock } from '#world/clock.ts'
import type { HttpClient } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import {
  ConfigurationError, explainFailure, followFile, ReloadMetrics, requireValid, type ConfigurationFile,
  type ConfigurationSource,
} from '../configuration-file.ts'
import { FlagReader, type FlagValues } from '../flag-values.ts'
import { readWebhookTarget } from '../remote-webhook.ts'
import { abacAuthorizer } from './abac.ts'
import {
  authorizerTypes, parseAuthorizationConfiguration, validateAuthorization, type AuthorizerConfiguration,
  type WebhookAuthorizerConfiguration,
} from './authorization-configuration.ts'
import type { AuthorizationAttributes, Authorizer } from './authorizer.ts'
import { combineAuthorizers, superuserAuthorizer } from './combined.ts'
import type { RuleResolver } from './rbac.ts'
import type { Rule } from './rules.ts'
import { webhookAuthorizer } from './webhook-authorizer.ts'

export interface AuthorizationMeans {
  readonly http: HttpClient
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly file: (path: string) => ConfigurationFile
}

/** What every cluster has, by the names that configurations call them. */
export interface BuiltInAuthorizers {
  readonly node: Authorizer
  readonly rbac: Authorizer & RuleResolver
}

/** An authorizer, and what it knows of what a user may do. */
interface Member {
  readonly authorizer: Authorizer
  readonly rules: RuleResolver
}

type Build = (builtIn: BuiltInAuthorizers) => Member

const configFlag = 'authorization-config'
const modeFlag = 'authorization-mode'
const legacyFlags = [
  modeFlag, 'authorization-webhook-config-file', 'authorization-webhook-version',
  'authorization-webhook-cache-authorized-ttl', 'authorization-webhook-cache-unauthorized-ttl',
]

/** Undefined: the flags say nothing. Throws ConfigurationError; a file that cannot be read rejects. */
export async function openAuthorization(
  values: FlagValues, means: AuthorizationMeans,
): Promise<ConfiguredAuthorization | undefined> {
  const flags = new FlagReader(values)
  const path = flags.text(configFlag)
  const policyFile = flags.text('authorization-policy-file')
  if (path === undefined) {
    if (![...legacyFlags, 'authorization-policy-file'].some((name) => flags.text(name) !== undefined)) return undefined
    return new ConfiguredAuthorization(await build(fromFlags(flags), policyFile, means), undefined, policyFile, means)
  }
  if (legacyFlags.some((name) => flags.text(name) !== undefined)) {
    throw new ConfigurationError(
      `--${configFlag} can not be specified when --${modeFlag} or --authorization-webhook-* flags are defined`)
  }
  const file = means.file(path)
  const bytes = await file.read()
  const members = await build(readConfiguration(bytes), policyFile, means)
  return new ConfiguredAuthorization(members, { file, bytes }, policyFile, means)
}

function readConfiguration(bytes: Uint8Array): readonly AuthorizerConfiguration[] {
  const authorizers = explainFailure('failed to load AuthorizationConfiguration from file', () =>
    parseAuthorizationConfiguration(bytes))
  requireValid(() => validateAuthorization(authorizers))
  return authorizers
}

function fromFlags(flags: FlagReader): readonly AuthorizerConfiguration[] {
  const modes = flags.text(modeFlag) === undefined ? ['Node', 'RBAC'] : flags.list(modeFlag)
  const policyFile = flags.text('authorization-policy-file')
  const kubeConfigFile = flags.text('authorization-webhook-config-file')
  for (const mode of modes) {
    if (!(authorizerTypes as readonly string[]).includes(mode)) {
      throw new ConfigurationError(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`)
    }
  }
  const require = (isGood: boolean, message: string): void => { if (!isGood) throw new ConfigurationError(message) }
  require(!modes.includes('ABAC') || policyFile !== undefined,
    "authorization-mode ABAC's authorization policy file not passed")
  require(!modes.includes('Webhook') || kubeConfigFile !== undefined,
    "authorization-mode Webhook's authorization config file not passed")
  require(policyFile === undefined || modes.includes('ABAC'),
    'cannot specify --authorization-policy-file without mode ABAC')
  require(kubeConfigFile === undefined || modes.includes('Webhook'),
    'cannot specify --authorization-webhook-config-file without mode Webhook')
  require(new Set(modes).size === modes.length,
    `authorization-mode [${modes.map((mode) => JSON.stringify(mode)).join(' ')}] has mode specified more than once`)
  const webhook: WebhookAuthorizerConfiguration = {
    authorizedTtlMs: flags.duration('authorization-webhook-cache-authorized-ttl', 300_000),
    unauthorizedTtlMs: flags.duration('authorization-webhook-cache-unauthorized-ttl', 30_000),
    cacheAuthorized: true, cacheUnauthorized: true, timeoutMs: 30_000, matchConditionVersion: '', matchConditions: [],
    subjectAccessReviewVersion: flags.text('authorization-webhook-version') ?? 'v1beta1',
    failurePolicy: 'NoOpinion', connectionType: 'KubeConfigFile', kubeConfigFile,
  }
  return modes.map((type) => ({
    type, name: type.toLowerCase(), webhook: type === 'Webhook' ? webhook : undefined,
  }))
}

async function build(
  authorizers: readonly AuthorizerConfiguration[], policyFile: string | undefined, means: AuthorizationMeans,
): Promise<readonly Build[]> {
  return await Promise.all(authorizers.map(async ({ type, webhook }): Promise<Build> => {
    switch (type) {
      case 'Node': return ({ node }) => ({ authorizer: node, rules: noRules })
      case 'RBAC': return ({ rbac }) => ({ authorizer: rbac, rules: rbac })
      case 'ABAC': {
        if (policyFile === undefined) {
          throw new ConfigurationError("authorization-mode ABAC's authorization policy file not passed")
        }
        const abac = abacAuthorizer(textOf(await means.file(policyFile).read()), policyFile)
        return () => ({ authorizer: abac, rules: abac })
      }
      case 'AlwaysAllow': return () => alwaysAllow
      case 'AlwaysDeny': return () => alwaysDeny
      default: {
        const authorizer = await buildWebhook(webhook!, means)
        return () => ({ authorizer, rules: unknownRules })
      }
    }
  }))
}

async function buildWebhook(
  webhook: WebhookAuthorizerConfiguration, { file, http, clock, random, log }: AuthorizationMeans,
): Promise<Authorizer> {
  const target = await explainFailure('authorization webhook', () =>
    readWebhookTarget(webhook.kubeConfigFile!, (path) => file(path).read(), http, clock))
  return webhookAuthorizer({
    target, random, log,
    version: webhook.subjectAccessReviewVersion === 'v1' ? 'v1' : 'v1beta1',
    authorizedTtlMs: webhook.cacheAuthorized ? webhook.authorizedTtlMs : 0,
    unauthorizedTtlMs: webhook.cacheUnauthorized ? webhook.unauthorizedTtlMs : 0,
    timeoutMs: webhook.timeoutMs, failureDenies: webhook.failurePolicy === 'Deny',
    matchConditions: webhook.matchConditions,
  })
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

const noRules: RuleResolver = { rulesFor: () => ({ rules: [], errors: [] }) }
const unknownRules: RuleResolver = {
  rulesFor: () => ({ rules: [], errors: ['webhook authorizer does not support user rule resolution'] }),
}
const everything: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] },
]
const alwaysAllow: Member = {
  authorizer: { authorize: () => ({ allowed: true, reason: '' }) },
  rules: { rulesFor: () => ({ rules: everything, errors: [] }) },
}
const alwaysDeny: Member = {
  authorizer: { authorize: () => ({ allowed: false, reason: 'Everything is forbidden.' }) }, rules: noRules,
}

/** The authorizers in force, in order, behind system:masters; and the next ones when their file changes. */
export class ConfiguredAuthorization {
  readonly #source: ConfigurationSource | undefined
  readonly #policyFile: string | undefined
  readonly #means: AuthorizationMeans
  readonly #metrics: ReloadMetrics
  #builds: readonly Build[]
  #builtIn: BuiltInAuthorizers | undefined
  #chain: Authorizer = superuserAuthorizer
  #members: readonly Member[] = []

  constructor(
    builds: readonly Build[], source: ConfigurationSource | undefined, policyFile: string | undefined,
    means: AuthorizationMeans,
  ) {
    this.#builds = builds
    this.#source = source
    this.#policyFile = policyFile
    this.#means = means
    this.#metrics = new ReloadMetrics('authorization_config_controller', means.clock)
  }

  /** Nobody may come without credentials where everybody may do everything. */
  get allowsEverything(): boolean { return this.#members.includes(alwaysAllow) }

  /** Puts the cluster's own authorizers into their places. Called once, before anything is asked. */
  over(builtIn: BuiltInAuthorizers): { readonly authorizer: Authorizer; readonly rules: RuleResolver } {
    this.#builtIn = builtIn
    this.#arrange()
    return {
      authorizer: { authorize: (attributes: AuthorizationAttributes) => this.#chain.authorize(attributes) },
      rules: { rulesFor: (user, namespace) => this.#rulesFor(user, namespace) },
    }
  }

  renderMetrics(): string { return this.#metrics.render() }

  /** Reads the file again when it changes, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    if (!this.#source) return
    const { file, bytes } = this.#source
    await followFile({
      file, current: bytes, metrics: this.#metrics, log: this.#means.log.named('authorization'),
      apply: async (changed) => {
        this.#builds = await build(readConfiguration(changed), this.#policyFile, this.#means)
        this.#arrange()
      },
    }, signal)
  }

  #arrange(): void {
    this.#members = this.#builds.map((make) => make(this.#builtIn!))
    this.#chain = combineAuthorizers(superuserAuthorizer, ...this.#members.map(({ authorizer }) => authorizer))
  }

  #rulesFor(user: UserInfo, namespace: string): ReturnType<RuleResolver['rulesFor']> {
    const answers = this.#members.map(({ rules }) => rules.rulesFor(user, namespace))
    return {
      rules: answers.flatMap(({ rules }) => rules), errors: answers.flatMap(({ errors }) => errors),
    }
  }
}
