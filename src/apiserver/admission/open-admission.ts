/** Which admission plugins run, and how they are configured, as the flags say. */
import type { Clock } from '#world/clock.ts'
import type { HttpClient } from '#world/http.ts'
import type { Random } from '#world/random.ts'
import { ConfigurationError, explainFailure, type ConfigurationFile } from '../configuration-file.ts'
import { FlagReader, type FlagValues } from '../flag-values.ts'
import { readWebhookTarget } from '../remote-webhook.ts'
import type { AdmissionPlugin } from './admission.ts'
import {
  parseAdmissionConfiguration, parseEventLimits, parseImagePolicy, parseNodeSelectors, parsePodSecurity,
  parseTolerations,
} from './configuration.ts'
import { pluginNames } from './plugin-names.ts'
import { eventRateLimit } from './plugins/event-rate-limit.ts'
import { imagePolicyWebhook } from './plugins/image-policy-webhook.ts'
import { podNodeSelector } from './plugins/pod-node-selector.ts'
import { podSecurityAdmission } from './plugins/pod-security.ts'
import { podTolerationRestriction } from './plugins/pod-toleration-restriction.ts'

export interface AdmissionMeans {
  readonly http: HttpClient
  readonly clock: Clock
  readonly random: Random
  readonly file: (path: string) => ConfigurationFile
}

export interface ConfiguredAdmission {
  /** Names of plugins that run beside those that do by default, and of those that do not. */
  readonly enabled: ReadonlySet<string>
  readonly disabled: ReadonlySet<string>
  /** Plugins that have a configuration, by name. */
  readonly plugins: ReadonlyMap<string, AdmissionPlugin>
}

/** Undefined: the flags say nothing. Throws ConfigurationError; a file that cannot be read rejects. */
export async function openAdmission(
  values: FlagValues, means: AdmissionMeans,
): Promise<ConfiguredAdmission | undefined> {
  const flags = new FlagReader(values)
  const enabled = namesOf(flags, 'enable-admission-plugins')
  const disabled = namesOf(flags, 'disable-admission-plugins')
  const path = flags.text('admission-control-config-file')
  const both = [...enabled].filter((name) => disabled.has(name))
  if (both.length > 0) {
    throw new ConfigurationError(
      `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`)
  }
  if (enabled.size + disabled.size === 0 && path === undefined) return undefined
  const given = path === undefined ? new Map<string, Uint8Array>() : await readConfigurations(path, means)
  const plugins = new Map<string, AdmissionPlugin>()
  for (const [name, build] of Object.entries(builders)) {
    const bytes = given.get(name)
    if (bytes === undefined && (!enabled.has(name) || !needsConfiguration.has(name))) continue
    plugins.set(name, await explainFailure(`couldn't init admission plugin ${JSON.stringify(name)}`, async () =>
      await build(bytes ?? new Uint8Array(0), means)))
  }
  return { enabled, disabled, plugins }
}

function namesOf(flags: FlagReader, flag: string): ReadonlySet<string> {
  const names = new Set(flags.list(flag))
  for (const name of names) {
    if (!pluginNames.has(name)) throw new ConfigurationError(`${flag} plugin ${JSON.stringify(name)} is unknown`)
  }
  return names
}

/** A file beside the configuration is named by its path from there. */
async function readConfigurations(path: string, { file }: AdmissionMeans): Promise<ReadonlyMap<string, Uint8Array>> {
  const plugins = parseAdmissionConfiguration(await file(path).read())
  const given = new Map<string, Uint8Array>()
  for (const plugin of plugins) {
    if (plugin.path !== '') {
      const own = plugin.path.startsWith('/') ? plugin.path : `${path.slice(0, path.lastIndexOf('/') + 1)}${plugin.path}`
      given.set(plugin.name, await file(own).read())
    } else if (plugin.configuration !== undefined && plugin.configuration !== null) {
      given.set(plugin.name, new TextEncoder().encode(JSON.stringify(plugin.configuration)))
    }
  }
  return given
}

type Builder = (bytes: Uint8Array, means: AdmissionMeans) => AdmissionPlugin | Promise<AdmissionPlugin>

const builders: Readonly<Record<string, Builder>> = {
  PodSecurity: (bytes) => podSecurityAdmission(parsePodSecurity(bytes)),
  EventRateLimit: (bytes) => eventRateLimit(parseEventLimits(bytes)),
  PodNodeSelector: (bytes) => podNodeSelector(parseNodeSelectors(bytes)),
  PodTolerationRestriction: (bytes) =>
    podTolerationRestriction(bytes.length === 0 ? { default: [], whitelist: [] } : parseTolerations(bytes)),
  ImagePolicyWebhook: async (bytes, { file, http, clock, random }) => {
    const { kubeConfigFile, ...rest } = parseImagePolicy(bytes)
    const target = await readWebhookTarget(kubeConfigFile, (path) => file(path).read(), http, clock)
    return imagePolicyWebhook({ target, random, ...rest })
  },
}

/** Without their configuration they are made as if it were empty, or fail for lack of it. */
const needsConfiguration: ReadonlySet<string> = new Set([
  'EventRateLimit', 'PodNodeSelector', 'PodTolerationRestriction', 'ImagePolicyWebhook',
])
