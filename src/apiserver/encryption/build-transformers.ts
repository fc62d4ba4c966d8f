/** From a valid configuration to the transformers of each resource (upstream: encryptionconfig/config.go). */
import { base64Decode } from '#base/bytes.ts'
import { parseDuration } from '#machinery/duration.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { RpcChannel, RpcClient } from '#world/rpc.ts'
import type {
  EncryptionConfiguration,
  KeysConfiguration,
  KmsConfiguration,
  ProviderConfiguration,
} from './configuration-types.ts'
import { ConfigurationError } from '../configuration-file.ts'
import type { EncryptionMetrics } from './encryption-metrics.ts'
import type { KeyMeans } from './key-source.ts'
import { KmsProvider } from './kms-provider.ts'
import { KmsService } from './kms-service.ts'
import { aesCbc, aesGcm, identity, secretbox, type Means } from './local-providers.ts'
import { formatGroupResource, formatInConfiguration, parseGroupResource, type GroupResource } from './resources.ts'
import { prefixed, transformerOf, type PrefixedTransformer, type Transformer } from './transformer.ts'

export interface Transformers {
  /** Undefined: values of the resource are stored as they are. */
  forResource(resource: GroupResource): Transformer | undefined
  readonly kms: readonly KmsProvider[]
  readonly channels: readonly RpcChannel[]
  /** For so long may requests that began earlier still need the plugins. */
  readonly closeGraceMs: number
}

export interface BuildMeans {
  readonly means: KeyMeans
  readonly rpc: RpcClient
  readonly clock: Clock
  readonly log: Log
  readonly metrics: EncryptionMetrics
}

/** A key or a seed comes in a message; nothing that a plugin says is longer. */
const kmsMessageBytesMax = 4 * 1024 * 1024

/** Throws ConfigurationError. Opens no connection yet. */
export function buildTransformers(configuration: EncryptionConfiguration, build: BuildMeans): Transformers {
  const byResource = new Map<string, PrefixedTransformer[]>()
  const kms: KmsProvider[] = []
  const channels: RpcChannel[] = []
  let timeoutSumMs = 0
  for (const part of configuration.resources) {
    const transformers = part.providers.map((provider) => {
      if (!provider.kms) return localTransformer(provider, build)
      const made = kmsTransformer(provider.kms, build)
      kms.push(made.provider)
      channels.push(made.channel)
      timeoutSumMs += made.timeoutMs
      return prefixed(`k8s:enc:kms:v2:${provider.kms.name}:`, made.provider)
    })
    for (const resource of part.resources.map(parseGroupResource)) {
      for (const earlier of [{ group: resource.group, resource: '*' }, { group: '*', resource: '*' }]) {
        if (!byResource.has(formatGroupResource(earlier))) continue
        throw failure(`resource ${JSON.stringify(formatInConfiguration(resource))} is masked by earlier rule `
          + JSON.stringify(formatInConfiguration(earlier)))
      }
      const name = formatGroupResource(resource)
      byResource.set(name, [...(byResource.get(name) ?? []), ...transformers])
    }
  }
  const combined = new Map([...byResource].map(([name, list]) =>
    [name, transformerOf(list, 'no matching prefix found', build.metrics)] as const))
  return {
    kms, channels, closeGraceMs: 2 * timeoutSumMs,
    forResource: (resource) =>
      combined.get(formatGroupResource(resource))
      ?? combined.get(formatGroupResource({ group: resource.group, resource: '*' }))
      ?? combined.get('*.*'),
  }
}

function failure(why: string): ConfigurationError {
  return new ConfigurationError(`error while building transformers: ${why}`)
}

function localTransformer(
  { aesgcm, aescbc, secretbox: box }: ProviderConfiguration, build: BuildMeans,
): PrefixedTransformer {
  if (aesgcm) return withKeys('k8s:enc:aesgcm:v1:', aesgcm, aesGcm, 'AES', build)
  if (aescbc) return withKeys('k8s:enc:aescbc:v1:', aescbc, aesCbc, 'AES', build)
  if (box) return withKeys('k8s:enc:secretbox:v1:', box, secretbox, 'Secretbox', build)
  return prefixed('', identity)
}

/** Behind the provider's prefix comes the key's name. */
function withKeys(
  prefix: string, { keys }: KeysConfiguration, make: (key: Uint8Array, means: Means) => Transformer, sort: string,
  build: BuildMeans,
): PrefixedTransformer {
  const named = keys.map(({ name, secret }) => prefixed(`${name}:`, make(base64Decode(secret)!, build.means)))
  const noneMatches = `no matching key was found for the provided ${sort} transformer`
  return prefixed(prefix, transformerOf(named, noneMatches, build.metrics))
}

function kmsTransformer(
  configuration: KmsConfiguration, { means, rpc, clock, log, metrics }: BuildMeans,
): { readonly provider: KmsProvider; readonly channel: RpcChannel; readonly timeoutMs: number } {
  const { name, endpoint, apiVersion, timeout } = configuration
  if (apiVersion === 'v1') {
    throw failure('KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  '
      + 'Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.')
  }
  const timeoutMs = Number(parseDuration(timeout)) / 1e6
  const channel = rpc.open({ url: endpoint, messageBytesMax: kmsMessageBytesMax })
  const service = new KmsService({ name, channel, timeoutMs, clock, metrics })
  return { provider: new KmsProvider({ name, service, means, clock, log, metrics }), channel, timeoutMs }
}
