/** Registry credentials from pull secrets (kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg). */
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import type { RegistryCredentials } from '#world/container-runtime.ts'
import type { SecretObject } from '../types.ts'
import { registryOf } from './names.ts'

export interface RegistryEntry {
  /** A host, perhaps with a path and a leading `*.`, without a scheme. */
  readonly pattern: string
  readonly credentials: RegistryCredentials
}

interface AuthEntry {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly identitytoken?: string
  readonly registrytoken?: string
}

/** A secret that cannot be read gives nothing: other secrets may do. */
export function parsePullSecret(secret: SecretObject): readonly RegistryEntry[] {
  const modern = secret.data?.['.dockerconfigjson']
  const text = modern ?? secret.data?.['.dockercfg']
  const bytes = text === undefined ? undefined : base64Decode(text)
  if (!bytes) return []
  const parsed = parseJson(utf8Decode(bytes))
  const wrapped = parsed as { auths?: unknown } | undefined
  const auths = (modern === undefined ? parsed : wrapped?.auths) as Record<string, AuthEntry> | undefined
  return Object.entries(auths ?? {}).map(([address, entry]) => ({
    pattern: address.replace(/^https?:\/\//, '').replace(/\/(v1|v2)?\/?$/, '').replace(/^index\.docker\.io$/, 'docker.io'),
    credentials: toCredentials(address, entry),
  }))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function toCredentials(serverAddress: string, entry: AuthEntry): RegistryCredentials {
  const bytes = entry.auth === undefined ? undefined : base64Decode(entry.auth)
  const decoded = bytes ? utf8Decode(bytes) : ''
  const colon = decoded.indexOf(':')
  return {
    serverAddress,
    username: entry.username ?? (colon < 0 ? '' : decoded.slice(0, colon)),
    password: entry.password ?? (colon < 0 ? '' : decoded.slice(colon + 1)),
    auth: '',
    identityToken: entry.identitytoken ?? '',
    registryToken: entry.registrytoken ?? '',
  }
}

/** Those whose pattern covers the image, the most specific first. */
export function credentialsFor(image: string, registries: readonly RegistryEntry[]): readonly RegistryCredentials[] {
  const registry = registryOf(image)
  const full = image.startsWith(`${registry}/`) ? image : `${registry}/${image}`
  return registries
    .filter(({ pattern }) => covers(pattern, full))
    .toSorted((a, b) => b.pattern.length - a.pattern.length)
    .map(({ credentials }) => credentials)
}

function covers(pattern: string, image: string): boolean {
  const [patternHost = '', ...patternPath] = pattern.split('/')
  const [host = '', ...path] = image.split('/')
  const labels = patternHost.split('.').map((part) => part.replace(/[\\^$+?()[\]{}|]/g, '\\$&').replaceAll('*', '[^.]*'))
  const expression = new RegExp(`^${labels.join('\\.')}$`)
  return expression.test(host) && path.join('/').startsWith(patternPath.join('/'))
}
