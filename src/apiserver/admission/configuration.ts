/** Configurations of admission: AdmissionConfiguration, and those of single plugins that it names. */
import type { Toleration } from '#api/gen/core-v1.ts'
import { decodeYamlValue, YamlError } from '#machinery/codec/yaml.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { ConfigurationError, decodeDocument, requireValid } from '../configuration-file.ts'
import type { EventLimit, LimitType } from './plugins/event-rate-limit.ts'
import type { TolerationConfiguration } from './plugins/pod-toleration-restriction.ts'
import {
  isVersion, levels, type Level, type LevelVersion, type Mode, type PodSecurityConfiguration,
} from './pod-security/policy.ts'

/** Struct by struct as table.ts has it. */
const schemas = loadSchemaTable([
  'apiserver.config.k8s.io/v1/AdmissionConfiguration v1.AdmissionConfiguration '
    + '[[["kind","s",0,2],["apiVersion","s",0,2],["plugins","La1",0,1]]]',
  '- v1.AdmissionPluginConfiguration [[["name","s",0,1],["path","s",0,1],["configuration","j",0,6]]]',
  '- v1.PodSecurityConfiguration '
    + '[[["kind","s",0,2],["apiVersion","s",0,2],["defaults","3",0,1],["exemptions","4",0,1]]]',
  '- v1.PodSecurityDefaults [[["enforce","s",0,2],["enforce-version","s",0,2],["audit","s",0,2],'
    + '["audit-version","s",0,2],["warn","s",0,2],["warn-version","s",0,2]]]',
  '- v1.PodSecurityExemptions [[["usernames","Las",0,2],["namespaces","Las",0,2],["runtimeClasses","Las",0,2]]]',
  '- v1alpha1.EventRateLimitConfiguration [[["kind","s",0,2],["apiVersion","s",0,2],["limits","La6",0,1]]]',
  '- v1alpha1.Limit [[["type","s",0,1],["qps","i",0,1],["burst","i",0,1],["cacheSize","i",0,2]]]',
  '- v1alpha1.TolerationConfiguration '
    + '[[["kind","s",0,2],["apiVersion","s",0,2],["default","La8",0,2],["whitelist","La8",0,2]]]',
  '- v1.Toleration [[["key","s",0,2],["operator","s",0,2],["value","s",0,2],["effect","s",0,2],'
    + '["tolerationSeconds","l",0,6]]]',
].join('\n'))

export interface PluginConfiguration {
  readonly name: string
  /** A file; empty: `configuration` says it all. */
  readonly path: string
  readonly configuration: unknown
}

const apiserverVersions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`)

/** Throws ConfigurationError, as everything here. */
export function parseAdmissionConfiguration(bytes: Uint8Array): readonly PluginConfiguration[] {
  const { plugins = [] } = decodeDocument<{ readonly plugins: readonly Partial<PluginConfiguration>[] }>(bytes, {
    kind: 'AdmissionConfiguration', apiVersions: apiserverVersions, struct: schemas.struct('v1.AdmissionConfiguration'),
  })
  return plugins.map(({ name = '', path = '', configuration }) => ({ name, path, configuration }))
}

interface WrittenPodSecurity {
  readonly defaults: Readonly<Record<string, string>>
  readonly exemptions: Partial<PodSecurityConfiguration['exemptions']>
}

/** PodSecurityConfiguration: what holds in namespaces without labels of their own, and who is exempt. */
export function parsePodSecurity(bytes: Uint8Array): PodSecurityConfiguration {
  const { defaults = {}, exemptions = {} } = decodeDocument<WrittenPodSecurity>(bytes, {
    kind: 'PodSecurityConfiguration', struct: schemas.struct('v1.PodSecurityConfiguration'),
    apiVersions: ['v1', 'v1beta1', 'v1alpha1'].map((version) => `pod-security.admission.config.k8s.io/${version}`),
  })
  const { usernames = [], namespaces = [], runtimeClasses = [] } = exemptions
  const modes: readonly Mode[] = ['enforce', 'warn', 'audit']
  requireValid(() => [
    ...modes.flatMap((mode) => validateLevel(defaults, mode)),
    ...validateNames(namespaces, 'exemptions.namespaces', validateDns1123Label),
    ...validateNames(runtimeClasses, 'exemptions.runtimeClasses', validateDns1123Subdomain),
    ...validateNames(usernames, 'exemptions.usernames', (name) => (name === '' ? ['username must not be empty'] : [])),
  ])
  const level = (mode: Mode): LevelVersion => ({
    level: (defaults[mode] || 'privileged') as Level, version: defaults[`${mode}-version`] || 'latest',
  })
  return {
    defaults: { enforce: level('enforce'), audit: level('audit'), warn: level('warn') },
    exemptions: { usernames, namespaces, runtimeClasses },
  }
}

function validateLevel(defaults: Readonly<Record<string, string>>, mode: Mode): FieldError[] {
  const level = defaults[mode]
  const version = defaults[`${mode}-version`]
  return [
    ...(level && !levels.includes(level)
      ? [invalidValue(`defaults.${mode}`, level, `must be one of ${levels.join(', ')}`)] : []),
    ...(version && !isVersion(version)
      ? [invalidValue(`defaults.${mode}-version`, version, 'must be "latest" or "v1.x"')] : []),
  ]
}

function validateNames(
  names: readonly string[], path: string, validate: (name: string) => readonly string[],
): FieldError[] {
  return names.flatMap((name, index) => {
    const at = `${path}[${index}]`
    const problems = validate(name)
    if (problems.length > 0) return [invalidValue(at, name, problems.join(', '))]
    return names.indexOf(name) < index ? [duplicateValue(at, name)] : []
  })
}

const limitTypes: readonly LimitType[] = ['Server', 'Namespace', 'User', 'SourceAndObject']
const defaultCacheSize = 4096

/** Configuration of EventRateLimit: at least one limit. */
export function parseEventLimits(bytes: Uint8Array): readonly EventLimit[] {
  const { limits = [] } = decodeDocument<{ readonly limits: readonly Partial<EventLimit>[] }>(bytes, {
    kind: 'Configuration', apiVersions: ['eventratelimit.admission.k8s.io/v1alpha1'],
    struct: schemas.struct('v1alpha1.EventRateLimitConfiguration'),
  })
  requireValid(() => limits.length === 0 ? [required('limits')] : limits.flatMap((limit, index) => {
    const path = `limits[${index}]`
    const { type, qps = 0, burst = 0, cacheSize = 0 } = limit
    return [
      ...(type && limitTypes.includes(type) ? [] : [notSupported(`${path}.type`, type ?? '', limitTypes)]),
      ...(qps > 0 ? [] : [invalidValue(`${path}.qps`, qps, 'must be positive')]),
      ...(burst > 0 ? [] : [invalidValue(`${path}.burst`, burst, 'must be positive')]),
      ...(cacheSize >= 0 ? [] : [invalidValue(`${path}.cacheSize`, cacheSize, 'must not be negative')]),
    ]
  }))
  return limits.map(({ type = 'Server', qps = 0, burst = 0, cacheSize }) =>
    ({ type, qps, burst, cacheSize: cacheSize || defaultCacheSize }))
}

/** Configuration of PodTolerationRestriction: for namespaces that say nothing themselves. */
export function parseTolerations(bytes: Uint8Array): TolerationConfiguration {
  interface Written { readonly default: readonly Toleration[]; readonly whitelist: readonly Toleration[] }
  const { default: defaults = [], whitelist = [] } = decodeDocument<Written>(bytes, {
    kind: 'Configuration', apiVersions: ['podtolerationrestriction.admission.k8s.io/v1alpha1'],
    struct: schemas.struct('v1alpha1.TolerationConfiguration'),
  })
  return { default: defaults, whitelist }
}

/** `podNodeSelectorPluginConfig: {namespace: "a=b"}`. */
export function parseNodeSelectors(bytes: Uint8Array): Readonly<Record<string, string>> {
  const selectors = fieldsOf(fieldsOf(decodePlain(bytes))['podNodeSelectorPluginConfig'])
  return Object.fromEntries(Object.entries(selectors).map(([key, value]) => [key, String(value)]))
}

export interface ImagePolicyConfiguration {
  readonly kubeConfigFile: string
  readonly allowTtlMs: number
  readonly denyTtlMs: number
  readonly defaultAllow: boolean
}

/** `imagePolicy: {kubeConfigFile, allowTTL, denyTTL, retryBackoff, defaultAllow}`; times in seconds. */
export function parseImagePolicy(bytes: Uint8Array): ImagePolicyConfiguration {
  const fields = fieldsOf(fieldsOf(decodePlain(bytes))['imagePolicy'])
  const seconds = (name: string, otherwise: number): number => {
    const value = fields[name] ?? 0
    if (value === 0) return otherwise * 1000
    // Upstream knows -1 for "do not keep".
    if (value === -1) return 0
    if (typeof value === 'number' && value >= 1 && value <= maxTtlSeconds) return value * 1000
    throw new ConfigurationError(`valid value is between 1s and 30m0s, got ${String(value)}`)
  }
  const { kubeConfigFile } = fields
  if (typeof kubeConfigFile !== 'string' || kubeConfigFile === '') {
    throw new ConfigurationError('invalid kubeconfig file: imagePolicy.kubeConfigFile is needed')
  }
  return {
    kubeConfigFile, allowTtlMs: seconds('allowTTL', 300), denyTtlMs: seconds('denyTTL', 30),
    defaultAllow: fields['defaultAllow'] === true,
  }
}

const maxTtlSeconds = 1800

function decodePlain(bytes: Uint8Array): unknown {
  try {
    return decodeYamlValue(bytes)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw new ConfigurationError(error.message, { cause: error })
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw new ConfigurationError('an object is needed')
  return value as Readonly<Record<string, unknown>>
}
